"""Limits of the numeric options of ADDJOB: every job is checked here before it is sent.

Disque keeps RETRY and DELAY in 32 bits, the expiry as a 32 bit unix time, REPLICATE in 16, and adds a timeout
to the clock in 63. Larger numbers wrap around without an error, which loses the job or ends the wait at once
(1.0-rc1: job.c, blocked.c). Pure: times are passed in.
"""

from __future__ import annotations

from disquectl.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_SECONDS = 2**32 - 1
LAST_EXPIRY = 2**32 - 1
MAX_WAIT_MS = 2**62
MAX_REPLICAS = 2**16 - 1
# What applies when a client does not say: Disque's own TTL and REPLICATE, and our timeout for replication.
DEFAULT_TTL_SECONDS = 86_400
DEFAULT_REPLICATE = 3
DEFAULT_TIMEOUT_MS = 5_000

# The numeric options in the order they are sent: Disque's word, minimum, maximum.
NUMBERS: dict[str, tuple[bytes, int, int]] = {
    "replicate": (b"REPLICATE", 1, MAX_REPLICAS),
    "delay": (b"DELAY", 0, MAX_SECONDS),
    "retry": (b"RETRY", 0, MAX_SECONDS),
    "ttl": (b"TTL", 1, MAX_SECONDS),
    "maxlen": (b"MAXLEN", 1, 2**63 - 1),
}
# The same, as it is quickest to go through for millions of jobs.
_LIMITS = [(name, low, high) for name, (_, low, high) in NUMBERS.items()]
_WORDS = [(name, word) for name, (word, _, _) in NUMBERS.items()]


def check_numbers(options: Mapping[str, object], now: float) -> None:
    """Raise UsageError, which names the option, for a number that Disque would reject or wrap around.

    None: the option is not given. `now`: seconds since 1970.
    """
    checked_numbers(options, now)


def checked_numbers(options: Mapping[str, object], now: float) -> dict[str, int]:
    """The numeric options that are given, after the checks of check_numbers."""
    numbers: dict[str, int] = {}
    for name, low, high in _LIMITS:
        value = options.get(name)
        if value is None:
            continue
        if type(value) is not int or not low <= value <= high:
            raise UsageError(f"{name} must be a whole number from {low} to {high}")
        numbers[name] = value
    check_expiry("ttl", numbers.get("ttl", DEFAULT_TTL_SECONDS), now)
    return numbers


def check_expiry(name: str, ttl_seconds: int, now: float) -> None:
    """Raise UsageError, which names the option, for a TTL that ends after LAST_EXPIRY."""
    if now + ttl_seconds > LAST_EXPIRY:
        raise UsageError(f"{name} ends after 2106-02-07, the last date that Disque supports")


def check_wait(name: str, milliseconds: object) -> None:
    """Raise UsageError, which names the option, for a timeout that Disque would reject or wrap around."""
    if type(milliseconds) is not int or not 0 <= milliseconds <= MAX_WAIT_MS:
        raise UsageError(f"{name} must be a whole number of milliseconds from 0 to {MAX_WAIT_MS}")


def number_words(options: Mapping[str, int | None]) -> list[bytes]:
    """Return the given options as words of ADDJOB."""
    words: list[bytes] = []
    for name, word in _WORDS:
        value = options.get(name)
        if value is not None:
            words += [word, b"%d" % value]
    return words
