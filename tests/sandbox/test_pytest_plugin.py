"""The fixtures for tests of others, in a project of their own."""

import time

import pytest

from disquectl.sandbox.pytest import Sandbox

pytest_plugins = ["pytester"]

CONFTEST = 'pytest_plugins = ["disquectl.sandbox.pytest"]'
TESTS = """
import os, subprocess, sys
import pytest
from disquectl import Client

@pytest.mark.parametrize("number", range(20))
def test_each_test_has_a_new_one(disque, number):
    assert disque.client.qlen("mail") == 0
    disque.client.addjob("mail", "hello")
    with Client(disque.address) as other:
        assert other.qlen("mail") == 1

@pytest.mark.parametrize("disque", [1, 3], indirect=True)
def test_nodes(disque, request):
    nodes = len(disque.addresses)
    assert len(disque.client.hello()["nodes"]) == nodes == len(disque.clients)
    disque.client.addjob("mail", "hello", replicate=nodes)
    disque.stop_node(0)
    assert all(client.getjob("mail", nohang=True) is not None for client in disque.clients[1:])

def test_time(disque, disque_client):
    assert disque_client is disque.client
    disque_client.addjob("mail", "tomorrow", delay=86000, ttl=2 * 86400)
    disque.advance(86001)
    with next(disque_client.jobs("mail")) as job:
        assert job.body == b"tomorrow"

def test_a_sandbox_says_where_it_is(disque):
    assert repr(disque) == f"<Sandbox {disque.address}>"

def test_environment(disque_env):
    code = "from disquectl import Client; Client.from_env().addjob('mail', 'from a process')"
    subprocess.run([sys.executable, "-c", code], check=True)
    with Client.from_env() as client:
        assert client.qlen("mail") == disque_env.client.qlen("mail") == 1
"""


@pytest.fixture
def project(pytester, monkeypatch):
    """A project whose tests use the fixtures, on a machine where another cluster is set."""
    monkeypatch.setenv("DISQUE_NODES", "192.0.2.1:7711")
    monkeypatch.setenv("DISQUE_PASSWORD", "secret")
    monkeypatch.setenv("DISQUECTL_READ_ONLY", "1")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(pytester.path))
    pytester.mkdir("disquectl").joinpath("config.toml").write_text(
        'profile = "prod"\n[profiles.prod]\nnodes = "192.0.2.2"\nread-only = true\n'
    )
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(TESTS)
    pytester.makepyprojecttoml('[tool.pytest.ini_options]\nfilterwarnings = "error"\n')
    return pytester


@pytest.mark.parametrize(
    "options", [(), ("-n", "2"), ("-p", "no:cacheprovider", "--import-mode=importlib")], ids=" ".join
)
def test_the_fixtures_give_each_test_its_sandbox(project, options):
    result = project.runpytest_subprocess(*options)
    result.assert_outcomes(passed=25)


def test_nothing_loads_by_itself(pytester):
    pytester.makepyfile("def test_it(disque): pass")
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'disque' not found*"])


def test_a_sandbox_is_there_soon():
    begun = time.monotonic()
    for _ in range(20):
        with Sandbox(nodes=3) as sandbox:
            sandbox.client.ping()
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("nodes", [0, -1, "3", True])
def test_a_wrong_number_of_nodes_is_refused(nodes):
    with pytest.raises(ValueError, match="nodes must be a whole number from 1"):
        Sandbox(nodes)
