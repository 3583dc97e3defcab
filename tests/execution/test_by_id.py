"""ack, nack and their like with --cluster: what is sent to which node, what is said, and how it ends."""

from __future__ import annotations

import json

import pytest

from tests.conftest import run_disquectl
from tests.support.replica_nodes import JOB, Holder, holding
from tests.support.scripted_node import refused_address

ID = JOB.decode()
OTHER = ID.replace("x", "y")
ENDING = [("ack", b"ACKJOB"), ("fastack", b"FASTACK"), ("deljob", b"DELJOB")]
PUTTING_BACK = [("nack", b"NACK"), ("enqueue", b"ENQUEUE")]
BY_ID = [*ENDING, *PUTTING_BACK, ("dequeue", b"DEQUEUE")]
SOON = ("--response-timeout", "300ms")


def run(name, seed, *words, **more):
    return run_disquectl(name, ID, "--cluster", *words, node=seed, **more)


@pytest.mark.parametrize(("name", "verb"), ENDING)
def test_what_ends_a_job_reaches_a_replica_that_no_node_lists(name, verb):
    nodes = Holder("a", "active"), Holder("b", "active"), Holder("c", "queued", listed="ab")
    with holding(*nodes) as seed:
        result = run(name, seed, "-o", "json")
    assert (result.code, json.loads(result.out)["count"]) == (0, 1), result
    assert len(json.loads(result.out)["nodes"]) == 3
    assert [node.verbs() for node in nodes] == [[verb]] * 3


@pytest.mark.parametrize(("name", "verb"), ENDING)
def test_what_ends_a_job_goes_after_one_that_moves_meanwhile(name, verb):
    here, there = Holder("a", "active"), Holder("b", None, looks=[None, "queued"])
    with holding(here, there) as seed:
        result = run(name, seed)
    assert (result.code, result.out) == (0, "1\n")
    assert there.verbs() == [verb]


def test_ack_spares_the_nodes_that_do_not_have_the_job_or_have_it_acknowledged():
    nodes = Holder("a", None), Holder("b", "acked"), Holder("c", "active")
    with holding(*nodes) as seed:
        result = run("ack", seed)
    assert (result.code, result.out, result.err) == (0, "1\n", "")
    assert [node.verbs() for node in nodes] == [[], [], [b"ACKJOB"]]


@pytest.mark.parametrize("name", [name for name, _ in BY_ID])
def test_a_job_that_waits_for_replicas_is_named_and_left(name):
    nodes = Holder("a", "wait-repl"), Holder("b", "active")
    with holding(*nodes) as seed:
        result = run(name, seed)
    assert (result.code, result.out) == (0, "0\n")
    assert f"{ID}: left as it is: its ADDJOB still waits" in result.err
    assert [node.verbs() for node in nodes] == [[], []]


@pytest.mark.parametrize("name", [name for name, _ in BY_ID])
def test_a_job_that_no_node_knows_is_named_and_left(name):
    nodes = Holder("a", "active"), Holder("b", "active")
    with holding(*nodes) as seed:
        result = run_disquectl(name, OTHER, "--cluster", node=seed)
    assert (result.code, result.out) == (0, "0\n")
    assert f"{OTHER}: no node knows this job" in result.err
    assert [node.verbs() for node in nodes] == [[], []]


@pytest.mark.parametrize(("name", "verb"), PUTTING_BACK)
def test_a_job_is_put_back_at_one_node(name, verb):
    nodes = Holder("a", "active"), Holder("b", "active"), Holder("c", "active", listed="ab")
    with holding(*nodes) as seed:
        result = run(name, seed)
    assert (result.code, result.out, result.err) == (0, "1\n", "")
    assert [node.verbs() for node in nodes] == [[], [], [verb]]


@pytest.mark.parametrize("name", [name for name, _ in PUTTING_BACK])
def test_a_job_that_is_queued_elsewhere_is_not_queued_again(name):
    nodes = Holder("a", "active"), Holder("b", "queued")
    with holding(*nodes) as seed:
        result = run(name, seed)
    assert (result.code, result.out, result.err) == (0, "0\n", "note: 1 job was already queued\n")
    assert [node.verbs() for node in nodes] == [[], []]


