"""A Redis with the Disque module (antirez/disque-module): what works there does, the rest says why not."""

import pytest

from disquectl import NotDisque, OutcomeUnknown
from disquectl.client.identity import RedisWithModule
from tests.conftest import run_disquectl
from tests.support.scripted_node import ScriptedNode, silent

ID = "D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1"
NAMED = (
    "is a Redis 6.0.9 with the Disque module: commands that name jobs and queues work; listing and the worker"
)


def bulk(text):
    return b"$%d\r\n%s\r\n" % (len(text), text)


def array(*elements):
    return b"*%d\r\n" % len(elements) + b"".join(elements)


MODULE = array(bulk(b"name"), bulk(b"Disque"), bulk(b"ver"), b":1\r\n")
OTHER = array(bulk(b"name"), bulk(b"search"), bulk(b"ver"), b":20000\r\n")
BASE = [bulk(b"server"), bulk(b"redis"), bulk(b"version"), bulk(b"6.0.9"), bulk(b"proto"), b":2\r\n"]
HELLO = array(*BASE, bulk(b"modules"), array(OTHER, MODULE))
INFO = bulk(
    b"# Server\r\nredis_version:6.0.9\r\n# Modules\r\nmodule:name=search,ver=2,api=1\r\n"
    b"module:name=Disque,ver=1,api=1,filters=0,usedby=[],using=[],options=[]\r\n"
)
UNKNOWN = b"-ERR unknown command `JSCAN`, with args beginning with: `0`, \r\n"


def test_verify_names_it(make_client):
    with ScriptedNode([HELLO]) as node, pytest.raises(RedisWithModule, match=NAMED):
        make_client(node.address).verify()


@pytest.mark.parametrize(
    "modules", [array(), array(OTHER), b":1\r\n", array(b":1\r\n"), array(array(b":1\r\n"))]
)
def test_a_redis_with_other_modules_is_a_redis(modules, make_client):
    says = r"is a Redis 6\.0\.9, not a Disque"
    with (
        ScriptedNode([array(*BASE, bulk(b"modules"), modules)]) as node,
        pytest.raises(NotDisque, match=says),
    ):
        make_client(node.address).verify()


def test_what_it_lacks_names_it(make_client):
    with ScriptedNode([UNKNOWN, INFO]) as node, pytest.raises(RedisWithModule, match=NAMED):
        make_client(node.address).jscan()


def test_its_nil_to_addjob_is_an_unknown_outcome(make_client):
    with ScriptedNode([b"$-1\r\n"]) as node, pytest.raises(OutcomeUnknown, match="ADDJOB: nil"):
        make_client(node.address).addjob("q", "b")


@pytest.mark.parametrize(
    ("line", "replies", "code", "out"),
    [
        ("addjob q b", [b"+%s\r\n" % ID.encode()], 0, ID),
        ("addjob q b", [b"$-1\r\n"], 8, ""),
        ("qlen q", [b":3\r\n"], 0, "3"),
        (f"ack {ID}", [b":1\r\n"], 0, "1"),
        ("addjob q --lines", [HELLO, b"+%s\r\n" % ID.encode(), b"+%s\r\n" % ID.encode()], 0, f"{ID}\n{ID}"),
        (
            "getjob q --max-jobs 1",
            [HELLO, array(array(bulk(b"q"), bulk(ID.encode()), bulk(b"b")))],
            0,
            f"q\t{ID}\tb",
        ),
        ("qscan", [UNKNOWN, INFO], 5, ""),
        ("jobs", [HELLO], 5, ""),
        ("work -q q -- true", [HELLO], 5, ""),
        ("info", [HELLO], 5, ""),
    ],
)
def test_commands_that_name_jobs_and_queues_work_and_others_say_why_not(line, replies, code, out):
    with ScriptedNode([*replies, silent], [HELLO, silent]) as node:
        done = run_disquectl(
            "--response-timeout", "5s", *line.split(), node=node.address, stdin=b"one\ntwo\n"
        )
    assert (done.code, done.out.strip()) == (code, out), done
    assert ("with the Disque module" in done.err) == (code == 5)


def test_a_getjob_that_may_wait_names_each_queue_once(make_client):
    with ScriptedNode([b"*-1\r\n", b"*-1\r\n"]) as node:
        client = make_client(node.address)
        assert client.getjob("a", "b", "a", timeout_ms=1) == []
        assert client.getjob("a", "b", "a", nohang=True) == []
        waiting, at_once = node.requests
        assert waiting[waiting.index(b"FROM") :] == [b"FROM", b"a", b"b"]
        assert at_once[at_once.index(b"FROM") :] == [b"FROM", b"a", b"b", b"a"]


@pytest.mark.parametrize(("options", "before"), [(["--timeout", "1ms"], []), (["--idle", "0"], [HELLO])])
def test_so_does_one_of_the_command_line(options, before):
    with ScriptedNode([*before, b"*-1\r\n"]) as node:
        run_disquectl("getjob", "a", "b", "a", *options, node=node.address)
    words = node.requests[-1]
    assert words[words.index(b"FROM") :] == [b"FROM", b"a", b"b"]
