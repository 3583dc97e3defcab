"""The arguments and the environment that a command gets for its job. Pure.

A body is always a whole argument, never a part of another word, so that no shell interprets it.
"""

from __future__ import annotations

from disquectl.worker.json_text import value_with_numbers_as_text
from disquectl.worker.plan import ARG, ARGS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.worker.job import Job
    from disquectl.worker.plan import InputMode

_WORDS = {True: "true", False: "false", None: "null"}


def arguments(input_mode: InputMode, body: bytes) -> list[bytes]:
    """Return the arguments that the body adds to the command. Raises ValueError if it cannot be used so."""
    words = [body] if input_mode == ARG else _from_json(body) if input_mode == ARGS else []
    if any(b"\0" in word for word in words):
        raise ValueError("the body contains NUL, which an argument cannot contain")
    return words


def _from_json(body: bytes) -> list[bytes]:
    try:
        values = value_with_numbers_as_text(body)
    except ValueError as problem:
        raise ValueError(f"the body is {problem}") from None
    if not isinstance(values, list) or any(isinstance(value, list | dict) for value in values):
        raise ValueError("the body is not a JSON array of strings, numbers, true, false and null")
    try:
        return [(value if isinstance(value, str) else _WORDS[value]).encode() for value in values]
    except UnicodeEncodeError:
        raise ValueError("the body contains half of a surrogate pair") from None


def environment(job: Job) -> dict[bytes, bytes]:
    """Return the environment variables that describe the job."""
    return {
        b"DISQUE_JOB_ID": job.id.encode(),
        b"DISQUE_QUEUE": job.queue,
        b"DISQUE_NACKS": b"%d" % job.nacks,
        b"DISQUE_ADDITIONAL_DELIVERIES": b"%d" % job.additional_deliveries,
        b"DISQUE_ATTEMPT": b"%d" % job.attempt,
    }
