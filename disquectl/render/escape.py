r"""The one place that makes text safe to show.

What comes from a queue is any bytes at all, and may be meant to harm whoever looks at it. Four dialects:

    plain         `\t \n \\`, and `\xNN` for each byte of anything else that is not fit to show; exact: what
                  reads C escapes (printf %b, Python's codecs.escape_decode) gives the bytes back
    for_terminal  the same for people: a backslash stays as it is, so this cannot be turned back
    for_message   for_terminal, for what may repeat what was typed
    wire          raw protocol traffic, as it would stand between the quotes of a Python b"..."

Not fit to show are: bytes that are not UTF-8, the control characters C0, DEL and C1, the bidirectional marks,
overrides and isolates (they turn the text around them), the line and paragraph separators, and format
characters that show nothing at all (zero-width characters, tags: two names that look the same are not, and a
text says more than anybody sees). Those beyond ASCII are written as the bytes of their UTF-8 (U+0085 is
`\xc2\x85`), so that `\xNN` always means one byte.

This module knows nothing of records, formats and terminals.
"""

from __future__ import annotations

# The one list of what is not fit to show; each format escapes it in its own way.
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
    """The text as UTF-8; bytes that were smuggled in as surrogates come out as they were, nothing raises."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _escape(data: bytes) -> str:
    text = data.decode("utf-8", "backslashreplace")
    if not text.isprintable() and not text.isascii():
        # str.translate costs an exception for each character beyond ASCII that it does not know.
        for char in UNSAFE_BEYOND_ASCII:
            if char in text:
                text = text.replace(char, "".join(f"\\x{byte:02x}" for byte in char.encode()))
    return text if text.isprintable() else text.translate(_ESCAPES)


def plain(value: bytes | str) -> str:
    r"""One line of safe text from which every byte can be had back.

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
    """One line of safe text for people: for tables, errors, prompts and questions."""
    if isinstance(value, str):
        if value.isprintable():
            return value
        value = to_bytes(value)
    return _escape(value)


def for_message(text: str, advice: str = "") -> str:
    """A line for people that may repeat what was typed: as `for_terminal`, without the password of a URL.

    The advice stands behind it in brackets; it repeats nothing.
    """
    head, scheme, rest = text.partition("://")
    if scheme and "@" in rest:
        host = rest.rpartition("@")[2]
        text = f"{head}://:***@{host}"
    return for_terminal(f"{text} ({advice})" if advice else text)


def wire(data: bytes) -> str:
    r"""Raw traffic as printable ASCII, to be pasted between the quotes of a Python b"...".

    >>> wire(b'$2\r\n"\xff\r\n')
    '$2\\r\\n\\"\\xff\\r\\n'
    """
    # A quote in front makes repr choose the other quote, whatever the data holds.
    return repr(b'"' + data)[3:-1].replace("\\'", "'").replace('"', '\\"')


def quote(word: bytes) -> str:
    """The word in double quotes, as spec.quoting reads it; bytes that are not fit to show are `\\xHH`."""
    text = word.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n").replace(b"\t", b"\\t")
    return f'"{for_terminal(text)}"'
