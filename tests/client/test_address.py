"""Nodes and URLs as people write them."""

import pytest

from disquectl.client.address import Node, parse_node, parse_nodes, parse_url
from disquectl.errors import UsageError


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("127.0.0.1:7712", "127.0.0.1:7712"),
        ("queue.example.org", "queue.example.org:7711"),
        (":7712", "127.0.0.1:7712"),
        ("[::1]:7712", "[::1]:7712"),
        ("[fe80::1%eth0]", "[fe80::1%eth0]:7711"),
        ("::1", "[::1]:7711"),
        (" host:1 ", "host:1"),
        ("unix:/tmp/d.sock", "unix:/tmp/d.sock"),
        ("unix:/tmp/a b:1", "unix:/tmp/a b:1"),
    ],
)
def test_a_node_is_read_and_shown(text, shown):
    node = parse_node(text)
    assert str(node) == shown
    assert parse_node(shown) == node


def test_parts_of_a_node():
    node = parse_node("[::1]:7712")
    assert (node.host, node.port, node.path) == ("::1", 7712, "")
    node = parse_node("unix:/tmp/d.sock")
    assert (node.host, node.port, node.path) == ("", 0, "/tmp/d.sock")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "host:",
        "host:0",
        "host:65536",
        "host:x",
        "host:-1",
        "host:1_0",
        "host:٣",
        "[::1",
        "[::1]7",
        "a:b:c:d]",
        "a[b",
        "[host]:1",
        "a b",
        "/tmp/d.sock",
        "unix:",
        "host:1/x",
        "a\x1b[31m",
        "host:+1",
        "]:1",
    ],
)
def test_what_is_no_node_is_a_usage_error(text):
    with pytest.raises(UsageError):
        parse_node(text)


@pytest.mark.parametrize("text", ["disque://:secret@host", "user:secret@host", ":secret@host:7711"])
def test_a_password_given_as_a_node_is_never_repeated(text):
    with pytest.raises(UsageError) as caught:
        parse_node(text)
    assert "secret" not in caught.value.message + caught.value.advice


def test_nodes_keep_their_order_and_each_counts_once():
    assert [str(node) for node in parse_nodes("b:1, a:2,b:1")] == ["b:1", "a:2"]


@pytest.mark.parametrize("text", ["", "a:1,", ",a:1", "a:1,,b:2"])
def test_an_empty_place_between_commas_is_a_usage_error(text):
    with pytest.raises(UsageError):
        parse_nodes(text)


def test_nodes_are_equal_by_their_address():
    assert Node("a", 1) == Node("a", 1) != Node("a", 2)
    assert len({Node("a", 1), Node("a", 1)}) == 1
    assert repr(Node("a", 1)) == "Node('a:1')"


@pytest.mark.parametrize(
    ("url", "nodes", "password", "tls"),
    [
        ("disque://host", ["host:7711"], None, False),
        ("disques://host:1/", ["host:1"], None, True),
        ("DISQUE://:pw@a:1,b,[::1]:3", ["a:1", "b:7711", "[::1]:3"], "pw", False),
        ("disque://:p%40ss%2Fw%3Ard%25@host", ["host:7711"], "p@ss/w:rd%", False),
        ("disque://:a:b@host", ["host:7711"], "a:b", False),
        ("disque://:%ff@host", ["host:7711"], "\udcff", False),
        ("disque://:@host", ["host:7711"], None, False),
        ("disque://[fe80::1%25eth0]:2", ["[fe80::1%eth0]:2"], None, False),
        ("disque://:pw@unix:%2Ftmp%2Fd.sock", ["unix:/tmp/d.sock"], "pw", False),
    ],
)
def test_a_url_names_nodes_password_and_tls(url, nodes, password, tls):
    target = parse_url(url)
    assert ([str(node) for node in target.nodes], target.password, target.tls) == (nodes, password, tls)


@pytest.mark.parametrize(
    "url",
    [
        "host:1",
        "redis://:secret@host",
        "disque://",
        "disque://:secret@",
        "disque://user:secret@host",
        "disque://secret@host",
        "disque://:sec@ret@host",
        "disque://:sec/ret@host",
        "disque://:secret@host/0",
        "disque://:secret@host?db=1",
        "disque://:secret@host#x",
        "disque://:secret@host:99999",
        "disque://:secret@a,,b",
        "disque://:secret",
        "disque://:sec%40ret",
        "disque://:sec[ret",
        "disque://host,:secret",
    ],
)
def test_a_wrong_url_is_a_usage_error_without_its_password(url):
    with pytest.raises(UsageError) as caught:
        parse_url(url)
    told = caught.value.message
    assert "sec" not in told
    assert "ret@" not in told
