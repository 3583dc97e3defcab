"""A line of JSON as a job."""

import base64
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disquectl.bulk.jsonl import JobLines, read
from disquectl.errors import UsageError
from disquectl.protocol.resp import NEED_DATA, Parser
from disquectl.render.json import encode


def words_of(request):
    parser = Parser()
    parser.feed(request)
    words = parser.next_value()
    assert parser.next_value() is NEED_DATA
    return words


@given(st.binary(), st.binary(), st.integers(0, 9))
def test_what_getjob_writes_is_read_back(queue, body, nacks):
    record = {"queue": queue, "id": "D-x", "body": body, "nacks": nacks, "additional_deliveries": 0}
    job = read(encode(record).encode())
    assert (job.queue, job.body, job.options) == (queue, body, {})


def test_a_line_says_how_its_job_is_added_and_the_command_line_says_the_rest():
    lines = JobLines(b"mail", 5000, {"ttl": 60, "retry": 5}, in_order=False)
    request, in_order = lines.request(b'{"body": "a", "ttl": 90, "delay": 1, "maxlen": 7}', 1)
    assert not in_order
    assert words_of(request) == (b"ADDJOB mail a 5000 DELAY 1 RETRY 5 TTL 90 MAXLEN 7".split())
    request, in_order = lines.request(b'{"body": "a", "replicate": 1}', 2)
    assert in_order
    assert words_of(request) == b"ADDJOB mail a 5000 REPLICATE 1 RETRY 5 TTL 60".split()
    request, in_order = lines.request(b'{"body": "a", "async": true}', 3)
    assert in_order
    assert words_of(request)[-1] == b"ASYNC"


def test_blank_lines_are_left_out():
    assert JobLines(b"q", 0, {}, in_order=False).request(b" \t\r", 1) is None


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b'{"body": "a"', "does not end on this line"),
        (b'{"body": "a', "does not end on this line"),
        (b'{"body": "a"} {"body": "b"}', 'not JSON from character 15 on: {"body": "b"}'),
        (b"{\"body\": 'a'}", "not JSON from character 10 on: 'a'}"),
        (b'{"body": "a\tb"}', "not JSON from character 12 on"),
        (b"hello", "not JSON from character 1 on: hello"),
        (b"x" * 99, "on: x{40}\u2026$"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"ttl": ' + b"1" * 5_000 + b"}", "too many digits"),
        (b'{"body": "\xff"}', "not UTF-8 at byte 11"),
        (b'{"body": "a"}'.decode().encode("utf-16-le"), "not JSON from character 2 on"),
        (b"\xef\xbb\xbf{}", "not JSON from character 1 on"),
        (b"[]", r"array.*jq -c '\.\[\]'"),
        (b"3", "not a JSON object"),
        (b"{}", "no body"),
        (b'{"body": 1}', "body is not a string"),
        (b'{"body": null}', "no body"),
        (b'{"body": "a", "priority": 1}', "unknown key 'priority'"),
        (b'{"body": "a", "body_base64": "YQ=="}', "body and body_base64"),
        (b'{"body_base64": "YQ"}', "not base64"),
        (b'{"body_base64": "\\u00e9"}', "not base64"),
        (b'{"body": "\\ud800"}', "surrogate"),
        (b'{"body": "a", "ttl": 0}', "ttl must be"),
        (b'{"body": "a", "ttl": 4294967295}', "2106"),
        (b'{"body": "a", "retry": 4294967296}', "retry must be"),
        (b'{"body": "a", "delay": "1"}', "delay must be"),
        (b'{"body": "a", "delay": true}', "delay must be"),
        (b'{"body": "a", "delay": 1.5}', "delay must be"),
        (b'{"body": "a", "replicate": 65536}', "replicate must be"),
        (b'{"body": "a", "async": 1}', "async is not true or false"),
        (b'{"body": "a"}', "no queue"),
    ],
)
def test_a_line_that_is_no_job_says_why(line, why):
    with pytest.raises(UsageError, match=why):
        JobLines(None, 0, {}, in_order=False).request(line, 1)


def test_the_last_moment_that_disque_can_count_to():
    ttl = 2**32 - 100 - int(time.time())
    line = json.dumps({"body_base64": base64.b64encode(b"\0\xff").decode(), "ttl": ttl}).encode()
    assert read(line).body == b"\0\xff"
