"""The client through a TLS proxy: what it verifies, what it says, and that all works as without TLS."""

import os
import socket
import threading
import time
from pathlib import Path

import pytest

from disquectl.client.cluster import Cluster
from disquectl.client.tls import Tls
from disquectl.errors import ConnectionFailed, DataError, NoAnswer, OutcomeUnknown
from disquectl.sandbox.thread import SandboxThread
from tests.support.tls_proxy import Authority, TlsProxy


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def proxy(node, authority):
    with TlsProxy(node, authority.issue("localhost")) as proxy:
        yield proxy


@pytest.fixture
def client(proxy, authority, make_client):
    return make_client(proxy.address, tls=Tls(authority.ca), connect_timeout=5, response_timeout=5)


def refusal(make_client, address, tls):
    """What the client says of a node that it will not talk to."""
    with pytest.raises(ConnectionFailed) as caught:
        make_client(address, tls=tls).ping()
    return caught.value.message


def test_a_request_and_its_reply(client, proxy):
    assert client.ping() == b"PONG"
    assert proxy.names == ["localhost"]


def test_a_large_body_goes_and_comes_whole(client):
    body = os.urandom(3 << 20)
    job = client.addjob("tls large", body)
    assert client.getjob("tls large", nohang=True)[0]["body"] == body
    assert client.ackjob(job) == 1


def test_a_pipeline_longer_than_all_buffers(client):
    body = b"x" * 50_000
    with client.pipeline() as pipeline:
        for _ in range(200):
            pipeline.call("ADDJOB", "tls many", body, 0)
    assert len(set(pipeline.replies)) == 200
    replies = client.call_many([("QPEEK", "tls many", 100)] * 3, repeatable=True)
    assert [len(reply) for reply in replies] == [100, 100, 100]


def test_an_idle_connection_is_used_again(client, proxy):
    for _ in range(5):
        assert client.ping() == b"PONG"
    assert len(proxy.names) == 1


def test_one_that_was_cut_is_noticed_and_replaced(client, proxy):
    client.ping()
    proxy.hang_up()
    while client.connected:
        time.sleep(0.01)
    assert client.addjob("tls cut", "x").startswith("D-")


def test_no_answer_in_time(authority, make_client):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = f"127.0.0.1:{silent.getsockname()[1]}"
        with TlsProxy(target, authority.issue("localhost")) as proxy:
            client = make_client(proxy.address, tls=Tls(authority.ca), response_timeout=0.2)
            with pytest.raises(ConnectionFailed, match="no answer to PING"):
                client.ping()


def test_the_response_timeout_holds(client, proxy, authority, make_client):
    impatient = make_client(proxy.address, tls=Tls(authority.ca), response_timeout=0.3)
    impatient.ping()
    with pytest.raises(OutcomeUnknown, match="no answer"):
        impatient.call("GETJOB", "FROM", "tls nothing")
    with pytest.raises(NoAnswer):
        impatient.call("GETJOB", "FROM", "tls nothing", repeatable=True)


def test_a_seed_with_a_bad_certificate_is_passed_over(proxy, authority, node, make_client):
    with TlsProxy(node, authority.issue_expired("localhost")) as expired:
        client = make_client([expired.address, proxy.address], tls=Tls(authority.ca))
        assert client.ping() == b"PONG"
        assert str(client.node) == proxy.address


def test_the_last_request_goes_out_before_the_end(client):
    client._transport.post("CLIENT", "REPLY", "OFF")
    assert client.ping() == b"PONG"


def test_what_was_sent_before_closing_arrives(proxy, authority, make_transport, node, make_client):
    make_transport(proxy.address, tls=Tls(authority.ca)).post("ADDJOB", "q", b"x" * 100_000, "0")
    with make_client(node) as plain:
        while not plain.qlen("q"):
            time.sleep(0.01)


def test_an_expired_certificate(node, authority, make_client):
    with TlsProxy(node, authority.issue_expired("localhost")) as proxy:
        assert "TLS: its certificate has expired" in refusal(make_client, proxy.address, Tls(authority.ca))


def test_a_certificate_for_another_host(node, authority, make_client):
    with TlsProxy(node, authority.issue("elsewhere.example")) as proxy:
        assert "certificate is for another host" in refusal(make_client, proxy.address, Tls(authority.ca))
        at_address = f"127.0.0.1:{proxy.port}"
        assert "certificate is for another address" in refusal(make_client, at_address, Tls(authority.ca))


def test_an_unknown_authority(proxy, make_client):
    assert "authority that is not trusted" in refusal(make_client, proxy.address, Tls())


