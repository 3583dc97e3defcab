"""The parameters of CONFIG: names, defaults, and the values they accept.

Pure. Values are kept as the text of CONFIG GET; those that the engine uses often also as numbers. Most of the
others only exist so that clients find what they expect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from disquectl.sandbox.arguments import c_string, read_integer, signed, size_bytes
from disquectl.sandbox.glob import matches

Reader = Callable[[bytes], bytes | None]

_MAX_PASSWORD = 512
_MAX_HZ = 500
_UINT32 = 0xFFFFFFFF
_OUTPUT_LIMIT = b"client-output-buffer-limit"
_WATCHDOG = b"watchdog-period"


@dataclass(frozen=True, slots=True)
class Parameter:
    """`read` converts a client's word to the stored text, None if invalid; without it: read-only."""

    default: bytes
    read: Reader | None = None


def _number(least: int = 0, bits: int = 64) -> Reader:
    """A number that the server keeps in `bits` bits; larger numbers are truncated, including the sign."""

    def read(word: bytes) -> bytes | None:
        number = read_integer(word)
        return b"%d" % signed(number, bits) if number is not None and number >= least else None

    return read


def _read_slow_log_length(word: bytes) -> bytes | None:
    """The only unsigned 32 bit number."""
    number = read_integer(word)
    return b"%d" % (number & _UINT32) if number is not None and number >= 0 else None


def _choice(*names: bytes) -> Reader:
    def read(word: bytes) -> bytes | None:
        name = c_string(word).lower()
        return name if name in names else None

    return read


def _read_password(word: bytes) -> bytes | None:
    return c_string(word) if len(word) <= _MAX_PASSWORD else None


def _read_size(word: bytes) -> bytes | None:
    size = size_bytes(word)
    return None if size is None else b"%d" % size


def _read_hz(word: bytes) -> bytes | None:
    hz = read_integer(word)
    return b"%d" % min(max(signed(hz, 32), 1), _MAX_HZ) if hz is not None and hz >= 0 else None


def _read_output_limit(word: bytes) -> bytes | None:
    """Groups of `normal HARD SOFT SECONDS`; the last one counts."""
    fields = c_string(word).split(b" ")
    if len(fields) % 4:
        return None
    text = b""
    for at in range(0, len(fields), 4):
        limits = [number for field in fields[at + 1 : at + 4] if (number := read_integer(field)) is not None]
        if fields[at].lower() != b"normal" or len(limits) < 3 or min(limits) < 0:
            return None
        text = b"normal %d %d %d" % (*limits[:2], signed(limits[2], 32))
    return text


_YES_NO = _choice(b"yes", b"no")

PARAMETERS: dict[bytes, Parameter] = {
    b"requirepass": Parameter(b"", _read_password),
    b"unixsocket": Parameter(b""),
    b"logfile": Parameter(b""),
    b"pidfile": Parameter(b"/var/run/disque.pid"),
    b"maxmemory": Parameter(b"1073741824", _read_size),
    b"maxmemory-samples": Parameter(b"5", _number(1, bits=32)),
    b"timeout": Parameter(b"0", _number(bits=32)),
    b"auto-aof-rewrite-percentage": Parameter(b"100", _number(bits=32)),
    b"auto-aof-rewrite-min-size": Parameter(b"67108864", _number()),
    b"slowlog-log-slower-than": Parameter(b"10000", _number()),
    b"latency-monitor-threshold": Parameter(b"0", _number()),
    b"slowlog-max-len": Parameter(b"128", _read_slow_log_length),
    b"port": Parameter(b"7711"),
    b"tcp-backlog": Parameter(b"511"),
    b"databases": Parameter(b"16"),
    b"maxclients": Parameter(b"10000", _number(1)),
    _WATCHDOG: Parameter(b"0", _number()),
    b"hz": Parameter(b"10", _read_hz),
    b"cluster-node-timeout": Parameter(b"15000", _number()),
    b"tcp-keepalive": Parameter(b"no", _YES_NO),
    b"no-appendfsync-on-rewrite": Parameter(b"no"),
    b"daemonize": Parameter(b"no"),
    b"activerehashing": Parameter(b"yes", _YES_NO),
    b"aof-rewrite-incremental-fsync": Parameter(b"yes", _YES_NO),
    b"aof-load-truncated": Parameter(b"yes", _YES_NO),
    b"aof-enqueue-jobs-once": Parameter(b"no", _YES_NO),
    b"maxmemory-policy": Parameter(b"acks", _choice(b"acks", b"noeviction")),
    b"loglevel": Parameter(b"notice", _choice(b"debug", b"verbose", b"notice", b"warning")),
    b"appendfsync": Parameter(b"everysec", _choice(b"everysec", b"always", b"no")),
    b"syslog-facility": Parameter(b"local0"),
    b"appendonly": Parameter(b"no", _YES_NO),
    b"dir": Parameter(b"/"),
    _OUTPUT_LIMIT: Parameter(b"normal 0 0 0", _read_output_limit),
    b"unixsocketperm": Parameter(b"0"),
    b"bind": Parameter(b""),
}


class Settings:
    """One node's parameters."""

    def __init__(self, password: bytes, host: bytes, port: int) -> None:
        self.values = {name: parameter.default for name, parameter in PARAMETERS.items()}
        self.values.update({b"requirepass": password, b"port": b"%d" % port, b"bind": host})
        self._derive()

    def find(self, pattern: bytes) -> list[tuple[bytes, bytes]]:
        """Return name and value of the parameters that match a glob pattern."""
        return [(name, value) for name, value in self.values.items() if matches(pattern, name)]

    def set(self, name: bytes, word: bytes) -> bool | None:
        """Whether it was set; None if there is no such parameter, or it cannot be set."""
        parameter = PARAMETERS.get(name)
        if parameter is None or parameter.read is None:
            return None
        if name == _OUTPUT_LIMIT and not word:
            return True  # No groups: nothing changes.
        value = parameter.read(word)
        if value is None:
            return False
        if name == _WATCHDOG:
            value = self._watchdog_period(int(value))
        self.values[name] = value
        self._derive()
        return True

    def _watchdog_period(self, number: int) -> bytes:
        """The period is at least two ticks of the server; 0 is off."""
        shortest_ms = 1000 // int(self.values[b"hz"]) * 2
        return b"%d" % max(signed(number, 32), shortest_ms) if number else b"0"

    def _derive(self) -> None:
        self.password = self.values[b"requirepass"]
        self.max_memory_bytes = int(self.values[b"maxmemory"])
        # The server divides first: a limit below 100 bytes counts as none at all.
        self.crowded_above_bytes = self.max_memory_bytes // 100 * 75
        self.full_above_bytes = self.max_memory_bytes // 100 * 95
        self.evicts = self.values[b"maxmemory-policy"] == b"acks"
        self.max_clients = int(self.values[b"maxclients"])
        self.idle_limit_s = int(self.values[b"timeout"])
        self.slow_us = int(self.values[b"slowlog-log-slower-than"])
        self.slow_log_length = int(self.values[b"slowlog-max-len"])
        self.latency_threshold_ms = int(self.values[b"latency-monitor-threshold"])
        self.node_timeout_ms = int(self.values[b"cluster-node-timeout"])
