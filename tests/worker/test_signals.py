"""What signals do to a worker that runs commands, and what becomes of their jobs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.support.processes import COMMAND, children_of, environment, run_python, state_of
from tests.support.waiting import wait_until
from tests.support.workers import events, letters, nothing_left, read_until, worker

SH = ("--", "sh", "-c")
SHORT = ("--grace", "500ms")
# Waits for a file; says with others that it has begun, and done.
AWAITING = 'touch "$0/begun"; until test -e "$0/go"; do sleep 0.01; done; touch "$0/done"'
# As AWAITING, for each line.
HANDLER = """
import os, signal, sys, time
os.chdir(sys.argv[1])
for line in sys.stdin:
    open("begun", "w").close()
    while not os.path.exists("go"):
        time.sleep(0.01)
    print("true", flush=True)
    open("done", "w").close()
"""


@pytest.fixture(autouse=True)
def _signals_as_in_a_terminal():
    """Whoever starts the tests in the background makes them deaf to these."""
    numbers = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)
    before = [signal.signal(number, signal.SIG_DFL) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def how(lines, tmp_path):
    """The words for a command that waits."""
    if lines:
        return ("--lines", "-c", "2", "--", sys.executable, "-c", HANDLER, str(tmp_path))
    return (*SH, AWAITING, str(tmp_path))


def finish(process):
    """Its events, once it has ended well."""
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    return events(err.decode())


def names(found, job_id=None):
    """What became of the jobs, or of one of them."""
    jobs = [event for event in found if "id" in event and event["event"] != "stderr"]
    return [event["event"] for event in jobs if job_id in (None, event["id"])]


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_term_and_hup_let_commands_run_on(node, client, tmp_path, number, lines):
    job_id = client.addjob("q", "x")
    with worker(node, "-q", "q", *how(lines, tmp_path)) as process:
        wait_until((tmp_path / "begun").exists)
        process.send_signal(number)
        read_until(process, "taking no more jobs")
        client.addjob("q", "next")
        (tmp_path / "go").touch()
        assert names(finish(process), job_id) == ["done"]
    assert client.qlen("q") == 1


@pytest.mark.parametrize("lines", [False, True])
def test_what_was_finished_before_the_signal_is_done(node, client, tmp_path, lines):
    """The worker is asleep when the command ends; it finds both when it wakes up."""
    client.addjob("q", "x")
    with worker(node, "-q", "q", *how(lines, tmp_path)) as process:
        wait_until((tmp_path / "begun").exists)
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        (tmp_path / "go").touch()
        wait_until((tmp_path / "done").exists)
        if not lines:
            wait_until(lambda: only_zombies(process.pid))
        process.send_signal(signal.SIGQUIT)
        process.send_signal(signal.SIGCONT)
        assert names(finish(process)) == ["done"]
    assert nothing_left(client)


def only_zombies(pid):
    """Whether all children of a process have ended."""
    return all(state_of(child) == "Z" for child in children_of(pid))


TRAPPING = 'trap "exit 0" TERM; touch "$0/begun"; while :; do sleep 0.01; done'


def test_exit_0_after_the_term_of_the_worker_goes_back(node, client, tmp_path):
    job_id = client.addjob("q", "x")
    with worker(node, "-q", "q", *SHORT, *SH, TRAPPING, str(tmp_path)) as process:
        wait_until((tmp_path / "begun").exists)
        process.terminate()
        assert names(finish(process)) == ["put back"]
    assert client.show(job_id)["state"] == "queued"


def test_unless_it_is_said_that_it_is_done(node, client, tmp_path):
    client.addjob("q", "x")
    args = ("-q", "q", *SHORT, "--term-exit-0-done")
    with worker(node, *args, *SH, TRAPPING, str(tmp_path)) as process:
        wait_until((tmp_path / "begun").exists)
        process.terminate()
        assert names(finish(process)) == ["done"]
    assert nothing_left(client)


@pytest.mark.parametrize("answer", ["true", "false"])
def test_a_handler_may_answer_after_the_term(node, client, tmp_path, answer):
    """Its answer is not in doubt, as an exit code is; and a failure is not the job's."""
    client.addjob("q", "x")
    script = (
        "import signal, sys\nsignal.signal(15, lambda *_: None)\nsys.stdin.readline()\n"
        f"open(sys.argv[1] + '/begun', 'w').close()\nsignal.pause()\nprint('{answer}')\n"
    )
    args = ("-q", "q", *SHORT, "--lines", "-c", "1", "--", sys.executable, "-c", script, str(tmp_path))
    with worker(node, *args) as process:
        wait_until((tmp_path / "begun").exists)
        process.terminate()
        assert names(finish(process)) == [{"true": "done", "false": "put back"}[answer]]


