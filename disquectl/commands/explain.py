"""explain: the meaning of an error, a job ID, or any word on the screen."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.execution.advice import ADVICE, MEANINGS, REFUSALS
from disquectl.protocol.fields import fields, named
from disquectl.protocol.jobid import decode, is_valid
from disquectl.spec.command import TOOLS, Command, Grammar, Program
from disquectl.spec.param_types import TEXT
from disquectl.spec.parameters import Argument
from disquectl.spec.shape import PAIRS, RECORDS, Shape
from disquectl.spec.vocabulary import COLUMNS, EXIT_CODES, WORDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Record, Values

CODE_FIELDS = ("code", "meaning", "advice")
ID_FIELDS = ("id", "created_by", "ttl_minutes", "delivery")
# What comes before the code in a message of disquectl, and of redis-cli.
PASTED_BEFORE = ("disquectl: ", "(error) ")
FIELD_FIELDS = ("field", "command", "unit", "meaning")


def shape(values: Values) -> Shape:
    """The layout for an ID, a code, or a word of the screen."""
    text = " ".join(values["word"])
    if is_valid(text):
        return Shape(ID_FIELDS, PAIRS, value="id", kinds={"id": "id"})
    if code_in(text):
        return Shape(CODE_FIELDS, PAIRS, value="meaning")
    several = len(words_named(text)) > 1
    return Shape(FIELD_FIELDS, RECORDS if several else PAIRS, many=several, value="meaning", folds=True)


def explanations(text: str) -> list[Record]:
    """What a word or an error message means. Raises UsageError, with suggestions, for anything else."""
    if is_valid(text):
        decoded = decode(text)
        return [
            {
                "id": text,
                "created_by": decoded.node_prefix,
                "ttl_minutes": decoded.ttl_minutes,
                "delivery": "at least once" if decoded.at_least_once else "at most once",
            }
        ]
    if code := code_in(text):
        return [{"code": code, "meaning": MEANINGS[code], "advice": advice_on(code, text)}]
    found = words_named(text)
    if not found:
        raise _unknown(text)
    return found


def code_in(text: str) -> str:
    """The error code that the text is, or that a pasted error message begins with; "" if there is none."""
    for before in PASTED_BEFORE:
        text = text.removeprefix(before)
    words = text.split()
    code = words[0].upper() if words else ""
    # In a message the code is in capitals: `loading` is a field of INFO, too.
    return code if code in MEANINGS and (len(words) == 1 or words[0] == code) else ""


def advice_on(code: str, text: str) -> str:
    """What to do about an error: by its text where a text is known, else by its code."""
    for beginning, advice in REFUSALS:
        if code == "ERR" and beginning in text:
            return advice
    return ADVICE.get(code, "")


def words_named(text: str) -> list[Record]:
    """The fields, columns, states, priorities and exit codes of this name, each with where it is shown."""
    records: list[Record] = [_record(one.name, one.command, one.unit, one.meaning) for one in named(text)]
    wanted = _plain(text)
    for command, columns in COLUMNS.items():
        records += [_record(name, command, "", columns[name]) for name in columns if _plain(name) == wanted]
    for where, words in WORDS.items():
        records += [_record(word, where, "", words[word]) for word in words if _plain(word) == wanted]
    number = wanted.removeprefix("exit_code_").removeprefix("exit_")
    records += [
        _record(str(code), "exit code", "", f"{meaning[0].upper()}{meaning[1:]}.")
        for code, meaning in EXIT_CODES
        if str(code) == number
    ]
    return records


def _record(word: str, where: str, unit: str, meaning: str) -> Record:
    return {"field": word, "command": where, "unit": unit, "meaning": meaning}


def _plain(word: str) -> str:
    return word.lower().replace("-", "_").replace(" ", "_")


def _unknown(text: str) -> UsageError:
    from difflib import get_close_matches

    names = [one.name for one in fields()]
    names += [name for columns in COLUMNS.values() for name in columns]
    names += [word for words in WORDS.values() for word in words]
    known = {_plain(name): name for name in names} | {code.lower(): code for code in MEANINGS}
    near = [known[name] for name in get_close_matches(_plain(text), known, n=3)]
    advice = f"did you mean {' or '.join(near)}?" if near else f"the codes are {', '.join(MEANINGS)}"
    return UsageError(f"not an error code, job ID, state, column or exit code: {text!r}", advice)


def run(command: Command, values: Values, session: Session) -> None:
    """Look the word up and write what it means."""
    from disquectl.execution.present import present

    found = explanations(" ".join(values["word"]))
    drawn = shape(values)
    session.check_output(drawn)
    present(drawn, found, session)


COMMAND = Command(
    "explain",
    "Explain an error, a job ID, an exit code, a state or a column.",
    group=TOOLS,
    example="disquectl explain NOREPL",
    details="Does not connect. For a job ID: the first 8 digits of the ID of the node that created the job; "
    "the TTL in minutes, rounded down to an even number, at most 65534; and whether the job is "
    "delivered at least once (retry above 0) or at most once.",
    grammar=Grammar(
        arguments=(
            Argument(
                "word",
                TEXT,
                "Any word on the screen, such as NOREPL, in-flight, next-requeue-within or 8 (an exit code); "
                "or a whole error message.",
                many=True,
            ),
        )
    ),
    does=Program(run, shape=shape, connects=False),
)
