"""explain: the meaning of an error code, a job ID or a field of a reply."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.execution.advice import ADVICE, MEANINGS
from disquectl.protocol.fields import fields, named
from disquectl.protocol.jobid import decode, is_valid
from disquectl.spec.command import TOOLS, Command, Grammar, Program
from disquectl.spec.param_types import TEXT
from disquectl.spec.parameters import Argument
from disquectl.spec.shape import PAIRS, RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Record, Values

CODE_FIELDS = ("code", "meaning", "advice")
ID_FIELDS = ("id", "created_by", "ttl_minutes", "delivery")
FIELD_FIELDS = ("field", "command", "unit", "meaning")


def shape(values: Values) -> Shape:
    """The layout for an ID, a code or a field."""
    word = values["word"]
    if is_valid(word):
        return Shape(ID_FIELDS, PAIRS, value="id", kinds={"id": "id"})
    if word.upper() in MEANINGS:
        return Shape(CODE_FIELDS, PAIRS, value="meaning")
    several = len(named(word)) > 1
    return Shape(FIELD_FIELDS, RECORDS if several else PAIRS, many=several, value="meaning", folds=True)


def explanations(word: str) -> list[Record]:
    """What the word means. Raises UsageError, with suggestions, for anything else."""
    if is_valid(word):
        decoded = decode(word)
        return [
            {
                "id": word,
                "created_by": decoded.node_prefix,
                "ttl_minutes": decoded.ttl_minutes,
                "delivery": "at least once" if decoded.at_least_once else "at most once",
            }
        ]
    code = word.upper()
    if code in MEANINGS:
        return [{"code": code, "meaning": MEANINGS[code], "advice": ADVICE.get(code, "")}]
    found = named(word)
    if not found:
        raise _unknown(word)
    return [
        {"field": one.name, "command": one.command, "unit": one.unit, "meaning": one.meaning} for one in found
    ]


def _unknown(word: str) -> UsageError:
    from difflib import get_close_matches

    known = {one.name.lower().replace("-", "_"): one.name for one in fields()}
    known |= {code.lower(): code for code in MEANINGS}
    near = [known[name] for name in get_close_matches(word.lower().replace("-", "_"), known, n=3)]
    advice = f"did you mean {' or '.join(near)}?" if near else f"the codes are {', '.join(MEANINGS)}"
    return UsageError(f"not an error code, job ID or field: {word!r}", advice)


def run(command: Command, values: Values, session: Session) -> None:
    """Look the word up and write what it means."""
    from disquectl.execution.present import present

    found = explanations(values["word"])
    session.check_output(shape(values))
    present(shape(values), found, session)


COMMAND = Command(
    "explain",
    "Explain an error code, a job ID, or a field of show, qstat or info.",
    group=TOOLS,
    example="disquectl explain NOREPL",
    details="Does not connect. For a job ID: the first 8 digits of the ID of the node that created the job; "
    "the TTL in minutes, rounded down to an even number, at most 65534; and whether the job is "
    "delivered at least once (retry above 0) or at most once.",
    grammar=Grammar(
        arguments=(
            Argument("word", TEXT, "Error code, job ID or field, such as NOREPL or next-requeue-within."),
        )
    ),
    does=Program(run, shape=shape, connects=False),
)
