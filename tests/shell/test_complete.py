"""What the menu offers: line so far and live names in, entries out."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from disquectl.commands import all_commands
from disquectl.completion.candidates import static
from disquectl.completion.expect import expect
from disquectl.shell.complete import Entry, entries
from disquectl.shell.match import LIMIT, Index, rank
from disquectl.shell.names import Names
from disquectl.shell.recent_ids import RecentIds
from disquectl.spec.global_options import GLOBAL_OPTIONS

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
    found.lengths = {"mail": 12}
    found.profiles = {"prod": "a:7711", "staging": "b:7711"}
    found.settings = {"maxmemory": "1073741824", "maxclients": "10000", "requirepass": "***"}
    return found


@pytest.fixture
def recent_ids() -> RecentIds:
    found = RecentIds()
    found.add(OLD, b"mail")
    found.add(NEW, b"other")
    return found


COLUMNS = next(option for option in GLOBAL_OPTIONS if option.name == "columns")


def all_entries(line: str, names: Names, recent_ids: RecentIds) -> list[Entry]:
    """The values that the menu offers, without the options that may follow."""
    return [entry for entry in entries(line, names, recent_ids)[1] if entry.text[:1] != "-"]


def offered(line: str, names: Names, recent_ids: RecentIds) -> list[str]:
    return [entry.text for entry in entries(line, names, recent_ids)[1]]


def test_choices_have_their_own_descriptions(names: Names, recent_ids: RecentIds) -> None:
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
        ("connect --profile ", ["prod", "staging"]),
        ("qlen q -n ", ["127.0.0.1:7711"]),
        ("CLUSTER FORGET ", [NODE_ID]),
        ("\\o j", ["json", "jsonl"]),
        ("help add", ["addjob"]),
        ("\\watch 1 ql", ["qlen"]),
        ("watch ql", ["qlen"]),
        ("3 ql", ["qlen"]),
        ("repeat 3 qlen ma", ["mail"]),
        ("3 queues --sort len", []),
        ("queues --sort rate", ["rate_in", "rate_out"]),
        ("queues --sort=rate_i", ["--sort=rate_in"]),
        ("jobs --sort a", ["age"]),
        ("jobs --state q", ["queued"]),
        ("jobs --state queued --state d", ["delayed"]),
        ("dead --by q", ["queue"]),
        ("monitor --only add", ["addjob"]),
        ("qlen mail --columns l", ["length"]),
        ("qlen mail --columns length,q", ["length,queue"]),
        ("qlen mail --columns=length,q", ["--columns=length,queue"]),
        ('qlen mail --columns "length, q', ['"length, queue"']),
        ("qlen mail --cluster --columns n", ["nodes"]),
        ("qpeek mail --cluster --columns no", ["node"]),
        ("qlen mail --columns n", []),
        ("dead --columns job", ["job"]),
        ("debug sleep wrong --columns r", ["reply"]),
        ("dead --by queue --columns ol", ["oldest"]),
        ("\\watch 1 queues --columns queue,pa", ["queue,pause"]),
        ("qlen q -n a:1,12", ["a:1,127.0.0.1:7711"]),
        ("qlen q -P p", ["prod"]),
        ("profile show st", ["staging"]),
        ("profile set prod read", ["read-only="]),
        ("\\set ti", ["timing"]),
        ("\\set timing ", ["on", "off"]),
        ("\\set output js", ["json", "jsonl"]),
        ("wat", ["watch"]),
        ("hist", ["history"]),
    ],
)
def test_the_menu_begins_with(line: str, first: list[str], names: Names, recent_ids: RecentIds) -> None:
    assert offered(line, names, recent_ids)[: len(first)] == first


@pytest.mark.parametrize("line", ["ADDJOB mail ", "foo ", "qlen mail | le", 'qlen "x"y'])
def test_nothing_is_offered(line: str, names: Names, recent_ids: RecentIds) -> None:
    assert not offered(line, names, recent_ids)


def test_the_menu_has_the_words_of_bash(names: Names, recent_ids: RecentIds) -> None:
    """Every option with a list of values, of every command."""
    checked = 0
    for command in all_commands():
        for option in (*command.grammar.options, COLUMNS):
            in_bash = [word for word, _ in static(expect([command.name, option.flag], ""), "")]
            if command.subcommands or option.is_flag or not in_bash:
                continue
            in_menu = [
                entry.text for entry in all_entries(f"{command.name} {option.flag} ", names, recent_ids)
            ]
            assert in_menu == in_bash, (command.name, option.flag)
            checked += 1
    assert checked > 20


def test_a_column_is_offered_once_and_with_its_meaning(names: Names, recent_ids: RecentIds) -> None:
    found = entries("queues --columns queue,", names, recent_ids)[1]
    shown = {entry.shown: entry for entry in found}
    assert "queue" not in shown
    assert shown["queued"].text == "queue,queued"
    assert shown["queued"].meaning == "Jobs that wait for a consumer."


def test_columns_to_sort_by_have_their_meaning(names: Names, recent_ids: RecentIds) -> None:
    meanings = {entry.text: entry.meaning for entry in entries("queues --sort ", names, recent_ids)[1]}
    assert meanings["queued"] == "Jobs that wait for a consumer."


def test_the_queue_menu_shows_lengths(names: Names, recent_ids: RecentIds) -> None:
    def meaning(queue: str) -> str:
        return next(entry.meaning for entry in entries("QLEN ", names, recent_ids)[1] if entry.text == queue)

    assert meaning("mail") == "12 queued"
    assert meaning("email") == "queue", "a length that is not known is not shown"
    names.nodes = names.nodes * 3
    assert meaning("mail") == "12 queued here", "it is that of one of several nodes"


def test_entries_have_descriptions(names: Names, recent_ids: RecentIds) -> None:
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


def test_start_of_the_replaced_word(names: Names, recent_ids: RecentIds) -> None:
    assert entries("QLEN ma", names, recent_ids)[0] == 5
    assert entries('QLEN "my qu', names, recent_ids)[0] == 5
    assert entries("QLEN ", names, recent_ids)[0] == 5


def test_files_are_completed_after_a_redirection(names: Names, recent_ids: RecentIds, tmp_path: Path) -> None:
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


def test_the_search_stops_at_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    index = Index([f"queue-{number}" for number in range(10_000)] + ["z-y-x"])
    clock = iter(range(1_000_000))
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(clock)))
    assert index.find("zx") == []
    assert next(clock) < 10


def test_the_oldest_ids_are_dropped() -> None:
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


def test_better_matches_come_first() -> None:
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
