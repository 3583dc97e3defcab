"""move over connections that end after any byte: no job is lost, and one that is in both places is told."""

import json

import pytest

from disquectl import Client
from disquectl.bulk.summary import KINDS
from tests.support.cutting_proxy import CuttingProxy, run_here
from tests.support.jobs import next_millisecond

# By how many bytes each cut is later than the one before.
STEPS = {("source", "up"): 5, ("source", "down"): 13, ("destination", "up"): 2, ("destination", "down"): 2}
BODIES = (b"first", b"second \xff", b"third")


def prepared(client, queue):
    """Two queued jobs and a delayed one: ID -> body."""
    return {client.addjob(queue, body, delay=600 * (body == BODIES[2])): body for body in BODIES}


def check(result, originals, source, copies):
    """The report of a run that was cut, against what is at the `source` and at the destination after it.

    source  ID -> state, of the originals that are there; copies: ID -> body. Returns the exit code.
    """
    code, out, err = result
    assert "Traceback" not in err
    bodies = list(copies.values())
    assert len(set(bodies)) == len(bodies), "a job was copied twice"
    in_source = {job_id for job_id, state in source.items() if state != "acked"}
    in_both = {job_id for job_id in in_source if originals[job_id] in bodies}
    for job_id, body in originals.items():
        assert job_id in in_source or body in bodies, f"{body} is lost"
    if not out:
        assert code in (5, 6), err
        assert not bodies, "something was done of which nothing was said"
        return code
    document = json.loads(out)
    summary, records = document["summary"], {one["id"]: one for one in document["jobs"]}
    assert sum(summary[kind] for kind in KINDS) == summary["matched"] <= len(originals)
    done = {job_id for job_id, one in records.items() if "error" not in one}
    assert len(done) == summary["done"]
    for job_id in done:
        assert job_id not in in_source
        assert copies[records[job_id]["new_id"]] == originals[job_id]
    uncertain = {job_id for job_id, one in records.items() if "error" in one}
    assert in_both <= uncertain, "a job is in both places, and nothing was said of it"
    named = {job_id for job_id in uncertain if f"{job_id}: doubled" in err or f"{job_id}: unknown" in err}
    assert in_both <= named
    assert len(named) == summary["doubled"] + summary["unknown"]
    for job_id in uncertain - named:
        assert originals[job_id] not in bodies
    assert (code == 8) == bool(named)
    if code == 0:
        assert not in_source
    return code


def runs(source, destination, place, ways):
    """Cut the connection to this place ever later, until a run is not cut; the exit codes."""
    way, again = ways
    codes = []
    step = STEPS[place, way]
    with Client(source) as here, Client(destination) as there:
        following = prepared(here, "q0")
        for size in range(0, 30_000, step):
            originals, following = following, prepared(here, f"q{size + step}")
            next_millisecond()
            node = source if place == "source" else destination
            # The first connection to the source is for HELLO alone.
            after = int(place == "source")
            with CuttingProxy(node, again=again, after=after, **{way: size}) as proxy:
                seed, target = (proxy.address, destination) if place == "source" else (source, proxy.address)
                words = ("--to-node", target, "--yes", "-o", "json", "--node", seed)
                result = run_here("move", f"q{size}", *words)
                was_cut = proxy.cut.is_set()
            left = {job_id: here.show(job_id) for job_id in originals}
            states = {job_id: job["state"] for job_id, job in left.items() if job is not None}
            found = there.jscan_all(queue=f"q{size}", reply="all")
            codes.append(check(result, originals, states, {job["id"]: job["body"] for job in found}))
            if states:
                here.call("DELJOB", *states)
            if not was_cut:
                return codes
    raise AssertionError("every run was cut")


@pytest.mark.parametrize("again", [True, False])
@pytest.mark.parametrize("way", ["up", "down"])
@pytest.mark.parametrize("place", ["source", "destination"])
def test_no_job_is_lost_after_a_cut_at_any_byte(place, way, again, node, cluster):
    codes = runs(node, cluster[0], place, (way, again))
    assert len(codes) > 80
    # The source has one more connection for the second pass.
    assert codes[-1] == (0 if again or place == "destination" else 3)
    assert 8 in codes, "no cut hit a copy that was on its way"
