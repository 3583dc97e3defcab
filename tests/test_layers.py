"""What is loaded for what: a plain call stays light, and a room knows only the rooms above it.

Each test starts a fresh process and looks at the modules it has at the end.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import sysconfig
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import disquectl

# The command as it is installed; writes the modules down when the process is about to end.
SPY = """
import os, sys
def end(code):
    with open(os.environ["MODULES"], "w") as file:
        file.write("\\n".join(sys.modules))
    sys.stdout.flush()
    leave(code)
leave, os._exit = os._exit, end
with open(os.environ["SCRIPT"]) as file:
    exec(file.read())
"""
SCRIPT = Path(disquectl.__file__).parents[1] / "scripts" / "disquectl"
HEAVY = {
    "typer",
    "rich",
    "prompt_toolkit",
    "asyncio",
    "dataclasses",
    "ssl",
    "importlib.metadata",
    "json",
    "re",
    "typing",
    "enum",
    "collections",
    "functools",
    "inspect",
    "urllib.parse",
    "subprocess",
    "logging",
    "email",
    "encodings.idna",
    "tempfile",
    "traceback",
    "getpass",
    "pathlib",
    "shutil",
    "importlib.resources",
    "pydantic",
}


def loaded_by(*args, node=None, tmp_path, code=0):
    """The modules of a process that ran this command line."""
    env = dict(os.environ) | {"MODULES": str(tmp_path / "modules"), "SCRIPT": str(SCRIPT)}
    if node is not None:
        env["DISQUE_NODES"] = node
    done = subprocess.run(
        [sys.executable, "-c", SPY, *args], env=env, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == code, done.stderr
    return set((tmp_path / "modules").read_text().split("\n")) - at_start()


def at_start():
    """What a Python of this environment has before it runs anything (site may load much)."""
    done = subprocess.run(
        [sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def loaded_by_importing(*names):
    """The modules of a process that imported these."""
    script = (
        f"import sys\nbefore = set(sys.modules)\nimport {', '.join(names)}\nprint(*set(sys.modules) - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("output", ["plain", "json"])
def test_a_plain_call_loads_nothing_heavy(output, node, tmp_path):
    found = loaded_by(
        "qlen", "q", *([] if output == "plain" else ["-o", "json"]), node=node, tmp_path=tmp_path
    )
    assert "disquectl.commands.qlen" in found
    assert not found & HEAVY
    rooms = {name for name in found if name.startswith("disquectl.commands.")}
    # Its own row, and no other.
    assert not rooms & {"disquectl.commands.addjob", "disquectl.commands.info", "disquectl.commands.config"}
    assert {name for name in found if name.startswith("disquectl.render.")} <= {
        f"disquectl.render.{name}" for name in ("escape", "flatten", "output", "stream", output)
    }
    assert not any(name.startswith(("disquectl.sandbox", "disquectl.shell")) for name in found)


@pytest.mark.parametrize(
    "args",
    [
        ["addjob", "q", "b"],
        ["getjob", "q", "--nohang"],
        ["ack", "x"],
        ["qscan"],
        ["info"],
        ["exec", "qlen", "q"],
    ],
    ids=" ".join,
)
def test_no_other_plain_call_loads_typer_or_rich_either(args, node, tmp_path):
    code = {"ack": 1, "getjob": 4}.get(args[0], 0)
    found = loaded_by(*args, node=node, tmp_path=tmp_path, code=code)
    assert not found & (HEAVY - {"enum", "typing", "collections"})


def test_help_loads_typer_but_no_rich(tmp_path):
    found = loaded_by("qlen", "--help", tmp_path=tmp_path)
    assert "typer" in found
    assert not found & {"pydantic", "prompt_toolkit", "rich"}


def test_rich_is_loaded_when_a_table_is_drawn_and_not_before(node, tmp_path):
    assert "rich" not in loaded_by("qlen", "q", "-o", "table", node=node, tmp_path=tmp_path)
    assert "rich" in loaded_by("time", "-o", "table", node=node, tmp_path=tmp_path)


@pytest.mark.parametrize(
    ("modules", "without"),
    [
        (["disquectl"], {"hiredis", "socket", "disquectl.client", "disquectl.errors"}),
        (
            ["disquectl.protocol.resp", "disquectl.protocol.replies", "disquectl.protocol.server_replies"],
            {"socket", "asyncio", "disquectl.client", "disquectl.commands"},
        ),
        (
            ["disquectl.spec.command", "disquectl.execution.parser", "disquectl.spec.param_types"],
            {"hiredis", "socket", "typer", "rich", "disquectl.client", "disquectl.sandbox"},
        ),
        (["disquectl.render.output", "disquectl.render.table", "disquectl.render.json"], {"rich", "hiredis"}),
        (["disquectl.sandbox.engine"], {"asyncio", "socket", "hiredis", "disquectl.client", "time"}),
        (["disquectl.library.client"], {"disquectl.sandbox", "disquectl.commands", "disquectl.cli", "rich"}),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_room_loads_nothing_of_what_it_may_not_know(modules, without):
    # What was there before the import says nothing about it.
    assert not loaded_by_importing(*modules) & without


def test_the_rows_know_no_socket_and_no_typer():
    found = loaded_by_importing("disquectl.commands", *ROW_MODULES)
    assert not found & {
        "typer",
        "rich",
        "disquectl.cli",
        "prompt_toolkit",
        "asyncio",
        "disquectl.sandbox.server",
    }


ROW_MODULES = [f"disquectl.commands.{name}" for name in ("qlen", "addjob", "config", "sandbox", "monitor")]


def _imports(path: Path) -> set[str]:
    """The modules of this program that a file imports: at its top, in functions, and for types alone."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in found if name.split(".")[0] == "disquectl"}


