"""The loop over jobs, and how a job ends: at the node that delivered it, also after a lost connection."""

import contextlib
import subprocess
import sys
import threading
import time

import pytest

from disquectl import Client, ConnectionFailed, OutcomeUnknown, PartlyDone, ReplyError, Tracer, UsageError
from disquectl.client.pinned_transport import PinnedTransport
from disquectl.library import jobs as loop
from disquectl.library import waiting
from disquectl.protocol.resp import NEED_DATA, Parser
from tests.support.scripted_node import ScriptedNode, close, refused_address, silent

# The reply to a GETJOB that takes one job.
DELIVERY = b"*1\r\n*7\r\n$1\r\nq\r\n$40\r\nD-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1\r\n$1\r\nb\r\n" + (
    b"$5\r\nnacks\r\n:0\r\n$21\r\nadditional-deliveries\r\n:0\r\n"
)


class Requests(Tracer):
    """The verbs that are sent, in order."""

    def __init__(self):
        self.verbs = []
        self._parser = Parser()
        super().__init__(self._see)

    def _see(self, direction, _node, _seconds, data):
        if direction == ">":
            self._parser.feed(data)
            while (words := self._parser.next_value()) is not NEED_DATA:
                self.verbs.append(words[0].decode())


@pytest.fixture
def requests():
    """What the traced client sends."""
    return Requests()


@pytest.fixture
def traced(make_client, node, requests):
    """A client of the lone node whose requests are noted."""
    return make_client(node, tracer=requests)


def filled(client, count, queue="q", **options):
    return [client.addjob(queue, f'{{"n": {i}}}', **options) for i in range(count)]


def counters(client, job_id):
    job = client.show(job_id)
    return job["state"], job["nacks"], job["additional_deliveries"]


def test_jobs_come_in_order_with_their_fields_and_are_acknowledged(client):
    ids = filled(client, 3)
    client.addjob("other", b"\xff")
    seen = []
    for job in client.jobs("q", "other", idle=0):
        with job:
            seen.append((job.id, job.queue, job.body, job.attempt))
    assert [job_id for job_id, queue, *_ in seen if queue == "q"] == ids
    assert seen[1][1:] == ("q", b'{"n": 1}', 1)
    assert seen[-1][1:] == ("other", b"\xff", 1)
    assert client.info("jobs")["jobs"]["registered_jobs"] == 0


def test_a_job_reads_its_body_and_says_what_it_is(client):
    (job_id,) = filled(client, 1, queue=b"q\xff")
    job = next(client.jobs(b"q\xff"))
    assert job.json() == {"n": 0}
    assert job.queue.encode("utf-8", "surrogateescape") == b"q\xff"
    assert repr(job) == f"Job({job_id!r}, queue={job.queue!r}, attempt=1)"
    assert job.working() > 0
    assert job.ack() is True
    assert job.ack() is False
    with pytest.raises(ReplyError, match=r"^NOJOB"):
        job.working()
    client.addjob("q", "no json")
    with pytest.raises(ValueError, match="Expecting value"):
        next(client.jobs("q")).json()


def test_a_block_that_raises_gives_the_job_back_as_failed(client):
    (job_id,) = filled(client, 1)
    with pytest.raises(ZeroDivisionError), next(client.jobs("q")):
        raise ZeroDivisionError
    assert counters(client, job_id) == ("queued", 1, 0)
    assert next(client.jobs("q")).attempt == 2


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_a_block_that_is_interrupted_gives_the_job_back_without_a_failure(client, interruption):
    (job_id,) = filled(client, 1)
    with pytest.raises(interruption), next(client.jobs("q")):
        raise interruption
    assert counters(client, job_id) == ("queued", 0, 1)


def test_a_block_that_has_ended_its_job_leaves_it(client):
    ids = filled(client, 2)
    taken = client.jobs("q")
    with next(taken) as job:
        job.nack()
    assert counters(client, ids[0]) == ("queued", 1, 0)
    job = next(taken)
    assert job.ack() is True
    with pytest.raises(ZeroDivisionError), job:
        raise ZeroDivisionError
    assert client.qlen("q") == 1


