"""Shapes as the commands use them, records with hostile values, and a helper that renders them."""

import io

from hypothesis import strategies as st

from disquectl.render.output import writer
from disquectl.spec.shape import PAIRS, RECORDS, REPLY, SECTIONS, TREE, VALUE, Shape

ID = "D-60c335b3-b4RUlBGWltla2jr1Nbzg4Ktc-0001"
NODE = "60c335b3c1d576cd47e7f9fe79b2a9c0b8c4133f"

GETJOB = Shape(
    ("queue", "id", "body"), RECORDS, many=True, kinds={"id": "id", "body": "body"}, body="body", folds=True
)
QSCAN = Shape(("queue",), RECORDS, many=True)
QLEN = Shape(("queue", "length"), VALUE, value="length")
QLENS = Shape(("queue", "length"), VALUE, value="length", many=True)
SHOW_KINDS = {"id": "id", "ctime": "ctime_ns", "ttl": "seconds", "nodes_confirmed": "id"}
SHOW_FIELDS = ("id", "queue", "ttl", "ctime", "nodes_confirmed", "body")
SHOW = Shape(SHOW_FIELDS, PAIRS, kinds=SHOW_KINDS, body="body")
SHOWS = Shape(SHOW_FIELDS, PAIRS, kinds=SHOW_KINDS, body="body", many=True)
CONFIG = Shape(("name", "value"), RECORDS, many=True, value="value")
INFO = Shape(("section", "field", "value"), SECTIONS, kinds={"used_memory": "bytes"})
HELLO = Shape(("version", "node", "id", "host", "port", "priority"), TREE, kinds={"node": "id", "id": "id"})
EXEC = Shape(("reply",), REPLY)
SLOWLOG = Shape(("id", "time", "args"), RECORDS, many=True, kinds={"time": "unix"})

JOBS = [
    {"queue": b"mail", "id": ID, "body": b"hello"},
    {"queue": "zeit 日".encode(), "id": ID, "body": b'a,"b"\n\\\xff'},
]
SHOWN = {
    "id": ID,
    "queue": b"mail",
    "ttl": 7380,
    "ctime": 1_795_310_711_560_000_000,
    "nodes_confirmed": [],
    "body": b"hello",
}
SECTIONS_OF_INFO = {
    "server": {"disque_version": "1.0-rc1", "hz": 10},
    "memory": {"used_memory": 1_258_291, "mem_fragmentation_ratio": 4.87},
    "commandstats": {"get": {"calls": 1, "usec": 2}},
}
HELLOS = {
    "version": 1,
    "node": NODE,
    "nodes": [
        {"id": NODE, "host": "127.0.0.1", "port": 7711, "priority": 1},
        {"id": NODE[::-1], "host": "::1", "port": 7712, "priority": 100},
    ],
}

# Each must come out visible and dead: colours, a title, C1, bidi, all kinds of line ends, Rich's markup.
HOSTILE = [
    b"\x1b[31mred\x1b[0m",
    b"\x1b]0;title\x07",
    b"\x1b]8;;http://example.org\x1b\\link",
    b"\xc2\x9b31m\xc2\x85",
    b"\x9b31m",
    "\u202eevil\u202c \u2066x\u2069 \u200f\u061c".encode(),
    "a\u2028b\u2029c".encode(),
    "mail\u200b \u2060\ufeff\u00ad \U000e0001\U000e0041\U000e007f".encode(),
    b"one\rtwo\r\nthree\nfour\tfive\x0b\x0c\x08\x7f\x00",
    b"a[red]b",
    b"[/bold]",
    b"[link=http://example.org]x[/link]",
    b":smile: \\[x]",
    "👩‍💻 日本語 é".encode(),
    b"\xff\xfe\xed\xa0\x80",
    b"",
    b"   ",
]

# Bytes as bodies have them: any at all, text with the characters that matter, and the samples above.
bodies = st.one_of(
    st.binary(max_size=40),
    st.text(max_size=20).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(st.sampled_from(['"', ",", "\\", "\\x", "x41", "\n", "\r", "\t", "\x1b", "\x85", "\u202e", "a"]))
    .map("".join)
    .map(str.encode),
    st.sampled_from(HOSTILE),
)


def written(fmt, shape, records, **options):
    """What a format makes of these records, as text."""
    return raw_written(fmt, shape, records, **options).decode()


def raw_written(fmt, shape, records, **options):
    out = io.BytesIO()
    sink = writer(fmt, shape, out=out, **options)
    for record in records:
        sink.write(record)
    sink.finish()
    return out.getvalue()


def live_characters(text):
    """The characters that a terminal would obey, or that turn the text around; newline is fine."""
    return {
        char
        for char in text
        if (char < " " and char != "\n")
        or "\x7f" <= char <= "\x9f"
        or char in "\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
        or char in "\u00ad\u200b\u200c\u200d\u2060\ufeff"
        or "\U000e0000" <= char <= "\U000e007f"
    }
