"""Replies that no Disque gives: every command ends as it should, whatever comes.

The seed is fixed, so that a failure comes again; help/testing.md has the command for a longer run.
"""

import pytest

from disquectl.protocol.shapes import DEEPEST, is_plain

from .lines import asking, lines
from .replies import DEAD_ID, JOB_ID, JOBS, NODE_ID, Raw, show
from .run import CODES, Fuzz

# About a minute on two cores at most, and a quarter of that where nothing else runs.
RUNS = 1500


@pytest.fixture(scope="module")
def fuzz():
    with Fuzz() as made:
        yield made


@pytest.mark.parametrize("part", range(2))
def test_no_reply_leads_to_a_bug(part, fuzz):
    fuzz.codes.clear()
    for number in range(RUNS):
        fuzz.one(f"fixed/{part}/{number}")
    # It gets through to the commands, and not all of it is refused at the door.
    assert fuzz.codes[0] > RUNS / 3
    assert fuzz.codes[5] > RUNS / 20
    assert fuzz.codes[8] > RUNS / 50
    assert set(fuzz.codes) <= CODES


def test_every_command_that_asks_a_server_has_a_line():
    beginnings = {" ".join(words[:1]) for words, _ in lines()} | {" ".join(words[:2]) for words, _ in lines()}
    assert {name for name in asking() if name not in beginnings} == set()


def without(fields, name):
    at = fields.index(name)
    return fields[:at] + fields[at + 2 :]


def with_value(fields, name, value):
    at = fields.index(name)
    return [*fields[: at + 1], value, *fields[at + 2 :]]


JOB = show(JOB_ID, b"mail", b"x")
FLOAT = Raw(b",1.5\r\n")
DEEP = Raw(b"*1\r\n" * 1000 + b":1\r\n")
ID = JOB_ID.decode()


@pytest.mark.parametrize(
    ("line", "odd", "code", "says"),
    [
        (f"trace {ID}", {b"SHOW": show(DEAD_ID, b"mail", b"x")}, 5, "unexpected reply to SHOW"),
        (f"trace {ID}", {b"SHOW": with_value(JOB, b"nodes-delivered", 3)}, 5, "unexpected reply to SHOW"),
        (f"trace {ID}", {b"SHOW": with_value(JOB, b"ctime", b"x")}, 5, "unexpected reply to SHOW"),
        ("qpeek mail --cluster", {b"SHOW": without(JOB, b"ctime")}, 5, "unexpected reply to SHOW"),
        ("dead failing", {b"JSCAN": [b"0", [without(JOB, b"queue")]]}, 5, "unexpected reply to JSCAN"),
        ("jobs", {b"JSCAN": [b"0", [with_value(JOB, b"ctime", b"x")]]}, 5, "unexpected reply to JSCAN"),
        ("queues", {b"JSCAN": [b"0", [with_value(JOB, b"queue", 1)]]}, 5, "unexpected reply to JSCAN"),
        ("queues --estimate", {b"QSTAT": [b"name", []]}, 5, "unexpected reply to QSTAT"),
        ("-o table slowlog get", {b"SLOWLOG": [[1, 10**17, 5, [b"X"]]]}, 0, ""),
        ("-o table latency latest", {b"LATENCY": [[b"command", 10**17, 5, 5]]}, 0, ""),
        ("exec QLEN mail", {b"QLEN": DEEP}, 5, "unexpected reply to QLEN"),
        ("exec ADDJOB mail x 0", {b"ADDJOB": DEEP}, 8, "unexpected reply to ADDJOB"),
        ("exec FROBNICATE", {b"FROBNICATE": FLOAT}, 8, "unexpected reply to FROBNICATE"),
        ("--echo config get *", {b"CONFIG": FLOAT}, 5, "unexpected reply to CONFIG GET"),
        ("--echo config get *", {b"CONFIG": DEEP}, 5, "unexpected reply to CONFIG GET"),
        ("config set hz 10", {b"CONFIG": []}, 8, "unexpected reply to CONFIG SET"),
        ("getjob mail --nohang", {b"GETJOB": [[b"mail", JOB_ID, 7]]}, 8, "unexpected reply to GETJOB"),
        ("getjob mail --max-jobs 1", {b"GETJOB": [[b"mail", JOB_ID, 7]]}, 8, "unexpected reply to GETJOB"),
        ("addjob mail x", {b"ADDJOB": None}, 8, "unexpected reply to ADDJOB: nil"),
        (f"ack {ID}", {b"ACKJOB": b"1"}, 8, "unexpected reply to ACKJOB"),
        (f"deljob {ID}", {b"DELJOB": Raw(b"#t\r\n")}, 8, "unexpected reply to DELJOB"),
        (f"working {ID}", {b"WORKING": None}, 8, "unexpected reply to WORKING"),
        ("qlen mail", {b"QLEN": Raw(b"#t\r\n")}, 5, "unexpected reply to QLEN"),
    ],
)
def test_a_reply_of_another_shape_is_told(line, odd, code, says, fuzz):
    done, out, err = fuzz.with_replies(line, odd)
    assert (done, says in err) == (code, True), err
    assert bool(out) == (code == 0)


