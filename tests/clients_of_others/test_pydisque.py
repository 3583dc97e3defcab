"""pydisque, the Python client that others use: every method of its Client against a node.

Its fork pydisque-dwq installs a package of the same name, so which of the two is here depends on the order of
installation; the tests hold for both.
"""

import inspect
import logging

import pytest

pydisque = pytest.importorskip("pydisque.client")
redis_exceptions = pytest.importorskip("redis.exceptions")

# `async` became a word of Python; each of the two packages found another name for it.
ASYNCHRONOUS = list(inspect.signature(pydisque.Client.add_job).parameters)[-1]


@pytest.fixture
def client(node):
    """A connected pydisque client; it has no way to close, its connection pool has."""
    client = pydisque.Client([node])
    client.connect()
    yield client
    client.get_connection().close()


def test_it_connects_and_knows_its_node(client, node):
    host, port = node.rsplit(":", 1)
    assert (client.connected_node.host, client.connected_node.port) == (host, int(port))
    assert client.hello()[1] == client.connected_node.node_id
    assert client.get_connection() is client.connected_node.connection


def test_it_passes_over_a_node_that_cannot_be_reached(node, monkeypatch):
    monkeypatch.setattr("redis.retry.sleep", lambda seconds: None)
    client = pydisque.Client(["127.0.0.1:1", node])
    client.connect()
    try:
        assert client.qlen("q") == 0
    finally:
        client.get_connection().close()


def test_a_job_from_adding_to_acknowledging(client):
    job_id = client.add_job("q", "body", timeout=100)
    assert client.qlen("q") == 1
    assert client.get_job(["q"]) == [(b"q", job_id, b"body")]
    assert client.get_job(["q"], nohang=True) == []
    assert client.get_job(["q"], timeout=1) == []
    client.ack_job(job_id)
    assert client.show(job_id) is None


def test_every_option_of_add_job_arrives(client):
    job_id = client.add_job(
        "q", "b", timeout=100, replicate=1, delay=5, retry=0, ttl=600, maxlen=9, **{ASYNCHRONOUS: True}
    )
    job = client.show(job_id, return_dict=True)
    assert (job[b"repl"], job[b"delay"], job[b"retry"], job[b"state"]) == (1, 5, 0, b"active")
    assert 0 < job[b"ttl"] <= 600
    client.add_job("full", "b")
    with pytest.raises(redis_exceptions.ResponseError, match="MAXLEN"):
        quietly(lambda: client.add_job("full", "b", maxlen=1))


def test_several_jobs_with_their_counters(client):
    ids = [client.add_job("q", str(i)) for i in range(3)]
    jobs = client.get_job(["q", "other"], count=2, withcounters=True)
    assert jobs == [(b"q", ids[0], b"0", 0, 0), (b"q", ids[1], b"1", 0, 0)]
    client.nack_job(ids[0])
    assert client.get_job(["q"], withcounters=True) == [(b"q", ids[0], b"0", 1, 0)]


def test_a_job_is_worked_on_deleted_and_moved(client):
    job_id = client.add_job("q", "b", retry=60)
    assert client.working(job_id) == 60
    assert client.enqueue(job_id) == 1
    assert client.dequeue(job_id) == 1
    assert client.del_job(job_id) == 1
    assert client.show(job_id) is None
    client.fast_ack(client.add_job("q", "b"))
    assert client.qlen("q") == 0


def test_queues_are_described_and_looked_into(client):
    ids = [client.add_job("q", body) for body in ("a", "b")]
    assert client.qpeek("q", 1) == [[b"q", ids[0], b"a"]]
    assert client.qpeek("q", -1) == [[b"q", ids[1], b"b"]]
    stat = client.qstat("q", return_dict=True)
    assert (stat[b"name"], stat[b"len"], stat[b"pause"]) == (b"q", 2, b"none")
    assert client.qstat("q")[:4] == [b"name", b"q", b"len", 2]


def test_scans_page_by_page(client):
    ids = {client.add_job(f"q{i:03}", "b") for i in range(150)}
    assert scanned(lambda cursor: client.qscan(cursor, count=7)) == {b"q%03d" % i for i in range(150)}
    assert scanned(lambda cursor: client.jscan(cursor, count=7)) == ids


def test_scans_with_filters(client):
    for queue, number in (("one", 1), ("three", 3)):
        for _ in range(number):
            client.add_job(queue, "b")
    assert client.qscan(busyloop=True, minlen=2)[1] == [b"three"]
    assert client.qscan(busyloop=True, maxlen=2)[1] == [b"one"]
    assert client.qscan(busyloop=True, importrate=1)[1] == []
    cursor, jobs = client.jscan(busyloop=True, queue="one", state=["queued", "active"], reply="all")
    assert cursor == b"0"
    assert [dict(zip(job[::2], job[1::2], strict=True))[b"queue"] for job in jobs] == [b"one"]


def test_a_queue_is_paused(client):
    assert client.pause("q", kw_in=True) == b"in"
    with pytest.raises(redis_exceptions.ResponseError, match="PAUSED"):
        quietly(lambda: client.add_job("q", "b"))
    assert client.pause("q", kw_out=True) == b"out"
    assert client.pause("q", kw_all=True, kw_bcast=True) == b"all"
    assert client.pause("q", kw_state=True) == b"all"
    assert client.pause("q", kw_none=True) == b"none"


def test_info_is_understood(client):
    info = client.info()
    assert info["registered_jobs"] == 0
    assert "disque_version" in info


def test_any_command(client):
    assert client.execute_command("QLEN", "q") == 0
    with pytest.raises(redis_exceptions.ResponseError, match="unknown command"):
        quietly(lambda: client.execute_command("NONSENSE"))


def test_it_is_refused_and_comes_back(node):
    client = pydisque.Client([node])
    with pytest.raises(redis_exceptions.ConnectionError):
        client.get_connection()
    client.connect()
    client.get_connection().close()


def test_no_method_is_left_out():
    public = {name for name, _ in inspect.getmembers(pydisque.Client, callable) if not name.startswith("_")}
    source = inspect.getsource(inspect.getmodule(test_no_method_is_left_out))
    assert {name for name in public if f"client.{name}(" not in source} == set()


def scanned(page):
    """All elements of a scan."""
    found = set()
    cursor, elements = page(0)
    found.update(elements)
    while cursor != b"0":
        cursor, elements = page(cursor)
        found.update(elements)
    return found


def quietly(call):
    """Call what is to fail; pydisque logs each of its three tries."""
    logging.disable(logging.CRITICAL)
    try:
        return call()
    finally:
        logging.disable(logging.NOTSET)