PACKAGE = Path(disquectl.__file__).parent
IDIOM = "TYPE_CHECKING = False\nif TYPE_CHECKING:\n"


def test_imports_for_types_are_written_in_one_way():
    # `from typing import TYPE_CHECKING` loads typing, which takes as long as all of a plain call.
    texts = {str(path.relative_to(PACKAGE)): path.read_text() for path in PACKAGE.rglob("*.py")}
    assert not [name for name, text in texts.items() if "import TYPE_CHECKING" in text]
    assert not [name for name, text in texts.items() if "TYPE_CHECKING:" in text and IDIOM not in text]


@pytest.mark.parametrize("path", sorted((PACKAGE / "commands").glob("*.py")), ids=lambda path: path.stem)
def test_a_command_starts_what_it_does_by_one_import(path):
    # One in each branch, and one of the standard library beside it. What needs more is a module with imports
    # at its top, in programs/ or in another room.
    for node in ast.walk(ast.parse(path.read_text())):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and not isinstance(node, ast.Module) and not _is_for_types(node):
                imports = [one.module for one in block if isinstance(one, ast.ImportFrom)]
                imports += [one.names[0].name for one in block if isinstance(one, ast.Import)]
                ours = [module for module in imports if module and module.startswith("disquectl")]
                assert len(ours) <= 1, f"line {node.lineno}: {ours}"
                assert len(imports) <= 2, f"line {node.lineno}: {imports}"


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def test_no_modules_import_each_other_in_a_circle():
    paths = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        paths[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    graph = TopologicalSorter(
        {name: (_imports(path) & paths.keys()) - {name} for name, path in paths.items()}
    )
    # Raises CycleError, which names the circle. The list of commands finds its commands by name alone.
    assert list(graph.static_order())


def test_the_import_contracts_are_kept():
    # Beside this Python, whether or not its environment is activated.
    program = Path(sysconfig.get_path("scripts")) / "lint-imports"
    done = subprocess.run([program, "--no-cache"], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout
