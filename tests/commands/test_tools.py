"""`nodes`, `trace` and `explain`."""

from __future__ import annotations

import json

import pytest

from disquectl import Client
from disquectl.execution.advice import MEANINGS
from disquectl.protocol.fields import fields
from disquectl.sandbox.thread import SandboxThread
from tests.conftest import run_disquectl
from tests.support.hello import A, B, entry, hello
from tests.support.jobs import add, replicated
from tests.support.processes import running
from tests.support.scripted_node import ScriptedNode, refused_address

UNKNOWN = "D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1"


def read(result, code=0):
    assert result.code == code, result
    return json.loads(result.raw)


def test_nodes_are_a_row_each(cluster):
    found = read(run_disquectl("nodes", "-o", "json", node=cluster[1]))
    assert sorted(record["address"] for record in found) == sorted(cluster)
    for record in found:
        assert (record["answers"], record["priority"], record["state"]) == (True, 1, "ok")
        assert record["health"] == "ok"
        assert (record["version"], record["leaving"], record["aof"]) == ("1.0-rc1", False, "off")
        assert len(record["id"]) == 8
        assert record["maxmemory"] > 0
        assert abs(record["clock_skew"]) < 60_000


def test_a_node_that_does_not_answer_has_a_row(cluster):
    dead = refused_address()
    result = run_disquectl("nodes", "-o", "json", node=f"{cluster[0]},{dead}")
    found = {record["address"]: record for record in read(result, 3)}
    assert (found[dead]["answers"], found[dead]["version"]) == (False, None)
    assert found[dead]["health"] == "down"
    assert len(found) == 4


def test_a_lone_node_is_seen_by_nobody(node):
    (found,) = read(run_disquectl("nodes", "-o", "json", node=node))
    assert (found["priority"], found["state"]) == (None, None)
    assert found["health"] == "ok"


@pytest.mark.parametrize("width", ["80", "200"])
def test_a_table_of_nodes_fits(cluster, width):
    result = run_disquectl("nodes", "-o", "table", node=cluster[0], COLUMNS=width)
    assert all(len(line) <= int(width) for line in result.out.splitlines())
    assert all(address in result.out for address in cluster)


def test_nodes_that_disagree_and_info_without_fields():
    """A fresh server may lack any field of INFO; two that see a third differently are both quoted."""
    third = refused_address()

    def script(own, flags):
        lines = f"{own} 127.0.0.1:1 myself 0 0 connected\n{'c' * 40} {third} {flags} 0 0 connected\n"
        return [
            hello(own, entry("c" * 40, third, 10)),
            b"$10\r\n# Server\r\n\r\n",
            b"$%d\r\n%s\r\n" % (len(lines), lines.encode()),
            b"+yes\r\n",
            b"*0\r\n",
            b"*2\r\n$1\r\n1\r\n$1\r\n2\r\n",
        ]

    with ScriptedNode(script(A, "noflags")) as one, ScriptedNode(script(B, "fail?")) as two:
        seeds = f"{one.address},{two.address}"
        found = {
            record["address"]: record for record in read(run_disquectl("nodes", "-o", "json", node=seeds), 3)
        }
    assert found[third]["state"] == {one.address: "ok", two.address: "possibly failing"}
    assert found[third]["priority"] == 10
    assert (found[one.address]["version"], found[one.address]["leaving"]) == (None, True)
    assert found[one.address]["maxmemory"] is None


def test_trace_shows_each_copy_and_what_differs(cluster):
    job_id = add(cluster[0], "mail", b"\xff[red]", replicate=3)
    found = read(run_disquectl("trace", job_id, "-o", "json", node=cluster[2]))
    assert (found["id"], found["state"], found["created_by"]) == (job_id, "queued", cluster[0])
    assert (found["ttl_minutes"], found["delivery"]) == (1440, "at least once")
    assert found["differs"] == ["state"]
    assert [copy["node"] for copy in found["copies"]] == sorted(cluster)
    assert {copy["state"] for copy in found["copies"]} == {"queued", "active"}
    assert found["copies"][0]["body_base64"] == "/1tyZWRd"


@pytest.mark.parametrize("width", ["80", "200"])
def test_a_table_of_a_trace_is_side_by_side(cluster, width):
    job_id = add(cluster[0], "[/x]", "body", replicate=3)
    out = run_disquectl("trace", job_id, "-o", "table", node=cluster[0], COLUMNS=width).out
    assert job_id in out
    assert all(len(line) <= int(width) for line in out.splitlines())
    header = next(line for line in out.splitlines() if line.startswith("field"))
    assert header.split()[1:] == sorted(cluster)
    assert any(line.startswith("* state") for line in out.splitlines())


@pytest.mark.parametrize("output", ["plain", "csv", "tsv", "raw", "jsonl"])
def test_every_format_of_a_trace(cluster, output):
    job_id = add(cluster[0], "mail", "body", replicate=1)
    result = run_disquectl("trace", job_id, "-o", output, node=cluster[0])
    assert result.code == 0
    assert job_id in result.out


