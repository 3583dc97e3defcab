"""Which connections of a node consume jobs, and which may consume those of one queue."""

import pytest

from disquectl.merge.consumers import CONSUMER_FIELDS, OfQueue, blocked_in, consumers_of, ordered, totals
from disquectl.programs.consumers import for_people
from disquectl.protocol.server_replies import client_list

NODE = "10.0.0.1:7711"
LINE = (
    "id={number} addr=10.0.1.1:{number} fd=5 name={name} age=9 idle=3 flags={flags} qbuf=0 qbuf-free=0 "
    "obl=0 oll=0 omem=0 events=r cmd={cmd}\n"
)
WORKER = "disquectl:work:mill-7:4242:q={}"


def line(number=1, name="", flags="N", cmd="ping"):
    return LINE.format(number=number, name=name, flags=flags, cmd=cmd)


def consumers(*lines):
    return consumers_of(client_list("".join(lines).encode()), NODE)


def waiting(number=1, name=""):
    return line(number, name, "b", "getjob")


def test_a_record_has_these_fields():
    (found,) = consumers(waiting(7, WORKER.format("mail,sms")))
    assert tuple(found) == CONSUMER_FIELDS
    assert found == {
        "address": "10.0.1.1:7",
        "name": "disquectl:work:mill-7:4242:q=mail,sms",
        "node": NODE,
        "waiting": True,
        "idle": 3,
        "queues": [b"mail", b"sms"],
    }


@pytest.mark.parametrize(
    ("flags", "cmd", "is_consumer"),
    [
        ("b", "getjob", True),
        ("bU", "getjob", True),
        ("N", "getjob", False),
        ("b", "addjob", False),
        ("O", "monitor", False),
        ("N", "client", False),
    ],
)
def test_a_client_without_a_workers_name_is_one_while_it_waits_in_getjob(flags, cmd, is_consumer):
    assert len(consumers(line(flags=flags, cmd=cmd))) == is_consumer


@pytest.mark.parametrize(("flags", "cmd"), [("N", "getjob"), ("b", "addjob"), ("N", "ackjob")])
def test_a_busy_worker_is_one_that_does_not_wait(flags, cmd):
    (found,) = consumers(line(1, WORKER.format("mail"), flags, cmd))
    assert (found["waiting"], found["queues"]) == (False, [b"mail"])


@pytest.mark.parametrize("text", ["", "addr=1 flags=b cmd=getjob\n", "flags=b cmd=getjob idle=x age=\n"])
def test_a_line_of_another_form_is_no_bug(text):
    for record in consumers(text):
        assert record["idle"] is None
        assert for_people(record)["waiting"] == "yes"


def test_a_name_that_only_looks_like_a_workers_says_nothing():
    (found,) = consumers(waiting(1, "disquectl:work:mill-7:4242:q=%zz"))
    assert found["queues"] is None


def of_queue(blocked, *lines):
    return OfQueue(consumers(*lines), b"mail", blocked)


def numbers(found):
    return [int(record["address"].rpartition(":")[2]) for record in found.records]


def test_of_a_queue_workers_that_name_it_whether_they_wait_or_not():
    names = [WORKER.format(queues) for queues in ("mail,sms", "sms", "mail", "mai")]
    found = of_queue(1, waiting(1, names[0]), waiting(2, names[1]), line(3, names[2]), line(4, names[3]))
    assert numbers(found) == [1, 3]
    assert (found.waiting, found.unnamed) == (0, 0)


def test_of_a_queue_others_only_as_far_as_the_node_counts_more_than_workers():
    lines = (waiting(1, WORKER.format("mail")), waiting(2), waiting(3))
    none, some, all_ = (of_queue(blocked, *lines) for blocked in (1, 2, 3))
    assert numbers(none) == [1]
    assert numbers(some) == [1, 2, 3]
    assert (some.waiting, some.unnamed) == (1, 2)
    assert (all_.waiting, all_.unnamed) == (2, 2)


@pytest.mark.parametrize(("blocked", "waiting_now"), [(0, 0), (9, 1)])
def test_counts_that_contradict_the_list_are_not_believed(blocked, waiting_now):
    # A connection can come or go between the two replies.
    found = of_queue(blocked, waiting(1))
    assert (found.waiting, found.unnamed) == (waiting_now, waiting_now)


def test_a_worker_whose_name_leaves_queues_out_may_consume_it():
    name = WORKER.format("sms+3")
    assert numbers(of_queue(0, waiting(1, name), line(2, name))) == [2]
    assert numbers(of_queue(1, waiting(1, name), line(2, name))) == [1, 2]


def test_the_connections_of_a_worker_stand_together_the_waiting_one_first():
    names = [WORKER.format("mail"), "disquectl:work:mill-1:7:q=mail"]
    found = ordered(consumers(waiting(9), line(1, names[0]), waiting(2, names[0]), line(3, names[1])))
    assert [int(record["address"].rpartition(":")[2]) for record in found] == [3, 2, 1, 9]


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2)])
def test_the_order_is_not_that_of_the_node(order):
    assert numbers(of_queue(3, *map(waiting, order))) == [1, 2, 3]


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ([waiting(1, WORKER.format("a"))], "1 worker with 1 connection"),
        (
            [waiting(1, WORKER.format("a")), line(2, WORKER.format("a")), waiting(3)],
            "1 worker with 2 connections, 1 other consumer",
        ),
        ([waiting(1), waiting(2)], "2 consumers"),
    ],
)
def test_totals_count_workers_not_connections(lines, text):
    assert totals(consumers(*lines)) == text


def test_for_people_the_name_is_without_the_queues_and_waiting_says_how_long():
    named, left_out, unnamed = (
        for_people(record)
        for record in consumers(
            waiting(1, WORKER.format("mail")), line(2, WORKER.format("sms+3")), waiting(3, "billing")
        )
    )
    assert (named["name"], named["waiting"], named["queues"]) == ("work:mill-7:4242", "3s", [b"mail"])
    assert (left_out["waiting"], left_out["queues"]) == ("no", [b"sms", "+3"])
    assert (unnamed["name"], unnamed["queues"]) == ("billing", ["(unknown)"])


def test_who_is_blocked():
    lines = (
        b"id=1 addr=a:1 fd=5 name=flags=b age=0 idle=0 flags=N qbuf=0 cmd=getjob",
        b"id=2 addr=a:2 fd=6 name= age=0 idle=0 flags=b qbuf=0 cmd=getjob",
        b"id=3 addr=a:3 fd=7 name= age=0 idle=0 flags=b qbuf=0 cmd=addjob",
        b"id=4 addr=a:4 fd=8 name= age=0 idle=0 flags=bc qbuf=0 cmd=getjob",
    )
    assert blocked_in(b"\n".join(lines) + b"\n") == (2, 1)
    assert blocked_in(b"") == (0, 0)
