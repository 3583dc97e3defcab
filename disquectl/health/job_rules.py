"""Rules about single jobs: redelivered, expiring, with one replica, possibly done. Pure."""

from __future__ import annotations

from disquectl.health.finding import Found, Rule
from disquectl.health.job_facts import ALONE, ENDING, FAILING, MANY_RETURNS, UNLISTED, Suspicion
from disquectl.health.queue_rules import word, words
from disquectl.render.human import counted, duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from disquectl.health.job_facts import JobFact, Kind
    from disquectl.health.observation import Observation

_EXAMPLES = 3


def _of(seen: Observation, kind: Kind) -> Suspicion:
    return seen.jobs.get(kind) or Suspicion([], 0)


def _evidence(count: int, jobs: list[JobFact]) -> dict[str, object]:
    return {
        "jobs": count,
        "queues": sorted({job.queue for job in jobs}),
        "examples": [job.job_id.decode("ascii", "backslashreplace") for job in jobs[:_EXAMPLES]],
    }


def failing_jobs(seen: Observation) -> Iterator[Found]:
    suspicion = _of(seen, FAILING)
    jobs = sorted(suspicion.confirmed, key=lambda job: -job.returns)
    if jobs:
        queues = words(sorted({job.queue for job in jobs})[:_EXAMPLES])
        count = counted(suspicion.count, "job")
        yield Found(
            f"{count} came back at least {MANY_RETURNS} times, up to {jobs[0].returns} times",
            {**_evidence(suspicion.count, jobs), "most_returns": jobs[0].returns},
            f"disquectl dead failing {queues}",
        )


def ending_jobs(seen: Observation) -> Iterator[Found]:
    suspicion = _of(seen, ENDING)
    jobs = sorted(suspicion.confirmed, key=lambda job: job.ttl)
    if jobs:
        yield Found(
            f"{counted(suspicion.count, 'job')} will expire soon; the first in {duration(jobs[0].ttl)}",
            {**_evidence(suspicion.count, jobs), "least_ttl": jobs[0].ttl},
            f"disquectl jobs --sort ttl --reverse --ttl-below {jobs[-1].ttl + 1}",
        )


def lone_jobs(seen: Observation) -> Iterator[Found]:
    suspicion = _of(seen, ALONE)
    jobs = suspicion.confirmed
    if jobs and len(seen.answering) > 1:
        yield Found(
            f"{counted(suspicion.count, 'job')} with one replica",
            _evidence(suspicion.count, jobs),
            f"disquectl trace {word(jobs[0].job_id)}",
        )


def unlisted_replicas(seen: Observation) -> Iterator[Found]:
    uptimes = {node.node_id: node.figure("server", "uptime_in_seconds") for node in seen.answering}
    suspicion = _of(seen, UNLISTED)
    jobs = [
        job
        for job in suspicion.confirmed
        if job.listed and all((uptimes.get(node_id) or 0) > job.age for node_id in job.listed)
    ]
    if jobs:
        count = suspicion.count if len(jobs) == len(suspicion.confirmed) else len(jobs)
        yield Found(
            f"{counted(count, 'job')} possibly acknowledged, and still delivered",
            _evidence(count, jobs),
            f"disquectl trace {word(jobs[0].job_id)}",
        )


RULES = (
    Rule(
        "failing-jobs",
        "warning",
        failing_jobs,
        f"Jobs were put back into their queues {MANY_RETURNS} times or more.",
        "Consumers fail on them, crash, or take longer than the retry time. They are delivered until their "
        "TTL ends, and then lost.",
    ),
    Rule(
        "expiring-jobs",
        "warning",
        ending_jobs,
        "Jobs have less than a tenth of their TTL left.",
        "Jobs that are not acknowledged when their TTL ends are lost. Consume them, or move them to another "
        "queue with a new TTL (`disquectl move --ttl 1d`).",
    ),
    Rule(
        "one-replica",
        "note",
        lone_jobs,
        "Jobs that are delivered at least once are on one node only, although there are several.",
        "They are lost with that node. They were added with REPLICATE 1, or the nodes with the others were "
        "lost.",
    ),
    Rule(
        "unlisted-replica",
        "note",
        unlisted_replicas,
        "A replica is at a node that is not in the job's list, and the listed nodes do not know the job "
        "although they have been up since before it was created.",
        "Possibly the job was acknowledged at another node, and this one was not told: it is delivered again "
        "after each retry time. It may as well be the only replica of a job that is not done: look at the "
        "job before you delete it.",
    ),
)
