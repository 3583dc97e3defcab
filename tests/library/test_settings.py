"""Clients that are made by a URL, by the environment and by profiles; what a client says of itself."""

import pytest

from disquectl import Client, DataError, ReplyError, UsageError
from disquectl.client.tls import Tls
from tests.support.scripted_node import refused_address


@pytest.fixture
def config(tmp_path, monkeypatch):
    """A config file with two profiles."""
    (tmp_path / "secret").write_text("from-file\n")
    (tmp_path / "secret").chmod(0o600)
    path = tmp_path / "config.toml"
    path.write_text(
        f"""profile = "work"
        [profiles.work]
        nodes = ["10.0.0.1:7711", "10.0.0.2"]
        password-file = "{tmp_path}/secret"
        connect-timeout = "2s"
        response-timeout = "7s"
        [profiles.watch]
        nodes = "10.0.0.9"
        read-only = true
        """
    )
    monkeypatch.setenv("DISQUECTL_CONFIG", str(path))
    return path


def nodes(client):
    return [str(node) for node in client.nodes]


def password(client):
    return client._transport.connection_factory.password


def test_a_url_gives_nodes_password_and_tls():
    client = Client.from_url("disque://:p%40ss@a:7711,[::1]:7712")
    assert (nodes(client), password(client)) == (["a:7711", "[::1]:7712"], b"p@ss")
    assert client._transport.connection_factory.tls is None
    client = Client.from_url("disques://a", connect_timeout=1, password="other")
    assert password(client) == b"other"
    assert isinstance(client._transport.connection_factory.tls, Tls)
    assert client._transport.connection_factory.connect_timeout == 1
    with pytest.raises(UsageError, match="not a URL"):
        Client.from_url("redis://:secret@a")


def test_the_environment_overrides_the_profile_and_options_override_both(config, monkeypatch):
    client = Client.from_env()
    assert (nodes(client), password(client)) == (["10.0.0.1:7711", "10.0.0.2:7711"], b"from-file")
    assert client._transport.connection_factory.connect_timeout == 2
    assert client._transport.connection_factory.response_timeout == 7
    assert nodes(Client.from_env("watch")) == ["10.0.0.9:7711"]
    monkeypatch.setenv("DISQUE_PROFILE", "watch")
    assert nodes(Client.from_env()) == ["10.0.0.9:7711"]
    assert nodes(Client.from_env("work")) == ["10.0.0.1:7711", "10.0.0.2:7711"]
    monkeypatch.setenv("DISQUE_NODES", "10.0.0.5:1,10.0.0.6:2")
    told = []
    client = Client.from_env("work", notice=told.append)
    # The password of a profile belongs to its nodes.
    assert (nodes(client), password(client)) == (["10.0.0.5:1", "10.0.0.6:2"], None)
    assert told == ["the nodes of profile work are not used, because other nodes are given"]
    monkeypatch.setenv("DISQUE_PASSWORD", "from-env")
    assert password(Client.from_env()) == b"from-env"
    assert nodes(Client.from_env(nodes=("host", 7))) == ["host:7"]
    monkeypatch.delenv("DISQUE_NODES")
    monkeypatch.setenv("DISQUE_URL", "disque://:from-url@10.0.0.7")
    client = Client.from_env()
    assert (nodes(client), password(client)) == (["10.0.0.7:7711"], b"from-url")


def test_other_nodes_never_get_the_password_of_a_profile_or_a_url(config, monkeypatch):
    for other in (("10.0.0.8", 1), "10.0.0.8:1", [("10.0.0.8", 1)]):
        client = Client.from_env("work", nodes=other)
        assert (nodes(client), password(client)) == (["10.0.0.8:1"], None)
    assert nodes(Client.from_env(nodes=[("::1", 1), "unix:/tmp/a b"])) == ["[::1]:1", "unix:/tmp/a b"]
    monkeypatch.setenv("DISQUE_URL", "disque://:from-url@10.0.0.7")
    assert password(Client.from_env(nodes="10.0.0.8")) is None
    with pytest.raises(UsageError, match="a URL names the nodes"):
        Client.from_url("disque://:secret@a", nodes="b")


def test_without_any_settings_it_is_the_default_node(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert nodes(Client.from_env()) == ["127.0.0.1:7711"]


def test_wrong_settings_are_refused(config, tmp_path, monkeypatch):
    with pytest.raises(UsageError, match="there is no profile 'wrok'"):
        Client.from_env("wrok")
    with pytest.raises(UsageError, match="must not be empty"):
        Client.from_env("")
    with pytest.raises(DataError, match="there is no config file"):
        Client.from_env(config=str(tmp_path / "none"))
    (tmp_path / "secret").unlink()
    with pytest.raises(DataError, match="cannot read the password file"):
        Client.from_env()
    monkeypatch.setenv("DISQUE_NODES", "a")
    monkeypatch.setenv("DISQUE_URL", "disque://a")
    with pytest.raises(UsageError, match="cannot be combined"):
        Client.from_env()


def test_a_warning_of_the_settings_goes_to_notice_once_they_are_good(config, tmp_path):
    (tmp_path / "secret").chmod(0o644)
    told = []
    Client.from_env(notice=told.append)
    assert len(told) == 1
    assert "can be read by other users" in told[0]


def test_a_read_only_client_refuses_what_could_change_the_cluster(node, make_client, monkeypatch):
    monkeypatch.setenv("DISQUECTL_READ_ONLY", "1")
    monkeypatch.setenv("DISQUE_NODES", node)
    with Client.from_env() as client:
        assert client.qlen("q") == 0
        assert client.info()["server"]
        assert client.call_many([("QLEN", "q")]) == [0]
        assert list(client.qscan_all()) == []
        for action in (
            lambda: client.addjob("q", "b"),
            lambda: client.getjob("q", nohang=True),
            lambda: client.call("debug", "FLUSHALL"),
            lambda: client.call(bytearray(b"addjob"), "q", "b", 0),
            lambda: client.call_many([("QLEN", "q"), ("ADDJOB", "q", "b", 0)]),
            client.shutdown,
            lambda: client.jobs("q", idle=0),
        ):
            with pytest.raises(UsageError, match="read-only"):
                action()
        with pytest.raises(UsageError, match="ADDJOB can change the cluster"), client.pipeline() as pipe:
            pipe.addjob("q", "b")
        assert client.qlen("q") == 0
        with pytest.raises(ReplyError, match="no password is set"):
            client.auth("x")
    assert make_client(node).qstat("q") is None


def test_what_a_client_says_of_itself_has_its_nodes_and_never_its_password(node, make_client):
    client = make_client([refused_address(), node], password="hunter2")
    first = refused = nodes(client)[0]
    assert repr(client) == f"<disquectl.Client '{first},{node}', not connected>"
    client.ping()
    assert repr(client) == f"<disquectl.Client '{refused},{node}', connected to {node}>"
    assert repr(make_client(node)) == f"<disquectl.Client {node!r}, not connected>"
    client = make_client(node)
    client.ping()
    assert repr(client) == f"<disquectl.Client {node!r}, connected>"
    assert "\x1b" not in repr(make_client("unix:/tmp/\x1b[31m"))
    assert "hunter2" not in repr(Client.from_url("disque://:hunter2@a"))
    assert nodes(Client(("10.0.0.1", 7712))) == ["10.0.0.1:7712"]
    assert nodes(Client([("10.0.0.1", 7712), "b", ("::1", 1)])) == ["10.0.0.1:7712", "b:7711", "[::1]:1"]
