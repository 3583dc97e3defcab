"""purge and requeue over a connection that ends after any byte: what they report is true, and adds up."""

import json

import pytest

from disquectl import Client
from disquectl.bulk.summary import KINDS
from tests.support.cutting_proxy import CuttingProxy, run_here
from tests.support.jobs import next_millisecond

JOBS = 3


def prepared(client, queue, delay):
    return {client.addjob(queue, f"{n}", delay=delay) for n in range(JOBS)}


def states(client, job_ids):
    found = {job_id: client.show(job_id) for job_id in job_ids}
    return {job_id: job["state"] for job_id, job in found.items() if job is not None}


def check(result, command, there, job_ids):
    """The report of a run that was cut, against what is `there` after it; return the exit code."""
    code, out, err = result
    if command == "purge":
        acted = job_ids - set(there)
    else:
        acted = {job_id for job_id, state in there.items() if state == "queued"}
    if not out:
        assert code in (5, 6), err
        assert not acted, "something was done of which nothing was said"
        return code
    document = json.loads(out)
    summary = document["summary"]
    assert sum(summary[kind] for kind in KINDS) == summary["matched"] <= JOBS
    done = {one["id"] for one in document["jobs"] if "error" not in one}
    named = {one["id"] for one in document["jobs"]}
    assert len(named) == len(document["jobs"])
    assert len(done) == summary["done"]
    assert done <= acted
    uncertain = named - done
    # A deletion without an answer may have been carried out: then another pass does not find the job.
    assert len(acted - done - uncertain) <= summary["gone"]
    if code == 0:
        assert acted == job_ids
        assert not uncertain
    else:
        assert code in (1, 3, 8), err
    assert (code == 8) == bool(summary["unknown"])
    assert "Traceback" not in err
    return code


RUNS = [
    ("purge", 0, ()),
    ("purge", 0, ("--newer-than", "1h")),
    ("purge", 600, ("--newer-than", "1h")),
    ("requeue", 600, ()),
]


@pytest.mark.parametrize("again", [True, False])
@pytest.mark.parametrize("way", ["up", "down"])
@pytest.mark.parametrize("run", RUNS, ids=str)
def test_the_report_is_true_after_a_cut_at_any_byte(run, way, again, node):
    command, delay, words = run
    codes, step = [], 1 if again and way == "up" else 7
    with Client(node) as client:
        # Those of the next run are there before it begins, by any clock.
        following = prepared(client, "q0", delay)
        for size in range(0, 20_000, step):
            job_ids, following = following, prepared(client, f"q{size + step}", delay)
            next_millisecond()
            with CuttingProxy(node, again=again, **{way: size}) as proxy:
                line = (command, f"q{size}", *words, "--yes", "-o", "json", "--node", proxy.address)
                result = run_here(*line)
                was_cut = proxy.cut.is_set()
            codes.append(check(result, command, states(client, job_ids), job_ids))
            if not was_cut:
                break
            client.call("DELJOB", *job_ids)
    assert len(codes) > 20
    assert set(codes) > {0} if again else 3 in codes
