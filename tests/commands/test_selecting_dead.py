"""Every word that selects jobs, in `dead`: as a process, over three nodes."""

from __future__ import annotations

import json

import pytest

from tests.commands.test_dead import letter
from tests.commands.test_selecting_jobs import NOBODY
from tests.conftest import run_disquectl
from tests.support.terminal import Terminal
from tests.support.waiting import wait_until


def job_id(number):
    return f"D-60c335b3-yRiaWu63Ny89fXBPj66cnFn{number}-05a1"


LETTERS = {
    "old": ("dead:mail", "Hello", {"queue": "mail", "created": "2020-01-01T00:00:00Z", "attempts": 3}),
    "new": ("dead:mail2", "hello there", {"queue": "mail2", "failed": "2100-01-01T00:00:00Z"}),
    "json": ("dead:sms", '{"n": 7}', {"queue": "sms", "created": "2100-01-01T00:00:00Z", "exit": 1}),
}


@pytest.fixture
def world(clients):
    """Letters by name, each at a node of its own: the ID of the letter."""
    return {
        name: clients[at].addjob(queue, letter(body, job=job_id(at), **fields), replicate=1)
        for at, (name, (queue, body, fields)) in enumerate(LETTERS.items())
    }


SELECTED = [
    (("mail",), {"old"}),
    (("dead:sms", "mail"), {"old", "json"}),
    (("mail*",), {"old", "new"}),
    (("dead:*l",), {"old"}),
    (("mail?", "sms"), {"new", "json"}),
    (("absent",), set()),
    (("--died-before", "1s"), {"old", "json"}),
    (("--older", "1s"), {"old", "json"}),
    (("--died-after", "1s"), {"new"}),
    (("--newer", "1s"), {"new"}),
    (("--older-than", "1000d"), {"old"}),
    (("--newer-than", "1s"), {"json"}),
    (("--nacks-over", "3"), {"new", "json"}),
    (("--larger-than", "5"), {"new", "json"}),
    (("--smaller-than", "6"), {"old"}),
    (("--contains", "hello"), {"new"}),
    (("--contains", "hello", "-i"), {"old", "new"}),
    (("--grep", "^hello$", "-i"), {"old"}),
    (("--grep", "hello", "--invert"), {"old", "json"}),
    (("--field", "n=7"), {"json"}),
    (("--exit", "1"), {"json"}),
    (("--limit", "2"), {"old", "json"}),
    (("--newest", "--limit", "1"), {"new"}),
]


def found(cluster, *words, stdin=b""):
    done = run_disquectl("dead", *words, "-o", "jsonl", node=cluster[1], stdin=stdin)
    assert done.code == 0, done
    return [json.loads(line) for line in done.out.splitlines()]


@pytest.mark.parametrize(("words", "wanted"), SELECTED, ids=[" ".join(words) for words, _ in SELECTED])
def test_dead_jobs_are_selected_by(cluster, world, words, wanted):
    ids = [one["id"] for one in found(cluster, *words)]
    assert {name for name, own in world.items() if own in ids} == wanted
    assert len(ids) == len(wanted)


def test_ids_from_a_file_and_from_stdin(cluster, world, tmp_path):
    file = tmp_path / "ids"
    file.write_text(f"{world['old']}\n\n{job_id(2)}\n")
    assert {one["id"] for one in found(cluster, "--ids-from", str(file))} == {world["old"], world["json"]}
    assert [one["id"] for one in found(cluster, "--ids-from", "-", stdin=job_id(1).encode())] == [
        world["new"]
    ]
    file.write_text("")
    assert found(cluster, "--ids-from", str(file)) == []


def test_a_name_that_exists_is_that_queue_and_nothing_else(cluster, clients, world):
    """Also where all jobs of the queue have died, so that only its letters tell."""
    own = clients[0].addjob("dead:mail*", letter("x", queue="mail*"))
    assert [one["id"] for one in found(cluster, "mail*")] == [own]
    clients[2].addjob("sms*", "x", delay=600)
    assert found(cluster, "sms*") == []


