"""What every job that a user gets says of its delivery."""

from __future__ import annotations

import pytest

from disquectl.jobs import Job
from disquectl.library.job import Job as ClientJob
from disquectl.protocol.delivered_job import DeliveredJob


def test_a_delivery_as_users_see_it():
    job = DeliveredJob("D-1", b"mail\xff", b'{"to": "ada"}', nacks=2, additional_deliveries=1)
    assert (job.queue, job.attempt, job.json()) == ("mail\udcff", 3, {"to": "ada"})
    assert repr(job) == "Job('D-1', queue='mail\\udcff', attempt=3)"
    with pytest.raises(ValueError, match="Expecting value"):
        DeliveredJob("D-1", b"mail", b"no").json()


def test_both_jobs_of_users_say_the_same_of_their_delivery():
    delivery = {"id": "D-1", "queue": b"mail", "body": b"[1]", "nacks": 1, "additional_deliveries": 4}
    ours = ClientJob(delivery, transport=None, connection=None, taken_at=0.0)
    theirs = Job(**delivery)
    for name in ("id", "queue", "body", "nacks", "additional_deliveries", "attempt"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert ours.json() == theirs.json() == [1]
    assert repr(ours) == repr(theirs)
