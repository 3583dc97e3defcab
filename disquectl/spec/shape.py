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
    # ns (ctime_ns), ms (unix_ms) or s (unix) since 1970. Text: an id or a word is never cut or folded; lines
    # keep their line breaks, and so does a body that is str: it was decoded for people; iso is a point in
    # time as in ISO 8601.
    Kind = Literal[
        "id", "word", "body", "lines", "bytes", "seconds", "ms", "us", "ctime_ns", "unix_ms", "unix", "iso"
    ]
    # How bad the state is that a word names: red or yellow in a table.
    Level = Literal["error", "warning"]

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

# The levels of the pause of a queue, for `levels`.
PAUSED: Mapping[str, Mapping[str, Level]] = {"pause": dict.fromkeys(("in", "out", "all"), "warning")}


class Shape:
    """The fields and the layout of a command's records.

    fields  the columns, in order; for SECTIONS and TREE those of the rows. Empty: those of the first record
    layout  one of the layouts above
    many    whether several records can come: an array in JSON; VALUE and PAIRS become rows in plain and table
    value   the field that VALUE writes alone; -o raw writes it with any layout. None: there is none
    kinds   field -> how a table shows its values (see Kind); other fields are shown unchanged
    body    the field that -o raw writes, in preference to `value`; None: there is none
    ranks   the fields that a list shows, the most important first: those that fit the terminal are shown, in
            the order of `fields`. Others are only shown by --columns. Empty: all fields, in their order
    folds   whether a table folds long text over several lines instead of cutting it; for whole bodies
    empty   what to report if a list has no records
    levels  field -> word -> how bad it is; for the colours of a table
    listed_as  the member of the JSON document that has the records, beside `summary`; "": the document is an
            array, without a summary
    """

    __slots__ = (
        "body",
        "empty",
        "fields",
        "folds",
        "kinds",
        "layout",
        "levels",
        "listed_as",
        "many",
        "ranks",
        "value",
    )

    def __init__(
        self,
        fields: tuple[str, ...],
        layout: Layout = RECORDS,
        *,
        many: bool = False,
        value: str | None = None,
        kinds: Mapping[str, Kind] | None = None,
        body: str | None = None,
        ranks: tuple[str, ...] = (),
        folds: bool = False,
        empty: str = "nothing found",
        levels: Mapping[str, Mapping[str, Level]] | None = None,
        listed_as: str = "",
    ) -> None:
        self.fields = fields
        self.layout: Layout = layout
        self.many = many
        self.value = value
        self.kinds: Mapping[str, Kind] = kinds or {}
        self.body = body
        self.ranks = ranks
        self.folds = folds
        self.empty = empty
        self.levels: Mapping[str, Mapping[str, Level]] = levels or {}
        self.listed_as = listed_as

    def with_nodes(self) -> Shape:
        """This shape for sums over all nodes, with the field `nodes`: the nodes that answered."""
        ranks = (*self.ranks, "nodes") if self.ranks else ()
        return self._changed((*self.fields, "nodes"), self.layout, self.many, ranks)

    def with_node(self) -> Shape:
        """This shape for records of several nodes, with the field `node`: the node that sent the record."""
        fields = self.fields if "node" in self.fields else ("node", *self.fields)
        layout: Layout = RECORDS if self.layout == PAIRS else self.layout
        ranks = self.ranks
        if ranks and "node" not in self.fields:
            ranks = (ranks[0], "node", *ranks[1:])
        shape = self._changed(fields, layout, True, ranks)
        shape.kinds = {**self.kinds, "node": "word"}
        return shape

    def with_columns(self, fields: tuple[str, ...]) -> Shape:
        """This shape as rows with these fields only."""
        shape = self._changed(fields, RECORDS, self.many or self.layout in (SECTIONS, TREE, REPLY), ())
        shape.value = shape.body = None
        return shape

    def _changed(self, fields: tuple[str, ...], layout: Layout, many: bool, ranks: tuple[str, ...]) -> Shape:
        return Shape(
            fields,
            layout,
            many=many,
            value=self.value,
            kinds=self.kinds,
            body=self.body,
            ranks=ranks,
            folds=self.folds,
            empty=self.empty,
            levels=self.levels,
            listed_as=self.listed_as,
        )
