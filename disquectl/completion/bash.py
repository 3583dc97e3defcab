r"""bash: parses the line that the script passes, and quotes candidates for readline.

The script sends the line up to the cursor and the word that readline will replace. That word may be only the
last part of a shell word (readline breaks at `:` and `=`, and after an open quote), so candidates continue in
the quotes that are open there. Unquoted, a name with control characters is written as `$'\n'`. After an open
quote only names that fit inside it are offered: readline drops a quote at the start of a word and does not
close one after a word that ends with it, and the rest of the name would then be a command. Pure.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.completion.candidates import Candidate, Show

BLANKS = " \t\n"
# Characters that end a command; another one follows.
ENDS = "|&;()"
ANSI = "$'"
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "e": "\x1b", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
BARE = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=+@%,^"


def parse_line(sent: list[str]) -> tuple[list[str], str, Show]:
    """Return the words after the program's name, the word being typed, and the candidate formatter."""
    line, replaced = sent
    words, raw = read(line)
    while words and "=" in words[0] and words[0].partition("=")[0].isidentifier():
        del words[0]
    before, quote = value_of(raw[: len(raw) - len(replaced)])
    return words[1:], value_of(raw)[0], lambda candidates: _show(candidates, before, quote)


def _show(candidates: list[Candidate], before: str, quote: str) -> bytes:
    """One word a line, without the part already typed, and without descriptions: readline shows none."""
    rests = [word[len(before) :] for word, _ in candidates if word.startswith(before)]
    lines = [quoted(rest, quote) for rest in rests if fits(rest, quote)]
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")


def fits(word: str, quote: str) -> bool:
    """Whether the word can be inserted after this open quote without ending it; `!` is expanded in `"`."""
    if not quote or quote == ANSI:
        return True
    return word.isprintable() and quote not in word and (quote == "'" or "!" not in word)


def read(line: str) -> tuple[list[str], str]:
    """Return the words of the last command of a line, and the raw text of the word at its end."""
    words: list[str] = []
    start = at = 0
    while at < len(line):
        if line[at] in BLANKS or line[at] in ENDS:
            if at > start:
                words.append(value_of(line[start:at])[0])
            if line[at] in ENDS:
                words = []
            at += 1
            start = at
        else:
            at = _next_piece(line, at, "")[0]
    return words, line[start:]


def value_of(raw: str) -> tuple[str, str]:
    """Return the value of the raw text of a word, and the quote that is open at its end."""
    value, at, quote = "", 0, ""
    while at < len(raw):
        at, part, quote = _next_piece(raw, at, quote)
        value += part
    # Escaped bytes may form one UTF-8 character.
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape"), quote


def _next_piece(line: str, at: int, quote: str) -> tuple[int, str, str]:
    """Return the next piece of a word: where it ends, its value, and the quote that is open after it."""
    end = quote[-1:]
    char = line[at]
    if not quote:
        if line.startswith(ANSI, at):
            return _quoted_piece(line, at + 2, ANSI)
        if char in "'\"":
            return _quoted_piece(line, at + 1, char)
        if char == "\\":
            return at + 2, line[at + 1 : at + 2], ""
        return at + 1, char, ""
    return (at + 1, "", "") if char == end else _quoted_piece(line, at, quote)


def _quoted_piece(line: str, at: int, quote: str) -> tuple[int, str, str]:
    """Read from after an opening quote to after its end, or to the end of the line."""
    value, end = "", quote[-1]
    while at < len(line):
        char = line[at]
        if char == end:
            return at + 1, value, ""
        at += 1
        if char == "\\" and quote != "'" and at < len(line):
            escaped = line[at]
            at += 1
            if quote == ANSI:
                char, at = _ansi(line, at, escaped)
            elif escaped in '$`"\\':
                char = escaped
            else:
                char = "\\" + escaped
        value += char
    return at, value, quote


def _ansi(line: str, at: int, escaped: str) -> tuple[str, int]:
    if escaped == "x":
        digits = line[at : at + 2]
        if len(digits) < 2:
            # The common prefix of several names may end within an escape.
            return "", len(line)
        return bytes([int(digits, 16)]).decode("utf-8", "surrogateescape"), at + 2
    return ESCAPES.get(escaped, escaped), at


def quoted(word: str, quote: str = "") -> str:
    """Return the word, which `fits`, quoted for insertion after this open quote."""
    if quote == ANSI:
        return _in_ansi(word)
    if quote == "'":
        return word
    if quote == '"':
        return "".join(f"\\{char}" if char in "$`\\" else char for char in word)
    if not word.isprintable():
        return f"$'{_in_ansi(word)}'"
    bare = "".join(char if char in BARE or not char.isascii() else f"\\{char}" for char in word)
    return bare or "''"


def _in_ansi(word: str) -> str:
    out = ""
    for char in word:
        if char == "\\":
            out += "\\\\"
        # readline does not know escapes here: a quote would end the word.
        elif char.isprintable() and char != "'":
            out += char
        else:
            out += "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))
    return out


SCRIPT = r"""# TAB completion of disquectl for bash: made by `disquectl completion bash`.
_disquectl() {
    local line directive
    COMPREPLY=()
    {
        IFS= read -r -d '' directive
        while IFS= read -r line; do
            COMPREPLY[${#COMPREPLY[@]}]=$line
        done
    } < <("$1" __complete bash "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
    case $directive in
        nospace) compopt -o nospace 2>/dev/null ;;
        files) compopt -o default 2>/dev/null ;;
    esac
}
complete -F _disquectl disquectl
"""
