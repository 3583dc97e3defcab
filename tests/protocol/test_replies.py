"""Replies about jobs and queues as records; an odd one is NotDisque or OutcomeUnknown, whatever it is."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disquectl.errors import NotDisque, OutcomeUnknown, ReplyError
from disquectl.protocol import replies, server_replies
from disquectl.protocol.columns import Columns
from disquectl.protocol.monitor import monitor_line

ID = b"D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1"


def test_jobs_keep_the_bytes_of_users_and_read_ids_as_text():
    assert list(replies.jobs([[b"q\xff", ID, b"\x00"]])) == [
        {"queue": b"q\xff", "id": ID.decode(), "body": b"\x00"}
    ]


def test_jobs_with_counters_have_them_by_name():
    (job,) = replies.jobs([[b"q", ID, b"b", b"nacks", 1, b"additional-deliveries", 2]])
    assert (job["nacks"], job["additional_deliveries"]) == (1, 2)


def test_no_job_is_an_empty_list():
    assert replies.jobs(None) == []
    assert replies.jobs([]) == []


def test_show_of_an_unknown_job_and_qstat_of_a_missing_queue_are_none():
    assert replies.show(None) is None
    assert replies.qstat(None) is None


def test_show_has_every_field_under_its_name():
    fields = [b"id", ID, b"queue", b"q", b"state", b"active", b"ctime", 1795311496889000000]
    fields += [b"nodes-delivered", [b"abc"], b"next-requeue-within", None, b"body", b"\xff"]
    assert replies.show(fields) == {
        "id": ID.decode(),
        "queue": b"q",
        "state": "active",
        "ctime": 1795311496889000000,
        "nodes_delivered": ["abc"],
        "next_requeue_within": None,
        "body": b"\xff",
    }


def test_the_dummy_of_an_acknowledged_id_has_neither_queue_nor_body():
    record = replies.show([b"id", ID, b"queue", None, b"state", b"acked", b"body", None])
    assert record == {"id": ID.decode(), "queue": None, "state": "acked", "body": None}


def test_qstat_says_queue_for_name():
    reply = [b"name", b"q\xff", b"len", 3, b"import-from", [b"abc"], b"pause", b"none"]
    assert replies.qstat(reply) == {"queue": b"q\xff", "len": 3, "import_from": ["abc"], "pause": "none"}


def test_pages_of_scans_have_a_number_for_a_cursor():
    assert replies.qscan_page([b"18446744073709551615", [b"a", b"\xff"]]) == (2**64 - 1, [b"a", b"\xff"])
    assert jscanned([b"0", [ID]]) == (0, [{"id": ID.decode()}])
    assert jscanned([b"0", [[b"id", ID, b"ttl", 5]]]) == (0, [{"id": ID.decode(), "ttl": 5}])


def jscanned(reply):
    cursor, jobs = replies.jscan_page(reply)
    return cursor, list(jobs)


FIELDS = [b"id", ID, b"queue", b"q\xff", b"state", b"queued", b"repl", 1, b"ttl", 60, b"ctime", 2**60]
FIELDS += [
    b"delay",
    0,
    b"retry",
    5,
    b"nacks",
    1,
    b"additional-deliveries",
    2,
    b"nodes-delivered",
    [b"a", b"b"],
]
FIELDS += [b"nodes-confirmed", [], b"next-requeue-within", None, b"next-awake-within", 7, b"body", b"\x00"]


def changed(**values):
    fields = list(FIELDS)
    for name, value in values.items():
        fields[fields.index(name.replace("_", "-").encode()) + 1] = value
    return fields


@pytest.mark.parametrize(
    "other",
    [
        changed(queue=None, body=None, state=b"acked"),
        changed(id=b"\xff"),
        changed(nodes_delivered=None),
        changed(nodes_delivered=[b"\xff"]),
        changed(ttl=b"1"),
        [*FIELDS, b"new", 1],
        FIELDS[2:] + FIELDS[:2],
        FIELDS[:-2],
        ID,
    ],
)
def test_a_page_is_the_same_whatever_form_its_other_jobs_have(other):
    shown = {**replies.show(FIELDS), "queue": b"q\xff"}
    alone = replies.show(other) if isinstance(other, list) else {"id": ID.decode()}
    assert jscanned([b"5", [FIELDS, FIELDS]]) == (5, [shown, shown])
    assert jscanned([b"5", [FIELDS, other]]) == (5, [shown, alone])


def test_replies_of_the_usual_form_are_kept_by_field():
    for found in (
        replies.jobs([[b"q", ID, b"a"], [b"q", ID, b"b"]]),
        replies.jscan_page([b"0", [ID, ID]])[1],
        replies.jscan_page([b"0", [FIELDS, changed(body=None)]])[1],
    ):
        assert isinstance(found, Columns)


def test_a_page_with_half_a_pair_is_refused():
    with pytest.raises(NotDisque):
        replies.jscan_page([b"0", [FIELDS, FIELDS[:-1]]])


READERS = {
    "jobs": replies.jobs,
    "show": replies.show,
    "qstat": replies.qstat,
    "qscan": replies.qscan_page,
    "jscan": replies.jscan_page,
    "hello": server_replies.hello,
    "info": server_replies.info,
    "cluster info": server_replies.cluster_info,
    "cluster nodes": server_replies.cluster_nodes,
    "client list": server_replies.client_list,
    "slowlog": server_replies.slowlog,
    "latency latest": server_replies.latency_latest,
    "latency history": server_replies.latency_history,
    "command": server_replies.commands,
    "config get": server_replies.config,
    "time": server_replies.server_time,
    "monitor": monitor_line,
}

SCALARS = st.none() | st.integers() | st.binary(max_size=20) | st.just(ReplyError("ERR inside"))
LINES = st.text(st.sampled_from('ab:=,. 0123456789-#\r\n[]"\\x'), max_size=40).map(str.encode)
ODD = st.recursive(SCALARS | LINES, lambda inner: st.lists(inner, max_size=5), max_leaves=12)


@pytest.mark.parametrize("name", READERS)
@settings(deadline=None, max_examples=40)
@given(reply=ODD)
def test_an_odd_reply_is_a_record_or_not_disque(name, reply):
    with suppress(NotDisque, OutcomeUnknown):
        READERS[name](reply)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("reply", [1.5, {b"server": b"redis"}, True, [[{}]]])
def test_values_that_disque_never_sends_are_a_record_or_not_disque(name, reply):
    with suppress(NotDisque, OutcomeUnknown):
        READERS[name](reply)


def test_an_error_inside_a_reply_is_told():
    with pytest.raises(OutcomeUnknown, match="ERR inside"):
        replies.jobs([ReplyError("ERR inside")])


def test_the_message_of_an_odd_reply_never_holds_its_content():
    with pytest.raises(NotDisque) as caught:
        server_replies.config([b"requirepass", b"secret", b"x"])
    assert "secret" not in str(caught.value)
