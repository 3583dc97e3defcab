"""How many jobs a loop takes at once."""

from disquectl.library.pace import Pace


def test_the_first_job_is_taken_alone_then_as_many_as_may_be():
    pace = Pace(100)
    assert pace.count == 1
    pace.handled(0.0)
    assert pace.count == 100


def test_no_more_are_taken_than_begin_within_a_third_of_a_second():
    pace = Pace(100)
    pace.handled(0.01)
    assert pace.count == 33
    pace.handled(10)
    assert pace.count == 1
    for _ in range(50):
        pace.handled(0.001)
    assert pace.count == 100


def test_after_jobs_that_cannot_wait_as_many_are_taken_alone():
    pace = Pace(3)
    pace.handled(0.001)
    pace.cannot_wait()
    counts = []
    for _ in range(4):
        counts.append(pace.count)
        pace.handled(0.001)
    assert counts == [1, 1, 1, 3]
