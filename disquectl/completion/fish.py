"""fish: parses the line as typed; candidates are not quoted, because fish quotes what it inserts. Pure.

fish draws words unescaped, and fails when it has to draw a list of words with control characters. So names
with control or other unsafe characters are not offered.
"""

from __future__ import annotations

from disquectl.commands import all_commands
from disquectl.render.escape import UNSAFE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.completion.candidates import Candidate, Show

BLANKS = " \t\n"
ENDS = "|&;()"
NOT_OFFERED = frozenset(map(chr, (*UNSAFE, 0x09, 0x0A)))
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "e": "\x1b", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def parse_line(sent: list[str]) -> tuple[list[str], str, Show]:
    """Return the words after the program's name, the word being typed, and the candidate formatter."""
    words = read(sent[0])
    while len(words) > 1 and "=" in words[0]:
        del words[0]
    return words[1:-1], words[-1], _show


def _show(candidates: list[Candidate]) -> bytes:
    """Word, tab, description, each terminated by NUL."""
    shown = [(word, text) for word, text in candidates if NOT_OFFERED.isdisjoint(word)]
    lines = [f"{word}\t{text}\0" if text else f"{word}\0" for word, text in shown]
    return "".join(lines).encode("utf-8", "surrogateescape")


def read(line: str) -> list[str]:
    """Return the words of the last command of a line; the last, maybe empty, is being typed."""
    words = [""]
    at, inside = 0, ""
    while at < len(line):
        char = line[at]
        at += 1
        if inside:
            if char == inside:
                inside = ""
            elif char == "\\" and line[at : at + 1] in {"\\", inside, *({"$"} if inside == '"' else ())}:
                words[-1] += line[at]
                at += 1
            else:
                words[-1] += char
        elif char in "'\"":
            inside = char
        elif char == "\\":
            escaped, at = _escaped(line, at)
            words[-1] += escaped
        elif char in ENDS:
            words = [""]
        elif char in BLANKS:
            if words[-1] or line[at - 2 : at - 1] in ("'", '"'):
                words.append("")
        else:
            words[-1] += char
    return words


def _escaped(line: str, at: int) -> tuple[str, int]:
    char = line[at : at + 1]
    if char in ("x", "X"):
        return bytes([int(line[at + 1 : at + 3], 16)]).decode("utf-8", "surrogateescape"), at + 3
    return ESCAPES.get(char, char), at + 1


def script() -> str:
    """Return the script, which contains the commands: completing the first word needs no process."""
    lines = [f"    {command.name}\\t{_quoted(command.summary)}" for command in all_commands()]
    return SCRIPT.replace("@COMMANDS@", " \\\n".join(lines))


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


SCRIPT = r"""# TAB completion of disquectl for fish: made by `disquectl completion fish`.
set -g __disquectl_commands \
@COMMANDS@

function __disquectl_complete
    set -l words (commandline -opc)
    set -l answer commands
    if test (count $words) -gt 1; or string match -q -- '-*' (commandline -ct)
        set -l line (commandline -cp | string collect)
        set answer (command $words[1] __complete fish $line 2>/dev/null | string split0)
    end
    switch "$answer[1]"
        case commands
            printf '%s\n' $__disquectl_commands
            return
        case files
            __fish_complete_path (commandline -ct)
    end
    if set -q answer[2]
        string join0 -- $answer[2..-1] | string split0
    end
end

complete -c disquectl -f -a '(__disquectl_complete)'
"""
