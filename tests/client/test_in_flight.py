"""Which requests of a connection are answered, sent or uncertain, without a socket."""

import pytest

from disquectl.client.connection import Broken
from disquectl.client.in_flight import InFlight, Unasked
from disquectl.errors import ReplyError

FULL = ReplyError("ERR max number of clients reached")


class Connection:
    """Takes as many bytes as `room` says, and reads the replies that it is given."""

    def __init__(self, room=1_000):
        self.room = room
        self.replied = False
        self.busy = True
        self.came = []

    def send_some(self, data):
        taken = min(self.room, len(data))
        self.room -= taken
        return taken

    def receive_ready(self, replies):
        replies += self.came
        self.replied = self.replied or bool(self.came)
        count, self.came = len(self.came), []
        return count


def sent(room, *groups):
    """Groups of requests, of which the connection took this many bytes."""
    in_flight, connection = InFlight(), Connection(room)
    for group in groups:
        in_flight.add(group)
    in_flight.send(connection)
    return in_flight, connection


@pytest.mark.parametrize(
    ("room", "replies", "uncertain"),
    [
        *[(0, 0, 0), (1, 0, 0), (2, 0, 1), (4, 0, 2), (5, 0, 2), (6, 0, 3), (9, 0, 4)],
        *[(4, 1, 1), (5, 2, 0), (6, 2, 1), (9, 2, 2), (9, 3, 1), (9, 4, 0)],
    ],
)
def test_a_request_is_uncertain_when_all_of_it_was_sent_and_no_reply_came(room, replies, uncertain):
    in_flight, connection = sent(room, [b"aa", b"bb"], [b"cc", b"ddd"])
    connection.came = [1] * replies
    assert in_flight.receive(connection, []) == bool(replies)
    assert in_flight.uncertain == uncertain
    assert in_flight.is_waiting == (replies < 4)
    assert in_flight.has_more_to_send == (room < 9)
    assert in_flight.waiting_bytes == (9 if replies < 2 else 5 if replies < 4 else 0)


def test_the_connection_is_free_when_all_is_answered():
    in_flight, connection = sent(10, [b"a"], [b"b"])
    connection.came = [1]
    in_flight.receive(connection, [])
    assert connection.busy
    connection.came = [2]
    in_flight.receive(connection, [])
    assert not connection.busy


def test_more_replies_than_requests_are_a_failure_after_those_that_were_asked_for():
    in_flight, connection = sent(10, [b"a"])
    connection.came = [1, 2, 3]
    replies = []
    with pytest.raises(Unasked):
        in_flight.receive(connection, replies)
    assert replies == [1]


def test_a_node_that_accepts_no_more_connections_has_read_nothing():
    in_flight, connection = sent(10, [b"a"], [b"b"])
    connection.came = [FULL]
    replies = []
    with pytest.raises(Broken, match="max number of clients"):
        in_flight.receive(connection, replies)
    assert (replies, in_flight.uncertain) == ([], 0)


def test_the_same_error_later_is_a_reply():
    in_flight, connection = sent(10, [b"a"], [b"b"])
    connection.came = [1, FULL]
    replies = []
    assert in_flight.receive(connection, replies)
    assert replies == [1, FULL]