@pytest.mark.parametrize("output", ["table", "plain", "json", "csv"])
def test_columns_of_a_trace(cluster, output):
    job_id = add(cluster[0], "mail", "body", replicate=3)
    result = run_disquectl("trace", job_id, "--columns", "state,differs", "-o", output, node=cluster[0])
    assert result.code == 0
    assert "queued" in result.out
    assert job_id not in result.out
    assert run_disquectl("trace", job_id, "--columns", "nothing", node="127.0.0.1:1").code == 2


def test_trace_at_most_once(cluster):
    job_id = add(cluster[0], "mail", retry=0, replicate=1)
    found = read(run_disquectl("trace", job_id, "-o", "json", node=cluster[1]))
    assert (found["delivery"], len(found["copies"]), found["differs"]) == ("at most once", 1, [])


def test_trace_of_an_unknown_job_is_4(cluster):
    result = run_disquectl("trace", UNKNOWN, "-o", "json", node=cluster[0])
    assert (result.code, result.out) == (4, "null\n")
    assert run_disquectl("trace", "nonsense", node=cluster[0]).code == 1


def test_follow_ends_when_the_job_is_gone(cluster):
    job_id = add(cluster[0], "mail", ttl=2, retry=60, replicate=3)
    replicated(cluster, job_id)
    result = run_disquectl("trace", job_id, "--follow", "-o", "jsonl", node=cluster[1])
    assert result.code == 0
    assert json.loads(result.raw.splitlines()[0])["state"] == "queued"
    assert "is gone" in result.err


def test_follow_parts_one_table_from_the_next(node):
    job_id = add(node, "mail", retry=60)
    with Client(node) as client, running("trace", job_id, "--follow", "-o", "table", node=node) as process:
        first = process.stdout.readline()
        assert first.split() == [b"id", job_id.encode()]
        while (line := process.stdout.readline()) and not line.startswith(b"  body "):
            pass
        client.dequeue(job_id)
        assert [process.stdout.readline() for _ in range(2)] == [b"\n", first]
        client.fastack(job_id)


def test_a_cluster_with_a_password():
    with SandboxThread(nodes=3, password="secret") as sandbox:
        nodes = sandbox.addresses
        with Client(nodes[0], password="secret") as client:
            job_id = client.addjob("mail", "body", replicate=3)
        for words in (("nodes",), ("queues",), ("jobs",), ("trace", job_id), ("qlen", "mail", "--cluster")):
            assert run_disquectl(*words, node=nodes[0], DISQUE_PASSWORD="secret").code == 0
            assert run_disquectl(*words, node=nodes[0], DISQUE_PASSWORD="wrong").code == 7
            assert run_disquectl(*words, node=nodes[0]).code == 7
        echo = run_disquectl("qlen", "mail", "--cluster", "--echo", node=nodes[0], DISQUE_PASSWORD="secret")
        assert echo.out == "1\n"
        assert echo.err.count("QLEN") == 3
        assert "secret" not in echo.err


@pytest.mark.parametrize("code", MEANINGS)
def test_explain_knows_every_code(code):
    found = read(run_disquectl("explain", code.lower(), "-o", "json"))
    assert found["code"] == code
    assert found["meaning"]
    assert found["advice"]


def test_explain_an_id():
    found = read(run_disquectl("explain", UNKNOWN, "-o", "json"))
    assert found == {
        "id": UNKNOWN,
        "created_by": "dcb833cf",
        "ttl_minutes": 1440,
        "delivery": "at least once",
    }


def test_explain_fields_by_either_spelling():
    for name in ("next-requeue-within", "next_requeue_within"):
        found = read(run_disquectl("explain", name, "-o", "json"))
        assert (found["command"], found["unit"]) == ("SHOW", "milliseconds")
    assert run_disquectl("explain", "used_memoryy").code == 2


def test_explain_knows_every_field_of_the_server(node):
    known = {field.name for field in fields()}
    with Client(node) as client:
        job_id = client.addjob("mail", "body")
        sections = client.info()
        shown, stat = client.show(job_id), client.qstat("mail")
    assert {field for section in sections.values() for field in section} <= known
    assert {name.replace("_", "-") for name in shown} <= known
    assert {name.replace("_", "-") for name in stat} - {"queue"} <= known


def test_a_plain_command_loads_nothing_of_this(node):
    import subprocess
    import sys

    code = (
        "import sys; from disquectl.cli.main import run_command_line\n"
        "run_command_line(sys.argv[1:])\n"
        "print([name for name in sys.modules if 'everywhere' in name or '.cluster' in name], file=sys.stderr)"
    )

    def loaded(*words):
        done = subprocess.run(
            [sys.executable, "-c", code, "-n", node, *words], capture_output=True, check=True, text=True
        )
        return done.stderr

    assert loaded("qlen", "mail") == "[]\n"
    assert "disquectl.client.cluster" in loaded("qlen", "mail", "--cluster")
