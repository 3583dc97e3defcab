"""The pure rules: turns, backoff, verdicts, where to take jobs from, arguments, answers, the dead letter."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from disquectl.client.address import Node
from disquectl.errors import UsageError
from disquectl.worker.affinity import NodeAffinity
from disquectl.worker.answers import line_of, refusal
from disquectl.worker.arguments import arguments
from disquectl.worker.backoff import Backoff
from disquectl.worker.dead_letter import decode_dead_letter, encode_dead_letter
from disquectl.worker.dead_letters import dead_letter_of, failing, revival
from disquectl.worker.job import Failure, Job, Life
from disquectl.worker.line_pipe import Tail
from disquectl.worker.plan import ARG, ARGS, Plan
from disquectl.worker.retry_policy import ABANDON, DEAD_LETTER, HOLD, decide
from disquectl.worker.scheduling import WeightedRoundRobin, interleaved

HOME = Node("127.0.0.1", 7711)
AT_LEAST_ONCE = "D-60c335b3-yRiaWu63Ny89fXBPj66cnFnU-05a1"
AT_MOST_ONCE = "D-60c335b3-egWmJpFISOsaGu2Kygc1tUbK-05a0"


def job(job_id=AT_LEAST_ONCE, nacks=0, deliveries=0, queue=b"mail", body=b"hello"):
    return Job(job_id, queue, body, nacks, deliveries, HOME)


def plan(**options):
    return Plan((b"true",), ((b"mail", 1),), Backoff(10.0, 2.0, 1000.0), **options)


# Turns


def served(turns, there, count, jobs):
    """How many jobs of each queue come, as GETJOB visits its queues: one of each in a round."""
    found = Counter()
    while found.total() < jobs:
        names = turns.names(count)
        came = []
        while len(came) < count:
            came += [name for name in names if there[name] > 0][: count - len(came)]
        turns.took(len(came))
        found.update(came)
    return found


@pytest.mark.parametrize("count", [1, 3, 25])
def test_ten_thousand_jobs_by_weight(count):
    turns = WeightedRoundRobin([(b"mail", 5), (b"default", 1), (b"low", 2)])
    found = served(turns, Counter({b"mail": 1, b"default": 1, b"low": 1}), count, 10_000)
    assert found[b"mail"] == pytest.approx(5 * found[b"default"], rel=0.02)
    assert found[b"low"] == pytest.approx(2 * found[b"default"], rel=0.02)


def test_an_empty_queue_never_holds_up_a_full_one():
    turns = WeightedRoundRobin([(b"mail", 1000), (b"default", 1)])
    assert served(turns, Counter({b"default": 1}), 5, 100) == {b"default": 100}
    assert all(b"default" in turns.names(1) for _ in range(5))


def test_strict_takes_the_first_queue_before_the_second():
    turns = WeightedRoundRobin([(b"a", 1), (b"b", 1)], strict=True)
    assert turns.names(2) == [b"a", b"a", b"b", b"b"]
    assert turns.names(2, {b"a"}) == [b"b", b"b"]


def test_closed_queues_are_left_out():
    turns = WeightedRoundRobin([(b"a", 3), (b"b", 1)])
    assert set(turns.names(4, {b"a"})) == {b"b"}
    assert turns.names(4, {b"a", b"b"}) == []


def test_one_queue_is_named_once_unless_it_is_closed():
    turns = WeightedRoundRobin([(b"a", 5)])
    assert (turns.names(25), turns.names(25, {b"a"}), turns.names(25, {b"b"})) == ([b"a"], [], [b"a"])


def test_the_next_turn_is_that_after_the_jobs_that_came():
    turns = WeightedRoundRobin([(b"a", 1), (b"b", 1), (b"c", 1)])
    turns.took(1)
    assert turns.names(2) == [b"b", b"c", b"b", b"c", b"a"]
    turns.took(1)
    assert turns.names(1)[0] == b"c"


def test_turns_are_spread_evenly():
    assert interleaved([(b"a", 30), (b"b", 10)]) == [b"a", b"a", b"b", b"a"]


# Backoff


def test_the_curve_of_sidekiq():
    curve = Backoff()
    assert [curve.seconds(n, 0.0) for n in (1, 2, 3, 11)] == [15, 16, 31, 10_015]
    assert (curve.seconds(1, 0.5), curve.seconds(3, 0.5)) == (30, 76)
    assert sum(curve.seconds(n, 0.5) for n in range(1, 26)) > 20 * 86_400


def test_a_curve_of_ones_own():
    curve = Backoff(5.0, 2.0, 60.0)
    assert [curve.seconds(n, 0.0) for n in (1, 2, 3, 10, 10_000)] == [5, 10, 20, 60, 60]
    assert curve.seconds(1, 0.5) == pytest.approx(5.25)
    assert Backoff(0.0).seconds(3, 0.9) == 0


# Verdicts

YOUNG = Life(created=1000.0, expires=1000.0 + 86_400, retry=300, replicate=1)


def decision(of, life=YOUNG, now=1001.0, held=0, **options):
    return decide(of, life, now, held=held, plan=plan(**options), random=0.0)


def test_a_failed_job_is_held_for_its_backoff():
    assert (decision(job()).action, decision(job()).seconds) == (HOLD, 10)
    assert decision(job(nacks=2)).seconds == 40
    assert decision(job(deliveries=9)).seconds == 10  # what nobody reported is no failure


def test_after_the_last_attempt_it_dies():
    assert decision(job(nacks=24), max_retries=25).action == HOLD
    assert decision(job(nacks=25), max_retries=25).action == DEAD_LETTER
    assert decision(job(nacks=20, deliveries=5), max_retries=25).action == HOLD
    assert decision(job(), max_retries=0).action == DEAD_LETTER


def test_an_attempt_after_half_of_the_ttl_never_comes():
    half = 1000.0 + 43_200
    assert decision(job(), now=half - 11).action == HOLD
    assert decision(job(), now=half - 9).action == DEAD_LETTER


def test_at_most_once_dies_at_the_first_failure():
    assert decision(job(AT_MOST_ONCE)).action == DEAD_LETTER


def test_over_the_bound_it_is_left_alone():
    assert decision(job(), held=3, hold=3).action == ABANDON
    assert decision(job(), held=2, hold=3).action == HOLD


# Where to take jobs from


def test_moving_to_the_node_that_most_jobs_come_from():
    origins = NodeAffinity(0.0)
    origins.add(["bbbbbbbb"] * 300)
    assert origins.better("aaaaaaaa", 1.0) is None  # too soon
    assert origins.better("aaaaaaaa", 10.0) == "bbbbbbbb"
    assert origins.better("aaaaaaaa", 20.0) is None  # nothing has come since


def test_staying_where_no_node_gives_most():
    origins = NodeAffinity(0.0)
    origins.add("abc"[i % 3] * 8 for i in range(301))
    assert origins.better("bbbbbbbb", 10.0) is None


@pytest.mark.parametrize(
    ("here", "there", "now", "better"),
    [
        (0, 199, 5.0, None),  # too few jobs
        (0, 200, 5.0, "bbbbbbbb"),
        (0, 200, 4.9, None),  # too soon
        (100, 100, 5.0, None),  # half of the jobs are not most
        (99, 101, 5.0, "bbbbbbbb"),
        (101, 99, 5.0, None),
    ],
)
def test_when_to_move_to_another_node(here, there, now, better):
    origins = NodeAffinity(0.0)
    origins.add(["bbbbbbbb"] * there + ["aaaaaaaa"] * here)
    assert origins.better("aaaaaaaa", now) == better


def test_the_next_move_is_5_seconds_after_the_last_decision():
    origins = NodeAffinity(2.0)
    origins.add(["aaaaaaaa"] * 200)
    assert origins.better("aaaaaaaa", 6.9) is None
    assert origins.better("bbbbbbbb", 7.0) == "aaaaaaaa"
    origins.add(["bbbbbbbb"] * 200)
    assert origins.better("aaaaaaaa", 11.9) is None
    assert origins.better("aaaaaaaa", 12.0) == "bbbbbbbb"


# Arguments


def test_a_body_is_one_argument_whatever_it_holds():
    assert arguments(ARG, b"a b; rm -rf /\xff") == [b"a b; rm -rf /\xff"]
    assert arguments("stdin", b"a") == []


def test_an_array_is_several():
    assert arguments(ARGS, '["ä b", 1, 2.5, null, true]'.encode()) == [
        "ä b".encode(),
        b"1",
        b"2.5",
        b"null",
        b"true",
    ]


@pytest.mark.parametrize("number", ["1.10", "1e400", "-0", "1E+2", "9" * 5000, "0.10000000000000000001"])
def test_a_number_is_the_text_that_stood_there(number):
    assert arguments(ARGS, f"[{number}]".encode()) == [number.encode()]


@pytest.mark.parametrize("text", ["[NaN]", "[-Infinity]", "[1] x", "\ufeff[1]", "[" * 100_000])
def test_what_is_not_json_is_said_in_our_words(text):
    with pytest.raises(ValueError, match=r"^the body is not JSON$"):
        arguments(ARGS, text.encode())


def test_a_body_is_utf_8():
    with pytest.raises(ValueError, match=r"^the body is not JSON$"):
        arguments(ARGS, "[1]".encode("utf-16"))


@pytest.mark.parametrize("answer", [b"", b"ok", b"true false", "true".encode("utf-16"), b"\xff"])
def test_what_a_handler_says_that_is_not_json_is_said_in_our_words(answer):
    with pytest.raises(ValueError, match=r"^not JSON$"):
        refusal(answer, AT_LEAST_ONCE)


@pytest.mark.parametrize("body", [b"{}", b"nonsense", b'[["a"]]', b'["\\ud800"]', b'["a\\u0000"]', b"\xff"])
def test_what_is_no_array_of_words_is_refused(body):
    with pytest.raises(ValueError, match="body"):
        arguments(ARGS, body)


def test_nul_is_refused():
    with pytest.raises(ValueError, match="NUL"):
        arguments(ARG, b"a\0b")


# Lines and answers


def test_a_job_as_a_line():
    line = line_of(job(body='ü"\n\x1b'.encode(), nacks=2))
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert json.loads(line) == {
        "id": AT_LEAST_ONCE,
        "queue": "mail",
        "body": 'ü"\n\x1b',
        "nacks": 2,
        "additional_deliveries": 0,
        "attempt": 3,
    }
    assert json.loads(line_of(job(body=b"\xff")))["body_base64"] == "/w=="


@pytest.mark.parametrize(
    "answer", [b"true", b'{"ok":true}', b'{"ok": true, "id": "%b"}' % AT_LEAST_ONCE.encode()]
)
def test_done(answer):
    assert refusal(answer, AT_LEAST_ONCE) is None


def test_failed_with_a_reason():
    assert refusal(b'{"ok": false, "error": "no"}', AT_LEAST_ONCE) == "no"
    assert refusal(b"false", AT_LEAST_ONCE)


@pytest.mark.parametrize(
    "answer", [b"", b"ok", b"1", b"{}", b'{"ok": "yes"}', b'{"ok": true, "id": "other"}']
)
def test_no_answer(answer):
    with pytest.raises(ValueError):
        refusal(answer, AT_LEAST_ONCE)


# The tail of stderr


def test_the_last_lines_are_kept():
    tail = Tail(2)
    assert tail.feed(b"one\ntw") == [b"one"]
    assert tail.feed(b"o\nthree\nfo") == [b"two", b"three"]
    assert tail.end() == [b"fo"]
    assert tail.take() == b"three\nfo"
    assert tail.take() == b""


def test_megabytes_are_not_kept():
    tail = Tail(20)
    for _ in range(100):
        tail.feed(b"x" * 65536)
    tail.end()
    assert len(tail.take()) <= 16 << 10


# The dead letter


def test_the_letter_of_the_contract():
    failure = Failure(3, None, b"boom\xff", 1_700_000_001.5)
    life = Life(1_700_000_000.25, 1_700_086_400, 300, 2)
    fields = json.loads(encode_dead_letter(job(nacks=1), life, failure))
    assert fields == {
        "v": 1,
        "queue": "mail",
        "id": AT_LEAST_ONCE,
        "body": "hello",
        "attempts": 2,
        "created": "2023-11-14T22:13:20.250Z",
        "failed": "2023-11-14T22:13:21.500Z",
        "exit": 3,
        "signal": None,
        "reason": "exit code 3",
        "stderr": "boom�",
        "retry": 300,
        "ttl": 86400,
        "replicate": 2,
    }


def test_bytes_survive_the_letter():
    dead = encode_dead_letter(job(body=b"\x00\xff"), YOUNG, Failure(None, 9, b"", 0.0))
    assert json.loads(dead)["body_base64"] == "AP8="
    found = decode_dead_letter(dead)
    assert found is not None
    assert (found["body"], found["queue"], found["signal"]) == (b"\x00\xff", b"mail", 9)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"v": 2}', b'{"v": 1, "queue": "q"}', b"\xff"])
def test_what_is_no_letter(body):
    assert decode_dead_letter(body) is None


def a_letter():
    body = encode_dead_letter(job(), YOUNG, Failure(75, None, b"", 5000.0))
    return dead_letter_of({"id": "D-letter", "queue": b"dead:mail", "body": body})


def test_the_job_comes_back_as_it_was():
    assert revival(a_letter()) == [
        b"ADDJOB",
        b"mail",
        b"hello",
        5000,
        b"RETRY",
        b"300",
        b"TTL",
        b"86400",
        b"REPLICATE",
        1,
    ]
    with pytest.raises(UsageError):
        revival({**a_letter(), "ttl": None})


def test_failing_jobs_are_counted_once():
    copy = {"id": "a", "queue": b"q", "nacks": 2, "additional_deliveries": 0, "state": "active"}
    copy |= {"next_requeue_within": 5, "ttl": 9}
    fresh = {**copy, "id": "b", "nacks": 0}
    (found,) = failing([copy, {**copy, "nacks": 3, "state": "queued"}, fresh])
    assert (found["id"], found["nacks"], found["state"]) == ("a", 3, "queued")
    acknowledged = {**copy, "id": "c", "queue": None}
    worse = {**copy, "id": "d", "nacks": 1, "additional_deliveries": 9}
    even = {**copy, "id": "e", "nacks": 1, "additional_deliveries": 1}
    assert [one["id"] for one in failing([copy, acknowledged, even, worse])] == ["d", "a", "e"]
