"""JSON that loses no byte and shows no live character."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disquectl.render.json import encode

from .samples import (
    EXEC,
    GETJOB,
    HELLO,
    HELLOS,
    HOSTILE,
    ID,
    INFO,
    JOBS,
    QLEN,
    SECTIONS_OF_INFO,
    bodies,
    live_characters,
    written,
)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def strict(text):
    """The parsed document; what JSON itself does not have is refused."""

    def refuse(word):
        raise ValueError(word)

    return json.loads(text, parse_constant=refuse)


def bytes_of(record, name):
    if name in record:
        return record[name].encode()
    return base64.b64decode(record[f"{name}_base64"], validate=True)


@given(values, st.sampled_from([0, 2]))
def test_json_values_round_trip(value, indent):
    assert strict(encode(value, indent)) == value


@given(values)
def test_indented_it_looks_as_pythons_own(value):
    assert encode(value, 2).count("\n") == json.dumps(value, indent=2).count("\n")


@given(st.lists(st.tuples(bodies, bodies)))
def test_no_byte_is_lost(jobs):
    records = [{"queue": queue, "id": ID, "body": body} for queue, body in jobs]
    for text in (written("json", GETJOB, records), written("json", GETJOB, records, pretty=True)):
        parsed = strict(text)
        assert [(bytes_of(job, "queue"), bytes_of(job, "body")) for job in parsed] == jobs
    lines = written("jsonl", GETJOB, records).split("\n")
    assert [bytes_of(strict(line), "body") for line in lines[:-1]] == [body for _, body in jobs]


@given(bodies)
def test_no_live_character_is_in_it(body):
    assert not live_characters(written("jsonl", GETJOB, [{"queue": body, "id": ID, "body": body}]))


@given(st.lists(bodies))
def test_elements_of_lists_lose_no_byte_either(args):
    parsed = strict(encode({"args": args}))["args"]
    assert [base64.b64decode(a["base64"]) if isinstance(a, dict) else a.encode() for a in parsed] == args


@pytest.mark.parametrize(
    ("shape", "records", "expected"),
    [
        (
            GETJOB,
            JOBS,
            f'[{{"queue":"mail","id":"{ID}","body":"hello"}},'
            f'{{"queue":"zeit 日","id":"{ID}","body_base64":"YSwiYiIKXP8="}}]\n',
        ),
        (GETJOB, [], "[]\n"),
        (QLEN, [{"queue": b"q", "length": 3}], '{"queue":"q","length":3}\n'),
        (QLEN, [], "null\n"),
        (
            INFO,
            [SECTIONS_OF_INFO],
            '{"server":{"disque_version":"1.0-rc1","hz":10},'
            '"memory":{"used_memory":1258291,"mem_fragmentation_ratio":4.87},'
            '"commandstats":{"get":{"calls":1,"usec":2}}}\n',
        ),
        (
            EXEC,
            [{"reply": [1, b"\xff", None, {"error": "ERR no"}]}],
            '[1,{"base64":"/w=="},null,{"error":"ERR no"}]\n',
        ),
        (EXEC, [{"reply": b"\xff"}], '{"base64":"/w=="}\n'),
        (EXEC, [{"reply": None}], "null\n"),
    ],
)
def test_json_is_one_document(shape, records, expected):
    assert written("json", shape, records) == expected


def test_on_a_terminal_it_is_indented():
    assert written("json", GETJOB, JOBS[:1], pretty=True) == (
        f'[\n  {{\n    "queue": "mail",\n    "id": "{ID}",\n    "body": "hello"\n  }}\n]\n'
    )
    assert written("json", GETJOB, [], pretty=True) == "[]\n"


def test_control_c1_and_bidi_characters_are_written_as_escapes():
    text = "\x00\x1b\x7f\x85\u061c\u200e\u202e\u2066\u2028\u200b\U000e0041"
    assert encode(text) == r'"\u0000\u001b\u007f\u0085\u061c\u200e\u202e\u2066\u2028\u200b\udb40\udc41"'


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_in_json_is_null(number):
    assert encode({"ratio": number}) == '{"ratio":null}'


def test_large_integers_stay_integers():
    assert encode({"ctime": 1_795_310_711_560_000_001}) == '{"ctime":1795310711560000001}'


def test_a_lone_surrogate_does_not_make_it_invalid():
    written("json", EXEC, [{"reply": "a\ud800b\udcff"}]).encode("utf-8")


@pytest.mark.parametrize("body", HOSTILE)
def test_a_line_of_jsonl_is_one_line(body):
    assert written("jsonl", GETJOB, [{"queue": b"q", "id": ID, "body": body}]).count("\n") == 1


def test_jsonl_of_nothing_is_nothing():
    assert written("jsonl", GETJOB, []) == ""


def test_hello_keeps_its_nodes_as_objects():
    assert strict(written("json", HELLO, [HELLOS])) == HELLOS