def test_insecure_takes_any_certificate(node, authority, make_client):
    with TlsProxy(node, authority.issue_expired("elsewhere.example")) as proxy:
        assert make_client(proxy.address, tls=Tls(insecure=True)).ping() == b"PONG"


def test_a_client_certificate(node, authority, make_client):
    certificate = authority.issue("localhost")
    with TlsProxy(node, certificate, client_ca=authority.ca) as proxy:
        mine = authority.issue("me.example")
        assert make_client(proxy.address, tls=Tls(authority.ca, mine)).ping() == b"PONG"
        assert "for a client certificate" in refusal(make_client, proxy.address, Tls(authority.ca))


def test_a_refused_client_certificate_leaves_nothing_unknown(node, authority, tmp_path, make_client):
    other = tmp_path / "other"
    other.mkdir()
    with TlsProxy(node, authority.issue("localhost"), client_ca=authority.ca) as proxy:
        client = make_client(proxy.address, tls=Tls(authority.ca, Authority(other).issue("me.example")))
        with pytest.raises(ConnectionFailed, match="client certificate"):
            client.addjob("tls refused", "x")


def test_a_node_without_tls(node, authority, make_client):
    with pytest.raises(ConnectionFailed, match="speak TLS"):
        make_client(node, tls=Tls(authority.ca), connect_timeout=0.5).ping()


def test_a_node_that_hangs_up_at_the_handshake(authority, make_client):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up():
            with server.accept()[0] as accepted:
                accepted.recv(65536)  # the handshake has begun: a close before it is a refusal like any other

        threading.Thread(target=hang_up, daemon=True).start()
        address = f"127.0.0.1:{server.getsockname()[1]}"
        assert "TLS" in refusal(make_client, address, Tls(authority.ca))


def test_without_tls_to_a_port_with_it(proxy, make_client):
    with pytest.raises(ConnectionFailed):
        make_client(proxy.address, response_timeout=2).ping()


def test_every_node_of_a_cluster(authority, make_transport):
    with SandboxThread(nodes=2) as sandbox:
        certificate = authority.issue("localhost")
        with (
            TlsProxy(sandbox.addresses[0], certificate) as one,
            TlsProxy(sandbox.addresses[1], certificate) as two,
        ):
            transport = make_transport([one.address, two.address], tls=Tls(authority.ca))
            with Cluster(transport.nodes, transport.connection_factory, discover=False) as cluster:
                answers = [reply for _, _, reply in cluster.ask(["QLEN", "mail"])]
                assert answers == [0, 0]
                assert not cluster.missing()


def test_discovered_nodes_are_asked_by_tls_too(proxy, authority, make_transport):
    # The node announces its own address, where nothing speaks TLS: it must not be asked in plain text.
    with (
        SandboxThread(nodes=2) as sandbox,
        TlsProxy(sandbox.addresses[0], authority.issue("localhost")) as one,
    ):
        transport = make_transport(one.address, tls=Tls(authority.ca), connect_timeout=1, response_timeout=20)
        with Cluster(transport.nodes, transport.connection_factory) as cluster:
            assert [reply for _, _, reply in cluster.ask(["QLEN", "mail"])] == [0]
            assert [str(lost.node) for lost in cluster.missing()] == [sandbox.addresses[1]]
            assert "TLS" in cluster.missing()[0].problem.message


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (("missing.pem",), "No such file"),
        (("text",), "no certificates in PEM"),
        (("ca", "text"), "no certificate and key in PEM"),
        (("ca", "mine", "other"), "the key is not that of the certificate"),
    ],
)
def test_files_that_are_wrong(files, says, authority, tmp_path):
    (tmp_path / "text").write_text("hello\n")
    paths = {"ca": authority.ca, "mine": authority.issue("a.example"), "other": authority.issue("b.example")}
    with pytest.raises(DataError, match=says):
        Tls(*(paths.get(name, str(tmp_path / name)) for name in files))


def test_an_encrypted_key_is_not_asked_for(authority, tmp_path):
    from cryptography.hazmat.primitives import serialization as to

    pem = Path(authority.issue("a.example")).read_bytes()
    key = to.load_pem_private_key(pem, None)
    path = tmp_path / "key.pem"
    path.write_bytes(
        key.private_bytes(to.Encoding.PEM, to.PrivateFormat.PKCS8, to.BestAvailableEncryption(b"secret"))
    )
    with pytest.raises(DataError, match="encrypted"):
        Tls(authority.ca, authority.issue("a.example"), str(path))
