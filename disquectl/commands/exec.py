"""exec: send any words to the server, also commands that disquectl does not have."""

from __future__ import annotations

from disquectl.commands import command_of
from disquectl.execution.present import present
from disquectl.execution.reply_values import ONE_REPLY, as_value
from disquectl.execution.request import send_request
from disquectl.spec.command import TOOLS, Command, Grammar, Program
from disquectl.spec.native_words import own_wait_ms
from disquectl.spec.param_types import WORD
from disquectl.spec.parameters import Argument

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values, Words


def run(command: Command, values: Values, session: Session) -> None:
    """Send the words as one command, or with - a command for each line of stdin."""
    words: Words = list(values["word"])
    session.check_output(ONE_REPLY)
    if words == [b"-"]:
        from disquectl.bulk.script import run_lines

        run_lines(session, command_of)
        return
    behind = command_of(words)
    session.command_name = behind.full_name
    session.guard(behind, words)
    reply = send_request(behind, words, session, wait_ms=own_wait_ms(words))
    present(ONE_REPLY, [{"reply": as_value(words, reply)}], session)


COMMAND = Command(
    "exec",
    "Send words unchanged, or commands from stdin, one per line.",
    group=TOOLS,
    example="disquectl exec QLEN mail",
    details="Options come before the first word; everything after it is data. With -, lines are quoted as in "
    "redis-cli (\"a\\n\\x00\", '...'), sent in a pipeline and answered in order. Commands that would "
    "break the order are refused: MONITOR, CLIENT REPLY, and a GETJOB that may wait.",
    grammar=Grammar(
        arguments=(
            Argument(
                "word", WORD, "Command and arguments; - reads commands from stdin, one per line.", many=True
            ),
        ),
        rest_is_data=True,
    ),
    repeats=False,
    does=Program(run, shape=lambda _: ONE_REPLY),
)
