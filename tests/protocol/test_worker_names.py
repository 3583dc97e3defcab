"""The names of a worker's connections, written and read."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from disquectl.protocol.worker_names import (
    MOST_FAILED,
    failed_name,
    read_failed_name,
    read_worker_name,
    worker_name,
)

LONG = [b"reports-of-the-night-%d" % number for number in range(50)]


def test_a_name_says_host_process_and_queues():
    name = worker_name(b"mill-7", 4242, [b"mail", b"sms"])
    assert name == b"disquectl:work:mill-7:4242:q=mail,sms"
    said = read_worker_name(name.decode())
    assert (said.worker, said.queues, said.left_out) == (
        "disquectl:work:mill-7:4242",
        [b"mail", b"sms"],
        0,
    )


@given(
    host=st.binary(max_size=300),
    pid=st.integers(1, 2**31),
    queues=st.lists(st.binary(max_size=250), min_size=1, max_size=60),
)
@example(host=b"a:b%,+ \xff" * 20, pid=2**31, queues=LONG)
@example(host=b"h", pid=1, queues=[b""])
@example(host=b"h", pid=1, queues=[b"", b"x" * 250])
@example(host=b"h", pid=1, queues=["\u202e日本".encode(), b"\x1b[31m\x00 ,:+%=", b""])
def test_any_name_is_accepted_by_disque_and_can_be_read(host, pid, queues):
    name = worker_name(host, pid, queues)
    assert len(name) <= 200
    assert all(0x21 <= byte <= 0x7E for byte in name)
    said = read_worker_name(name.decode())
    rest = iter(queues)
    assert all(queue in rest for queue in said.queues), "in the same order"
    assert len(said.queues) + said.left_out == len(queues)


def test_what_has_no_room_is_counted_and_a_long_queue_does_not_hide_short_ones():
    said = read_worker_name(worker_name(b"h", 1, [b"x" * 300, b"mail", b"y" * 300]).decode())
    assert (said.queues, said.left_out) == ([b"mail"], 2)
    assert worker_name(b"h", 1, [b"x" * 300]) == b"disquectl:work:h:1:q=+1"
    many = worker_name(b"h", 1, LONG)
    assert 200 - len(LONG[0]) - 1 <= len(many) <= 200
    assert many.endswith(b"+%d" % (50 - many.count(b"reports")))


def test_a_name_of_exactly_200_bytes_is_not_cut():
    room = 200 - len(b"disquectl:work:h:1:q=")
    assert worker_name(b"h", 1, [b"x" * room]).endswith(b"q=" + b"x" * room)
    assert worker_name(b"h", 1, [b"x" * (room + 1)]).endswith(b"q=+1")


def test_a_long_host_is_cut_before_an_escape():
    name = worker_name(b"a" * 63 + b"\xff", 1, [b"q"])
    assert name == b"disquectl:work:" + b"a" * 63 + b":1:q=q"
    assert b"\xff".hex().upper().encode() in worker_name(b"a" * 61 + b"\xff", 1, [b"q"])


@pytest.mark.parametrize(
    "name",
    [
        "",
        "disquectl",
        "disquectl:work:",
        "disquectl:work:host:1",
        "disquectl:work:host:1:mail",
        "disquectl:work:host:1:q=a:b",
        "disquectl:work:host:1:q=a%",
        "disquectl:work:host:1:q=a%4",
        "disquectl:work:host:1:q=%zz",
        "disquectl:work:host:1:q=% 1",
        "disquectl:work:host:1:q=a+",
        "disquectl:work:host:1:q=a+b",
        "disquectl:work:host:1:q=a+1+1",
        "disquectl:work:host:1:q=a+" + "1" * 5000,
        "other:work:host:1:q=a",
        "xdisquectl:work:host:1:q=a",
    ],
)
def test_other_names_say_nothing(name):
    assert read_worker_name(name) is None


def test_jobs_that_failed_once_are_named():
    ids = [f"D-dcb833cf-{start}7e9+wsA/09NqxscQI-05a1" for start in ("8YL1+T/1", "/+/+/+/+")]
    name = failed_name(b"a:b", 7, ids).decode()
    assert name == "disquectl:failed:a%3Ab:7:8YL1%2BT/1,/%2B/%2B/%2B/%2B"
    assert read_failed_name(name) == ["8YL1+T/1", "/+/+/+/+"]
    assert read_worker_name(name) is None, "it is no consumer"
    assert read_failed_name(failed_name(b"h", 1, []).decode()) == []
    assert len(read_failed_name(failed_name(b"h", 1, ids * MOST_FAILED).decode())) == MOST_FAILED


@pytest.mark.parametrize("name", ["disquectl:failed:h:1", "disquectl:failed:h:1:a:b", "x:failed:h:1:a", ""])
def test_another_name_names_no_failed_job(name):
    assert read_failed_name(name) == []


def test_an_id_that_cannot_be_read_is_left_out():
    assert read_failed_name("disquectl:failed:h:1:%,%FF,abc") == ["abc"]