def test_groups_keep_their_order_with_the_newest(cluster, world):
    (group,) = found(cluster, "mail", "mail2", "--by", "exit", "--newest")
    assert (group["count"], group["example"]) == (2, world["new"])
    assert group["oldest"] < group["newest"]


@pytest.mark.parametrize("action", ["retry", "drop"])
def test_acting_by_selection_keeps_its_guards(cluster, clients, world, tmp_path, action):
    file = tmp_path / "ids"
    file.write_text(world["json"])
    selection = ("--ids-from", str(file))
    for words in (selection, ("--field", "n"), ("mail*",), ("--newest", "--limit", "1")):
        refused = run_disquectl("dead", action, *words, node=cluster[1])
        assert (refused.code, refused.out) == (2, "")
        assert "--yes" in refused.err
        assert run_disquectl("dead", action, *words, "--yes", "--read-only", node=cluster[1]).code == 2
        assert run_disquectl("dead", action, *words, "--dry-run", "--read-only", node=cluster[1]).code == 0
    assert len(found(cluster)) == 3
    done = run_disquectl("dead", action, *selection, "--yes", node=cluster[1])
    assert (done.code, done.out) == (0, "1\n")
    assert {one["id"] for one in found(cluster)} == {world["old"], world["new"]}
    assert sum(client.qlen("sms") for client in clients) == (action == "retry")


def test_the_question_counts_what_is_selected(cluster, world):
    with Terminal("dead", "drop", "--contains", "hello", "-i", node=cluster[1], columns=200) as terminal:
        terminal.wait_for("[y/N] ")
        assert "dead drop acts on 2 dead jobs of the cluster.\n" in terminal.seen.replace("\r", "")
        terminal.type("n\n")
        assert terminal.end() == 130
    assert len(found(cluster)) == 3


@pytest.mark.parametrize(
    ("words", "out"), [(("list",), ""), (("retry", "--yes"), "0\n"), (("drop", "--yes"), "0\n")], ids=str
)
def test_a_selection_that_matches_nothing_ends_with_0_and_a_note(cluster, world, words, out):
    done = run_disquectl("dead", *words, "--contains", "absent", node=cluster[1])
    assert (done.code, done.out, done.err) == (0, out, "no dead jobs\n")


def test_failing_jobs_are_selected_too(cluster, clients):
    ids = [clients[0].addjob("q", body, retry=300, replicate=1) for body in ("bad", "worse")]
    clients[0].getjob("q", count=2)
    for failed in ids:
        clients[0].nack(failed)
    wait_until(lambda: len(found(cluster, "failing")) == 2)
    assert [one["id"] for one in found(cluster, "failing", "--contains", "worse")] == [ids[1]]
    assert found(cluster, "failing", "[a-p]") == found(cluster, "failing", "--nacks-over", "1") == []
    assert len(found(cluster, "failing", "[a-q]", "--newer-than", "1h")) == 2
    assert len(found(cluster, "failing", "--limit", "1")) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("drop", "--contains", ""), "--contains is empty"),
        (("drop", "--grep", ""), "--grep is empty"),
        (("drop", "--field", ""), "--field: the path is empty"),
        (("drop", "--ids-from", ""), "--ids-from: the name is empty"),
        (("drop", "--dead", ""), "--dead is empty"),
        (("drop", "--died-before", ""), "--died-before: not a duration"),
        (("--older", "1s", "--died-before", "1s"), "--older and --died-before"),
        (("--newer", "1s", "--died-after", "1s"), "--newer and --died-after"),
        (("failing", "--exit", "1"), "--exit does not apply to failing"),
        (("failing", "--died-after", "1s"), "--died-after does not apply to failing"),
        (("--state", "queued"), "--state"),
        (("--ttl-below", "1s"), "--ttl-below"),
        (("--ttl-over", "1s"), "--ttl-over"),
        (("--deliveries-over", "1"), "--deliveries-over"),
        (("--created-by", "60c335b3"), "--created-by"),
    ],
    ids=str,
)
def test_wrong_words_are_found_before_anything_is_sent(words, said):
    done = run_disquectl("dead", *words, "--yes", node=NOBODY)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
