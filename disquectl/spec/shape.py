"""The fields and the layout of a command's records, independent of the output format.

A record is a dict of named values: None, bool, int, float, str (text of the server or of this program), bytes
(a name, a body, an argument: any bytes), and lists and dicts of these. A Shape says which fields to expect
and how they are laid out. It must not know a command, a format or a terminal.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Final, Literal, TypeAlias

    Layout = Literal["records", "value", "pairs", "sections", "tree", "reply"]
    # How a table shows a field. Numbers: a size in bytes; a duration in seconds, ms or us; a point in time in
    # ns (ctime_ns) or s (unix) since 1970. Text: an id is never cut or folded; lines keep their line breaks,
    # and so does a body that is str: it was decoded for people.
    Kind = Literal["id", "body", "lines", "bytes", "seconds", "ms", "us", "ctime_ns", "unix"]

    Value: TypeAlias = bool | int | float | str | bytes | Sequence["Value"] | Mapping[str, "Value"] | None
    Record: TypeAlias = Mapping[str, Value]

# The layouts. All except RECORDS look different in plain and table; csv and tsv always have rows.
RECORDS: Final = "records"  # a row of fields
VALUE: Final = "value"  # one main value, alone on its line: a length, an ID, a count
PAIRS: Final = "pairs"  # one thing with many fields, each on a line with its name: show, cluster info
SECTIONS: Final = "sections"  # dicts of fields by section: info; its rows are section, field, value
TREE: Final = (
    "tree"  # a few fields and one list of dicts: hello; its rows have the fields and those of one dict
)
REPLY: Final = "reply"  # a reply of any type, under the name `reply`: exec


class Shape:
    """The fields and the layout of a command's records.

    fields  the columns, in order; for SECTIONS and TREE those of the rows. Empty: those of the first record
    layout  one of the layouts above
    many    whether several records can come: an array in JSON; VALUE and PAIRS become rows in plain and table
    value   the field that VALUE writes alone; -o raw writes it with any layout. None: there is none
    kinds   field -> how a table shows its values (see Kind); other fields are shown unchanged
    body    the field that -o raw writes, in preference to `value`; None: there is none
    """

    __slots__ = ("body", "fields", "kinds", "layout", "many", "value")

    def __init__(
        self,
        fields: tuple[str, ...],
        layout: Layout = RECORDS,
        *,
        many: bool = False,
        value: str | None = None,
        kinds: Mapping[str, Kind] | None = None,
        body: str | None = None,
    ) -> None:
        self.fields = fields
        self.layout: Layout = layout
        self.many = many
        self.value = value
        self.kinds: Mapping[str, Kind] = kinds or {}
        self.body = body

    def with_nodes(self) -> Shape:
        """This shape for sums over all nodes, with the field `nodes`: the nodes that answered."""
        return Shape(
            (*self.fields, "nodes"),
            self.layout,
            many=self.many,
            value=self.value,
            kinds=self.kinds,
            body=self.body,
        )

    def with_node(self) -> Shape:
        """This shape for records of several nodes, with the field `node`: the node that sent the record."""
        fields = self.fields if "node" in self.fields else ("node", *self.fields)
        layout: Layout = RECORDS if self.layout == PAIRS else self.layout
        return Shape(fields, layout, many=True, value=self.value, kinds=self.kinds, body=self.body)
