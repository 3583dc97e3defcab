"""What taking and acknowledging jobs costs, beside a bare loop of socket and hiredis, redis-py and pydisque.

    python -m tests.bench.client_jobs [HOST:PORT]

All in one run, in turns, each round beginning with another one. In a round each way takes as many jobs from a
full queue of its own and acknowledges them one by one: two round trips for each job, or one where jobs are
taken by the hundred. The medians of the rounds are shown. Without an address it starts a sandbox in another
process, which is slower than a node and makes the multiples smaller.
"""

from __future__ import annotations

import os
import sys
import time
from statistics import median

from disquectl import Client
from tests.bench.shared import bare, clients_of_others, in_turns, node_or_sandbox, times

QUEUE = f"bench-{os.getpid()}"
BODY = "x" * 100
JOBS, ROUNDS = 300, 40


def bare_loop(node, count):
    """The least there can be."""
    call = bare(node)

    def run():
        done = 0
        while jobs := call("GETJOB", "NOHANG", "COUNT", count, "FROM", QUEUE):
            for _queue, job_id, _body in jobs:
                done += call("ACKJOB", job_id)
        return done

    return run


def loop(node, count):
    """The loop over jobs."""
    client = Client(node)

    def run():
        done = 0
        for job in client.jobs(QUEUE, idle=0, count=count):
            with job:
                done += 1
        return done

    return run


def methods(node, count):
    """The methods for the commands."""
    client = Client(node)

    def run():
        done = 0
        while jobs := client.getjob(QUEUE, nohang=True, count=count):
            for job in jobs:
                done += client.ackjob(job["id"])
        return done

    return run


def contenders(node):
    """Name and function for each way to take all jobs; the function returns how many there were."""
    for count in (1, 100):
        yield f"by {count}", "bare", bare_loop(node, count)
        yield f"by {count}", "disquectl jobs", loop(node, count)
        yield f"by {count}", "disquectl getjob", methods(node, count)
    others = clients_of_others(node)
    if others is None:
        return
    py_redis, pydisque = others

    def with_redis(count):
        def run():
            done = 0
            while jobs := py_redis.execute_command("GETJOB", "NOHANG", "COUNT", count, "FROM", QUEUE):
                for _queue, job_id, _body in jobs:
                    done += py_redis.execute_command("ACKJOB", job_id)
            return done

        return run

    def with_pydisque(count):
        def run():
            done = 0
            while jobs := pydisque.get_job([QUEUE], count=count, nohang=True):
                for _queue, job_id, _body in jobs:
                    pydisque.ack_job(job_id)
                    done += 1
            return done

        return run

    for count in (1, 100):
        yield f"by {count}", "redis-py", with_redis(count)
        yield f"by {count}", "pydisque", with_pydisque(count)


def measure(node):
    """Microseconds of a job in each round, by count and way."""
    ways = list(contenders(node))
    rounds = {(count, way): [] for count, way, _ in ways}
    producer = Client(node)
    jobs = [("ADDJOB", QUEUE, BODY, 0, "TTL", 600)] * JOBS
    for turn in in_turns(ways, ROUNDS):
        for count, way, run in turn:
            producer.call_many(jobs)
            begin = time.perf_counter()
            if run() != JOBS:
                raise SystemExit(f"{way} did not take all jobs")
            rounds[count, way].append((time.perf_counter() - begin) / JOBS * 1e6)
    return rounds


def main():
    """Print a table of the ways, each with its ratios."""
    with node_or_sandbox(sys.argv[1:]) as node:
        found = measure(node)
    print(f"{'':25} {'us a job':>10} {'jobs/s':>8} {'x bare':>8} {'jobs/s x redis-py':>18}")
    for (count, way), costs in sorted(found.items()):
        to_bare = times(costs, found[count, "bare"])
        to_redis = times(found.get((count, "redis-py"), ()), costs)
        middle = median(costs)
        print(f"{count + ' ' + way:25} {middle:10.1f} {1e6 / middle:8.0f} {to_bare:8.2f} {to_redis:18.2f}")


if __name__ == "__main__":
    main()
