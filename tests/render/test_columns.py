"""Records that are kept by field come out of every writer as they do one by one."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disquectl.protocol.columns import Columns, column
from disquectl.render.output import writer
from disquectl.spec.global_options import FORMATS
from disquectl.spec.shape import RECORDS, Shape

NAMES = ("id", "queue", "ttl", "nodes", "body")
SHAPE = Shape(NAMES, RECORDS, many=True, value="id", body="body")
texts = st.sampled_from(
    ["", "a", "b c", 'say "hi"', "back\\slash", "\x1b[1m", "\udcff", "é", "\u202e", "t\tb\n"]
)
octets = st.sampled_from([b"", b"a", b'"', b"\\", b"\xff", b"\x00", "é".encode(), b"a,b\r\n"])
rows = st.tuples(
    texts,
    st.none() | octets,
    st.none() | st.integers(-5, 5),
    st.none() | st.lists(texts | octets, max_size=3) | st.lists(st.sampled_from(["a", "b"]), max_size=3),
    octets,
)
harmless = st.tuples(
    st.just("a"), st.just(b"q"), st.just(7), st.sampled_from([[], ["a"], ["a", "b"]]), st.just(b"x y")
)
pages = st.lists(st.lists(rows, max_size=4) | st.lists(harmless, max_size=4), max_size=3)


def written(name, pages, columns, pretty=False):
    out = io.BytesIO()
    to = writer(name, SHAPE, out=out, columns=columns, pretty=pretty)
    for page in pages:
        to.write_all(page)
    to.finish()
    return out.getvalue()


@pytest.mark.parametrize("columns", [None, ("body", "id"), ("queue",)])
@pytest.mark.parametrize(("name", "pretty"), [*((name, False) for name in FORMATS), ("json", True)])
@settings(max_examples=40, deadline=None)
@given(pages)
def test_columns_write_the_same_as_single_records(name, pretty, columns, pages):
    kept = [
        Columns(NAMES, list(map(column, zip(*page, strict=True))) or [column([]) for _ in NAMES])
        for page in pages
    ]
    assert written(name, kept, columns, pretty) == written(name, list(map(list, kept)), columns, pretty)


def test_a_line_has_the_fields_in_order():
    (line,) = written(
        "plain", [Columns(NAMES, list(map(column, [["a"], [b"q"], [1], [["b", "c"]], [b"x"]])))], None
    ).splitlines()
    assert line == b"a\tq\t1\tb,c\tx"
