"""The two ways to read a line of a dump: each gives the same job, or the same error."""

import json
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from disquectl.bulk import dump_reader
from disquectl.bulk.dump_reader import DumpReader
from disquectl.bulk.dumped_job import parsed
from disquectl.errors import UsageError
from disquectl.spec.timestamps import Times

NOW = 1_800_000_000.0
ID = "D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1"
WRITTEN = {
    "id": ID,
    "queue": "q",
    "body": "b",
    "created": "2027-01-15T07:50:00.500Z",
    "expires": "2027-01-15T08:50:00.500Z",
    "ttl": 3600,
    "retry": 60,
    "delay": 0,
    "due": None,
    "replicate": 3,
    "nacks": 0,
    "additional_deliveries": 0,
    "state": "queued",
}


def text_of(fields):
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def outcome(read, line):
    """What a reader makes of a line: all that a job has, or the message of the error."""
    try:
        job = read(line)
    except UsageError as problem:
        return problem.message
    traits = {name: getattr(job.traits, name) for name in job.traits.__slots__}
    return {**{name: getattr(job, name) for name in job.__slots__}, "traits": traits}


def both(line):
    """The outcome of the pattern, and that of the parser."""
    reader = DumpReader()
    twice = [outcome(lambda text: reader.read(text, NOW), line) for _ in range(2)]
    assert twice[0] == twice[1]
    return twice[0], outcome(lambda text: parsed(text, NOW, Times()), line)


VALUES = st.one_of(
    st.text(max_size=8),
    st.integers(-2, 2**33),
    st.booleans(),
    st.none(),
    st.floats(allow_nan=False),
    st.just("2027-01-15T07:50:00.500Z"),
    st.just("2027-02-30T07:50:00.500Z"),
    st.sampled_from(["delayed", "in-flight"]),
)


@given(st.dictionaries(st.sampled_from(sorted(WRITTEN)), VALUES, max_size=3))
@example({"body": "\ud800"})
@example({"body": '"\\\n\0\u202e\x7f'})
@example({"ttl": 0})
@example({"ttl": 2**32})
@example({"created": "2027-02-30T07:50:00.500Z"})
@example({"retry": True})
@example({"state": "delayed", "delay": 5, "due": "2027-01-15T07:50:05.500Z"})
def test_both_ways_give_the_same(changes):
    ours, expected = both(text_of(WRITTEN | changes))
    assert ours == expected


@given(st.integers(0, 400), st.integers(0, 3), st.binary(max_size=3))
@example(0, 0, b"\xef\xbb\xbf")
@example(66, 0, b"\xff")
@example(66, 0, b"\\x")
@example(66, 0, b"\\\n")
@example(66, 0, b'","body":"')
def test_both_ways_give_the_same_for_a_line_that_was_changed(at, removed, added):
    text = text_of(WRITTEN)
    at = min(at, len(text))
    ours, expected = both(text[:at] + added + text[at + removed :])
    assert ours == expected


@pytest.mark.parametrize("key", ["retry", "replicate", "nacks"])
def test_a_number_that_equals_another_is_still_checked(key):
    reader = DumpReader()
    reader.read(text_of(WRITTEN | {key: 1}), NOW)
    for value in (True, 1.0):
        with pytest.raises(UsageError):
            reader.read(text_of(WRITTEN | {key: value}), NOW)


def test_lines_of_a_dump_are_not_parsed(disquectl, node, monkeypatch):
    """Otherwise load would be slow."""
    for words in (["q", "plain"], ["q", '{"a":"\\n\u00e9"}'], ["\u00fc", "", "--delay", "60"]):
        assert disquectl("addjob", *words).code == 0
    assert disquectl("getjob", "q").code == 0
    lines = disquectl("dump").out.encode().splitlines()
    assert len(lines) == 3
    expected = [outcome(lambda text: parsed(text, NOW, Times()), line) for line in lines]
    monkeypatch.setattr(dump_reader, "parsed", None)
    reader = DumpReader()
    assert [outcome(lambda text: reader.read(text, NOW), line) for line in lines] == expected


def test_a_long_body_takes_little_more_memory_than_itself():
    line = text_of(WRITTEN | {"body": '\\"' * (1 << 20)})
    tracemalloc.start()
    try:
        assert len(DumpReader().read(line, NOW).body) == 2 << 20
        assert tracemalloc.get_traced_memory()[1] < 8 * len(line)
    finally:
        tracemalloc.stop()


def test_traits_are_bounded(monkeypatch):
    monkeypatch.setattr(dump_reader, "_MOST_TRAITS", 3)
    reader = DumpReader()
    for nacks in range(20):
        for form in (WRITTEN, WRITTEN | {"maxlen": 5}):
            job = reader.read(text_of(form | {"nacks": nacks}), NOW)
            assert job.traits.nacks == nacks
            assert len(reader._traits) <= 3
