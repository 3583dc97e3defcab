"""Exit code 1: the server's code and text in one line on stderr, with what to do about it."""

from __future__ import annotations

import pytest

ID = "D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1"


@pytest.mark.parametrize(
    ("args", "text", "advice"),
    [
        ("addjob q b --ttl 5 --delay 10", "ERR The specified DELAY is greater than TTL", "--ttl"),
        ("addjob q b --ttl 0", "ERR TTL must be a number > 0", "at least 1s"),
        ("ack x", "BADID Invalid Job ID format.", "a job ID has 40 characters"),
        ("show x y", "x: BADID Invalid Job ID format.", "a job ID has 40 characters"),
        ("latency graph none", "ERR No samples available for event 'none'", "latency-monitor-threshold"),
        ("-y config set none 1", "ERR Unsupported CONFIG parameter: none", "disquectl config get"),
        ("-y config set hz x", "ERR Invalid argument 'x'", "see disquectl config set --help"),
        ("-y client kill 1.2.3.4:5", "ERR No such client", "disquectl client list"),
        ("-y cluster forget x", "ERR Invalid node identifier", "disquectl cluster nodes"),
        ("exec frob", "ERR unknown command 'frob'", "disquectl command"),
        ("exec qlen", "ERR wrong number of arguments for 'qlen' command", "see disquectl qlen --help"),
        (f"exec ackjob {ID} x", "BADID Invalid Job ID format.", "a job ID has 40 characters"),
        ("loadjob x", "ERR LOADJOB is a special command", "see disquectl loadjob --help"),
    ],
)
def test_a_refusal_comes_with_what_to_do_about_it(args, text, advice, disquectl):
    done = disquectl(*args.split())
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"disquectl: {text}")
    assert advice in done.err.partition(" (")[2]
    assert done.err.endswith(")\n")


def test_at_most_once_with_copies_is_refused_with_the_way_out(cluster, disquectl):
    done = disquectl("-n", cluster[0], "addjob", "q", "b", "--retry", "0")
    assert done.code == 1
    assert done.err.startswith("disquectl: ERR With RETRY set to 0 ")
    assert done.err.endswith("(use --replicate 1 with --retry 0)\n")
