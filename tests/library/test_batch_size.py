"""How many jobs a loop takes at once."""

from disquectl.library.batch_size import BatchSize


def test_the_first_job_is_taken_alone_then_as_many_as_may_be():
    size = BatchSize(100)
    assert size.count == 1
    size.handled(0.0)
    assert size.count == 100


def test_no_more_are_taken_than_begin_within_a_third_of_a_second():
    size = BatchSize(100)
    size.handled(0.01)
    assert size.count == 33
    size.handled(10)
    assert size.count == 1
    for _ in range(50):
        size.handled(0.001)
    assert size.count == 100


def test_after_jobs_that_cannot_wait_as_many_are_taken_alone():
    size = BatchSize(3)
    size.handled(0.001)
    size.cannot_wait()
    counts = []
    for _ in range(4):
        counts.append(size.count)
        size.handled(0.001)
    assert counts == [1, 1, 1, 3]
