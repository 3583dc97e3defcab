"""Writes the config file atomically, under a lock.

It must not know what is in the file.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager, suppress

from disquectl.errors import DataError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def locked(path: str) -> Iterator[None]:
    """Hold the lock for changing the file, and create its folder. Raises DataError.

    The lock is on the folder, because the file itself is replaced. Some file systems have no locks;
    there it does nothing.
    """
    folder = os.path.dirname(os.path.realpath(path))
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as problem:
        raise DataError(f"cannot write the config file {path}: {problem.strerror}") from None
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def save(path: str, text: str) -> None:
    """Replace the file atomically; call it within `locked`. Raises DataError.

    The file keeps its mode and owner; a new one is readable by its owner only.
    """
    path = os.path.realpath(path)
    # Always the same name, so that the file left by a killed process is replaced.
    partial = f"{path}.disquectl.tmp"
    try:
        before = os.stat(path) if os.path.exists(path) else None
        with suppress(FileNotFoundError):
            os.unlink(partial)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                if before is not None:
                    _keep_owner(descriptor, before)
                    os.fchmod(descriptor, before.st_mode & 0o777)
                file.flush()
                os.fsync(descriptor)
            os.replace(partial, path)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(partial)
            raise
    except OSError as problem:
        raise DataError(f"cannot write the config file {path}: {problem.strerror}") from None


def _keep_owner(descriptor: int, before: os.stat_result) -> None:
    """Keep the file's owner if root changes it."""
    with suppress(PermissionError):
        os.fchown(descriptor, before.st_uid, before.st_gid)
