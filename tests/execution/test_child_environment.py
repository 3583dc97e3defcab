"""What a process that disquectl starts finds in its environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from disquectl.client.address import Node, parse_node
from disquectl.config.settings import resolve
from disquectl.errors import UsageError
from disquectl.execution.child_environment import child_environment

if TYPE_CHECKING:
    from pathlib import Path

INHERITED = {
    "PATH": "/bin",
    "DISQUE_NODES": "real:7711",
    "DISQUE_PASSWORD": "secret",
    "DISQUECTL_CLUSTER": "1",
}


def made(raw: dict[str, object], environ: dict[str, str] = INHERITED, **facts: object) -> dict[str, str]:
    settings = resolve(raw, environ, with_profile="DISQUECTL_CONFIG" in environ)  # type: ignore[arg-type]
    return child_environment(environ, settings, **facts)  # type: ignore[arg-type]


def test_it_has_the_nodes_in_use_and_no_other_disque_variable() -> None:
    assert made({"node": ("here:1,[::1]:2",)}) == {
        "PATH": "/bin",
        "DISQUECTL_CLUSTER": "1",
        "DISQUE_NODES": "here:1,[::1]:2",
    }
    url = {"PATH": "/bin", "DISQUE_URL": "disque://:secret@real:7711", "DISQUE_FUTURE": "x"}
    assert made({}, url) == {"PATH": "/bin", "DISQUE_NODES": "real:7711"}


def test_the_connected_node_comes_first() -> None:
    child = made({"node": ("a:1,b:2,c:3",)}, connected=parse_node("b:2"))
    assert child["DISQUE_NODES"] == "b:2,a:1,c:3"
    assert made({}, connected=Node("other", 9))["DISQUE_NODES"] == "other:9,real:7711"


def test_credentials_are_passed_only_when_asked_for() -> None:
    child = made({}, pass_credentials=True)
    assert (child["DISQUE_NODES"], child["DISQUE_PASSWORD"]) == ("real:7711", "secret")
    child = made({"url": "disques://:other@a:1,b:2"}, pass_credentials=True)
    assert (child["DISQUE_URL"], child["DISQUE_PASSWORD"]) == ("disques://a:1,b:2", "other")
    assert "DISQUE_NODES" not in child
    with pytest.raises(UsageError, match="NUL"):
        made({"url": "disque://:a%00b@a:1"}, pass_credentials=True)


def test_a_read_only_session_has_read_only_children() -> None:
    assert made({"read_only": True})["DISQUECTL_READ_ONLY"] == "1"
    assert "DISQUECTL_READ_ONLY" not in made({})


def test_a_protected_profile_is_named_instead_of_its_nodes(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[profiles.prod]\nnodes = ["prod:7711"]\nprotected = true\npassword-env = "PROD_PW"\n')
    environ = {"DISQUECTL_CONFIG": str(file), "PROD_PW": "secret"}
    named = {"DISQUECTL_CONFIG": str(file), "DISQUE_PROFILE": "prod"}
    assert made({"profile": "prod"}, environ, connected=parse_node("prod:7711")) == named
    # Beside nodes that are not its own.
    assert made({"profile": "prod", "node": ("x:1",)}, {**environ, "PROD_PW": ""}) == {
        **named,
        "DISQUE_NODES": "x:1",
        "PROD_PW": "",
    }


def test_the_variable_of_a_profiles_password_is_a_password_too(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[profiles.p]\nnodes = ["a:1"]\npassword-env = "PW"\n')
    environ = {"DISQUECTL_CONFIG": str(file), "PW": "secret"}
    assert made({"profile": "p"}, environ) == {"DISQUECTL_CONFIG": str(file), "DISQUE_NODES": "a:1"}
    assert made({"profile": "p"}, environ, pass_credentials=True)["PW"] == "secret"
