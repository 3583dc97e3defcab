"""exec: words as they are, to the server. Also the way to what has no command of its own."""

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
    """One command from the words, or those of stdin, one a line."""
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
    "Send words as they are, or one command a line from stdin.",
    group=TOOLS,
    example="disquectl exec QLEN mail",
    details="Options stand before the first word; all that follows is data. With -, lines are quoted as in "
    "redis-cli (\"a\\n\\x00\", '...'), are sent together and answered in their order; what would break "
    "that order is refused: MONITOR, CLIENT REPLY, and a GETJOB that may wait.",
    grammar=Grammar(
        arguments=(Argument("word", WORD, "The words; - reads commands from stdin, one a line.", many=True),),
        rest_is_data=True,
    ),
    does=Program(run, shape=lambda _: ONE_REPLY),
)
