"""Rules about queues: paused, growing, not consumed, old jobs, dead letters. Pure."""

from __future__ import annotations

from itertools import pairwise

from disquectl.health.finding import Found, Rule
from disquectl.render.escape import for_terminal, shell_word
from disquectl.render.human import counted, duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from disquectl.health.observation import Observation, QueueFacts

# A backlog that is consumed within this time at the present rate is no trouble, although it grows.
_BACKLOG_SECONDS = 30
# A queue has to grow in each of the samples; fewer prove nothing.
_LEAST_SAMPLES = 4
# The oldest job is far older than its retry time.
_RETRIES, _LEAST_AGE = 10, 300


def shown(queue: bytes) -> str:
    """How a finding names a queue."""
    return f"queue '{for_terminal(queue)}'"


def words(names: Iterable[bytes]) -> str:
    """Queues or job IDs as the last words of a command."""
    given = list(names)
    marker = ["--"] if any(name.startswith(b"-") for name in given) else []
    return " ".join(marker + [shell_word(name) for name in given])


def word(queue: bytes) -> str:
    """The queue as a word of a command."""
    return words([queue])


def _is_blocked(queue: QueueFacts) -> bool:
    """Whether no consumer can get its jobs, because it is paused."""
    return not queue.pauses.isdisjoint(("out", "all"))


def paused(seen: Observation) -> Iterator[Found]:
    for queue in seen.queues:
        states = sorted(queue.pauses - {"none"})
        if states:
            jobs = counted(queue.queued, "queued job")
            yield Found(
                f"{shown(queue.name)} is paused ({', '.join(states)}), with {jobs}",
                {"queue": queue.name, "pause": queue.pause, "queued": queue.queued},
                f"disquectl pause --cluster {word(queue.name)} none",
                queue.queued,
            )


def is_unconsumed(queue: QueueFacts) -> bool:
    """Whether it had jobs for the whole interval and no consumer."""
    return (
        not queue.is_dead_queue
        and not _is_blocked(queue)
        and queue.queued > 0
        and queue.rate_out is not None
        and queue.samples[0].length > 0
        and not queue.consumers
    )


def no_consumer(seen: Observation) -> Iterator[Found]:
    for queue in seen.queues:
        if is_unconsumed(queue):
            age, jobs = queue.oldest_age or 0, counted(queue.queued, "queued job")
            yield Found(
                f"{shown(queue.name)} has {jobs} and no consumer; the oldest is {duration(age)} old",
                {"queue": queue.name, "queued": queue.queued, "oldest_age": age, "seconds": seen.interval},
                f"disquectl consumers {word(queue.name)}",
                queue.queued,
            )


def growing(seen: Observation) -> Iterator[Found]:
    for queue in seen.queues:
        lengths = [sample.length for sample in queue.samples]
        grows = all(before < after for before, after in pairwise(lengths))
        if len(lengths) < _LEAST_SAMPLES or not grows or not queue.rate_out or queue.is_dead_queue:
            continue
        if lengths[-1] > queue.rate_out * _BACKLOG_SECONDS:
            rate_in = queue.rate_in or 0
            yield Found(
                f"{shown(queue.name)} grows: {rate_in:.1f} jobs/s in, {queue.rate_out:.1f} jobs/s out, "
                f"{lengths[-1]} queued",
                {
                    "queue": queue.name,
                    "queued": lengths[-1],
                    "rate_in": round(rate_in, 1),
                    "rate_out": round(queue.rate_out, 1),
                    "seconds": seen.interval,
                },
                f"disquectl consumers {word(queue.name)}",
                lengths[-1],
            )


def old_jobs(seen: Observation) -> Iterator[Found]:
    for queue in seen.queues:
        if queue.retry is None or queue.is_dead_queue or _is_blocked(queue):
            continue
        age = queue.oldest_age or 0
        if age > max(queue.retry * _RETRIES, _LEAST_AGE) and not is_unconsumed(queue):
            yield Found(
                f"{shown(queue.name)} has a queued job that is {duration(age)} old; its retry time is "
                f"{duration(queue.retry)}",
                {"queue": queue.name, "oldest_age": age, "retry": queue.retry, "queued": queue.queued},
                f"disquectl jobs --state queued --limit 5 {word(queue.name)}",
                age,
            )


def dead_letters(seen: Observation) -> Iterator[Found]:
    letters = {
        queue.name: count
        for queue in seen.queues
        if queue.is_dead_queue and (count := sum(queue.counts.values()) - queue.counts["acked"])
    }
    if letters:
        total = sum(letters.values())
        names = sorted(letters, key=lambda name: -letters[name])
        yield Found(
            f"{counted(total, 'job')} in {counted(len(letters), 'dead queue')}",
            {"jobs": total, "queues": names[:20]},
            "disquectl dead --by reason",
        )


RULES = (
    Rule(
        "queue-paused",
        "warning",
        paused,
        "A queue is paused.",
        "in: ADDJOB is refused with PAUSED; out: consumers get nothing; all: both. The command resumes it "
        "at all nodes.",
    ),
    Rule(
        "no-consumer",
        "warning",
        no_consumer,
        "A queue has jobs and no consumer: no client waits for it, none took a job of it in the interval, "
        "and no worker is named for it.",
        "The jobs stay until their TTL ends, and are lost then. Start a consumer, or purge the queue.",
    ),
    Rule(
        "queue-growing",
        "warning",
        growing,
        f"A queue grew all through the interval, and consuming it takes over {_BACKLOG_SECONDS} s.",
        "Jobs come in faster than they are taken. Start more consumers.",
    ),
    Rule(
        "old-job",
        "warning",
        old_jobs,
        f"The oldest queued job is older than {_RETRIES} times its retry time, and than "
        f"{duration(_LEAST_AGE)}.",
        "Consumers are too slow, or give this job back again and again.",
    ),
    Rule(
        "dead-letters",
        "warning",
        dead_letters,
        "There are dead letters: jobs that a worker gave up.",
        "Nobody works on them. Look at the reasons, then put them back with `disquectl dead retry` or delete "
        "them with `disquectl dead drop`.",
    ),
)
