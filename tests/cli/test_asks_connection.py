"""What people asked about passwords and connections."""

from __future__ import annotations

import socket
import subprocess

import pytest

from disquectl import Client
from disquectl.sandbox.thread import SandboxThread
from tests.conftest import run_disquectl
from tests.support.processes import run_python, running
from tests.support.scripted_node import ScriptedNode, silent
from tests.support.waiting import wait_until


def test_a_password_need_not_stand_on_the_command_line_nor_show_anywhere(tmp_path):
    """Not in the list of processes, not in the output; and the warning about one can be silenced."""
    (tmp_path / "pw").write_text("s3same")
    (tmp_path / "pw").chmod(0o600)
    with SandboxThread(password="s3same") as sandbox:
        node = sandbox.addresses[0]
        with (
            Client(node, password="s3same") as client,
            running("getjob", "q", "--echo", "--password-file", str(tmp_path / "pw"), node=node) as process,
        ):
            wait_until(lambda: any("b" in entry["flags"] for entry in client.client_list()))
            listed = subprocess.run(
                ["ps", "-ww", "-o", "args=", "-p", str(process.pid)], capture_output=True, check=True
            )
            assert b"getjob" in listed.stdout
            assert b"s3same" not in listed.stdout
            client.addjob("q", "body")
            out, err = process.communicate(timeout=30)
        assert (process.returncode, b"s3same" in out + err) == (0, False)
        done = run_disquectl("ping", "-u", f"disque://:s3same@{node}")
        assert (done.code, "others can see a password" in done.err) == (0, True)
        assert run_disquectl("ping", "-u", f"disque://:s3same@{node}", "--quiet").err == ""


def test_a_traceback_shows_no_local_variables():
    script = (
        "import sys, runpy, disquectl.client.transport as transport\n"
        "def call(self, *words, **_):\n    password = 's3' + 'same'\n    raise ZeroDivisionError\n"
        "transport.Transport.call = call\n"
        "sys.argv = ['disquectl', 'qlen', 'q']\n"
        "runpy.run_module('disquectl', run_name='__main__')\n"
    )
    done = run_python(script, DISQUECTL_DEBUG="1")
    assert done.returncode == 70
    assert "ZeroDivisionError" in done.stderr
    assert "s3same" not in done.stderr
    assert "Traceback" not in run_python(script).stderr


def test_a_url_takes_ipv6_and_a_percent_encoded_password():
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    with SandboxThread(host="::1", password="p@ss/w:rd %") as sandbox:
        port = sandbox.addresses[0].rpartition(":")[2]
        url = f"disque://:p%40ss%2Fw%3Ard%20%25@[::1]:{port}"
        done = run_disquectl("ping", DISQUE_URL=url)
        assert (done.code, done.out, done.err) == (0, "PONG\n", "")


def test_a_host_that_drops_packets_ends_with_the_connect_timeout():
    # A listener whose queue is full answers no more connections, as a host behind a firewall.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        address = server.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        done = run_disquectl("ping", "--connect-timeout", "200ms", node=f"127.0.0.1:{address[1]}")
        for one in waiting:
            one.close()
    assert (done.code, done.out) == (5, "")
    assert "no connection within 0.2s" in done.err


def test_an_empty_password_is_no_password(node, tmp_path):
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "empty").chmod(0o600)
    for args, env in (([], {"DISQUE_PASSWORD": ""}), (["--password-file", str(tmp_path / "empty")], {})):
        done = run_disquectl("ping", *args, node=node, **env)
        assert (done.code, done.out, done.err) == (0, "PONG\n", "")


def test_what_is_set_in_the_environment_really_applies(node):
    """The same by option and by variable."""
    with ScriptedNode([silent]) as other:
        done = run_disquectl("qlen", "q", DISQUE_NODES=node, DISQUECTL_OUTPUT="json")
        assert (done.code, done.out) == (0, '{"queue":"q","length":0}\n')
        done = run_disquectl("addjob", "q", "b", node=other.address, DISQUECTL_READ_ONLY="yes")
        assert done.code == 2
        assert other.accepted == 0
