"""The readings of a record that the formats share."""

import pytest

from disquectl.render.flatten import as_bytes, lines, pairs, rows

from .samples import EXEC, GETJOB, HELLO, HELLOS, INFO, JOBS, NODE, SECTIONS_OF_INFO


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, b""),
        (True, b"true"),
        (False, b"false"),
        (-1, b"-1"),
        (4.5, b"4.5"),
        ("é", "é".encode()),
        (b"\xff", b"\xff"),
        ([], b""),
        ([b"a", 1, None, ["b", "c"]], b"a,1,,b,c"),
        ({"calls": 1, "usec": 2}, b"calls=1,usec=2"),
    ],
)
def test_a_value_is_one_cell(value, expected):
    assert as_bytes(value) == expected


def test_a_flat_record_is_its_own_row():
    assert list(rows(GETJOB, JOBS[0])) == [JOBS[0]]


def test_sections_become_rows_of_section_field_value():
    assert list(rows(INFO, SECTIONS_OF_INFO))[:2] == [
        {"section": "server", "field": "disque_version", "value": "1.0-rc1"},
        {"section": "server", "field": "hz", "value": 10},
    ]


def test_what_stands_beside_the_sections_is_in_each_row():
    assert list(rows(INFO, {"node": NODE, "server": {"hz": 10}})) == [
        {"node": NODE, "section": "server", "field": "hz", "value": 10}
    ]


def test_a_list_of_nodes_becomes_a_row_each():
    assert [row["host"] for row in rows(HELLO, HELLOS)] == ["127.0.0.1", "::1"]
    assert {row["node"] for row in rows(HELLO, HELLOS)} == {NODE}


def test_an_empty_list_of_nodes_leaves_one_row():
    assert list(rows(HELLO, {"version": 1, "node": NODE, "nodes": []})) == [{"version": 1, "node": NODE}]


def test_a_list_of_nodes_repeats_its_name():
    assert [name for name, _ in pairs(HELLO, HELLOS)] == ["version", "node", "nodes", "nodes"]


def test_a_reply_is_one_element_a_line():
    assert list(lines([1, [b"x", [2, 3]], None])) == [[1], [b"x", [2, 3]], [None]]
    assert list(lines(b"x")) == [[b"x"]]
    assert list(lines([])) == []


def test_an_error_within_a_reply_is_marked():
    assert list(lines([[{"error": "ERR no"}]])) == [["(error) ERR no"]]
    assert list(rows(EXEC, {"reply": {"error": "ERR no"}})) == [{"reply": ["(error) ERR no"]}]
