"""Every word that selects jobs, in `jobs`: as a process, over three nodes."""

from __future__ import annotations

import json

import pytest

from disquectl import Client
from tests.conftest import run_disquectl
from tests.support.jobs import add, jobs, next_millisecond, take
from tests.support.waiting import wait_until


@pytest.fixture
def world(cluster):
    """Jobs by name, at all nodes: what differs is in the name."""
    made = {}
    for name, at, queue, body, options in (
        ("plain", 0, "mail", "Hello world", {"replicate": 3}),
        ("upper", 1, "mail2", "ÄRGER hello", {"ttl": 60}),
        ("delayed", 2, "mail", '{"user": {"id": 42}, "n": 7}', {"delay": 600, "replicate": 2}),
        ("bytes", 0, "sms", b"\xff\x00" * 100, {"replicate": 1}),
        ("array", 1, "sms", '{"items": [{"sku": "A-1"}], "n": 12}', {"ttl": 90_000, "replicate": 3}),
        ("text", 2, "sms", '{"user": {"id": "7"}}', {"replicate": 1}),
    ):
        made[name] = add(cluster[at], queue, body, **options)
        next_millisecond()
    return made


SELECTED = [
    (("mail",), {"plain", "delayed"}),
    (("mail", "sms"), {"plain", "delayed", "bytes", "array", "text"}),
    (("nothing",), set()),
    (("mail*",), {"plain", "delayed", "upper"}),
    (("mail?",), {"upper"}),
    (("[a-m]*",), {"plain", "delayed", "upper"}),
    (("mail?", "sms"), {"upper", "bytes", "array", "text"}),
    (("--state", "delayed"), {"delayed"}),
    (("mail", "--state", "queued", "--state", "in-flight"), {"plain"}),
    (("--older-than", "1h"), set()),
    (("--newer-than", "1h", "mail2"), {"upper"}),
    (("--ttl-below", "10m"), {"upper"}),
    (("--ttl-over", "24h"), {"array"}),
    (("--nacks-over", "0"), set()),
    (("--deliveries-over", "0"), set()),
    (("--larger-than", "100"), {"bytes"}),
    (("--larger-than", "199", "--smaller-than", "201"), {"bytes"}),
    (("--smaller-than", "12"), {"plain"}),
    (("--contains", "hello"), {"upper"}),
    (("--contains", "hello", "-i"), {"plain", "upper"}),
    (("--contains", "ärger", "--ignore-case"), {"upper"}),
    (("--grep", "^Hello w.*d$"), {"plain"}),
    (("--grep", "^HELLO", "-i"), {"plain"}),
    (("--grep", "hello", "-i", "--invert", "mail", "mail2"), {"delayed"}),
    (("--field", "user.id=42"), {"delayed"}),
    (("--field", "user.id"), {"delayed", "text"}),
    (("--field", "user.id!=42"), {"text"}),
    (("--field", "n<10"), {"delayed"}),
    (("--field", "n>10"), {"array"}),
    (("--field", "items.0.sku=A-1", "--field", "n=12"), {"array"}),
    (("--field", "n", "--invert", "sms"), {"bytes", "text"}),
    (("--limit", "2"), {"plain", "upper"}),
    (("--limit", "0"), set()),
    (("--newest", "--limit", "1"), {"text"}),
    (("--sort", "ttl", "--limit", "1"), {"array"}),
    (("--sort", "ttl", "--reverse", "--limit", "1"), {"upper"}),
]


def names_of(world, found):
    return {name for name, job_id in world.items() if job_id in found}


@pytest.mark.parametrize(("words", "wanted"), SELECTED, ids=[" ".join(words) for words, _ in SELECTED])
def test_jobs_are_selected_by(cluster, world, words, wanted):
    found = jobs(cluster[1], *words)
    assert names_of(world, found) == wanted
    assert len(found) == len(wanted)


def test_a_name_that_exists_is_that_queue_and_nothing_else(cluster):
    add(cluster[0], "mail", replicate=1)
    exact = add(cluster[2], "m?il", replicate=1)
    assert set(jobs(cluster[1], "m?il")) == {exact}
    assert len(jobs(cluster[1], "m*")) == 2


def test_a_name_exists_if_there_is_a_delayed_job_of_it(cluster):
    add(cluster[0], "mail", replicate=1)
    exact = add(cluster[2], "m*", delay=600, replicate=1)
    assert set(jobs(cluster[1], "m*")) == {exact}
    assert jobs(cluster[1], "m*", "--state", "queued") == {}


def test_age_from_both_sides(cluster):
    job_id = add(cluster[0], "mail")
    assert set(jobs(cluster[1], "--newer-than", "1h")) == {job_id}
    wait_until(lambda: jobs(cluster[1], "--older-than", "300ms"))
    wait_until(lambda: not jobs(cluster[1], "--newer-than", "300ms"))