def test_a_failure_to_give_back_does_not_hide_the_problem_of_the_block(make_client, mortal):
    client = make_client(mortal.addresses[0])
    filled(client, 1, replicate=1)
    job = next(client.jobs("q"))
    mortal.stop_node(0)
    with pytest.raises(ZeroDivisionError) as caught, job:
        raise ZeroDivisionError
    assert caught.value.__notes__[0].startswith(f"{job.id} was not given back: ")


@pytest.mark.parametrize("way", ["break", "exception", "close"])
def test_jobs_that_wait_are_given_back_when_the_loop_is_left(client, way):
    ids = filled(client, 10)
    taken = client.jobs("q", count=8)
    if way == "close":
        [next(taken).ack() for _ in range(2)]
        taken.close()
    else:
        del taken
        with pytest.raises(ZeroDivisionError) if way == "exception" else contextlib.nullcontext():
            for number, job in enumerate(client.jobs("q", count=8)):
                with job:
                    pass
                if number == 1:
                    if way == "break":
                        break
                    raise ZeroDivisionError
    assert client.qlen("q") == 8
    assert counters(client, ids[2]) == ("queued", 0, 1)
    # The last one had not been taken.
    assert counters(client, ids[9]) == ("queued", 0, 0)


def test_what_waits_is_kept_by_working_and_handed_out_without_another_request(traced, requests):
    filled(traced, 5)
    taken = traced.jobs("q", count=5, idle=0)
    next(taken)
    requests.verbs.clear()
    next(taken)
    assert requests.verbs == ["GETJOB", *["WORKING"] * 3]
    requests.verbs.clear()
    next(taken)
    next(taken)
    assert requests.verbs == []


class Clock:
    """A clock that the test moves."""

    def __init__(self):
        self.now = time.monotonic()

    def monotonic(self):
        return self.now


def test_a_job_that_waited_for_long_is_kept_again_and_one_that_waited_too_long_is_not_handed_out(
    traced, requests, monkeypatch
):
    clock = Clock()
    monkeypatch.setattr(waiting, "time", clock)
    ids = filled(traced, 5, retry=9)
    taken = traced.jobs("q", count=5, idle=0)
    found = [next(taken).id, next(taken).id]
    requests.verbs.clear()
    clock.now += 3.5
    found.append(next(taken).id)
    assert requests.verbs == ["WORKING"] * 3
    clock.now += 8
    found.append(next(taken).id)
    assert requests.verbs == ["WORKING"] * 5
    assert found == ids[:4]
    clock.now += 8.6
    assert next(taken, None) is None
    assert requests.verbs[5:] == ["GETJOB"]
    # It was not given back either: another consumer may have it.
    assert counters(traced, ids[4]) == ("active", 0, 0)


