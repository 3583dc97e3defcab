"""What the methods return has the types that they are declared with, against a node."""

import inspect
import types
import typing

import pytest

from disquectl.client.direct_commands import DirectCommands
from disquectl.client.job_commands import JobCommands
from disquectl.client.queue_commands import QueueCommands
from disquectl.client.server_commands import ServerCommands
from disquectl.protocol import records

NAMES = {**vars(records), **vars(typing), "Reply": object}
ROOMS = (JobCommands, QueueCommands, ServerCommands, DirectCommands)
METHODS = {name: one for room in ROOMS for name, one in vars(room).items() if not name.startswith("_")}


def fits(value, declared):
    """Whether a value is of a type, with all of its elements and keys."""
    origin, given = typing.get_origin(declared), typing.get_args(declared)
    if typing.is_typeddict(declared):
        hints = typing.get_type_hints(declared)
        return (
            type(value) is dict
            and not declared.__required_keys__ - value.keys()
            and not value.keys() - hints.keys()
            and all(fits(one, hints[key]) for key, one in value.items())
        )
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, one) for one in given)
    if origin is list:
        return type(value) is list and all(fits(one, given[0]) for one in value)
    if origin is dict:
        return type(value) is dict and all(fits(one, given[1]) for one in value.values())
    if origin is tuple:
        return len(value) == len(given) and all(map(fits, value, given))
    return declared in (typing.Any, object) or type(value) is (type(None) if declared is None else declared)


def declared(name):
    """The type that a method is declared to return."""
    text = inspect.signature(METHODS[name]).return_annotation
    return eval(text.removeprefix("Iterator[").removesuffix("]") if "Iterator" in text else text, NAMES)


def calls(client):
    """A call of every method that can be called here, with a reply that has something in it."""
    client.debug("FLUSHALL")
    client.config_set("slowlog-log-slower-than", 0)
    client.config_set("latency-monitor-threshold", 1)
    job_id = client.addjob("q", "b")
    yield "addjob", job_id
    yield "show", client.show(job_id)
    yield "show", client.show(job_id[:-4] + "0001")
    yield "qpeek", client.qpeek("q")
    yield "qlen", client.qlen("q")
    yield "qstat", client.qstat("q")
    yield "qstat", client.qstat("none")
    yield "pause", client.pause("q", "state")
    yield "qscan", client.qscan()
    yield "qscan_all", next(client.qscan_all())
    yield "jscan", client.jscan(reply="all", busyloop=True)
    yield "jscan", client.jscan(busyloop=True)
    yield "jscan_all", next(client.jscan_all(reply="all"))
    yield "getjob", client.getjob("q")
    yield "working", client.working(job_id)
    yield "nack", client.nack(job_id)
    yield "getjob", client.getjob("q", withcounters=True)
    for name in ("enqueue", "dequeue", "ackjob", "fastack", "deljob"):
        yield name, getattr(client, name)(job_id)
    for name in ("hello", "info", "ping", "time", "command", "command_count", "config_get", "client_list"):
        yield name, getattr(client, name)()
    client.client_setname("x")
    for name in ("client_getname", "cluster_nodes", "cluster_info", "cluster_myid", "cluster_leaving"):
        yield name, getattr(client, name)()
    yield "command_info", client.command_info("qlen", "none")
    client.debug("SLEEP", "0.01")
    yield "slowlog_get", client.slowlog_get()
    yield "slowlog_len", client.slowlog_len()
    yield "latency_latest", client.latency_latest()
    yield "latency_history", client.latency_history("command")
    yield "latency_doctor", client.latency_doctor()
    yield "latency_reset", client.latency_reset()
    yield "client_kill", client.client_kill(kind="normal")
    for name, given in {
        "config_resetstat": (),
        "client_setname": ("x",),
        "client_pause": (1,),
        "cluster_set_leaving": (False,),
        "slowlog_reset": (),
        "config_set": ("slowlog-log-slower-than", 10_000),
    }.items():
        yield name, getattr(client, name)(*given)
    yield "debug", client.debug("FLUSHALL")
    client.config_set("latency-monitor-threshold", 0)


# What would end the node or its cluster, is refused by it, or gives text that a node may not have.
NOT_CALLED = {"auth", "bgrewriteaof", "cluster_forget", "cluster_meet", "cluster_reset", "cluster_saveconfig"}
NOT_CALLED |= {"config_rewrite", "latency_graph", "loadjob", "monitor", "shutdown"}


def test_every_method_returns_what_it_is_declared_to_return(client):
    seen = set()
    for name, value in calls(client):
        seen.add(name)
        assert fits(value, declared(name)), (name, declared(name), value)
    assert seen == METHODS.keys() - NOT_CALLED


def test_a_monitored_command_is_as_declared(client, make_client, node):
    lines = client.monitor()
    make_client(node).ping()
    assert fits(next(lines), declared("monitor"))
    lines.close()


@pytest.mark.parametrize(
    "value", [{"id": b"x"}, {"id": "x", "more": 1}, {}, {"id": "x", "queue": 1}], ids=repr
)
def test_another_value_would_be_noticed(value):
    assert fits({"id": "x"}, records.ScannedJob)
    assert not fits(value, records.ScannedJob)


def test_a_method_has_the_name_the_text_and_the_parameters_of_its_definition():
    method = QueueCommands.qlen
    assert (method.__name__, method.__module__) == ("qlen", "disquectl.client.queue_commands")
    assert method.__doc__.startswith("Return how many jobs")
    assert str(inspect.signature(method)) == "(self, queue: 'Name') -> 'int'"