def test_a_handler_without_an_answer_goes_back_however_it_ends(node, client, tmp_path):
    job_id = client.addjob("q", "x")
    script = (
        "import os, signal, sys\nsignal.signal(15, lambda *_: os._exit(0))\nsys.stdin.readline()\n"
        "open(sys.argv[1] + '/begun', 'w').close()\nsignal.pause()\n"
    )
    args = ("-q", "q", *SHORT, "--term-exit-0-done", "--lines", "--", sys.executable, "-c", script)
    with worker(node, *args, str(tmp_path)) as process:
        wait_until((tmp_path / "begun").exists)
        process.terminate()
        assert names(finish(process)) == ["put back"]
    assert client.show(job_id)["state"] == "queued"


def test_a_failure_of_its_own_is_one_also_while_the_worker_ends(node, client, tmp_path):
    client.addjob("q", "x")
    script = f"{AWAITING}; exit 4"
    with worker(node, "-q", "q", "--max-retries", "0", *SH, script, str(tmp_path)) as process:
        wait_until((tmp_path / "begun").exists)
        process.terminate()
        read_until(process, "taking no more jobs")
        (tmp_path / "go").touch()
        process.communicate()
        assert process.returncode == 3
    assert letters(client)[0]["exit"] == 4


def test_quit_ends_the_commands_at_once(node, client, tmp_path):
    job_id = client.addjob("q", "x")
    with worker(node, "-q", "q", "--grace", "1h", *how(False, tmp_path)) as process:
        wait_until((tmp_path / "begun").exists)
        process.send_signal(signal.SIGQUIT)
        assert names(finish(process)) == ["put back"]
    assert client.show(job_id)["state"] == "queued"


def test_a_second_int_is_as_term(node, client, tmp_path):
    job_id = client.addjob("q", "x")
    with worker(node, "-q", "q", *SHORT, *how(False, tmp_path)) as process:
        wait_until((tmp_path / "begun").exists)
        process.send_signal(signal.SIGINT)
        read_until(process, "taking no more jobs")
        process.send_signal(signal.SIGINT)
        assert names(finish(process)) == ["put back"]
    assert client.show(job_id)["state"] == "queued"


@pytest.mark.parametrize(("name", "number"), [("HUP", signal.SIGHUP), ("INT", signal.SIGINT)])
def test_a_signal_that_was_ignored_at_the_start_stays_so(node, client, tmp_path, name, number):
    """As nohup has it, and a script that starts a worker with `&`."""
    client.addjob("q", "x")
    words = [*COMMAND, "work", "-q", "q", *how(False, tmp_path)]
    with subprocess.Popen(
        ["sh", "-c", f"trap '' {name}; exec \"$@\"", "sh", *words],
        env=environment(node),
        stderr=subprocess.PIPE,
    ) as process:
        try:
            wait_until((tmp_path / "begun").exists)
            process.send_signal(number)
            # It is asked to show that it goes on, which comes after what the other one would have done.
            process.send_signal(signal.SIGUSR1)
            first = events(process.stderr.readline().decode())[0]
            assert first["event"] == "running"
            (tmp_path / "go").touch()
            read_until(process, '"done"')
        finally:
            process.terminate()
        assert process.wait(30) == 0


