"""What the menu offers: line so far and live names in, entries out."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from disquectl.shell.complete import entries
from disquectl.shell.match import LIMIT, Index, rank
from disquectl.shell.names import Names
from disquectl.shell.recent_ids import RecentIds

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW = "D-60c335b3-wEZBgf0gIJRmZsgi4nGJyWtR-05a1", "D-60c335b3-AAAAgf0gIJRmZsgi4nGJyWtR-05a1"
NODE_ID = "60c335b3c1d576cd47e7f9fe79b2a9c0b8c4133f"


@pytest.fixture
def names() -> Names:
    found = Names()
    found.queues = Index(
        ["mail", "email", "my queue", "m-a-i-l", os.fsdecode(b"bin\xff"), "from", "-x", 'say "hi"']
    )
    found.nodes = [{"id": NODE_ID, "host": "127.0.0.1", "port": 7711, "priority": 1}]
    found.settings = {"maxmemory": "1073741824", "maxclients": "10000", "requirepass": "***"}
    return found


@pytest.fixture
def recent_ids() -> RecentIds:
    found = RecentIds()
    found.add(OLD, b"mail")
    found.add(NEW, b"other")
    return found


def offered(line: str, names: Names, recent_ids: RecentIds) -> list[str]:
    return [entry.text for entry in entries(line, names, recent_ids)[1]]


def test_each_choice_says_what_it_means_itself(names: Names, recent_ids: RecentIds) -> None:
    offer = {entry.text: entry.meaning for entry in entries("pause mail ", names, recent_ids)[1]}
    assert (offer["in"], offer["out"]) == ("accept no jobs", "deliver no jobs")
    sections = [entry.meaning for entry in entries("info ", names, recent_ids)[1] if "-" not in entry.text]
    assert len(sections) > 5
    assert not any(sections)


@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("ql", ["qlen"]),
        ("QL", ["QLEN"]),
        ("\\wa", ["\\watch"]),
        ("QLEN ma", ["mail", "email", "m-a-i-l"]),
        ("QLEN my", ['"my queue"']),
        ('QLEN "my', ['"my queue"']),
        ("QLEN bin", ['"bin\\xff"']),
        ("GETJOB FROM fr", ['"from"']),
        ("QLEN say", ['"say \\"hi\\""']),
        ("ADDJOB mail x 0 re", ["REPLICATE", "RETRY"]),
        ("addjob mail x --re", ["--replicate", "--retry"]),
        ("SHOW D-", [NEW, OLD]),
        ("PAUSE mail ", ["in", "out", "all", "none", "state", "bcast"]),
        ("JSCAN 0 STATE ", ["wait-repl", "active", "queued", "acked"]),
        ("jscan --state q", ["queued"]),
        ("INFO mem", ["memory"]),
        ("CONFIG ", ["get", "set", "resetstat", "rewrite"]),
        ("CONFIG S", ["SET"]),
        ("CONFIG GET max", ["maxmemory", "maxclients"]),
        ("connect ", ["127.0.0.1:7711"]),
        ("qlen q -n ", ["127.0.0.1:7711"]),
        ("CLUSTER FORGET ", [NODE_ID]),
        ("\\o j", ["json", "jsonl"]),
        ("help add", ["addjob"]),
        ("\\watch 1 ql", ["qlen"]),
    ],
)
def test_the_menu_begins_with(line: str, first: list[str], names: Names, recent_ids: RecentIds) -> None:
    assert offered(line, names, recent_ids)[: len(first)] == first


@pytest.mark.parametrize("line", ["ADDJOB mail ", "foo ", "qlen mail | le", 'qlen "x"y'])
def test_nothing_is_offered(line: str, names: Names, recent_ids: RecentIds) -> None:
    assert not offered(line, names, recent_ids)


def test_the_descriptions_stand_beside(names: Names, recent_ids: RecentIds) -> None:
    beside = {
        entry.text: entry.meaning
        for line in ("qle", "SHOW ", "CONFIG GET ", "ADDJOB q x 0 ")
        for entry in entries(line, names, recent_ids)[1]
    }
    assert beside["qlen"].startswith("Print")
    assert beside[NEW] == "other"
    assert beside["maxmemory"] == "1073741824"
    assert beside["requirepass"] == "***"
    assert "default" in beside["RETRY"]


def test_what_replaces_what(names: Names, recent_ids: RecentIds) -> None:
    assert entries("QLEN ma", names, recent_ids)[0] == 5
    assert entries('QLEN "my qu', names, recent_ids)[0] == 5
    assert entries("QLEN ", names, recent_ids)[0] == 5


def test_files_behind_an_arrow(names: Names, recent_ids: RecentIds, tmp_path: Path) -> None:
    (tmp_path / "my file").write_text("")
    (tmp_path / ".hidden").write_text("")
    assert offered(f"info > {tmp_path}/", names, recent_ids) == [f'"{tmp_path}/my file"']
    assert offered(f"\\source {tmp_path}/", names, recent_ids) == [f'"{tmp_path}/my file"']


def test_a_hostile_name_is_shown_escaped(recent_ids: RecentIds) -> None:
    names = Names()
    names.queues = Index(["a\x1b[31mb"])
    (entry,) = entries("QLEN a", names, recent_ids)[1]
    assert entry.shown == "a\\x1b[31mb"
    assert entry.text == '"a\\x1b[31mb"'


def test_many_names_are_searched_by_their_best_match_first() -> None:
    index = Index([f"queue-{number}" for number in range(3_000)] + ["Zebra", "has-zebra", "z-e-b-r-a"])
    assert index.find("zebra") == ["Zebra", "has-zebra", "z-e-b-r-a"]
    assert index.find("queue-29")[:2] == ["queue-29", "queue-290"]
    assert len(index.find("")) == LIMIT
    assert index.find("nothing like it") == []


def test_the_search_ends_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    index = Index([f"queue-{number}" for number in range(10_000)] + ["z-y-x"])
    clock = iter(range(1_000_000))
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(clock)))
    assert index.find("zx") == []
    assert next(clock) < 10


def test_the_oldest_ids_are_forgotten() -> None:
    recent_ids = RecentIds()
    for number in range(1_100):
        recent_ids.add(f"D-{number:08x}-wEZBgf0gIJRmZsgi4nGJyWtR-05a1", b"q")
    found = recent_ids.newest_first()
    assert len(found) == 1_000
    assert found[0][0].startswith("D-0000044b")
    recent_ids.add(found[-1][0], b"")
    assert recent_ids.newest_first()[0] == found[-1], "recent_ids again, and its queue is still known"
    recent_ids.add("no id", b"q")
    assert len(recent_ids.newest_first()) == 1_000


NEAR = ["xorders", "o-r-d", "orders", "Ordinary", "reorder", "o-r-d-later", "my-ord"]


def test_near_matches_stand_behind_nearer_ones() -> None:
    """First what begins with it, then what has it inside, then what has its letters in their order."""
    best_first = ["orders", "Ordinary", "xorders", "reorder", "my-ord", "o-r-d", "o-r-d-later"]
    assert rank("ord", NEAR) == best_first
    assert rank("ORD", NEAR) == best_first
    # An index sorts those that are equally near by name.
    best_first = ["orders", "Ordinary", "my-ord", "reorder", "xorders", "o-r-d", "o-r-d-later"]
    assert Index(NEAR).find("ord") == best_first
    assert Index(NEAR).find("ord", 4) == best_first[:4]


def test_the_menu_keeps_that_order() -> None:
    names = Names()
    names.queues = Index(NEAR)
    _, found = entries("QLEN ord", names, RecentIds())
    assert [entry.text for entry in found] == Index(NEAR).find("ord")
    # Choices are fewer, and are ranked alike: `none` begins with it, `in` has it inside.
    _, found = entries("PAUSE q n", names, RecentIds())
    assert [entry.text for entry in found][:2] == ["none", "in"]
