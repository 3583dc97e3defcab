"""The protocol of --lines: a line of JSON for a job, and a line of JSON as the handler's answer. Pure.

A handler gets `{"id", "queue", "body" | "body_base64", "nacks", "additional_deliveries", "attempt"}`. It
answers `true` or `{"ok": true}` if the job is done, `false` or `{"ok": false, "error": "..."}` if it failed.
An answer may name the `id` of its job.
"""

from __future__ import annotations

from disquectl.worker.json_text import member, value_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.worker.job import Job

# Most answers are one of these lines; comparing them costs less than parsing.
USUAL = frozenset((b"true\n", b'{"ok":true}\n', b'{"ok": true}\n'))


def line_of(job: Job) -> bytes:
    """Return the line that describes the job."""
    return (
        f'{{"id":"{job.id}",{member("queue", job.queue)},{member("body", job.body)},"nacks":{job.nacks},'
        f'"additional_deliveries":{job.additional_deliveries},"attempt":{job.attempt}}}\n'
    ).encode("ascii")


def refusal(line: bytes, job_id: str) -> str | None:
    """Return why the job failed; None if it is done. Raises ValueError if the line is not an answer."""
    answer = value_of(line)
    if isinstance(answer, bool):
        answer = {"ok": answer}
    if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
        raise ValueError('neither true, false nor {"ok": ...}')
    if answer.get("id", job_id) != job_id:
        raise ValueError("it is for another job")
    return None if answer["ok"] else str(answer.get("error") or "the handler reported a failure")
