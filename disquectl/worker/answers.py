"""What a handler that stays is told of a job, and what it may answer: a line of JSON each. Pure.

It gets `{"id", "queue", "body" | "body_base64", "nacks", "additional_deliveries", "attempt"}` and answers
`true` or `{"ok": true}` where the job is done, `false` or `{"ok": false, "error": "..."}` where it failed. An
answer may name the `id` that it is for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from disquectl.worker.json_text import value_of
from disquectl.worker.quick_json import member

if TYPE_CHECKING:
    from disquectl.worker.job import Job

# What most answers are, whole lines: to know these costs less than to read them.
USUAL = frozenset((b"true\n", b'{"ok":true}\n', b'{"ok": true}\n'))


def line_of(job: Job) -> bytes:
    """The job as a line."""
    return (
        f'{{"id":"{job.id}",{member("queue", job.queue)},{member("body", job.body)},"nacks":{job.nacks},'
        f'"additional_deliveries":{job.additional_deliveries},"attempt":{job.attempt}}}\n'
    ).encode("ascii")


def refusal(line: bytes, job_id: str) -> str | None:
    """Why the job failed, by this answer; None where it was done. Raises ValueError for what is no answer."""
    answer = value_of(line)
    if isinstance(answer, bool):
        answer = {"ok": answer}
    if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
        raise ValueError('neither true, false nor {"ok": ...}')
    if answer.get("id", job_id) != job_id:
        raise ValueError("it is for another job")
    return None if answer["ok"] else str(answer.get("error") or "the handler said that it failed")
