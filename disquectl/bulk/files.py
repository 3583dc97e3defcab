"""getjob --into: one file for each job, on the disk before the job is acknowledged.

A file gets its name only when it is complete: it is written under another name, synced, and renamed.
"""

from __future__ import annotations

import os

from disquectl.errors import DataError, NotDisque
from disquectl.execution.replacing import replacing
from disquectl.protocol.jobid import is_valid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.spec.parameters import Record

ID_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-=")


def file_name(job_id: str) -> str:
    """The ID with `_` for `/`. Raises NotDisque for anything else: it comes from the network."""
    if not is_valid(job_id) or not ID_CHARACTERS.issuperset(job_id):
        raise NotDisque("the node sent an invalid job ID", "Is this address really a Disque?")
    return job_id.replace("/", "_")


class JobFiles:
    """A folder of jobs, created if it does not exist. Raises DataError if it cannot be written."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        try:
            os.makedirs(folder, exist_ok=True)
            # Opened to sync it: a name is on the disk only when its folder is.
            self._fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as problem:
            raise _error(folder, problem) from None

    def write(self, jobs: Iterable[Record]) -> None:
        """Write a file for each job; an existing file is replaced. Raises DataError."""
        for job in jobs:
            path = os.path.join(self._folder, file_name(job["id"]))
            try:
                with replacing(path) as file:
                    file.write(job["body"])
                    file.flush()
                    os.fsync(file.fileno())
            except OSError as problem:
                raise _error(path, problem) from None
        try:
            os.fsync(self._fd)
        except OSError as problem:
            raise _error(self._folder, problem) from None


def _error(path: str, problem: OSError) -> DataError:
    return DataError(f"cannot write {path}: {problem.strerror or problem}")