def test_a_job_that_waited_too_long_is_not_given_back(client, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(waiting, "time", clock)
    ids = filled(client, 3, retry=9)
    taken = client.jobs("q", count=5)
    next(taken)
    next(taken)
    clock.now += 8.6
    taken.close()
    assert counters(client, ids[2]) == ("active", 0, 0)


@pytest.mark.parametrize("retry", [1, 2, 9, 300])
def test_a_job_is_kept_again_before_it_could_be_delivered_to_others(client, retry, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(waiting, "time", clock)
    filled(client, 3, retry=retry)
    taken = client.jobs("q", count=5, idle=0)
    next(taken)
    next(taken)
    clock.now += retry / 3
    assert next(taken).working() == retry


def test_jobs_in_the_second_half_of_their_ttl_are_given_back_and_taken_one_by_one(make_client):
    def job(number):
        return (
            b"*7\r\n$1\r\nq\r\n$40\r\nD-dcb833cf-8YL1NT17e9+wsA/09NqxscQ%d-05a1\r\n$1\r\nb\r\n" % number
            + (b"$5\r\nnacks\r\n:0\r\n$21\r\nadditional-deliveries\r\n:0\r\n")
        )

    too_late = b"-TOOLATE Half of job TTL already elapsed\r\n"
    steps = [
        b"*1\r\n" + job(1),
        b"*3\r\n" + job(2) + job(3) + job(4),
        b":300\r\n",
        too_late,
        b":1\r\n",
        b"*1\r\n" + job(5),
    ]
    with ScriptedNode(steps) as node:
        client = make_client(node.address)
        taken = client.jobs("q", count=3)
        assert [next(taken).id[34] for _ in range(4)] == ["1", "2", "3", "5"]
        sent = [words[0] for words in node.requests]
        assert sent == [b"GETJOB", b"GETJOB", b"WORKING", b"WORKING", b"ENQUEUE", b"GETJOB"]
        assert node.requests[4][1][34:35] == b"4"
        assert [words[words.index(b"COUNT") + 1] for words in node.requests if words[0] == b"GETJOB"] == [
            b"1",
            b"3",
            b"1",
        ]


def test_at_most_once_jobs_are_taken_one_by_one(traced, requests):
    filled(traced, 6, replicate=1, retry=0)
    for job in traced.jobs("q", count=4, idle=0):
        with job:
            pass
        break
    assert traced.qlen("q") == 5
    assert sum(1 for job in traced.jobs("q", count=4, idle=0) if job.ack()) == 5
    assert "WORKING" not in requests.verbs


def test_an_idle_loop_ends_and_one_without_limit_waits(client, make_client, node):
    begun = time.monotonic()
    assert list(client.jobs("q", idle=0.2)) == []
    assert time.monotonic() - begun >= 0.2
    producer = make_client(node)
    threading.Timer(0.1, producer.addjob, ("q", "late")).start()
    assert next(client.jobs("q")).body == b"late"


def test_a_wait_is_cut_into_pieces_so_that_a_node_that_hangs_is_noticed(make_client, monkeypatch):
    monkeypatch.setattr(loop, "_WAIT_SECONDS", 0.05)
    with ScriptedNode([b"*-1\r\n", silent]) as hanging, ScriptedNode([DELIVERY]) as other:
        client = make_client([hanging.address, other.address], response_timeout=0.2)
        assert next(client.jobs("q")).body == b"b"
        assert len(hanging.requests) == 2


def test_an_idle_time_may_be_longer_than_a_piece_of_the_wait(traced, requests, monkeypatch):
    monkeypatch.setattr(loop, "_WAIT_SECONDS", 0.02)
    begun = time.monotonic()
    assert list(traced.jobs("q", idle=0.2)) == []
    assert time.monotonic() - begun >= 0.2
    assert requests.verbs.count("GETJOB") > 1


def test_one_failure_of_each_seed_is_borne_and_an_answer_begins_the_count_again(make_client):
    with ScriptedNode([close], [b"*-1\r\n", close], [DELIVERY]) as node:
        assert next(make_client(node.address).jobs("q")).body == b"b"


def test_a_thousand_jobs_may_be_taken_at_a_time(client):
    assert list(client.jobs("q", idle=0, count=loop.MAX_COUNT)) == []


def test_a_node_that_leaves_is_left(make_client, cluster):
    clients = [make_client(address) for address in cluster]
    clients[0].cluster_set_leaving(True)
    try:
        consumer = make_client(cluster)
        clients[1].addjob("q", "b", replicate=1)
        with next(consumer.jobs("q")) as job:
            assert job.body == b"b"
        assert str(consumer.node) != cluster[0]
    finally:
        clients[0].cluster_set_leaving(False)


def test_failures_of_every_seed_end_the_loop(make_client):
    with ScriptedNode([close], [close]) as node, pytest.raises(OutcomeUnknown):
        next(make_client(node.address).jobs("q"))
    with pytest.raises(ConnectionFailed):
        next(make_client(refused_address()).jobs("q"))
    with ScriptedNode([b"-ERR no\r\n"]) as node, pytest.raises(ReplyError, match=r"^ERR no$"):
        next(make_client(node.address).jobs("q"))


@pytest.mark.parametrize(
    ("queues", "options"),
    [((), {}), (("q",), {"idle": -1}), (("q",), {"count": 0}), (("q",), {"count": 1001})],
    ids=repr,
)
def test_wrong_arguments_are_refused_at_once(make_client, queues, options):
    with pytest.raises(UsageError):
        make_client(refused_address()).jobs(*queues, **options)


# Where a job is acknowledged


def test_on_the_connection_that_delivered_it_nothing_is_asked_before(traced, requests):
    filled(traced, 1)
    job = next(traced.jobs("q"))
    requests.verbs.clear()
    assert job.ack() is True
    assert requests.verbs == ["ACKJOB"]


def test_after_a_second_its_node_is_asked_first_and_not_after_working(traced, requests):
    filled(traced, 3)
    taken = list(traced.jobs("q", idle=0))
    for job in taken:
        job._sure_until = 0
    requests.verbs.clear()
    assert taken[0].ack() is True
    assert requests.verbs == ["SHOW", "ACKJOB"]
    taken[1].working()
    taken[1].ack()
    assert requests.verbs[2:] == ["WORKING", "ACKJOB"]
    traced.deljob(taken[2].id)
    requests.verbs.clear()
    assert taken[2].ack() is False
    assert requests.verbs == ["SHOW"]


def test_after_a_reconnect_it_looks_again(traced, requests):
    filled(traced, 2)
    gone, there = traced.jobs("q", idle=0)
    traced.deljob(gone.id)
    traced.connect(replace=True)
    requests.verbs.clear()
    assert there.working() > 0
    assert there.ack() is True
    assert gone.ack() is False
    assert [verb for verb in requests.verbs if verb != "HELLO"] == [
        "SHOW",
        "WORKING",
        "SHOW",
        "ACKJOB",
        "SHOW",
        "SHOW",
        "SHOW",
    ]
    with pytest.raises(ReplyError, match=r"^NOJOB"):
        gone.working()


def test_after_a_failover_it_is_acknowledged_at_the_node_that_delivered_it(make_client, cluster):
    client = make_client(cluster)
    filled(client, 2, replicate=1)
    done, failed = client.jobs("q", idle=0)
    first = make_client(cluster[0])
    client._transport.leave()
    client.ping()
    assert str(client.node) == cluster[1]
    assert done.ack() is True
    assert first.show(done.id) is None
    assert failed.nack() is True
    assert counters(first, failed.id) == ("queued", 1, 0)


def test_where_that_node_is_gone_every_replica_is_acknowledged_and_it_is_said(make_client, mortal):
    client = make_client(mortal.addresses)
    filled(client, 3, replicate=3)
    first, second, third = client.jobs("q", idle=0)
    mortal.stop_node(0)
    with pytest.raises(PartlyDone, match=f"{mortal.addresses[0]}, which delivered it, does not answer"):
        first.ack()
    with make_client(mortal.addresses[1:]) as other:
        assert (other.show(first.id) or {"state": "acked"})["state"] == "acked"
        # Whether it is queued at the node that is gone is not known.
        with pytest.raises(ConnectionFailed, match=r"NACK of .* was not sent: left as it is"):
            second.nack()
        assert third.working() > 0


def test_where_no_node_answers_it_is_said(make_client, mortal):
    client = make_client(mortal.addresses)
    filled(client, 1)
    job = next(client.jobs("q"))
    for index in range(3):
        mortal.stop_node(index)
    with pytest.raises(ConnectionFailed):
        job.ack()


def test_a_nack_that_may_have_been_carried_out_is_not_sent_again(make_client):
    taken = b"*1\r\n*7\r\n$1\r\nq\r\n$40\r\nD-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1\r\n$1\r\nb\r\n" + (
        b"$5\r\nnacks\r\n:0\r\n$21\r\nadditional-deliveries\r\n:0\r\n"
    )
    with ScriptedNode([taken, close]) as node:
        job = next(make_client(node.address).jobs("q"))
        with pytest.raises(OutcomeUnknown):
            job.nack()
        assert node.accepted == 1


class InterruptedAtWorking(Tracer):
    """Ctrl-C when this many WORKING were sent."""

    def __init__(self, requests):
        self.left = requests
        super().__init__(self._see)

    def _see(self, direction, _node, _seconds, data):
        if direction == ">" and b"WORKING" in data:
            self.left -= 1
            if not self.left:
                raise KeyboardInterrupt


def test_jobs_that_were_taken_are_given_back_when_it_is_interrupted_before_the_first(
    client, node, make_client
):
    filled(client, 7)
    taken = make_client(node, tracer=InterruptedAtWorking(1)).jobs("q", count=5)
    next(taken).ack()
    with pytest.raises(KeyboardInterrupt):
        next(taken)
    assert client.qlen("q") == 6


def test_jobs_that_wait_are_given_back_when_it_is_interrupted_while_they_are_kept_again(
    client, node, make_client, monkeypatch
):
    clock = Clock()
    monkeypatch.setattr(waiting, "time", clock)
    filled(client, 6, retry=9)
    taken = make_client(node, tracer=InterruptedAtWorking(5)).jobs("q", count=5)
    next(taken).ack()
    next(taken).ack()
    clock.now += 3.5
    with pytest.raises(KeyboardInterrupt):
        next(taken)
    assert client.qlen("q") == 4


def test_jobs_that_wait_when_the_client_moves_are_given_back(make_client, cluster):
    client = make_client(cluster)
    ids = filled(client, 5, replicate=1)
    taken = client.jobs("q", count=5, idle=0)
    next(taken).ack()
    next(taken).ack()
    client._transport.leave()
    client.ping()
    next(taken, None)
    with make_client(cluster[0]) as first:
        assert [first.show(job_id)["additional_deliveries"] for job_id in ids[2:]] == [1, 1, 1]


def test_an_interruption_between_two_replies_closes_the_connection(node):
    class Interrupted(PinnedTransport):
        turns = 0

        def patience(self, wait_ms):
            self.turns += 1
            if self.turns == 3:
                raise KeyboardInterrupt
            return super().patience(wait_ms)

    with Interrupted(node) as transport:
        transport.call("PING")
        connection = transport.connection
        with pytest.raises(KeyboardInterrupt):
            transport.request_on(connection, ("PING", "a"), ("PING", "b"))
        assert connection.closed
        assert transport.connection is None
        assert transport.call("PING", "c") == b"c"
        with pytest.raises(ConnectionFailed, match="has ended"):
            transport.request_on(connection, ("PING",))


# Processes


FORKS = """
import os, sys
from disquectl import Client, UsageError
client = Client(sys.argv[1])
taken = client.jobs("q", count=5, idle=0)
next(taken).ack()
job = next(taken)
child = os.fork()
if not child:
    try:
        next(taken)
    except UsageError as problem:
        print(problem.message, flush=True)
    taken.close()
    print(job.ack(), client.qlen("q"), flush=True)
    sys.exit()
assert os.waitpid(child, 0)[1] == 0
print(client.qlen("q"), flush=True)
print(len([job for job in taken if job.ack()]), flush=True)
"""


def test_a_loop_belongs_to_its_process_and_a_client_and_a_job_do_not(client, node):
    filled(client, 5)
    done = subprocess.run(
        [sys.executable, "-c", FORKS, node], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.splitlines() == [
        "this loop over jobs belongs to the process that began it",
        "True 0",
        "0",
        "3",
    ], done.stderr


def test_a_loop_in_one_thread_refuses_a_request_in_another(client):
    refused = []

    def ask():
        try:
            client.ping()
        except UsageError as problem:
            refused.append(problem.message)

    thread = threading.Timer(0.1, ask)
    thread.start()
    assert list(client.jobs("q", idle=0.5)) == []
    thread.join()
    assert refused == ["this client waits for the reply to another request"]


def test_a_loop_that_is_begun_says_nothing_before_it_is_asked(make_client):
    assert isinstance(make_client(refused_address()), Client)
    make_client(refused_address()).jobs("q").close()


def test_a_loop_may_go_on_in_another_thread_once_the_first_is_done_with_it(client):
    filled(client, 5)
    taken = client.jobs("q", idle=0, count=3)
    done = []
    for _ in range(5):
        thread = threading.Thread(target=lambda: done.append(next(taken).ack()))
        thread.start()
        thread.join()
    assert done == [True] * 5
    assert next(taken, None) is None