def test_usr1_logs_what_runs(node, client, tmp_path):
    job_id = client.addjob("q", "x")
    with worker(node, "-q", "q", *how(False, tmp_path)) as process:
        wait_until((tmp_path / "begun").exists)
        process.send_signal(signal.SIGUSR1)
        running, summary = (events(process.stderr.readline().decode())[0] for _ in range(2))
        assert (running["event"], running["id"], running["attempt"]) == ("running", job_id, 1)
        assert os.getpgid(running["pid"]) == running["pid"]
        assert summary["text"] == "1 running, 0 waiting for their next attempt"
        (tmp_path / "go").touch()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


FAILING = """
import os, sys
from disquectl.cli.main import run_command_line
from disquectl.worker.scheduling import WeightedRoundRobin
def names(self, count, closed=()):
    if os.path.exists(sys.argv[1]):
        raise OSError(24, "Too many open files")
    return [b"q"]
WeightedRoundRobin.names = names
sys.exit(run_command_line(sys.argv[2:]))
"""


@pytest.mark.parametrize("lines", [False, True])
def test_a_worker_that_fails_leaves_nothing_running_and_puts_it_back(node, client, tmp_path, lines):
    job_id = client.addjob("q", "x")
    words = ("work", "-q", "q", *how(lines, tmp_path))
    process = subprocess.Popen(
        [sys.executable, "-c", FAILING, str(tmp_path / "begun"), *words],
        env=environment(node),
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    with process:
        _, err = process.communicate(timeout=30)
    assert process.returncode == 9
    assert b"too many open files" in err
    assert [event["event"] for event in events(err.decode())] == ["put back", "totals"]
    assert client.show(job_id)["state"] == "queued"
    assert not in_session(process.pid)


def in_session(session):
    """The processes of a session that run."""
    found = []
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(pid)
    return found


def test_the_soft_limit_of_open_files_is_raised(node, client):
    client.addjob("q", "x")
    script = (
        "import resource, sys; from disquectl.cli.main import run_command_line\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 1000))\n"
        "sys.exit(run_command_line(['work', '-q', 'q', '-c', '100', '--burst', '--', 'true']))"
    )
    done = run_python(script, DISQUE_NODES=node)
    assert (done.returncode, names(events(done.stderr))) == (0, ["done"])


def test_ctrl_z_stops_commands_and_fg_goes_on(node, client, tmp_path):
    client.addjob("q", "x")
    with worker(node, "-q", "q", *how(False, tmp_path)) as process:
        wait_until((tmp_path / "begun").exists)
        (command,) = children_of(process.pid)
        process.send_signal(signal.SIGTSTP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        wait_until(lambda: state_of(command) == "T")
        process.send_signal(signal.SIGCONT)
        wait_until(lambda: state_of(command) != "T")
        (tmp_path / "go").touch()
        read_until(process, '"done"')
        process.terminate()
        assert process.wait(30) == 0


BEFORE_THE_START = """
import sys
from disquectl.cli.main import run_command_line
from disquectl.worker.processes import Processes
def start(self, job, now):
    raise OSError(24, "Too many open files")
Processes.start = start
sys.exit(run_command_line(sys.argv[1:]))
"""


def test_a_worker_that_fails_puts_back_what_it_has_not_begun(node, client):
    ids = [client.addjob("q", "x") for _ in range(3)]
    words = ("work", "-q", "q", "-c", "3", "--", "true")
    done = subprocess.run(
        [sys.executable, "-c", BEFORE_THE_START, *words],
        env=environment(node),
        stderr=subprocess.PIPE,
        timeout=30,
        check=False,
    )
    assert done.returncode == 9
    assert names(events(done.stderr.decode())) == ["put back"] * 3
    assert {client.show(job_id)["state"] for job_id in ids} == {"queued"}
