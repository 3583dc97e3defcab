"""The example of every row, as its help and the reference show it, does something when it is pasted.

Always beside a sandbox of its own: some of them stop servers and delete jobs.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from disquectl import Client
from disquectl.commands import all_commands, find
from disquectl.execution.parser import parse
from disquectl.sandbox.thread import SandboxThread
from disquectl.spec.parameters import convert
from tests.docs.pages import HELP

PAGE_JOB = "D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1"
EXAMPLES = [
    one.example
    for command in all_commands()
    for one in (command, *command.subcommands)
    if one.is_callable or not one.subcommands
]
# What goes on until it is stopped, and a worker whose command is the reader's own.
ENDLESS = ("disquectl monitor", "disquectl work ", "disquectl top ")
# What a sandbox says to the rest: it knows no such job or node, keeps no file, and does not crash on purpose.
UNKNOWN_JOB = (f"disquectl working {PAGE_JOB}", f"disquectl show {PAGE_JOB}", f"disquectl trace {PAGE_JOB}")
REFUSED = {
    "disquectl config rewrite": "without a config file",
    "disquectl cluster forget": "Unknown node",
    "disquectl latency graph": "No samples",
    "disquectl debug error": "on purpose",
    "disquectl debug": "Unknown DEBUG subcommand",
    "disquectl loadjob": "only processed from AOF",
}


@pytest.mark.parametrize("example", [one for one in EXAMPLES if not one.startswith(ENDLESS)])
def test_the_example_of_a_row_does_something(example: str, tmp_path: Path) -> None:
    done = pasted(example, tmp_path)
    if done.returncode == 0:
        return
    if example.startswith(UNKNOWN_JOB):
        assert done.returncode == 4
        return
    said = next(text for start, text in REFUSED.items() if example.startswith(start))
    assert done.returncode == 1
    assert said in done.stderr


def pasted(example: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The example run by a shell, with some jobs to find, and a profile of the name that examples use."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = dict(os.environ) | {"PATH": path, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with SandboxThread() as sandbox:
        with Client(sandbox.addresses) as disque:
            for queue in ("mail", "thumbnails"):
                disque.addjob(queue, "hello")
        environ["DISQUE_NODES"] = sandbox.addresses[0]
        (folder / "mail.jsonl").write_text('{"queue": "mail", "body": "hello"}\n')
        # The nodes that examples name may be somebody's.
        script = re.sub(r" (-n|--node) 127\S+", "", example)
        if example.startswith("disquectl profile") and "profile add" not in example:
            script = f"disquectl profile add work nodes={sandbox.addresses[0]} >/dev/null && {script}"
        return subprocess.run(
            ["bash", "-c", script],
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def test_the_rows_left_out_are_there() -> None:
    assert all(any(example.startswith(start) for example in EXAMPLES) for start in (*ENDLESS, *UNKNOWN_JOB))


# Pages with examples that no test runs: files of cron, systemd, Kubernetes and Icinga, scripts with kubectl.
CHECKING = ("deployments", "doctor", "measuring", "monitoring")
# As a line or a part of one, up to what belongs to the shell; or as a list of words.
TYPED = re.compile(r"disquectl ([a-z][^`\n#|>&;)]*)")
LISTED = re.compile(r'disquectl"((?:, "[^"]*")+)')


def commands_of_pages() -> list[str]:
    text = "\n".join((HELP / f"{name}.md").read_text() for name in CHECKING)
    listed = [" ".join(re.findall(r'"([^"]*)"', words)) for words in LISTED.findall(text)]
    return sorted({*(words.strip() for words in TYPED.findall(text)), *listed})


@pytest.mark.parametrize("line", commands_of_pages())
def test_every_command_of_the_pages_about_checking_can_be_typed(line: str) -> None:
    if " " not in line:
        assert find(line) is not None  # a sentence names the command
        return
    invocation = parse(shlex.split(line.replace("$disque_queue$", "mail")), find)
    assert invocation is not None
    grammar = invocation.command.grammar
    convert((*grammar.arguments, *grammar.options), invocation.words)


def test_the_commands_of_the_pages_are_found() -> None:
    found = commands_of_pages()
    assert "doctor --fail-on error" in found
    assert "check ping -n 127.0.0.1:7711 -t 3s" in found
    assert len(found) > 30


def cheat_lines() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", (HELP / "cheat.md").read_text(), re.DOTALL)
    return [part for block in blocks for line in block.splitlines() for part in line.split(" | ")]


@pytest.mark.parametrize("line", cheat_lines())
def test_every_command_of_an_incident_can_be_typed(line: str) -> None:
    program, *words = shlex.split(line)
    assert program == "disquectl"
    assert parse(words, find) is not None
