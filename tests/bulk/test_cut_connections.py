"""A connection that ends after any byte: each line has one outcome, and it is the true one."""

import re
import socket

import pytest

from disquectl import Client
from disquectl.bulk.template import Template
from disquectl.protocol.resp import NEED_DATA, Parser, encode
from tests.bulk.ranges import numbers_in
from tests.support.cutting_proxy import CuttingProxy, run_here

BODIES = [b"first", b"second \xff", b"third", b"fourth"]
INPUT = b"\n".join(BODIES)


def added_to(node, queue):
    """The bodies of the jobs, and ID -> body."""
    with Client(node) as client:
        jobs = list(client.jscan_all(queue=queue, reply="all"))
    return sorted(job["body"] for job in jobs), {job["id"]: job["body"] for job in jobs}


def check(result, node, queue, *, all_sent):
    """The IDs, the lines called unknown and those not sent are the input, and what is there agrees."""
    code, out, err = result
    ids = out.decode().split()
    bodies, by_id = added_to(node, queue)
    assert len(set(bodies)) == len(bodies), f"a job twice: {bodies}"
    reported = [by_id[job_id] for job_id in ids]
    assert reported == [body for body in BODIES if body in reported], "the IDs are in the order of the input"
    unknown = [int(number) for number in re.findall(r"line (\d+): outcome unknown", err)]
    skip = re.search(r"--skip (\d+) ", err)
    gaps = re.search(r"before that not sent \(lines ([^)]*)\)", err)
    not_sent = (list(range(int(skip[1]) + 1, 5)) if skip else []) + (numbers_in(gaps[1]) if gaps else [])
    if skip is None and not ids and not unknown:
        not_sent = [1, 2, 3, 4]
    assert len(ids) + len(unknown) + len(not_sent) == len(BODIES)
    lines = {BODIES.index(body) + 1 for body in reported}
    assert lines.isdisjoint(unknown)
    assert lines.isdisjoint(not_sent)
    assert set(unknown).isdisjoint(not_sent)
    there = {BODIES.index(body) + 1 for body in bodies}
    assert there <= lines | set(unknown), "a job is there of which nothing was said"
    if all_sent:
        assert not not_sent
    if unknown:
        assert code == 8
    elif not_sent:
        assert code == (3 if ids else 5)
    else:
        assert code == 0
    return bool(unknown)


def longest(node):
    """How many bytes go up and down in a run that nobody cuts: HELLO, and the jobs with their IDs."""
    host, _, port = node.rpartition(":")
    hello, parser, down = encode(("HELLO",)), Parser(), 0
    with socket.create_connection((host, int(port))) as sock:
        sock.sendall(hello)
        while parser.next_value() is NEED_DATA:
            data = sock.recv(65536)
            down += len(data)
            parser.feed(data)
    jobs = Template(b"up-False-000", 5000, []).requests(BODIES)
    return len(hello) + sum(map(len, jobs)), down + len(BODIES) * len("+\r\n" + "D" * 40)


@pytest.mark.parametrize("again", [True, False])
@pytest.mark.parametrize("way", ["up", "down"])
def test_it_adds_up_after_a_cut_at_any_byte(way, again, node):
    up, down = longest(node)
    unknown = 0
    for size in range(up if way == "up" else down):
        queue = f"{way}-{again}-{size}"
        with CuttingProxy(node, again=again, **{way: size}) as proxy:
            result = run_here("addjob", queue, "--lines", "--node", proxy.address, stdin=INPUT)
        unknown += check(result, node, queue, all_sent=again)
    assert unknown, "no cut hit a job that was on its way"


@pytest.mark.parametrize("way", ["up", "down"])
def test_it_adds_up_over_several_connections(way, cluster, monkeypatch):
    monkeypatch.setattr("disquectl.bulk.add_jobs.BATCH_ON_MANY", 1)
    up, down = longest(cluster[0])
    for size in range(0, up if way == "up" else down, 7):
        queue = f"{way}-{size}"
        with CuttingProxy(cluster[0], **{way: size}) as proxy:
            result = run_here(
                "addjob", queue, "--lines", "--connections", "3", "--node", proxy.address, stdin=INPUT
            )
        check(result, cluster[0], queue, all_sent=True)


def test_acknowledging_from_stdin_is_sent_again_and_misses_none(node):
    with Client(node) as client:
        for size in range(0, 160, 3):
            ids = [client.addjob("q", "x") for _ in range(3)]
            with CuttingProxy(node, up=size) as proxy:
                code, _, err = run_here("ack", "-", "--node", proxy.address, stdin="\n".join(ids).encode())
            assert (code, err) == (0, "")
            assert client.qlen("q") == 0
