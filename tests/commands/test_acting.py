"""purge and requeue alike: which jobs they act on, the question, --dry-run and --read-only."""

from __future__ import annotations

import pytest

from disquectl import Client
from tests.conftest import run_disquectl
from tests.support.acting import acted, add_delayed, both, ids
from tests.support.jobs import add, jobs, next_millisecond, take
from tests.support.terminal import Terminal, on_terminal
from tests.support.written import watching


@pytest.fixture
def delayed(cluster):
    return add_delayed(cluster)


# Which jobs


@both
@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--older-than", "1h"),
        ("mail", "--all-queues"),
        ("mail", "--state", "acked"),
        ("mail", "--state", "sleeping"),
        ("mail", "--contains", ""),
        ("mail", "--grep", "("),
        ("mail", "--rate", "0"),
        ("mail", "--columns", "new_id"),
        ("--ids-from", ""),
    ],
)
def test_what_is_wrong_is_found_before_a_node_is_asked(name, words):
    result = run_disquectl(name, *words, "--yes", node="127.0.0.1:1")
    assert (result.code, result.out) == (2, "")
    assert result.err


def test_waiting_jobs_are_purged_and_not_requeued():
    assert run_disquectl("requeue", "q", "--state", "waiting", "--yes", node="127.0.0.1:1").code == 2
    assert run_disquectl("purge", "q", "--state", "waiting", "--yes", node="127.0.0.1:1").code == 5


@pytest.fixture
def world(cluster):
    """Delayed jobs by name, at all nodes."""
    made = {}
    for name, at, queue, body, options in (
        ("plain", 0, "mail", "Hello world", {"replicate": 3}),
        ("upper", 1, "mail2", "ÄRGER hello", {"ttl": 700}),
        ("json", 2, "mail*", '{"user": {"id": 42}}', {"replicate": 2}),
        ("bytes", 0, "sms", b"\xff\x00" * 100, {"replicate": 1}),
    ):
        made[name] = add(cluster[at], queue, body, delay=600, **options)
        next_millisecond()
    return made


SELECTED = [
    (("mail",), "plain"),
    (("mail", "sms", "none"), "plain bytes"),
    (("mail*",), "json"),
    (("mail?",), ""),
    (("mail*", "--glob"), "json"),
    (("mail?", "--glob"), "upper json"),
    (("[a-z]*", "--glob"), "plain upper json bytes"),
    (("--all-queues",), "plain upper json bytes"),
    (("--all-queues", "--state", "delayed"), "plain upper json bytes"),
    (("--all-queues", "--state", "in-flight"), ""),
    (("--all-queues", "--older-than", "1h"), ""),
    (("--all-queues", "--newer-than", "1h", "--limit", "0"), ""),
    (("--all-queues", "--ttl-below", "1h"), "upper"),
    (("--all-queues", "--ttl-over", "1h", "--smaller-than", "20"), "plain"),
    (("--all-queues", "--nacks-over", "0"), ""),
    (("--all-queues", "--deliveries-over", "0"), ""),
    (("--all-queues", "--larger-than", "100"), "bytes"),
    (("--all-queues", "--contains", "hello"), "upper"),
    (("--all-queues", "--contains", "hello", "-i"), "plain upper"),
    (("--all-queues", "--grep", "^H.*d$"), "plain"),
    (("--all-queues", "--grep", "hello", "-i", "--invert"), "json bytes"),
    (("--all-queues", "--field", "user.id=42"), "json"),
    (("--all-queues", "--limit", "2"), "plain upper"),
    (("--all-queues", "--limit", "2", "--newest"), "json bytes"),
]


@both
@pytest.mark.parametrize(("words", "names"), SELECTED, ids=str)
def test_every_word_selects_the_same_jobs_with_and_without_dry_run(name, words, names, cluster, world):
    wanted = {world[one] for one in names.split()}
    shown = run_disquectl(name, *words, "--dry-run", "-o", "json", node=cluster[1])
    assert (shown.code, ids(shown.records["jobs"]), shown.records["summary"]["matched"]) == (
        0,
        wanted,
        len(wanted),
    )
    records, summary = acted(cluster[1], name, *words)
    assert (ids(records), summary["matched"], summary["done"]) == (wanted, len(wanted), len(wanted))
    states = {job_id: record["state"] for job_id, record in jobs(cluster[2]).items()}
    if name == "purge":
        assert states == dict.fromkeys(set(world.values()) - wanted, "delayed")
    else:
        assert states == {one: "queued" if one in wanted else "delayed" for one in world.values()}