@pytest.mark.parametrize("name", [name for name, _ in PUTTING_BACK])
def test_a_job_that_moves_while_the_nodes_are_asked_is_not_queued_again(name):
    nodes = Holder("a", "active"), Holder("b", None, looks=[None, "queued"])
    with holding(*nodes) as seed:
        result = run(name, seed)
    assert (result.code, result.out) == (0, "0\n")
    assert [node.verbs() for node in nodes] == [[], []]


def test_dequeue_goes_where_the_job_is_queued():
    nodes = Holder("a", "active"), Holder("b", "queued")
    with holding(*nodes) as seed:
        result = run("dequeue", seed)
    assert (result.code, result.out) == (0, "1\n")
    assert [node.verbs() for node in nodes] == [[], [b"DEQUEUE"]]


def test_dequeue_goes_after_a_job_that_moves_meanwhile():
    # What the node says at the first look is over when the request comes.
    class Moving(Holder):
        def _changed(self, verb):
            self.state = b"active"
            return super()._changed(verb)

    nodes = Moving("a", "queued"), Holder("b", None, looks=[None, "queued"])
    with holding(*nodes) as seed:
        result = run("dequeue", seed)
    assert (result.code, result.out) == (0, "1\n")
    assert nodes[1].verbs() == [b"DEQUEUE"]


def test_working_goes_to_one_node_and_prints_the_seconds():
    nodes = Holder("a", "active"), Holder("b", "queued")
    with holding(*nodes) as seed:
        result = run("working", seed, "-o", "json")
    answer = json.loads(result.out)
    assert (result.code, answer["id"], answer["seconds"], len(answer["nodes"])) == (0, ID, 30, 2)
    assert [node.verbs() for node in nodes] == [[], [b"WORKING"]]


def test_working_of_an_unknown_job_is_4_and_a_refusal_is_1():
    late = b"TOOLATE Half of job TTL already elapsed"
    with holding(Holder("a", "active", refuses={b"WORKING": late}), Holder("b", None)) as seed:
        result = run("working", seed)
        assert (result.code, result.out) == (1, "")
        assert "TOOLATE" in result.err
        result = run_disquectl("working", OTHER, "--cluster", node=seed)
        assert (result.code, result.out) == (4, "")
        assert result.err.count("no node knows this job") == 1


@pytest.mark.parametrize(("format_name", "out"), [("json", "null\n"), ("jsonl", ""), ("table", "")])
def test_working_of_an_unknown_job_writes_an_empty_result(format_name, out):
    with holding(Holder("a", None)) as seed:
        result = run("working", seed, "-o", format_name)
    assert (result.code, result.out) == (4, out)
    assert result.err.count("no node knows this job") == 1


def test_working_of_a_waiting_job_is_3():
    node = Holder("a", "wait-repl", listed="a")
    with holding(node) as seed:
        result = run("working", seed)
    assert (result.code, result.out, node.verbs()) == (3, "", [])
    assert result.err.count("its ADDJOB still waits") == 1


@pytest.mark.parametrize(("name", "verb"), ENDING)
def test_a_node_that_is_silent_may_bring_the_job_back(name, verb):
    nodes = Holder("a", "active"), Holder("b", "active"), Holder("c", None, silent_at=[b"SHOW"])
    with holding(*nodes) as seed:
        result = run(name, seed, *SOON)
    assert (result.code, result.out) == (3, "1\n")
    assert nodes[2].address in result.err
    assert "a node that did not answer may have replicas of these jobs" in result.err
    assert [node.verbs() for node in nodes] == [[verb], [verb], []]


def test_what_was_seen_before_a_node_was_waited_for_is_looked_at_again():
    nodes = Holder("a", None, looks=["active", "wait-repl"]), Holder("b", None, silent_at=[b"SHOW"])
    with holding(*nodes) as seed:
        result = run("ack", seed, *SOON)
    assert (result.code, result.out) == (3, "0\n")
    assert nodes[0].verbs() == []


@pytest.mark.parametrize("name", [name for name, _ in PUTTING_BACK])
def test_a_job_that_may_be_queued_at_a_silent_node_is_left(name):
    nodes = Holder("a", "active"), Holder("b", None, silent_at=[b"SHOW"])
    with holding(*nodes) as seed:
        result = run(name, seed, *SOON)
    assert (result.code, result.out) == (3, "0\n")
    assert f"{ID}: left as it is: it may be queued on a node that did not answer" in result.err
    assert nodes[0].verbs() == []


