"""What a client takes as its settings, as names and as requests, and what it refuses at once."""

import array
import copy
import pickle

import pytest

import disquectl
from disquectl import Client, Tracer, UsageError
from disquectl.client.pinned_transport import PinnedTransport
from disquectl.client.tls import Tls
from tests.support.scripted_node import refused_address


def nodes(client):
    return [str(node) for node in client.nodes]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("connect_timeout", 0),
        ("connect_timeout", None),
        ("connect_timeout", "5"),
        ("connect_timeout", True),
        ("response_timeout", -1),
        ("response_timeout", float("nan")),
        ("response_timeout", "5s"),
        ("password", 5),
        ("tls", True),
        ("tracer", print),
        ("notice", "stderr"),
    ],
    ids=repr,
)
def test_a_wrong_setting_is_named_when_the_client_is_made(option, value):
    with pytest.raises(UsageError, match=f"^{option} must be .*, not "):
        Client("127.0.0.1:1", **{option: value})


def test_a_password_of_a_wrong_type_is_not_shown():
    with pytest.raises(UsageError) as caught:
        Client("127.0.0.1:1", password=["hunter2"])
    assert "hunter2" not in caught.value.message


def test_settings_of_the_right_types_are_taken():
    Client("a", connect_timeout=1, response_timeout=None, password=b"x", tls=Tls(), tracer=Tracer(print))
    Client("a", connect_timeout=1e300, response_timeout=float("inf"), password="x", notice=print)


@pytest.mark.parametrize(
    "given",
    [("a", "7711"), b"a:1", [b"a"], {"host": "a", "port": 7711}, ("a b", 1), ("[::1]:5", 1), ("unix:/a", 1)],
    ids=repr,
)
def test_what_is_not_a_node_is_not_taken_for_one(given):
    with pytest.raises(UsageError, match="not a"):
        Client(given)


@pytest.mark.parametrize(
    "given", [("h:hunter2@x", 7711), [(":hunter2@x", "1")], {"host": "a", "password": "hunter2"}], ids=repr
)
def test_a_node_with_a_password_is_refused_without_being_shown(given):
    with pytest.raises(UsageError) as caught:
        Client(given)
    assert "hunter2" not in f"{caught.value.message} {caught.value.advice}"


def test_a_host_of_a_tuple_may_have_the_brackets_of_ipv6():
    assert nodes(Client(("[::1]", 7712))) == nodes(Client([("::1", 7712)])) == ["[::1]:7712"]


@pytest.mark.parametrize("url", [None, 5, b"disque://a"], ids=repr)
def test_what_is_not_a_url_is_a_usage_error(url):
    with pytest.raises(UsageError, match="a URL is text, not"):
        Client.from_url(url)


# Names


@pytest.mark.parametrize("kind", [bytes, bytes.decode, bytearray, memoryview])
def test_queues_and_ids_may_be_of_each_type(client, kind):
    ids = [client.addjob(kind(b"q"), kind(b"b")) for _ in range(4)]
    assert client.qlen(kind(b"q")) == 4
    assert client.getjob(kind(b"other"), kind(b"q"), timeout_ms=1000)[0]["id"] == ids[0]
    with next(client.jobs(kind(b"other"), kind(b"q"), idle=0)) as job:
        assert job.id == ids[1]
    assert [job["id"] for job in client.jscan_all(queue=kind(b"q"))]
    assert client.show(kind(ids[2].encode()))["id"] == ids[2]
    assert client.ackjob(*(kind(one.encode()) for one in ids)) == 3


def test_a_buffer_need_not_be_contiguous_or_of_bytes(client):
    client.addjob("q", memoryview(b"a.b.")[::2])
    client.addjob("q", memoryview(array.array("H", [0x6161])))
    assert [job["body"] for job in client.qpeek("q")] == [b"ab", b"aa"]


class Words(Tracer):
    """What is sent."""

    def __init__(self):
        self.sent = b""
        super().__init__(self._see)

    def _see(self, direction, _node, _seconds, data):
        if direction == ">":
            self.sent += data


def test_a_queue_is_named_once_whatever_its_type(node, make_client):
    traced = Words()
    client = make_client(node, tracer=traced)
    assert client.getjob("q", b"q", bytearray(b"q"), "p", timeout_ms=1) == []
    assert next(client.jobs("q", memoryview(b"q"), "p", idle=0), None) is None
    assert traced.sent.count(b"$1\r\nq\r\n") == 2
    assert traced.sent.count(b"$1\r\np\r\n") == 2


def test_a_list_of_queues_is_refused_with_what_to_do(make_client):
    client = make_client(refused_address())
    with pytest.raises(TypeError, match=r"not list; several are given one by one"):
        client.getjob(["a", "b"])
    with pytest.raises(TypeError, match=r"not list; several are given one by one"):
        client.getjob(["a"], "b")
    with pytest.raises(TypeError, match=r"not list; several are given one by one"):
        client.jobs(["a", "b"])
    with pytest.raises(UsageError, match="no queue is given"):
        client.getjob()


@pytest.mark.parametrize("idle", ["1", [], True, 10**400, float("nan"), -0.1], ids=lambda one: repr(one)[:8])
def test_an_idle_time_is_a_number_of_seconds(make_client, idle):
    with pytest.raises(UsageError, match="idle must be a number of seconds"):
        make_client(refused_address()).jobs("q", idle=idle)


@pytest.mark.parametrize("request_", ["SHUTDOWN", b"QLEN q"], ids=repr)
def test_text_is_not_a_request(make_client, request_):
    with pytest.raises(TypeError, match="a request is a tuple of words"):
        make_client(refused_address()).call_many([("PING",), request_])


# Copies


@pytest.mark.parametrize("copied", [copy.deepcopy, pickle.dumps])
def test_a_client_and_its_jobs_are_not_copied_and_their_password_stays(client, copied):
    client.addjob("q", "b")
    job = next(client.jobs("q"))
    for one in (client, client.pipeline(), Client("a", password="hunter2"), PinnedTransport("a")):
        with pytest.raises(TypeError, match="a client cannot be copied or pickled"):
            copied(one)
    with pytest.raises(TypeError, match="a job cannot be copied or pickled"):
        copied(job)


def test_the_package_lists_its_names():
    assert set(dir(disquectl)) >= {"Client", "ReplyError", "job", "__file__"}
    assert all(hasattr(disquectl, name) for name in dir(disquectl))
