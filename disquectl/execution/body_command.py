"""Runs `--body-command`: a body through a filter of the user's, with limits on its time and output."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SECONDS = 5.0
MAX_BYTES = 1_000_000
# Of what it writes to stderr, this much is kept, for the message.
COMPLAINT_BYTES = 200


class FilterFailed(Exception):
    """The filter gave no result; the message says why."""


def filtered(words: Sequence[str], body: bytes, environ: Mapping[str, str]) -> bytes:
    """What the command makes of the body. Raises FilterFailed.

    The command runs in a separate session: it has no terminal, and its children end with it.
    """
    try:
        process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environ,
            start_new_session=True,
        )
    except (OSError, ValueError) as problem:
        raise FilterFailed(f"cannot start it: {getattr(problem, 'strerror', None) or problem}") from None
    try:
        return _result(process, body)
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            assert pipe is not None
            pipe.close()


def _result(process: subprocess.Popen[bytes], body: bytes) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    output, complaint = bytearray(), bytearray()
    rest = memoryview(body)
    deadline = time.monotonic() + SECONDS
    os.set_blocking(process.stdin.fileno(), False)
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdin, selectors.EVENT_WRITE)
        outputs = {process.stdout: output, process.stderr: complaint}
        for pipe in outputs:
            selector.register(pipe, selectors.EVENT_READ)
        while outputs:
            events = selector.select(max(deadline - time.monotonic(), 0))
            if not events or time.monotonic() > deadline:
                raise FilterFailed(f"it takes more than {SECONDS:g} s")
            for key, _ in events:
                if key.fileobj is process.stdin:
                    rest = _feed(key.fd, rest)
                    if not rest:
                        selector.unregister(process.stdin)
                        process.stdin.close()
                elif data := os.read(key.fd, 65_536):
                    outputs[key.fileobj].extend(data)  # type: ignore[index]
                else:
                    selector.unregister(key.fileobj)
                    del outputs[key.fileobj]  # type: ignore[arg-type]
            if len(output) > MAX_BYTES:
                raise FilterFailed("it writes more than 1 MB")
            del complaint[COMPLAINT_BYTES:]
    try:
        code = process.wait(max(deadline - time.monotonic(), 0))
    except subprocess.TimeoutExpired:
        raise FilterFailed(f"it takes more than {SECONDS:g} s") from None
    if code:
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        said = complaint.decode("utf-8", "replace").strip().partition("\n")[0]
        raise FilterFailed(f"{how}: {said}" if said else how)
    return bytes(output)


def _feed(descriptor: int, rest: memoryview) -> memoryview:
    """Write as much as the pipe takes; what is left, nothing if the command does not read on."""
    try:
        return rest[os.write(descriptor, rest) :] if rest else rest
    except BlockingIOError:
        return rest
    except BrokenPipeError:
        return rest[:0]
