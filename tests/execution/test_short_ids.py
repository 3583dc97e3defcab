"""`show` and `trace` take the beginning of a job ID."""

from __future__ import annotations

from unittest.mock import MagicMock

import pytest

from disquectl import Client, UsageError
from disquectl.execution.short_ids import complete
from disquectl.protocol.jobid import may_be_beginning, starts_with
from tests.conftest import run_disquectl

ID = b"D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1"


@pytest.mark.parametrize("word", [ID[:17], ID[11:17], ID[11:35], ID[:35], ID[:39]])
def test_beginnings(word):
    assert may_be_beginning(word)
    assert starts_with(ID, word)


@pytest.mark.parametrize(
    "word", [ID, ID[:16], ID[11:16], b"", b"D-", b"8YL1N\xff", b"no such id", b"8YL1NT-"]
)
def test_what_is_no_beginning(word):
    assert not may_be_beginning(word)


@pytest.mark.parametrize("command", ["show", "trace"])
def test_a_job_of_another_node_is_found(cluster, command):
    with Client(cluster[2]) as client:
        job_id = client.addjob("mail", "x", replicate=1)
    for word in (job_id[:17], job_id[11:23]):
        options = ("--cluster",) if command == "show" else ()
        result = run_disquectl(command, word, *options, "-o", "jsonl", node=cluster[0])
        assert (result.code, job_id in result.out) == (0, True)


def test_several_are_listed(monkeypatch):
    ids = [ID, ID.replace(b"-05a1", b"-05a3")]
    monkeypatch.setattr("disquectl.fanout.find_ids.ids_that_start_with", lambda *_: ids)
    monkeypatch.setattr("disquectl.fanout.ask.open_cluster", lambda *_: MagicMock())
    monkeypatch.setattr("disquectl.fanout.ask.require_an_answer", lambda *_: None)
    said: list[str] = []
    session = MagicMock()
    session.streams.say = said.append
    with pytest.raises(UsageError, match="2 jobs"):
        complete({"id": (b"8YL1NT",)}, session)
    assert said == [one.decode() for one in ids]


@pytest.mark.parametrize("command", ["show", "trace"])
def test_a_beginning_that_no_job_has_is_badid(cluster, command):
    result = run_disquectl(command, "zzzzzzzz", node=cluster[0])
    assert result.code == 1
    assert "BADID" in result.err


def test_a_whole_id_costs_no_scan(node):
    assert "JSCAN" not in run_disquectl("show", ID.decode(), "--echo", node=node).err


def test_commands_that_change_jobs_take_whole_ids(cluster):
    with Client(cluster[0]) as client:
        job_id = client.addjob("mail", "x", replicate=1)
    assert run_disquectl("deljob", job_id[:20], node=cluster[0]).code == 1
