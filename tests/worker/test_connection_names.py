"""The names of a worker's connections: on all nodes, after a reconnect, and where a node refuses them."""

from __future__ import annotations

import signal

from disquectl import Client
from disquectl.protocol.server_replies import client_list
from disquectl.sandbox.commands import client as client_command
from disquectl.sandbox.thread import SandboxThread
from tests.support.waiting import wait_until
from tests.support.workers import read_until, work, worker

QUEUES = ("-q", "mail", "-q", "it's 100%+日本")
TEXT = "q=mail,it's%20100%25%2B%E6%97%A5%E6%9C%AC"


def connections(client):
    """The connections of a node that have a name, by ID."""
    return {one["id"]: one for one in client_list(client.call("CLIENT", "LIST")) if one["name"]}


def names(client):
    return {one["name"] for one in connections(client).values()}


def test_all_connections_to_all_nodes_say_process_and_queues(cluster, clients):
    with worker(cluster[0], *QUEUES, "--", "true") as process:
        clients[0].addjob("mail", "x", replicate=3)
        # It acknowledges the job at each node with a replica.
        for client in clients:
            (name,) = wait_until(lambda client=client: names(client))
            assert name.startswith("disquectl:work:")
            assert name.endswith(f":{process.pid}:{TEXT}")
        wait_until(lambda: {"getjob"} < {one["cmd"] for one in connections(clients[0]).values()})


def test_a_connection_has_its_name_again_after_a_reconnect(node, client):
    with worker(node, *QUEUES, "--", "true"):
        (first,) = wait_until(lambda: connections(client))
        name = names(client)
        client.call("CLIENT", "KILL", "ID", first)
        wait_until(lambda: connections(client) and first not in connections(client))
        assert names(client) == name


def test_it_is_named_at_the_node_that_it_moves_to(cluster, clients):
    with worker(",".join(cluster), *QUEUES, "--", "true") as process:
        wait_until(lambda: names(clients[0]))
        clients[0].call("CLUSTER", "LEAVING", "yes")
        try:
            read_until(process, "is leaving the cluster")
            wait_until(lambda: names(clients[1]))
        finally:
            clients[0].call("CLUSTER", "LEAVING", "no")


def test_it_is_named_where_there_is_a_password():
    with SandboxThread(password="secret") as sandbox:
        address = sandbox.addresses[0]
        with (
            Client(address, password="secret") as client,
            worker(address, *QUEUES, "--", "true", DISQUE_PASSWORD="secret"),
        ):
            wait_until(lambda: names(client))


def test_a_node_that_refuses_the_name_has_its_jobs_done(monkeypatch, tmp_path):
    asked = []
    # CLIENT SETNAME is refused, as by a server that does not have it.
    monkeypatch.setattr(client_command, "option", lambda word: asked.append(word) or b"?")
    with SandboxThread() as sandbox:
        address = sandbox.addresses[0]
        with Client(address) as client:
            client.addjob("mail", "x")
            done = work(address, *QUEUES, "--", "cat")
            assert (done.code, done.out) == (0, "x")
            assert b"SETNAME" in asked


def test_a_worker_that_ends_leaves_no_name(node, client):
    with worker(node, *QUEUES, "--", "true") as process:
        wait_until(lambda: names(client))
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0
    wait_until(lambda: not names(client))
