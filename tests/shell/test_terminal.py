"""The shell in a real pseudo-terminal, seen through a terminal emulator."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from disquectl import Client
from disquectl.sandbox.listening import listen
from disquectl.sandbox.thread import SandboxThread
from disquectl.shell.builtins import SETTINGS
from tests.support.emulated_terminal import CTRL_C, CTRL_D, CTRL_R, ENTER, TAB, UP, Person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WRONG = "ff5f5f"


@pytest.fixture
def home(tmp_path: Path) -> str:
    return str(tmp_path)


@pytest.fixture
def person(node: str, home: str) -> Iterator[Person]:
    """Someone at the prompt of a shell on the lone node."""
    with Person("-n", node, "shell", home=home) as someone:
        someone.until(f"{node}>")
        yield someone


def test_disquectl_alone_is_the_shell(node: str, home: str) -> None:
    with Person(home=home, DISQUE_NODES=node) as someone:
        someone.until(f"{node}>")
        someone.run("QLEN mail", "\n0\n")
        someone.type(CTRL_D)
        assert someone.leaves() == 0


def test_settings_are_shown_in_columns(person: Person) -> None:
    person.run("\\set", lambda text: any(line.startswith("pass-credentials ") for line in text.splitlines()))
    lines = {line.split()[0]: line for line in person.text.splitlines() if line.split()[:1]}
    shown = [lines[name] for name in SETTINGS]
    values = [line.split()[1] for line in shown]
    assert values[2:] == ["on", "off", "off", "off", "off"]
    assert len({line.index(value, 10) for line, value in zip(shown, values, strict=True)}) == 1
    meanings = [text.split()[:3] for _, text in SETTINGS.values()]
    assert [line.split()[2:5] for line in shown[1:]] == meanings[1:]


def test_a_command_from_a_hint_can_be_typed_as_printed(person: Person) -> None:
    person.run("disquectl pause q state", "\nnone\n")
    person.run("disquectl qlen --help", "Print how many jobs are queued.")


def test_auth_asks_once_for_the_password(home: str) -> None:
    with SandboxThread(password="secret") as sandbox, Person("-n", *sandbox.addresses, home=home) as someone:
        someone.until("NOAUTH")
        assert "as soon as a node answers" not in someone.text
        someone.run("auth", "Password:")
        someone.type("secret" + ENTER)
        text = someone.until("\nOK")
        assert text.count("Password:") == 1
        someone.run("QLEN q", "\n0\n")


def test_quit_leaves(person: Person) -> None:
    person.type("QUIT" + ENTER)
    assert person.leaves() == 0


def test_a_live_queue_name_is_completed(node: str, home: str) -> None:
    with Client(node) as client:
        client.addjob("orders eu", "x")
        client.addjob("other", "x")
    with Person("-n", node, "shell", home=home) as someone:
        someone.until("· ready")
        someone.type("QLEN o")
        someone.until(lambda text: "orders eu" in text and "other " in text)
        someone.type("eu")
        someone.until(lambda text: "orders eu" in text and "other " not in text)
        someone.type(TAB)
        someone.until('QLEN "orders eu"')
        someone.type(ENTER)
        someone.run("", "\n1\n")


def test_ids_of_recent_replies_are_completed_with_their_queue(person: Person) -> None:
    text = person.run("ADDJOB mail x 0", "-05a1")
    job_id = next(line for line in text.splitlines() if line.startswith("D-"))
    person.type("SHOW D")
    person.until(lambda text: text.count(job_id) == 2 and "  mail" in text)


def test_enter_in_the_menu_takes_the_entry_and_runs_nothing(person: Person, node: str) -> None:
    person.type("PAUSE q o")
    person.until(" out ")
    person.type(TAB)
    person.until("PAUSE q out")
    # What is typed behind Enter still belongs to the line, so the line has not been run.
    person.type(ENTER + "x")
    person.until("PAUSE q outx")
    with Client(node) as client:
        assert client.pause("q", "state") == "none"
    person.type("\x7f")
    person.run("", "\nout\n")


def test_the_hint_follows_the_cursor(person: Person) -> None:
    person.type("ADDJOB ")
    person.until("ADDJOB QUEUE BODY MS-TIMEOUT [REPLICATE N]")
    person.type("mail 'hi' ")
    person.until("ADDJOB mail 'hi' MS-TIMEOUT [REPLICATE N]")
    person.type("0 RETRY ")
    assert "Seconds" in person.until("RETRY: Seconds")


def test_an_invalid_word_is_red_and_the_bar_says_why(person: Person) -> None:
    person.type("FROB q")
    person.until("FROB: unknown command FROB")
    assert person.color_of("FROB q") == WRONG
    person.type(CTRL_C + "ADDJOB q x 0 RETRY 0")
    person.until("at-most-once")
    assert person.color_of("0 RETRY") != WRONG


def test_the_bar_has_node_round_trip_format_echo_and_state(person: Person, node: str) -> None:
    person.run("PING", "PONG")
    text = person.until("connected")
    bar = text.splitlines()[-1]
    for piece in (node, "alone", "connected", " ms", "table", "echo off"):
        assert piece in bar
    person.run("\\o json", "· json ·")


@pytest.mark.parametrize("columns", [80, 200])
def test_the_bar_fits_its_terminal(node: str, home: str, columns: int) -> None:
    with Person("-n", node, "shell", home=home, columns=columns) as someone:
        someone.until(f"{node}>")
        text = someone.until("echo off" if columns == 200 else "alone")
        assert len(text.splitlines()[-1]) <= columns


def test_history_is_private_and_has_no_secrets(person: Person, node: str, home: str, tmp_path: Path) -> None:
    person.run("QLEN remembered", "\n0\n")
    person.run("AUTH hunter2", "was not needed")
    person.type(UP)
    person.until("> AUTH hunter2")
    person.type(CTRL_C)
    (file,) = tmp_path.rglob("history")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "QLEN remembered" in file.read_text()
    assert "hunter2" not in file.read_text()
    with Person("-n", node, "shell", home=home) as another:
        another.until(f"{node}>")
        another.type("QLEN rem")
        another.until("QLEN remembered")
        another.type(CTRL_C + CTRL_R + "emem")
        another.until(lambda text: "emem" in text and "QLEN remembered" in text)


def test_ctrl_c_in_getjob_does_not_consume_a_job(person: Person, node: str) -> None:
    person.type("GETJOB FROM later" + ENTER)
    with Client(node) as client:
        while (client.qstat("later") or {}).get("blocked") != 1:
            pass
        person.type(CTRL_C)
        person.until("Interrupted. The waiting connection was closed")
        while (client.qstat("later") or {}).get("blocked") != 0:
            pass
        client.addjob("later", "precious")
        (job,) = client.getjob("later", nohang=True)
        assert job["body"] == b"precious"
    person.run("PING", "PONG")


def test_ctrl_c_ends_monitor(person: Person, node: str) -> None:
    person.type("MONITOR" + ENTER)
    with Client(node) as client:
        person.until(lambda text: bool(client.qlen("watched") == 0) and "watched" in text)
    person.type(CTRL_C)
    person.until("Interrupted.")
    person.run("QLEN mail", "\n0\n")


def test_it_starts_without_a_server_and_connects_when_there_is_one(home: str) -> None:
    (socket,) = listen("127.0.0.1", 0, 1)
    port = socket.getsockname()[1]
    socket.close()
    with Person("-n", f"127.0.0.1:{port}", "shell", home=home) as someone:
        someone.until("not connected")
        # Once at the start, and once for the command; the shell outlives both.
        text = someone.run("QLEN q", lambda text: text.count("connection refused") >= 2)
        assert "\\n" not in text
        with SandboxThread(port=port):
            someone.run("QLEN q", "\n0\n")
            someone.until("· connected")
        someone.run("QLEN q", lambda text: text.count("connection refused") >= 3)


def test_a_node_that_dies_is_replaced_by_the_next_seed(home: str) -> None:
    with SandboxThread(nodes=3) as sandbox:
        first, second, _ = sandbox.addresses
        with Person("-n", ",".join(sandbox.addresses), "shell", home=home) as someone:
            someone.until(f"{first}>")
            someone.run("PING", "PONG")
            sandbox.stop_node(0)
            someone.run("QLEN q", f"\n0\nnow on {second}\n{second}>")


def test_a_connection_that_was_closed_while_idle_is_opened_again(person: Person, node: str) -> None:
    """Also for what is never sent twice: the loss is seen before anything is sent."""
    person.run("PING", "PONG")
    with Client(node) as client:
        (idle,) = [entry for entry in client.client_list() if entry["cmd"] == "ping"]
        client.call("CLIENT", "KILL", idle["addr"])
    person.run("ADDJOB q x 0", "\nD-")
    assert "unknown" not in person.text


def test_watch_draws_in_place_until_ctrl_c(person: Person, node: str) -> None:
    person.type("\\watch 0.05 QLEN watched" + ENTER)
    person.until("\n0")
    with Client(node) as client:
        client.addjob("watched", "x")
    text = person.until("\n1")
    assert text.count("Every 0.05s: QLEN watched") == 1
    before = person.raw.count(b"\x1b[2J")
    person.type(CTRL_C)
    person.until("Interrupted.")
    assert person.raw.count(b"\x1b[2J") == before == 1, "cleared once, then drawn over"


def test_output_goes_through_a_pipe_and_into_files(person: Person, tmp_path: Path) -> None:
    person.run("ADDJOB q '<a b>' 0", "D-")
    person.run("QPEEK q 1 | tr a-z A-Z | cut -f3", "\n<A B>\n")
    person.run(f"QPEEK q 1 -o json > {tmp_path}/a b", "give one file name")
    person.run(f"QPEEK q 1 -o raw >> {tmp_path}/out", lambda text: (tmp_path / "out").exists())
    person.run("PING", "PONG")
    assert (tmp_path / "out").read_bytes() == b"<a b>"


def test_what_is_taller_than_the_screen_goes_to_the_pager(node: str, home: str) -> None:
    with Client(node) as client:
        for number in range(60):
            client.addjob("tall", f"body-{number:02}")
    with Person("-n", node, "shell", home=home, rows=20, PAGER="sed -n 's/.*body-55.*/paged/p'") as someone:
        someone.until(f"{node}>")
        someone.run("QPEEK tall 60", "\npaged\n")
        assert "body-55" not in someone.text
        someone.run("QPEEK tall 2", "body-01")
        someone.run("\\pager off", "pager is off")
        someone.run("QPEEK tall 60", "body-59")


def test_the_echo_is_what_went_over_the_wire(person: Person, node: str) -> None:
    person.run("\\echo on", "echo is on")
    text = person.run("QLEN mail", '< ":0')
    assert f'{node} > "*2\\r\\n$4\\r\\nQLEN\\r\\n$4\\r\\nmail\\r\\n"' in text
    assert f'{node} < ":0\\r\\n"' in text
    person.run("\\echo off", "echo is off")
    assert person.run("PING --echo", "PONG\n").count("$4\\r\\nPING") == 1


def test_answering_no_cancels_the_command(person: Person, node: str) -> None:
    person.run("ADDJOB kept x 0", "D-")
    text = person.run("DEBUG FLUSHALL", "[y/N]")
    assert "deletes every job" in text
    assert f"Do it on {node} (node " in text
    person.run("no", "nothing was done")
    person.run("QLEN kept", "\n1\n")


def test_cluster_notes_are_shown(cluster: list[str], home: str) -> None:
    with Client(cluster[0]) as client:
        job_id = client.addjob("q", "x", replicate=3)
    with Person("-n", cluster[0], "shell", home=home) as someone:
        someone.until("3 of 3 nodes up")
        text = someone.run(f"DELJOB {job_id}", "--cluster deletes")
        assert "[y/N]" not in text
        someone.run(f"FASTACK {job_id}", "> ")


def test_an_unknown_command_is_sent_with_a_warning(person: Person) -> None:
    text = person.run("FROB 1", "ERR unknown command 'FROB'")
    assert "unknown command FROB: sending it as typed" in text


def test_a_misspelt_command_is_sent_only_after_yes(person: Person) -> None:
    text = person.run("queus mail", "[y/N]")
    assert "There is no command queus; did you mean queues?" in text
    assert "Send queus to the server as typed?" in text
    text = person.run("", "nothing was done")
    assert "ERR" not in text
    person.run("jbos", lambda text: text.count("[y/N]") == 2)
    person.run("y", "ERR unknown command 'jbos'")


def test_watching_a_misspelt_command_asks_first(person: Person) -> None:
    person.run("watch 1 qlne q", "did you mean qlen?")
    person.run("n", "nothing was done")


def test_watch_needs_no_backslash(person: Person) -> None:
    person.type("watch 0.05 qlen watched" + ENTER)
    person.until("Every 0.05s: qlen watched")
    person.type(CTRL_C)
    person.until("Interrupted.")


def test_ctrl_c_ends_all_repetitions(person: Person, node: str) -> None:
    person.type("1000 getjob later" + ENTER)
    with Client(node) as client:
        while (client.qstat("later") or {}).get("blocked") != 1:
            pass
        person.type(CTRL_C)
        person.until("Interrupted.")
        person.run("3 ping", "PONG\nPONG\nPONG\n")
        assert (client.qstat("later") or {}).get("blocked") == 0


def test_clear_clears_the_screen(person: Person, node: str) -> None:
    person.run("qlen q", "\n0\n")
    text = person.run("clear", lambda text: text.startswith(f"{node}>"))
    assert "qlen q" not in text
    person.run("ping", "PONG")


def test_history_lists_the_lines_of_this_shell_without_secrets(person: Person) -> None:
    person.run("qlen first", "\n0\n")
    person.run("AUTH hunter2", "was not needed")
    text = person.run("history", "2  history")
    assert "1  qlen first" in text
    assert text.count("hunter2") == 1, "only where it was typed"
    person.run("history | grep first | cut -f1", "\n1\n")


def test_the_queue_menu_shows_lengths(node: str, home: str) -> None:
    with Client(node) as client:
        for _ in range(3):
            client.addjob("orders", "x")
    with Person("-n", node, "shell", home=home) as someone:
        someone.until("· ready")
        someone.type("QLEN o")
        someone.until("3 queued")


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_settings_fit_the_terminal(node: str, home: str, columns: int) -> None:
    with Person("-n", node, "shell", home=home, columns=columns, rows=24) as someone:
        someone.until(f"{node}>")
        text = someone.run("\\set", lambda text: f"commands.\n{node}>" in text)
        rows = text.partition("\\set\n")[2].partition(f"\n{node}>")[0].splitlines()
        assert {row.split()[0] for row in rows} >= set(SETTINGS)
        # Broken at words: a word that the terminal would have cut is whole.
        joined = " ".join(" ".join(row.split()) for row in rows)
        assert all(meaning in joined for _, meaning in SETTINGS.values())


def test_bare_json_is_a_body(person: Person, node: str) -> None:
    person.run('addjob q {"a": "x y"}', "\nD-")
    person.type("addjob q {" + ENTER + '"b": 1' + ENTER + "}" + ENTER)
    person.until(lambda text: text.count("\nD-") == 2)
    with Client(node) as client:
        assert [job["body"] for job in client.qpeek("q", 2)] == [b'{"a": "x y"}', b'{\n"b": 1\n}']


def test_an_open_quote_goes_on_with_the_next_line(person: Person, node: str) -> None:
    person.type('ADDJOB q "one' + ENTER + 'two" 0' + ENTER)
    person.until("\nD-")
    with Client(node) as client:
        assert client.qpeek("q", 1)[0]["body"] == b"one\ntwo"


def test_a_long_paste_arrives_whole(person: Person, node: str) -> None:
    body = "x" * 5000
    person.type(f"\x1b[200~ADDJOB q {body} 0\nADDJOB q second 0\n\x1b[201~" + ENTER)
    person.until(lambda text: text.count("\nD-") == 2)
    with Client(node) as client:
        assert [len(job["body"]) for job in client.qpeek("q", 2)] == [5000, 6]


def test_a_dumb_terminal_works(node: str, home: str) -> None:
    with Person("-n", node, home=home, TERM="dumb") as someone:
        someone.until(f"{node}>")
        someone.run("QLEN mail", "\n0\n")
        someone.run('ADDJOB q "one', "\n>")
        someone.run('two" 0', "\nD-")
        with Client(node) as client:
            assert client.qpeek("q", 1)[0]["body"] == b"one\ntwo"
            someone.type("GETJOB FROM later" + ENTER)
            while (client.qstat("later") or {}).get("blocked") != 1:
                pass
        someone.type(CTRL_C)
        someone.until("Interrupted. The waiting connection was closed")
        someone.run("QLEN q", "\n1\n")
        assert b"\x1b[" not in someone.raw
        someone.type(CTRL_D)
        assert someone.leaves() == 0


def test_it_never_asks_where_the_cursor_is(person: Person) -> None:
    person.run("PING", "PONG")
    assert b"\x1b[6n" not in person.raw
    assert "CPR" not in person.text


def test_connect_replaces_the_connection(cluster: list[str], home: str) -> None:
    with Person("-n", cluster[0], "shell", home=home) as someone:
        someone.until(f"{cluster[0]}>")
        someone.run(f"connect {cluster[1]}", f"connected to {cluster[1]}\n{cluster[1]}>")


def test_help_explains_a_command(person: Person) -> None:
    text = person.run("help addjob | cat", "Example:")
    for piece in ("ADDJOB queue body ms-timeout", "--retry DURATION", "NOREPL"):
        assert piece in text or piece in person.raw.decode()
