"""Lists: one line per record, the columns that fit by rank, and a line that names the others."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from disquectl.render.fit import columns_that_fit, cut, cut_list, wrapped
from disquectl.render.lists import FIRST_ROWS
from disquectl.render.output import writer
from disquectl.spec.shape import Shape

from .samples import HOSTILE, ID, bodies, live_characters, written

KINDS = {"id": "id", "body": "body", "address": "word"}
JOBS = Shape(("queue", "id", "body", "nacks"), many=True, kinds=KINDS, ranks=("id", "nacks", "queue", "body"))
JOB = {"queue": b"mail", "id": ID, "body": b"hello", "nacks": 3}


def table(shape, records, **options):
    return written("table", shape, records, **options)


def test_columns_that_fit_by_rank_are_shown_in_their_order():
    assert table(JOBS, [JOB], width=60) == (
        "queue  id                                        nacks\n"
        "──────────────────────────────────────────────────────\n"
        f"mail   {ID}      3\n"
        "1 row; not shown: body (--columns selects columns)\n"
    )
    assert table(JOBS, [JOB], width=80).splitlines()[0].split() == ["queue", "id", "body", "nacks"]
    assert table(JOBS, [JOB], width=10).splitlines()[2] == ID


def test_a_narrower_column_of_lower_rank_takes_the_room_that_is_left():
    assert columns_that_fit([10, 20, 3], [0, 1, 2], 2, 16) == [0, 2]
    assert columns_that_fit([10, 20, 3], [1, 0, 2], 2, 5) == [1]
    assert columns_that_fit([1, 2, 3], [2, 0, 1], 2, 10) == [0, 1, 2]


def test_a_column_without_values_comes_last():
    shape = Shape(("id", "exit", "signal"), many=True, kinds=KINDS)
    records = [{"id": ID, "exit": None, "signal": 9}]
    assert table(shape, records, width=48).splitlines()[0].split() == ["id", "signal"]


def test_fields_without_a_rank_are_shown_only_if_they_are_chosen():
    shape = Shape(("a", "b"), many=True, ranks=("b",))
    assert table(shape, [{"a": 1, "b": 2}]) == "b\n─\n2\n1 row\n"
    assert table(shape, [{"a": 1, "b": 2}], columns=["a"]) == "a\n─\n1\n1 row\n"


def test_chosen_columns_are_all_shown_with_text_cut():
    record = {**JOB, "body": b"x" * 100}
    lines = table(JOBS, [record], columns=["id", "body", "queue", "nacks"], width=80).splitlines()
    assert lines[0].split() == ["id", "body", "queue", "nacks"]
    assert lines[2] == f"{ID}  {'x' * 23}…  mail       3"
    assert lines[3] == "1 row"
    narrow = table(JOBS, [record], columns=["id", "queue"], width=20).splitlines()
    assert narrow[2] == f"{ID}  mail"


def test_without_a_header_there_is_no_footer():
    assert table(JOBS, [JOB], header=False, width=52) == f"mail  {ID}  3\n"
    assert table(JOBS, []) == ""


def test_addresses_and_states_are_never_cut():
    shape = Shape(("address", "text"), many=True, kinds=KINDS)
    records = [{"address": "x" * 30, "text": "y" * 60}]
    assert table(shape, records, width=50).splitlines()[2] == f"{'x' * 30}  {'y' * 17}…"


def test_a_list_of_ids_is_one_line():
    shape = Shape(("id", "nodes"), many=True, kinds={"id": "id", "nodes": "id"})
    assert table(shape, [{"id": ID, "nodes": ["a", "b"]}]).splitlines()[2] == f"{ID}  a,b"


def test_a_bad_word_is_coloured_and_others_are_not():
    shape = Shape(("flags",), many=True, levels={"flags": {"fail": "error", "fail?": "warning"}})
    records = [{"flags": ["noflags"]}, {"flags": ["myself", "fail"]}, {"flags": ["fail?"]}]
    dark = table(shape, records, color=True).splitlines()[2:5]
    assert dark == ["noflags", "\x1b[1m\x1b[31mmyself,fail\x1b[0m", "\x1b[33mfail?\x1b[0m"]
    light = table(shape, records, color=True, theme="light").splitlines()[2:5]
    assert light[2].startswith("\x1b[38;5;130mfail?")
    none = table(shape, records, color=True, theme="none")
    assert "\x1b[3" not in none
    assert "\x1b[1mmyself,fail" in none
    assert "\x1b" not in table(shape, records)


def test_a_stream_is_drawn_by_its_first_rows():
    out = io.BytesIO()
    shape = Shape(("queue", "length"), many=True)
    sink = writer("table", shape, out=out, width=30)
    sink.write({"queue": b"a", "length": 1})
    sink.flush()
    assert out.getvalue() == b""
    for _ in range(FIRST_ROWS):
        sink.write({"queue": b"a", "length": 1})
    sink.flush()
    assert out.getvalue().count(b"\n") == FIRST_ROWS + 3
    sink.write({"queue": b"b" * 40, "length": 2})
    assert out.getvalue().decode().splitlines()[-1] == "bbbb…       2"
    sink.finish()
    assert out.getvalue().decode().endswith(f"\n{FIRST_ROWS + 2} rows\n")


@pytest.mark.parametrize("width", range(1, 12))
def test_a_cut_never_goes_through_an_escape(width):
    text = r"ab\x1b\n" + "中文é" * 3 + r"\xff"
    for begin in range(len(text)):
        found = cut(text[begin:], width)
        assert cell_len(found) <= width
        if found != text[begin:]:
            assert found.endswith("…")
            assert text[begin:].startswith(found[:-1])


def test_a_list_is_cut_between_its_items():
    assert cut_list("aa,bb,cc", 8) == "aa,bb,cc"
    assert cut_list("aa,bb,cc", 7) == "aa,bb,…"
    assert cut_list("aa,bb,cc", 6) == "aa,…"
    assert cut_list("aa,bb,cc", 4) == "aa,…"
    assert cut_list("aa,bb,cc", 3) == "aa…"
    shape = Shape(("queue", "nodes"), many=True)
    nodes = [f"10.0.0.{number}:7711" for number in range(1, 4)]
    line = table(shape, [{"queue": b"q", "nodes": nodes}], width=40).splitlines()[2]
    assert line == "q      10.0.0.1:7711,10.0.0.2:7711,…"


def test_a_footer_is_folded_between_words():
    assert wrapped("one two three", 7) == ["one two", "three"]
    assert wrapped("abcdefgh i", 4) == ["abcdefgh", "i"]


@settings(deadline=None)
@given(st.lists(st.tuples(bodies, bodies), min_size=1, max_size=4), st.sampled_from([40, 60, 80, 200]))
def test_every_record_is_one_line_that_fits(jobs, width):
    records = [{"queue": queue, "id": ID, "body": body, "nacks": 1} for queue, body in jobs]
    text = table(JOBS, records, width=width)
    rows = text.splitlines()[2 : 2 + len(jobs)]
    assert all(ID in row for row in rows)
    assert not live_characters(text)
    assert max(map(cell_len, text.splitlines())) <= width


@pytest.mark.parametrize("body", HOSTILE)
@pytest.mark.parametrize("color", [False, True])
def test_nothing_from_a_queue_is_obeyed(body, color):
    record = {**JOB, "queue": body, "body": body}
    text = table(JOBS, [record], width=200, color=color)
    calm = table(JOBS, [JOB], width=200, color=color)
    assert live_characters(text) == live_characters(calm)
    assert text.count("\x1b") == calm.count("\x1b")