def job(*, body=b"x", nacks=0, deliveries=0):
    return [[b"mail", JOB_ID, body, b"nacks", nacks, b"additional-deliveries", deliveries]]


@pytest.mark.parametrize("found", [job(body=7), job(nacks=None), job(deliveries=b"1"), [[b"mail"]], [7], 7])
def test_a_worker_does_not_take_a_job_that_is_none(found, fuzz):
    code, _, err = fuzz.with_replies("work -q mail --burst --max-jobs 1 -- true", {b"GETJOB": found})
    assert (code, "unexpected reply to GETJOB" in err) == (8, True), err


@pytest.mark.parametrize(
    "odd",
    [
        {b"TIME": [b"1790000000"]},
        {b"TIME": [b"x", []]},
        {b"SHOW": without(JOB, b"ctime")},
        {b"SHOW": with_value(JOB, b"ttl", b"x")},
        {b"TIME": 5, b"SHOW": 7},
    ],
)
def test_a_worker_goes_on_where_it_cannot_learn_how_long_a_job_lives(odd, fuzz):
    code, _, err = fuzz.with_replies("work -q mail --max-jobs 1 -- false", odd | {b"GETJOB": job()})
    assert code in {0, 1, 3}, err
    assert "bug" not in err


def test_bulk_input_tells_the_lines_whose_answer_is_no_id(fuzz):
    code, out, err = fuzz.with_replies("addjob mail --lines", {b"ADDJOB": b"OK"}, b"one\ntwo\n")
    assert (code, out) == (8, "")
    assert "line 1: outcome unknown: unexpected reply to ADDJOB" in err
    assert "2 unknown (lines 1-2)" in err or "2 unknown (lines 1, 2)" in err


def test_the_echo_hides_what_may_hold_a_password_where_it_cannot_be_found(fuzz):
    secret = Raw(b"%1\r\n$11\r\nrequirepass\r\n$6\r\nsecret\r\n")
    for reply in (secret, [b"requirepass", b"secret"], Raw(b"*1\r\n" * 60 + b"$6\r\nsecret\r\n")):
        _, _, err = fuzz.with_replies("--echo config get requirepass", {b"CONFIG": reply})
        assert "secret" not in err
        assert "***" in err


def test_only_what_resp_2_has_is_plain():
    assert is_plain([b"x", 1, None, [NODE_ID, []], *JOBS])
    deep: list[object] = []
    for _ in range(DEEPEST):
        deep = [deep]
    assert is_plain(deep[0])
    assert not is_plain(deep)
    assert not any(map(is_plain, (1.5, True, {}, {b"x"}, [1, [2.5]])))
