"""Lines of a dump."""

from __future__ import annotations

import json
import time


def iso(seconds_ago):
    return time.strftime("%Y-%m-%dT%H:%M:%S.250Z", time.gmtime(time.time() - seconds_ago))


def job_id(number):
    return f"D-dcb833cf-{number:024d}-05a1"


def dump_line(number=0, *, age=60, **fields):
    """The job `body NUMBER` in queue q, as it was saved a minute ago."""
    whole = {"id": job_id(number), "queue": "q", "body": f"body {number}", "created": iso(age), "ttl": 3600}
    whole |= {"retry": 60, "delay": 0, "due": None, "replicate": 1, "nacks": 0, "state": "queued"}
    return json.dumps(whole | {"additional_deliveries": 0} | fields) + "\n"
