"""The shell off a terminal: `disquectl shell < file`."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from disquectl.execution.streams import Streams
from disquectl.shell.builtins import SETTINGS
from disquectl.shell.script import attempt
from tests.conftest import Result, run_disquectl

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def script(node: str):
    def run(text: str, *args: str, **options: object) -> Result:
        return run_disquectl("shell", *args, node=node, stdin=text.encode(), **options)  # type: ignore[arg-type]

    return run


def test_lines_run_in_order_and_print_plain(script) -> None:
    done = script(
        "QLEN mail\nADDJOB mail 'a  b' 0\naddjob mail c --retry 30\nQPEEK mail 2 -o json\nQLEN mail\n"
    )
    assert done.code == 0
    assert done.err == ""
    lines = done.out.splitlines()
    assert lines[0] == "0"
    assert lines[1].startswith("D-")
    assert '"body":"a  b"' in done.out.replace('": "', '":"')
    assert lines[-1] == "2"


def test_it_ends_at_the_first_error_with_its_code(script) -> None:
    done = script("QLEN a\nSHOW D-nothing\nQLEN b\n")
    assert done.code == 1
    assert done.out == "0\n"
    assert done.err.startswith("disquectl: BADID")
    assert script("GETJOB NOHANG FROM q\nPING\n").code == 4
    assert script("addjob q x 0 --retry 3\nPING\n").code == 2


def test_keep_going_continues_after_errors(script) -> None:
    done = script("QLEN a\nSHOW D-nothing\nQLEN b\n", "--keep-going")
    assert done.code == 3
    assert done.out == "0\n0\n"
    assert script("SHOW D-nothing\n", "--keep-going").code == 1


def test_dangerous_commands_without_a_terminal_are_rejected(script) -> None:
    script("ADDJOB q x 0\n")
    done = script("DEBUG FLUSHALL\nQLEN q\n")
    assert done.code == 2
    assert "--yes" in done.err
    assert script("DEBUG FLUSHALL\nQLEN q\n", "--yes").out == "OK\n0\n"


def test_the_lines_are_not_the_input_of_their_commands(script) -> None:
    assert script("addjob q -\nQPEEK q 1 -o raw\nPING\n").out.endswith("\nPONG\n")


def test_builtins_work_in_scripts(script, tmp_path: Path) -> None:
    (tmp_path / "more").write_text("QLEN one\n\\o json\nQLEN two\n")
    done = script(f"\\source {tmp_path}/more\n\\set output\n\\! echo from outside\nquit\nFROB\n")
    assert done.code == 0
    assert done.out.splitlines()[0] == "0"
    assert '"length": 0' in done.out.replace('":0', '": 0')
    assert "json\n" in done.out
    assert "from outside\n" in done.out


def test_a_file_that_sources_itself_ends(script, tmp_path: Path) -> None:
    (tmp_path / "loop").write_text(f"\\source {tmp_path}/loop\n")
    done = script(f"\\source {tmp_path}/loop\n")
    assert done.code == 2
    assert "deep" in done.err


def test_output_goes_into_files_and_pipes(script, tmp_path: Path) -> None:
    script(f"ADDJOB q x 0\nQLEN q > '{tmp_path}/a file'\nQLEN q >> '{tmp_path}/a file'\nQLEN q | tr 1 9\n")
    assert (tmp_path / "a file").read_text() == "1\n1\n"
    assert script("QLEN q | tr 1 9\n").out == "9\n"
    assert script("\\o table\nINFO jobs | cat\n").out == script("INFO jobs\n").out
    done = script(f"QLEN q > {tmp_path}/no/such\nPING\n")
    assert done.code == 9
    assert done.out == ""
    done = script("QLEN q > ''\n")
    assert (done.code, done.out) == (2, "")
    assert "give one file name after the >" in done.err


def test_vertical_shows_a_field_a_line(script) -> None:
    script("ADDJOB q x 0\n")
    done = script("\\x on\nQPEEK q 1 -o table\n")
    assert [line.split()[0] for line in done.out.splitlines()] == ["queue", "id", "body"]


def test_unknown_commands_go_to_the_server_after_a_warning(script) -> None:
    done = script("FROB 1\n")
    assert done.code == 1
    assert "unknown command FROB: sending it as typed" in done.err
    assert "ERR unknown command 'FROB'" in done.err


def test_a_misspelt_command_is_not_sent(script) -> None:
    for line, name in (
        ("queus", "queues"),
        ("jbos mail", "jobs"),
        ("3 QLNE mail", "qlen"),
        ("watch 1 tiem", "time"),
    ):
        done = script(f"{line} --echo\nPING\n")
        assert (done.code, done.out) == (2, "")
        assert "no such command" in done.err
        assert f"did you mean {name}?" in done.err
        assert " > " not in done.err, "nothing went over the wire"


def test_a_misspelt_command_can_be_sent_all_the_same(script) -> None:
    assert "ERR unknown command 'queus'" in script("exec queus\n").err
    done = script("queus\n", "--yes")
    assert done.code == 1
    assert "unknown command queus: sending it as typed" in done.err


def test_a_habit_of_another_tool_is_sent_and_corrected(script) -> None:
    assert "did you mean `queues`?" in script("ls\n").err


def test_a_number_runs_a_command_several_times(script, tmp_path: Path) -> None:
    done = script('3 ping\n2 addjob q {"a": 1}\n2 qlen q >> ' + f"{tmp_path}/out\n")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[:3] == ["PONG"] * 3
    assert (tmp_path / "out").read_text() == "2\n2\n"
    assert script("qpeek q 1 -o raw\n").out == '{"a": 1}'


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("0 ping", "0 is too small"),
        ("3", "usage: repeat COUNT COMMAND..."),
        ("3 ", "usage: repeat COUNT COMMAND..."),
        ("3 help", "repeat takes a command of Disque"),
        ("3 2 ping", "repeat takes a command of Disque"),
        ("3 ping > out", "each run would overwrite the file"),
    ],
)
def test_what_cannot_be_repeated(script, line: str, message: str) -> None:
    done = script(f"{line}\nPING\n")
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_repeating_stops_at_the_first_error(script) -> None:
    script("addjob q x\n")
    done = script("3 getjob q --nohang -o raw\n")
    assert (done.code, done.out) == (4, "x")
    done = script('3 sandbox -- sh -c "echo once; exit 5"\n')
    assert (done.code, done.out) == (5, "once\n"), "also a code without an error"


def test_history_prints_what_is_saved(script, tmp_path: Path) -> None:
    file = tmp_path / "disquectl" / "history"
    file.parent.mkdir()
    file.write_text("QLEN one\nADDJOB q 'two\\nlines' 0\nqlen three\n")
    home = {"XDG_STATE_HOME": str(tmp_path)}
    assert script("history\n", **home).out == "1\tQLEN one\n2\tADDJOB q 'two\\nlines' 0\n3\tqlen three\n"
    assert script("history 1\n", **home).out == "3\tqlen three\n"
    assert script("\\s | grep one\n", **home).out == "1\tQLEN one\n"
    assert script("history > " + f"{tmp_path}/out\n", **home).code == 0
    assert (tmp_path / "out").read_text().startswith("1\tQLEN one\n")
    file.unlink()
    done = script("history\n", **home)
    assert (done.code, done.out, done.err) == (0, "", "the history is empty\n")


def test_clear_prints_nothing_off_a_terminal(script) -> None:
    assert script("clear\nPING\n").raw == b"PONG\n"


def test_a_question_mark_is_help(script) -> None:
    assert script("? qlen\n").out == script("help qlen\n").out
    assert script("?\n").out == script("help\n").out
    for name in ("repeat", "history", "clear", "watch"):
        assert script(f"? {name}\n").code == 0


def test_set_lists_what_can_be_set_with_meanings(script) -> None:
    rows = [line.split("\t") for line in script("\\set timing on\n\\set\n").out.splitlines()]
    assert [row[0] for row in rows] == list(SETTINGS)
    assert dict(row[:2] for row in rows)["timing"] == "on"
    assert [row[2] for row in rows] == [meaning for _, meaning in SETTINGS.values()]


def test_an_empty_prompt_is_the_default(script) -> None:
    assert (
        script("\\set prompt 'x> '\n\\set prompt\n\\set prompt ''\n\\set prompt\n").out == "x> \n{node}> \n"
    )


def test_options_in_a_line_apply_to_that_line_only(script, node: str) -> None:
    done = script(f"QLEN q -o json\nQLEN q\nQLEN q --echo -n {node}\nQLEN q\n")
    assert done.out.splitlines()[-3:] == ["0", "0", "0"]
    assert done.err.count("QLEN") == 1


def test_an_echo_hides_the_password(script) -> None:
    done = script("\\echo on\nAUTH hunter2\nPING\n")
    assert "hunter2" not in done.err
    assert "AUTH" in done.err


def test_the_config_file_is_read(script, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[shell]\nstart = ["QLEN first"]\n')
    assert script("PING\n", DISQUECTL_CONFIG=str(file)).out == "0\nPONG\n"
    file.write_text("[shell]\nfoo = 1\n")
    done = script("PING\n", DISQUECTL_CONFIG=str(file))
    assert done.code == 2
    assert f"{file}:2: shell.foo: unknown" in done.err


def test_help_explains_commands_topics_and_itself(script) -> None:
    done = script("help\nhelp addjob\nhelp config set\nhelp \\watch\n")
    assert done.code == 0
    for piece in (
        "Shell:",
        "ADDJOB queue body ms-timeout",
        "CONFIG SET name value",
        "Repeat a command",
    ):
        assert piece in done.out
    assert script("help nothing-like-it\n").code == 2


def test_a_script_does_not_load_prompt_toolkit(node: str) -> None:
    done = run_disquectl("shell", node=node, stdin=b"PING\n", PYTHONPROFILEIMPORTTIME="1")
    assert "prompt_toolkit" not in done.err
    assert "disquectl.shell.runner" in done.err


def test_timing_says_how_long_each_command_took(script) -> None:
    done = script("\\timing on\nPING\nQLEN q\n")
    assert done.out == "PONG\n0\n"
    assert done.err.count(" ms\n") == 2


def test_columns_are_picked_as_on_the_command_line(script) -> None:
    done = script("qlen mail --columns 'length, queue' -o tsv\n")
    assert (done.code, done.out) == (0, "length\tqueue\n0\tmail\n")


@pytest.mark.parametrize("line", ['addjob q --file "a\\x00b"', 'ping > "a\\x00b"', 'sandbox -- "a\\x00b"'])
def test_a_nul_where_the_system_takes_none_is_a_usage_error(script, line: str) -> None:
    done = script(f"{line}\n")
    assert done.code == 2
    assert "a NUL is not allowed: 'a\\x00b'" in done.err


def test_a_line_with_its_own_timeout_goes_where_the_shell_is(node: str) -> None:
    done = run_disquectl(
        "shell",
        "--node",
        node,
        node="127.0.0.1:1",
        stdin=b"QLEN a --response-timeout 9s\nping --connect-timeout 9s\n",
    )
    assert (done.code, done.out, done.err) == (0, "0\nPONG\n", "")


@pytest.mark.parametrize("debug", [False, True])
def test_a_bug_is_one_line_and_its_traceback_only_when_asked_for(monkeypatch, debug) -> None:
    def bad(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("disquectl.shell.script.run_line", bad)
    monkeypatch.setenv("DISQUECTL_DEBUG", "1" if debug else "0")
    err = io.BytesIO()
    streams = Streams(io.BytesIO(), io.BytesIO(), err)
    assert attempt(SimpleNamespace(streams=streams, interactive=False), "PING") == 70
    *trace, line = err.getvalue().decode().splitlines()
    assert line == "disquectl: this is a bug in disquectl: ZeroDivisionError (DISQUECTL_DEBUG=1 shows where)"
    assert bool(trace) == debug