@both
def test_jobs_are_selected_by_the_node_that_created_them(name, cluster, delayed):
    with Client(cluster[1]) as client:
        node_id = client.cluster_myid()
    records, _ = acted(cluster[0], name, "mail", "--created-by", node_id[:8])
    assert ids(records) == {delayed[1]}


@both
@pytest.mark.parametrize("source", ["-", "file"])
def test_jobs_are_selected_by_ids_of_a_file(name, source, cluster, delayed, tmp_path):
    text = "\n".join([*delayed[:2], delayed[0][:-10] + "xxxxx-05a1", ""]).encode()
    (tmp_path / "file").write_bytes(text)
    path = source if source == "-" else str(tmp_path / "file")
    result = run_disquectl(name, "--ids-from", path, "--yes", "-o", "json", node=cluster[0], stdin=text)
    assert (result.code, ids(result.records["jobs"])) == (0, set(delayed[:2]))
    assert "no job found for 1 of the IDs in --ids-from\n" in result.err
    (tmp_path / "empty").write_bytes(b"\n")
    records, summary = acted(cluster[0], name, "--ids-from", str(tmp_path / "empty"))
    assert (records, summary["matched"]) == ([], 0)


@both
def test_nothing_that_matches_is_0_with_a_note(name, cluster):
    for more in (["--yes"], ["--dry-run"]):
        result = run_disquectl(name, "mail", *more, node=cluster[0])
        assert (result.code, result.out, result.err) == (0, "", "no jobs match\n")
        assert run_disquectl(name, "mail", *more, "--quiet", node=cluster[0]).err == ""
    # On a terminal they know so before they ask.
    shown, code = on_terminal(name, "mail", node=cluster[0])
    assert (shown, code) == ("no jobs match\n", 0)


# The question


@both
def test_without_a_terminal_it_fails_and_names_the_option(name, cluster, delayed):
    with watching(cluster) as written:
        result = run_disquectl(name, "mail", node=cluster[0])
    assert (result.code, result.out) == (2, "")
    assert "needs confirmation" in result.err
    assert result.err.endswith("pass --yes\n")
    assert not written


@both
def test_the_question_counts_by_queue_and_state_and_no_changes_nothing(name, cluster, delayed, tmp_path):
    add(cluster[0], "sms", delay=600)
    add(cluster[0], "sms")
    for answer in ("n\n", "\n", "\x04", "\x03"):
        with (
            watching(cluster) as written,
            Terminal(name, "mail", "sms", node=cluster[0], columns=200) as terminal,
        ):
            terminal.wait_for("[y/N] ")
            assert "  mail: 3 delayed\n" in terminal.seen
            assert ("  sms: 1 delayed, 1 queued" if name == "purge" else "  sms: 1 delayed.") in terminal.seen
            count = 5 if name == "purge" else 4
            assert f"{name} {'deletes' if name == 'purge' else 'queues'} {count} jobs:\n" in terminal.seen
            assert cluster[0] in terminal.seen
            terminal.type(answer)
            assert terminal.end() == 130
            assert "Traceback" not in terminal.seen
        assert not written


@both
def test_yes_acts_and_the_table_shows_the_summary_alone(name, cluster, delayed):
    with Terminal(name, "mail", "--limit", "2", node=cluster[0]) as terminal:
        terminal.wait_for("[y/N] ")
        assert "the oldest 2 of 3 jobs" in terminal.seen
        later = add(cluster[0], "mail", delay=600)
        terminal.type("y\n")
        assert terminal.end() == 0
        assert f"{name}: 2 jobs matched, 2 done\n" in terminal.seen
        assert "D-" not in terminal.seen
    left = {job_id for job_id, record in jobs(cluster[1]).items() if record["state"] == "delayed"}
    assert left == {delayed[2], later}