@pytest.mark.parametrize(
    ("name", "verb", "code"),
    [(*one, 3) for one in ENDING[:2]] + [(*one, 8) for one in (*ENDING[2:], *PUTTING_BACK)],
)
def test_a_node_that_does_not_answer_the_request_itself(name, verb, code):
    # Once more changes nothing for ACKJOB and FASTACK; for the others it is not known what became of it.
    nodes = Holder("a", None), Holder("b", "active", silent_at=[verb])
    with holding(*nodes) as seed:
        result = run(name, seed, *SOON)
    assert (result.code, result.out) == (code, "0\n")
    assert nodes[1].address in result.err


def test_a_refusal_by_the_only_node_that_was_asked_is_1():
    nodes = Holder("a", "active", refuses={b"NACK": b"OOM command not allowed"}), Holder("b", None)
    with holding(*nodes) as seed:
        result = run("nack", seed)
    assert (result.code, result.out) == (1, "")
    assert "OOM" in result.err


@pytest.mark.parametrize("name", [name for name, _ in BY_ID] + ["working"])
def test_what_is_no_id_or_not_allowed_is_found_before_anything_is_sent(name):
    with holding(Holder("a", "active")) as seed:
        result = run_disquectl(name, "D-1", "--cluster", node=seed)
        assert (result.code, result.out) == (1, "")
        assert "BADID" in result.err
        assert run(name, seed, "--read-only").code == 2


def test_ids_of_stdin_are_looked_at_together():
    node = Holder("a", "active", listed="a")
    lines = [ID, ID, *(ID[:-6] + f"{number:06d}"[:1] + ID[-5:] for number in range(3)), "nonsense"]
    with holding(node) as seed:
        stdin = "\n".join(lines).encode()
        result = run_disquectl("nack", "-", "--cluster", "-o", "json", node=seed, stdin=stdin)
    assert (result.code, json.loads(result.out)["count"]) == (3, 1)
    assert node.verbs() == [b"NACK"]


def test_thousands_of_ids_of_stdin_take_few_round_trips(cluster):
    from disquectl import Client

    with Client(cluster[0]) as client:
        with client.pipeline() as pipeline:
            for number in range(2500):
                pipeline.call("ADDJOB", "mail", f"{number}", 0, "REPLICATE", 3, "DELAY", 60)
        ids = pipeline.replies
    result = run_disquectl("enqueue", "-", "--cluster", node=cluster[1], stdin=b"\n".join(ids))
    assert (result.code, result.out, result.err) == (0, "2500\n", "")
    assert run_disquectl("qlen", "mail", "--cluster", node=cluster[0]).out == "2500\n"
    result = run_disquectl("ack", "-", "--cluster", node=cluster[2], stdin=b"\n".join(ids))
    assert (result.code, result.out, result.err) == (0, "2500\n", "")
    assert run_disquectl("jobs", "--ids", node=cluster[0]).out == ""


def test_a_job_that_is_on_its_way_between_two_nodes_is_looked_for_again():
    # One that is delivered at most once leaves its node before the other one has it.
    node = Holder("a", None, looks=[None, "queued"])
    with holding(node) as seed:
        result = run("ack", seed)
    assert (result.code, result.out, result.err) == (0, "1\n", "")


def test_a_node_that_refuses_to_show_jobs_may_have_one_queued():
    nodes = Holder("a", "active"), Holder("b", "queued", refuses={b"SHOW": b"LOADING Disque is loading"})
    with holding(*nodes) as seed:
        result = run("nack", seed)
    assert (result.code, result.out, nodes[0].verbs()) == (3, "0\n", [])
    assert "it may be queued on a node that did not answer" in result.err


def test_a_node_that_never_said_who_it_is_may_have_the_job_queued():
    node = Holder("a", "active", listed="ab")
    with holding(node) as seed:
        result = run("nack", f"{seed},{refused_address()}")
    assert (result.code, result.out, node.verbs()) == (3, "0\n", [])
