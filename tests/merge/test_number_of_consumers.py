"""How many consumers a queue has: workers count once for all nodes, others where they wait."""

from disquectl.merge.consumers import OfQueue, consumers_of, number_of
from disquectl.protocol.server_replies import client_list

LINE = (
    "id={number} addr=10.0.1.1:{number} fd=5 name={name} age=9 idle=3 flags={flags} qbuf=0 qbuf-free=0 "
    "obl=0 oll=0 omem=0 events=r cmd={cmd}\n"
)
WORKER = "disquectl:work:mill-7:4242:q=mail,sms"


def at(node, blocked, *names, flags="b", cmd="getjob"):
    lines = [LINE.format(number=n, name=name, flags=flags, cmd=cmd) for n, name in enumerate(names)]
    return OfQueue(consumers_of(client_list("".join(lines).encode()), node), b"mail", blocked)


def test_none():
    assert number_of([]) == 0
    assert number_of([at("a", 0), at("b", 0, "", "")]) == 0


def test_a_worker_counts_once_although_it_is_connected_to_all_nodes_and_may_be_busy():
    assert number_of([at("a", 1, WORKER), at("b", 0, WORKER, flags="N", cmd="ackjob")]) == 1


def test_a_worker_of_other_queues_does_not_count():
    assert number_of([at("a", 0, "disquectl:work:mill-7:4242:q=sms")]) == 0


def test_others_count_where_they_wait_for_the_queue():
    assert number_of([at("a", 2, WORKER, "", ""), at("b", 2, "", "")]) == 1 + 1 + 2
