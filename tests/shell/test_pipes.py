"""What the shell hands on with `|`: when jobs are acknowledged, and what a command inherits."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from disquectl import Client
from tests.conftest import Result, run_disquectl
from tests.support.emulated_terminal import CTRL_C, ENTER, Person

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Script = Callable[..., Result]

RETRY_SECONDS = 60


@pytest.fixture
def script(node: str) -> Script:
    def run(text: str, *args: str, **options: object) -> Result:
        return run_disquectl("shell", *args, node=node, stdin=text.encode(), **options)  # type: ignore[arg-type]

    return run


def added(client: Client, count: int = 2, **options: int) -> list[str]:
    return [client.addjob("q", f"body-{number}", retry=RETRY_SECONDS, **options) for number in range(count)]


def states(client: Client, ids: list[str]) -> list[str]:
    shown = [client.show(job_id) for job_id in ids]
    return ["acked" if job is None else job["state"] for job in shown]


GET = "getjob q --count 2 --ack -o raw"
IN_QUANTITY = "getjob q --idle 0 --ack -o raw"


@pytest.mark.parametrize("get", [GET, IN_QUANTITY])
def test_jobs_are_acknowledged_when_the_command_ended_with_0(
    script: Script, client: Client, get: str
) -> None:
    ids = added(client)
    done = script(f"{get} | cat\n")
    assert (done.code, done.out.split(), done.err) == (0, ["body-0", "body-1"], "")
    assert states(client, ids) == ["acked", "acked"]


@pytest.mark.parametrize("get", [GET, IN_QUANTITY])
@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("nosuch-command", "`nosuch-command` ended with 127"),
        ("cat >&2; exit 3", "`cat >&2; exit 3` ended with 3"),
        ("cat > /dev/null; kill -9 $$", "was killed by signal 9"),
    ],
)
def test_jobs_are_kept_when_the_command_failed(
    script: Script, client: Client, get: str, command: str, says: str
) -> None:
    ids = added(client)
    done = script(f"{get} | {command}\nPING\n")
    assert done.code == 3
    assert "PONG" not in done.out
    assert "2 jobs were not acknowledged: " in done.err
    assert says in done.err
    assert "(delivered again in 1m, the retry time" in done.err
    assert states(client, ids) == ["active", "active"]


def test_what_a_closed_pipe_did_not_take_is_not_acknowledged(script: Script, client: Client) -> None:
    """Whatever the command ends with."""
    ids = [*added(client, 2), client.addjob("q", "x" * 200_000, retry=RETRY_SECONDS)]
    done = script("getjob q --count 3 --ack -o raw | exec true\n")
    assert done.code == 3
    assert "3 jobs were not acknowledged: `exec true` did not read to the end" in done.err
    assert set(states(client, ids)) == {"active"}


def test_jobs_are_kept_while_their_command_runs(script: Script, client: Client, tmp_path: Path) -> None:
    """Longer than their retry time, also while the pipe is full."""
    job = client.addjob("q", "x" * 200_000, retry=1)
    # The command ends when nobody else got the job in three seconds.
    other = f"{sys.executable} -m disquectl getjob q --timeout 3s --quiet"
    done = script(f"getjob q --ack -o raw | {{ {other} > {tmp_path}/other 2>&1; cat > {tmp_path}/body; }}\n")
    assert (done.code, done.err) == (0, "")
    assert (tmp_path / "other").read_text() == "disquectl: no job\n"
    assert (tmp_path / "body").stat().st_size >= 200_000
    assert states(client, [job]) == ["acked"]


def test_at_most_once_is_said_where_it_is_lost(script: Script, client: Client) -> None:
    client.addjob("q", "x", retry=0, replicate=1)
    added(client, 1)
    done = script(f"{GET} | false\n")
    assert "(delivered again in 1m, the retry time; 1 job was at-most-once" in done.err


def test_following_acknowledges_each_batch_that_the_pipe_took(
    node: str, client: Client, tmp_path: Path
) -> None:
    ids = added(client)
    with Person("-n", node, "shell", home=str(tmp_path)) as someone:
        someone.until(f"{node}>")
        someone.type(f"getjob q --follow --ack -o raw | cat > {tmp_path}/out" + ENTER)
        while states(client, ids) != ["acked", "acked"]:
            pass
        someone.type(CTRL_C)
        someone.until("Interrupted.")


def test_following_says_what_a_closed_pipe_did_not_take(script: Script, client: Client) -> None:
    job = client.addjob("q", "x" * 200_000, retry=RETRY_SECONDS)
    done = script("getjob q --follow --ack -o raw | exec true\n")
    assert done.code == 3
    assert "the last jobs were not acknowledged: `exec true` did not read to the end" in done.err
    assert states(client, [job]) == ["active"]


def test_watch_takes_no_jobs_that_it_could_not_show(script: Script, client: Client) -> None:
    added(client)
    done = script(f"\\watch 1 {GET}\n")
    assert done.code == 2
    assert "leave out --ack" in done.err
    assert client.qlen("q") == 2


def test_no_pager_stands_before_what_is_acknowledged(node: str, client: Client, tmp_path: Path) -> None:
    ids = added(client, 60)
    with Person("-n", node, "shell", home=str(tmp_path), rows=20, PAGER="sed -n s/a/lost/p") as someone:
        someone.until(f"{node}>")
        someone.run("getjob q --count 60 --ack", "body-59")
        assert set(states(client, ids)) == {"acked"}


def test_a_pager_that_cannot_start_is_an_error(node: str, client: Client, tmp_path: Path) -> None:
    added(client, 60)
    broken = tmp_path / "pager"
    broken.write_text("#!/nowhere/at/all\n")
    broken.chmod(0o755)
    with Person("-n", node, "shell", home=str(tmp_path), rows=20, PAGER=str(broken)) as someone:
        someone.until(f"{node}>")
        someone.run("qpeek q 60", lambda _: b"shows results without it" in someone.raw)


# Commands that the shell runs itself


@pytest.mark.parametrize("word", ["ack", "ACKJOB", "fastack", "deljob", "dequeue", "enqueue", "nack"])
def test_commands_that_take_ids_are_run_by_the_shell(script: Script, client: Client, word: str) -> None:
    added(client)
    done = script(f"qpeek q --columns id --no-header -o tsv | {word} -\n", PATH="/nowhere")
    assert (done.code, done.err) == (0, "")
    assert done.out == ("0\n" if word in ("enqueue", "nack") else "2\n")


def test_they_use_the_connection_of_the_shell(node: str, client: Client) -> None:
    """Not the nodes of the environment."""
    added(client)
    lines = b"qpeek q --columns id --no-header -o tsv | deljob - | cat -n\n"
    done = run_disquectl("-n", node, "shell", node="127.0.0.1:1", stdin=lines)
    assert (done.code, done.out.split(), done.err) == (0, ["1", "2"], "")


def test_jobs_move_through_the_shell(script: Script, client: Client) -> None:
    ids = added(client)
    done = script("getjob q --count 2 --ack -o jsonl | addjob other --jsonl > /dev/null\n")
    assert done.code == 0
    assert "line 1 names queue 'q', but its job goes to 'other'" in done.err
    assert states(client, ids) == ["acked", "acked"]
    assert (client.qlen("q"), client.qlen("other")) == (0, 2)


def test_jobs_stay_where_the_second_command_fails(script: Script, client: Client) -> None:
    ids = added(client)
    client.pause("other", "in")
    done = script("getjob q --count 2 --ack -o raw | addjob other --lines\n")
    assert done.code == 1
    assert "2 jobs were not acknowledged: addjob failed (delivered again in 1m" in done.err
    assert states(client, ids) == ["active", "active"]


def test_the_second_command_is_not_run_where_the_first_fails(script: Script, client: Client) -> None:
    done = script("getjob q --nohang | addjob other -\n")
    assert done.code == 4
    assert client.qlen("other") == 0


def test_a_wrong_second_command_is_found_before_anything_is_taken(script: Script, client: Client) -> None:
    added(client)
    for wrong in ("ack", "addjob --jsonl --nonsense", "ack --help"):
        assert script(f"getjob q --ack | {wrong}\n").code == 2
    assert client.qlen("q") == 2


def test_following_hands_each_batch_to_the_second_command(node: str, client: Client, tmp_path: Path) -> None:
    first = added(client, 1)
    with Person("-n", node, "shell", home=str(tmp_path)) as someone:
        someone.until(f"{node}>")
        someone.type("getjob q --follow --ack -o raw | addjob other --lines" + ENTER)
        while client.qlen("other") != 1 or states(client, first) != ["acked"]:
            pass
        second = added(client, 1)
        while client.qlen("other") != 2 or states(client, second) != ["acked"]:
            pass
        client.pause("other", "in")
        third = added(client, 1)
        someone.until("PAUSED")
        assert states(client, third) == ["active"]
        someone.run("PING", "PONG")


# What processes inherit

SHOWN = "env | grep ^DISQUE | grep -v ^DISQUECTL_TEST | sort"


def test_processes_get_the_nodes_of_the_shell_and_no_password(node: str) -> None:
    lines = f"\\! {SHOWN}\nPING | {SHOWN}\nconnect localhost:{node.rpartition(':')[2]}\n\\! {SHOWN}\n"
    done = run_disquectl(
        "-n",
        node,
        "shell",
        stdin=lines.encode(),
        DISQUE_URL="disque://:secret@real:1",
        DISQUE_PASSWORD="hidden",
    )
    port = node.rpartition(":")[2]
    assert done.out.splitlines() == [f"DISQUE_NODES={node}"] * 2 + [f"DISQUE_NODES=localhost:{port}"]


def test_processes_get_the_password_when_it_was_set_so(script: Script) -> None:
    lines = f"\\set pass-credentials on\n\\set pass-credentials\n\\! {SHOWN}\n"
    done = script(lines, DISQUE_PASSWORD="hidden")
    assert done.out.splitlines()[:2] == ["on", done.out.splitlines()[1]]
    assert "DISQUE_PASSWORD=hidden" in done.out


def test_processes_of_a_read_only_shell_are_read_only(script: Script) -> None:
    assert "DISQUECTL_READ_ONLY=1\n" in script(f"\\! {SHOWN}\n", "--read-only").out


def test_after_a_failover_processes_begin_with_the_node_in_use(cluster: list[str]) -> None:
    lines = f"PING\n\\! {SHOWN}\n".encode()
    done = run_disquectl("-n", f"127.0.0.1:1,{cluster[1]}", "shell", stdin=lines)
    assert done.out.splitlines() == ["PONG", f"DISQUE_NODES={cluster[1]},127.0.0.1:1"]


def test_json_goes_on_whole(script: Script, client: Client) -> None:
    added(client)
    done = script("getjob q --count 2 --ack -o json | cat\n")
    assert len(json.loads(done.out)) == 2
