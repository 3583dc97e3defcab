"""What is a job ID, and what it tells."""

import pytest

from disquectl.errors import UsageError
from disquectl.protocol import jobid

ID = "D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1"


def test_an_id_tells_its_node_its_ttl_and_how_often_it_is_delivered():
    job = jobid.decode(ID)
    assert (job.node_prefix, job.ttl_minutes, job.at_least_once) == ("dcb833cf", 1440, True)
    at_most_once = jobid.decode(ID[:-1].encode() + b"0")
    assert (at_most_once.ttl_minutes, at_most_once.at_least_once) == (1440, False)


@pytest.mark.parametrize("job_id", [ID, ID.encode(), "D-????????-????????????????????????-zzzz"])
def test_disque_looks_at_length_start_and_hyphens_alone(job_id):
    assert jobid.is_valid(job_id)


@pytest.mark.parametrize(
    "job_id", ["", ID[:-1], ID + "0", "X" + ID[1:], ID.replace("-05", "x05"), "é" * 40, b"\xff" * 40]
)
def test_what_disque_would_refuse_is_no_id(job_id):
    assert not jobid.is_valid(job_id)
    with pytest.raises(UsageError):
        jobid.decode(job_id)


def test_an_id_whose_ttl_cannot_be_read_is_refused():
    with pytest.raises(UsageError):
        jobid.decode(ID[:-4] + "zzzz")
