r"""Escaping: makes any bytes safe to show. Every format escapes by this module.

Bodies and names are arbitrary bytes, and may be crafted to attack a terminal. Four forms:

    plain         `\t \n \\`, and `\xNN` for each byte of other unsafe text; reversible by anything that reads
                  C escapes (printf %b, Python's codecs.escape_decode)
    for_terminal  the same, but backslashes are unchanged, so it is not reversible
    for_message   for_terminal, without passwords in URLs; for messages that may quote user input
    wire          raw protocol traffic, as between the quotes of a Python b"..."

Unsafe are: bytes that are not UTF-8, the control characters C0, DEL and C1, bidirectional marks, overrides
and isolates (they reorder the text around them), line and paragraph separators, and invisible format
characters (zero-width characters, tags: different names would look the same, and text could be hidden). Those
beyond ASCII are written as their UTF-8 bytes (U+0085 is `\xc2\x85`), so that `\xNN` always means one byte.

Knows nothing of records, formats and terminals.
"""

from __future__ import annotations

# The code points that are unsafe to show; each format escapes them in its own way.
UNSAFE = (
    *(code for code in range(0x20) if code not in (0x09, 0x0A)),  # C0 without tab and newline
    *range(0x7F, 0xA0),  # DEL, C1
    0x00AD,  # the soft hyphen
    0x061C,  # ALM
    0x180E,  # the Mongolian vowel separator
    *range(0x200B, 0x2010),  # zero-width space, non-joiner, joiner, LRM, RLM
    *range(0x2028, 0x202F),  # LS, PS, LRE to RLO
    *range(0x2060, 0x2070),  # word joiner, invisible operators, LRI to PDI, deprecated format characters
    0xFEFF,  # the byte order mark, a zero-width no-break space
    *range(0x1BCA0, 0x1BCA4),  # shorthand format controls
    *range(0x1D173, 0x1D17B),  # beams and slurs of music
    *range(0xE0000, 0xE0080),  # tags
)


_ESCAPES = {0x09: "\\t", 0x0A: "\\n"} | {code: f"\\x{code:02x}" for code in UNSAFE if code < 0x80}
UNSAFE_BEYOND_ASCII = tuple(chr(code) for code in UNSAFE if code >= 0x80)


def to_bytes(text: str) -> bytes:
    """Encode the text as UTF-8; surrogate-escaped bytes are restored. Never raises."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _escape(data: bytes) -> str:
    text = data.decode("utf-8", "backslashreplace")
    if not text.isprintable() and not text.isascii():
        # str.translate is slow here: it raises internally for each unmapped character beyond ASCII.
        for char in UNSAFE_BEYOND_ASCII:
            if char in text:
                text = text.replace(char, "".join(f"\\x{byte:02x}" for byte in char.encode()))
    return text if text.isprintable() else text.translate(_ESCAPES)


def plain(value: bytes | str) -> str:
    r"""Return one line of safe text from which every byte can be restored.

    >>> plain(b"a\tb\\c\x1b[31m \xff")
    'a\\tb\\\\c\\x1b[31m \\xff'
    """
    if isinstance(value, str):
        if value.isprintable() and "\\" not in value:
            return value
        value = to_bytes(value)
    else:
        try:
            text = value.decode()
        except UnicodeDecodeError:
            pass
        else:
            if text.isprintable() and "\\" not in text:
                return text
    return _escape(value.replace(b"\\", b"\\\\"))


def for_terminal(value: bytes | str) -> str:
    """Return one line of safe text for people: for tables, errors, prompts and questions."""
    if isinstance(value, str):
        if value.isprintable():
            return value
        value = to_bytes(value)
    return _escape(value)


def for_message(text: str, advice: str = "") -> str:
    """Return a line for people that may quote user input: as `for_terminal`, without the password of a URL.

    The advice follows in brackets; it must not quote user input.
    """
    head, scheme, rest = text.partition("://")
    if scheme and "@" in rest:
        host = rest.rpartition("@")[2]
        text = f"{head}://:***@{host}"
    return for_terminal(f"{text} ({advice})" if advice else text)


def wire(data: bytes) -> str:
    r"""Return raw traffic as printable ASCII, to be pasted between the quotes of a Python b"...".

    >>> wire(b'$2\r\n"\xff\r\n')
    '$2\\r\\n\\"\\xff\\r\\n'
    """
    # With a leading double quote, repr always chooses single quotes.
    return repr(b'"' + data)[3:-1].replace("\\'", "'").replace('"', '\\"')


def quote(word: bytes) -> str:
    """Return the word in double quotes, as spec.quoting reads it; unsafe bytes are `\\xHH`."""
    text = word.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n").replace(b"\t", b"\\t")
    return f'"{for_terminal(text)}"'


# Characters that a shell leaves as they are.
_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=+@%,")


def shell_word(value: bytes | str) -> str:
    r"""Return the word as it is typed in bash, zsh or ksh; unsafe bytes are `\xHH` in `$'...'`.

    >>> print(shell_word("it's"), shell_word(b"a\x1b"), shell_word("mail"))
    'it'\''s' $'a\x1b' mail
    """
    data = to_bytes(value) if isinstance(value, str) else value
    safe = for_terminal(data)
    if to_bytes(safe) != data:
        return "$'" + _escape(data.replace(b"\\", b"\\\\").replace(b"'", b"\\x27")) + "'"
    if safe and _BARE.issuperset(safe):
        return safe
    quote = "'\\''"
    return f"'{safe.replace(chr(39), quote)}'"
