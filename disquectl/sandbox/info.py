"""The reply of INFO: the sections and field names of Disque 1.0-rc1, with the sandbox's own numbers."""

from __future__ import annotations

import os
import platform
import resource
import sys

from disquectl.sandbox.node import Node

DISQUE_VERSION = b"1.0-rc1"
_DEFAULT = (b"server", b"clients", b"memory", b"jobs", b"queues", b"persistence", b"stats", b"cpu")
_MB = 1024 * 1024

Fields = dict[str, object]


def describe_node(node: Node, section: bytes, now_ms: int) -> bytes:
    """Return a section, or several for `default` and `all`; empty for an unknown one."""
    names = {b"default": _DEFAULT, b"all": (*_DEFAULT, b"commandstats")}.get(section, (section,))
    texts = []
    for name in names:
        fields = _fields(node, name, now_ms)
        if fields is not None:
            title = "CPU" if name == b"cpu" else name.decode().capitalize()
            lines = [f"# {title}\r\n", *[f"{field}:{value}\r\n" for field, value in fields.items()]]
            texts.append("".join(lines).encode())
    return b"\r\n".join(texts)


def _fields(node: Node, name: bytes, now_ms: int) -> Fields | None:
    match name:
        case b"server":
            return _server(node, now_ms)
        case b"clients":
            return _clients(node)
        case b"memory":
            return _memory(node)
        case b"jobs":
            return {"registered_jobs": len(node.jobs)}
        case b"queues":
            return {"registered_queues": len(node.queues)}
        case b"persistence":
            return _persistence(node, now_ms)
        case b"stats":
            return _stats(node)
        case b"cpu":
            return _cpu()
        case b"commandstats":
            return _command_statistics(node)
    return None


def _server(node: Node, now_ms: int) -> Fields:
    uptime_s = max(now_ms - node.started_ms, 0) // 1000
    system = platform.uname()
    return {
        "disque_version": DISQUE_VERSION.decode(),
        "disque_git_sha1": "00000000",
        "disque_git_dirty": 0,
        "disque_build_id": "0",
        "os": f"{system.system} {system.release} {system.machine}",
        "arch_bits": 64 if sys.maxsize > 2**32 else 32,
        "multiplexing_api": "asyncio",
        "gcc_version": "0.0.0",
        "process_id": os.getpid(),
        "run_id": node.run_id.decode(),
        "tcp_port": node.port,
        "uptime_in_seconds": uptime_s,
        "uptime_in_days": uptime_s // 86400,
        "hz": node.settings.values[b"hz"].decode(),
        "executable": "disquectl sandbox",
        "config_file": "",
    }


def _clients(node: Node) -> Fields:
    sessions = node.sessions.values()
    return {
        "connected_clients": len(sessions),
        "client_longest_output_list": max((one.listed_replies for one in sessions), default=0),
        "client_biggest_input_buf": max((one.reader.unread_bytes for one in sessions), default=0),
        "blocked_clients": len(node.waiting),
    }


def _memory(node: Node) -> Fields:
    used = node.used_bytes
    node.peak_bytes = max(node.peak_bytes, used)
    # The peak of the whole process; the standard library has no other. Kilobytes; bytes on macOS.
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {
        "used_memory": used,
        "used_memory_human": _human(used),
        "used_memory_rss": resident,
        "used_memory_peak": node.peak_bytes,
        "used_memory_peak_human": _human(node.peak_bytes),
        "mem_fragmentation_ratio": f"{resident / used:.2f}",
        "mem_allocator": "python",
    }


def _human(size: int) -> str:
    """1023B, 1.50K, 2.00M, ..."""
    if size < 1024:
        return f"{size}B"
    if size < _MB:
        return f"{size / 1024:.2f}K"
    return f"{size / _MB:.2f}M" if size < 1024 * _MB else f"{size / _MB / 1024:.2f}G"


def _persistence(node: Node, now_ms: int) -> Fields:
    is_rewriting = now_ms < node.rewrites_until_ms
    was_rewritten = 0 < node.rewrites_until_ms <= now_ms
    return {
        "loading": 0,
        "aof_enabled": 0,
        "aof_state": "off",
        "aof_rewrite_in_progress": int(is_rewriting),
        "aof_rewrite_scheduled": 0,
        "aof_last_rewrite_time_sec": 0 if was_rewritten else -1,
        "aof_current_rewrite_time_sec": 0 if is_rewriting else -1,
        "aof_last_bgrewrite_status": "ok",
        "aof_last_write_status": "ok",
    }


def _stats(node: Node) -> Fields:
    return {
        "total_connections_received": node.connections_received,
        "total_commands_processed": node.commands_processed,
        "instantaneous_ops_per_sec": node.rates.commands_per_s,
        "total_net_input_bytes": node.input_bytes,
        "total_net_output_bytes": node.output_bytes,
        "instantaneous_input_kbps": f"{node.rates.input_bytes_per_s / 1024:.2f}",
        "instantaneous_output_kbps": f"{node.rates.output_bytes_per_s / 1024:.2f}",
        "rejected_connections": node.connections_refused,
        "latest_fork_usec": 0,
    }


def _cpu() -> Fields:
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "used_cpu_sys": f"{own.ru_stime:.2f}",
        "used_cpu_user": f"{own.ru_utime:.2f}",
        "used_cpu_sys_children": f"{children.ru_stime:.2f}",
        "used_cpu_user_children": f"{children.ru_utime:.2f}",
    }


def _command_statistics(node: Node) -> Fields:
    return {
        f"cmdstat_{name.decode()}": f"calls={calls},usec={usec},usec_per_call={usec / calls:.2f}"
        for name, (calls, usec) in node.calls.items()
        if calls
    }
