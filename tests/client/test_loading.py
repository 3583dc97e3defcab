"""What a client costs to load: scripts call the program thousands of times."""

import subprocess
import sys

import pytest

# What these bring is there anyway; everything else has to be ours.
GIVEN = "import __future__, hiredis, select, socket, struct, time"


def loaded(code):
    program = (
        f"import sys; {GIVEN}; before = set(sys.modules)\n{code}\n"
        "print('\\n'.join(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    return done.stdout.split()


def test_the_package_itself_loads_nothing():
    assert loaded("import disquectl") == ["disquectl"]


@pytest.mark.parametrize(
    "name", ["disquectl.client.transport", "disquectl.library.client", "disquectl.protocol.replies"]
)
def test_a_client_loads_nothing_but_itself(name):
    assert [module for module in loaded(f"import {name}") if not module.startswith("disquectl")] == []


def test_a_call_loads_nothing_more():
    code = "from disquectl import Client\ntry: Client('127.0.0.1:1').qlen('q')\nexcept Exception: pass"
    assert [module for module in loaded(code) if not module.startswith("disquectl")] == []


def test_the_names_of_the_package_are_there_and_no_others():
    import disquectl

    for name in disquectl.__all__:
        assert getattr(disquectl, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        disquectl.nonsense  # noqa: B018 - looking is the test


def test_a_client_shows_its_methods_and_nothing_of_its_transport():
    from disquectl import Client
    from disquectl.client.direct_commands import DirectCommands
    from disquectl.client.job_commands import JobCommands
    from disquectl.client.queue_commands import QueueCommands
    from disquectl.client.server_commands import ServerCommands

    commands = {
        name for room in (JobCommands, QueueCommands, ServerCommands, DirectCommands) for name in vars(room)
    }
    connecting = {"call", "call_many", "close", "connect", "connected", "node", "nodes", "pipeline", "verify"}
    connecting |= {"from_env", "from_url", "jobs"}
    client = Client()
    assert {name for name in dir(client) if not name.startswith("_")} == connecting | {
        name for name in commands if not name.startswith("_")
    }
