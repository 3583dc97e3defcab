"""What a phase of a measurement found, and the sum over processes."""

import json

from disquectl.merge.measured import Measured, together


def measured(begin, end, jobs, seconds, **errors):
    found = Measured(begin, end)
    found.jobs = jobs
    found.add_errors(errors)
    found.latencies.add(seconds, jobs)
    return found


def test_the_record():
    record = measured(10, 12, 100, 0.001, OOM=2, NOREPL=1).record()
    latency = dict.fromkeys(("min", "p50", "p90", "p99", "p999", "max"), 1.0)
    assert record == {
        "jobs": 100,
        "seconds": 2,
        "rate": 50.0,
        "errors": {"NOREPL": 1, "OOM": 2},
        "latency": latency,
    }


def test_nothing():
    assert Measured(5, 5).record()["rate"] == 0.0


def test_the_sum_over_processes_has_their_whole_time():
    total = together([measured(10, 12, 100, 0.001, OOM=1), measured(11, 14, 60, 0.004, OOM=2, ERR=1)])
    record = total.record()
    assert (record["jobs"], record["seconds"], record["rate"]) == (160, 4, 40.0)
    assert record["errors"] == {"ERR": 1, "OOM": 3}
    assert (record["latency"]["min"], record["latency"]["max"]) == (1.0, 4.0)
    assert total.failed == 4


def test_parts_survive_json():
    found = measured(10, 12, 100, 0.25, OOM=1)
    assert Measured.from_parts(json.loads(json.dumps(found.parts()))).record() == found.record()