def test_counters(cluster):
    nacked = add(cluster[0], "mail", retry=300, replicate=1)
    again = add(cluster[1], "sms", retry=300, replicate=1)
    assert (take(cluster[0], "mail"), take(cluster[1], "sms")) == (nacked, again)
    with Client(cluster[0]) as client:
        assert client.nack(nacked) == 1
    with Client(cluster[1]) as client:
        assert client.enqueue(again) == 1
    wait_until(lambda: set(jobs(cluster[2], "--nacks-over", "0")) == {nacked})
    wait_until(lambda: set(jobs(cluster[2], "--deliveries-over", "0")) == {again})
    assert jobs(cluster[2], "--nacks-over", "1") == {}


def test_the_node_that_created_it(cluster):
    ids = [add(node, "mail", replicate=3) for node in cluster]
    with Client(cluster[2]) as client:
        node_id = client.cluster_myid()
    for beginning in (node_id, node_id[:8].upper(), node_id[:6]):
        assert set(jobs(cluster[0], "--created-by", beginning)) == {ids[2]}


def test_ids_from_a_file_and_from_stdin(cluster, tmp_path):
    ids = [add(node, "mail", replicate=1) for node in cluster]
    other = ids[0][:-1] + "f"
    file = tmp_path / "ids"
    file.write_text(f"{ids[0]}\r\n\n{other}\n{ids[2]}")
    assert set(jobs(cluster[1], "--ids-from", str(file))) == {ids[0], ids[2]}
    piped = run_disquectl("jobs", "--ids", "--ids-from", "-", node=cluster[1], stdin=file.read_bytes())
    assert set(piped.out.split()) == {ids[0], ids[2]}
    file.write_text("\n")
    nothing = run_disquectl("jobs", "--ids-from", str(file), node=cluster[1])
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "no jobs match\n")


@pytest.mark.parametrize("output", ["table", "plain", "jsonl", "json"])
def test_a_selection_that_matches_nothing_ends_with_0_and_a_note(cluster, output):
    add(cluster[0], "mail")
    found = run_disquectl("jobs", "--contains", "absent", "-o", output, node=cluster[0])
    assert (found.code, found.err) == (0, "no jobs match\n")
    assert found.out == ("[]\n" if output == "json" else "")
    assert run_disquectl("jobs", "absent", "-o", output, "--quiet", node=cluster[0]).err == ""


def test_no_jobs_at_all_are_no_note_for_a_script(cluster):
    assert run_disquectl("jobs", "--ids", node=cluster[0]).err == ""


NOBODY = "127.0.0.1:1"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--contains", ""), "--contains is empty"),
        (("--grep", ""), "--grep is empty"),
        (("--field", ""), "--field: the path is empty"),
        (("--field", "=1"), "--field: the path is empty"),
        (("--ids-from", ""), "--ids-from: the name is empty"),
        (("--created-by", ""), "--created-by: not a node ID"),
        (("--created-by", "mail"), "--created-by: not a node ID: 'mail'"),
        (("--state", "gone"), "--state: unknown state 'gone'"),
        (("--grep", "("), "--grep: not a regular expression"),
        (("--invert",), "--invert goes with"),
        (("-i",), "--ignore-case goes with"),
        (("--larger-than", ""), "--larger-than: not a size"),
        (("--newer-than", ""), "--newer-than: not a duration"),
        (("--limit", "-1"), "--limit"),
        (("--newest", "--sort", "ttl"), "--newest and --sort"),
        (("--newest", "--reverse"), "--newest and --reverse"),
    ],
    ids=str,
)
def test_wrong_words_are_found_before_anything_is_sent(words, said):
    done = run_disquectl("jobs", *words, node=NOBODY)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_a_wrong_line_and_an_unreadable_file_are_found_before_anything_is_sent(tmp_path):
    file = tmp_path / "ids"
    file.write_bytes(b"\nD-\x1b[31m\xe2\x80\xae\n")
    done = run_disquectl("jobs", "--ids-from", str(file), node=NOBODY)
    assert done.code == 2
    assert "line 2 is not a job ID" in done.err
    assert "\x1b" not in done.err
    assert "\u202e" not in done.err
    done = run_disquectl("jobs", "--ids-from", str(tmp_path / "absent"), node=NOBODY)
    assert done.code == 9
    assert "absent" in done.err


def test_json_has_what_was_selected(cluster):
    job_id = add(cluster[0], "mail", b"\xff{}", replicate=2)
    found = run_disquectl("jobs", "--grep", r"\{\}$", "-o", "json", node=cluster[1])
    assert [record["id"] for record in json.loads(found.raw)] == [job_id]
