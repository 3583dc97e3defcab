"""Replies about servers and clusters as records."""

import pytest

from disquectl.errors import NotDisque
from disquectl.protocol import server_replies as replies

NODE = b"60c335b3c1d576cd47e7f9fe79b2a9c0b8c4133f"


def test_a_lone_node_has_an_empty_host_in_hello():
    assert replies.hello([1, NODE, [NODE, b"", b"7711", b"1"]]) == {
        "version": 1,
        "node": NODE.decode(),
        "nodes": [{"id": NODE.decode(), "host": "", "port": 7711, "priority": 1}],
    }


def test_info_is_nested_by_section_with_numbers_as_numbers():
    reply = b"# Server\r\ndisque_version:1.0-rc1\r\nhz:10\r\n\r\n"
    reply += b"# Memory\r\nratio:4.87\r\nused_human:810.59K\r\nlast:-1\r\n"
    assert replies.info(reply) == {
        "server": {"disque_version": "1.0-rc1", "hz": 10},
        "memory": {"ratio": 4.87, "used_human": "810.59K", "last": -1},
    }


@pytest.mark.parametrize("field", ["disque_git_sha1", "disque_build_id", "run_id"])
@pytest.mark.parametrize("value", ["00000000", "12345678", "1234e567"])
def test_what_is_a_name_stays_text_however_it_looks(field, value):
    assert replies.info(f"# Server\r\n{field}:{value}\r\n".encode()) == {"server": {field: value}}


@pytest.mark.parametrize("value", ["007", "1e5", "nan", "inf", "1.", ".5", "1.2.3", "-", "", "٣", "9" * 400])
def test_what_is_no_plain_number_stays_text(value):
    assert replies.info(f"# S\r\nx:{value}\r\n".encode()) == {"s": {"x": value}}


def test_statistics_of_commands_are_numbers_by_name():
    reply = b"# Commandstats\r\ncmdstat_ping:calls=31,usec=11,usec_per_call=0.35\r\n"
    assert replies.info(reply) == {
        "commandstats": {"cmdstat_ping": {"calls": 31, "usec": 11, "usec_per_call": 0.35}}
    }


def test_info_of_an_unknown_section_is_empty():
    assert replies.info(b"") == {}


def test_cluster_nodes_have_flags_and_numbers():
    reply = (
        NODE
        + b" 127.0.0.1:7711 myself,leaving 0 1795311496889 connected\n"
        + NODE
        + b" :7712 fail? 1 2 disconnected\n"
    )
    mine, other = replies.cluster_nodes(reply)
    assert mine == {
        "id": NODE.decode(),
        "host": "127.0.0.1",
        "port": 7711,
        "flags": ["myself", "leaving"],
        "ping_sent": 0,
        "pong_received": 1795311496889,
        "link": "connected",
    }
    assert (other["host"], other["flags"], other["link"]) == ("", ["fail?"], "disconnected")


@pytest.mark.parametrize("port", ["", "x", "²", "9" * 5000])
def test_a_line_that_is_no_node_is_not_disque(port):
    for line in ("what is this\n", f"{NODE.decode()} host:{port} myself 0 0 connected\n"):
        with pytest.raises(NotDisque):
            replies.cluster_nodes(line.encode())


def test_cluster_info_has_its_fields():
    assert replies.cluster_info(b"cluster_state:ok\r\ncluster_size:3\r\n") == {
        "cluster_state": "ok",
        "cluster_size": 3,
    }


def test_clients_have_their_fields_and_a_name_is_never_a_number():
    reply = b"id=126 addr=127.0.0.1:55928 fd=7 name=12 age=0 flags=N qbuf-free=32768 cmd=client\n"
    assert replies.client_list(reply) == [
        {
            "id": 126,
            "addr": "127.0.0.1:55928",
            "fd": 7,
            "name": "12",
            "age": 0,
            "flags": "N",
            "qbuf_free": 32768,
            "cmd": "client",
        }
    ]


def test_slow_commands_keep_the_bytes_of_their_words():
    reply = [[4, 1795311496, 12000, [b"ADDJOB", b"q", b"\xff"]]]
    assert replies.slowlog(reply) == [
        {"id": 4, "time": 1795311496, "microseconds": 12000, "args": [b"ADDJOB", b"q", b"\xff"]}
    ]


def test_latency_has_milliseconds():
    assert replies.latency_latest([[b"command", 5, 100, 300]]) == [
        {"event": "command", "time": 5, "ms": 100, "max_ms": 300}
    ]
    assert replies.latency_history([[5, 100]]) == [{"time": 5, "ms": 100}]


def test_an_unknown_command_is_none_in_its_place():
    entry = [b"qlen", 2, [b"readonly", b"fast"], 0, 0, 0]
    assert replies.commands([entry, None]) == [
        {"name": "qlen", "arity": 2, "flags": ["readonly", "fast"]},
        None,
    ]


def test_settings_keep_the_bytes_of_their_values():
    assert replies.config([b"dir", b"/tmp/\xff"]) == [{"name": "dir", "value": b"/tmp/\xff"}]


def test_the_clock_has_two_numbers():
    assert replies.server_time([b"1795311496", b"000042"]) == {"seconds": 1795311496, "microseconds": 42}


def test_what_a_later_server_may_add_at_the_end_is_left_out():
    hello = replies.hello([1, NODE, [NODE, b"", b"7711", b"1", b"new"]])
    assert hello["nodes"] == [{"id": NODE.decode(), "host": "", "port": 7711, "priority": 1}]
    entry = {"id": 4, "time": 1, "microseconds": 2, "args": [b"PING"]}
    assert replies.slowlog([[4, 1, 2, [b"PING"], b"new"]]) == [entry]
    assert replies.commands([[b"ping", 1, [], b"new"]]) == [{"name": "ping", "arity": 1, "flags": []}]
    assert replies.server_time([b"1", b"2", b"new"]) == {"seconds": 1, "microseconds": 2}