def test_queue_names_in_the_question_are_escaped(cluster):
    for queue in (b"\x1b[31mred", b"a\nb", "\u202eolleh".encode(), b"\xff"):
        add(cluster[0], queue, replicate=1)
    with Terminal("purge", "--all-queues", node=cluster[0]) as terminal:
        terminal.wait_for("[y/N] ")
        for shown in ("\\x1b[31mred: 1", "a\\nb: 1", "\\xe2\\x80\\xaeolleh: 1", "\\xff: 1"):
            assert shown in terminal.seen
        assert "\x1b" not in terminal.seen
        terminal.type("n\n")
        assert terminal.end() == 130


def test_jobs_in_flight_that_run_twice_are_warned_of(cluster):
    add(cluster[0], "mail", retry=600, replicate=1)
    take(cluster[0], "mail")
    with Terminal("requeue", "mail", "--state", "in-flight", node=cluster[0]) as terminal:
        terminal.wait_for("[y/N] ")
        assert "1 job may be running now and will run twice" in terminal.seen
        terminal.type("y\n")
        assert terminal.end() == 0


@both
def test_a_protected_profile_wants_its_name(name, cluster, delayed, tmp_path, monkeypatch):
    folder = tmp_path / ".config" / "disquectl"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(f"[profiles.prod]\nprotected = true\nnodes = '{cluster[0]}'\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    with watching(cluster) as written:
        result = run_disquectl("-P", "prod", name, "mail", "--yes")
        assert (result.code, "pass --yes-really prod" in result.err) == (2, True)
        with Terminal("-P", "prod", name, "mail", "--yes") as terminal:
            terminal.wait_for("Type prod to go on: ")
            terminal.type("yes\n")
            assert terminal.end() == 130
        assert run_disquectl("-P", "prod", name, "mail", "--yes-really", "test").code == 2
    assert not written
    assert run_disquectl("-P", "prod", name, "mail", "--dry-run").code == 0
    with Terminal("-P", "prod", name, "mail", "--limit", "1") as terminal:
        terminal.wait_for("Type prod to go on: ")
        terminal.type("prod\n")
        assert terminal.end() == 0
    result = run_disquectl("-P", "prod", name, "mail", "--yes-really", "prod")
    assert (result.code, "2 done" in result.err) == (0, True)


# --dry-run, --read-only


@both
def test_a_preview_says_how_many_more_match(name, cluster, delayed):
    result = run_disquectl(name, "mail", "--dry-run", "--limit", "1", node=cluster[1])
    assert len(result.out.splitlines()) == 1
    assert result.err == f"{len(delayed) - 1} more jobs match, beyond --limit\n"
    assert run_disquectl(name, "mail", "--dry-run", "--limit", "9", node=cluster[1]).err == ""
    none = run_disquectl(name, "mail", "--dry-run", "--limit", "0", node=cluster[1])
    assert (none.out, none.err) == ("", f"{len(delayed)} more jobs match, beyond --limit\n")
    quiet = run_disquectl(name, "mail", "--dry-run", "--limit", "1", "--quiet", node=cluster[1])
    assert quiet.err == ""


@both
def test_dry_run_and_read_only_change_nothing(name, cluster, delayed):
    with watching(cluster) as written:
        for output in ("table", "plain", "json", "jsonl", "csv", "tsv", "raw"):
            for more in ([], ["--yes", "--read-only"]):
                result = run_disquectl(name, "mail", "--dry-run", *more, "-o", output, node=cluster[1])
                assert result.code == 0, result
                assert all(job_id in result.out for job_id in delayed)
        result = run_disquectl(name, "mail", "--yes", "--read-only", node=cluster[1])
        assert (result.code, result.out) == (2, "")
        assert "this is read-only" in result.err
        result = run_disquectl(name, "mail", "--yes", node=cluster[1], DISQUECTL_READ_ONLY="1")
        assert result.code == 2
    assert not written
