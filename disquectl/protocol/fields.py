"""Meanings and units of the fields of SHOW, QSTAT and INFO, for `explain` and the help.

Names are Disque's; units are empty for names, words and plain numbers. Rules: Disque 1.0-rc1. Pure data.
"""

from __future__ import annotations


class Field:
    """One field of one command's reply."""

    __slots__ = ("command", "meaning", "name", "unit")

    def __init__(self, command: str, name: str, unit: str, meaning: str) -> None:
        self.command = command
        self.name = name
        self.unit = unit
        self.meaning = meaning


SHOW = (
    ("id", "", "The job's ID, 40 characters."),
    (
        "queue",
        "",
        "The queue; nil in the placeholder for an ID acknowledged on a node that did not know the job.",
    ),
    (
        "state",
        "",
        "On this node: queued; active (delayed, delivered, dequeued, or a replica); wait-repl; acked.",
    ),
    ("repl", "replicas", "How many nodes were asked to hold the job."),
    ("ttl", "seconds", "Time until the job expires."),
    ("ctime", "nanoseconds", "Creation time since 1970; queues are sorted by it."),
    ("delay", "seconds", "As given to ADDJOB; does not count down."),
    ("retry", "seconds", "The job is queued again if it is not acknowledged for this long; 0: at-most-once."),
    ("nacks", "times", "How often a consumer returned it with NACK."),
    (
        "additional-deliveries",
        "times",
        "How often it was queued again otherwise: after the retry time, or by ENQUEUE.",
    ),
    ("nodes-delivered", "node IDs", "Nodes that may have a replica, this one included."),
    (
        "nodes-confirmed",
        "node IDs",
        "Nodes that confirmed the replica (wait-repl) or the acknowledgement (acked).",
    ),
    ("next-requeue-within", "milliseconds", "Time until the job is queued; nil: never."),
    ("next-awake-within", "milliseconds", "Time until the node processes the job again."),
    ("body", "bytes", "The producer's data, any bytes."),
)
QSTAT = (
    ("name", "", "The queue."),
    ("len", "jobs", "Queued on this node, without delayed and delivered jobs."),
    ("age", "seconds", "Since this node created the queue; not the age of its jobs."),
    ("idle", "seconds", "Since the last job went in or out."),
    ("blocked", "clients", "Waiting in GETJOB for this queue."),
    ("import-from", "node IDs", "Nodes that recently sent jobs of this queue."),
    ("import-rate", "jobs a second", "Rate of jobs from other nodes."),
    ("jobs-in", "jobs", "Queued since this node created the queue, including returned and moved jobs."),
    ("jobs-out", "jobs", "Delivered to clients and moved to other nodes."),
    ("pause", "", "none; in: no new jobs; out: no deliveries; all: both."),
)
INFO = (
    ("disque_version", "", "The server's version."),
    ("disque_git_sha1", "", "The commit it was built from."),
    ("disque_git_dirty", "", "Whether it was built with uncommitted changes."),
    ("disque_build_id", "", "Identifies the build."),
    ("os", "", "The operating system."),
    ("arch_bits", "bits", "32 or 64."),
    ("multiplexing_api", "", "The system call that waits for sockets."),
    ("gcc_version", "", "The compiler."),
    ("process_id", "", "The server's process ID."),
    ("run_id", "", "Changes with each start."),
    ("tcp_port", "", "Where clients connect; nodes talk to each other on this plus 10000."),
    ("uptime_in_seconds", "seconds", "Since the start."),
    ("uptime_in_days", "days", "Since the start."),
    ("hz", "times a second", "Frequency of background tasks."),
    ("executable", "", "The program file."),
    ("config_file", "", "The configuration file; empty without one."),
    ("connected_clients", "clients", "Connections, this one included."),
    ("client_longest_output_list", "replies", "The longest queue of replies that a client has not read."),
    ("client_biggest_input_buf", "bytes", "The largest unfinished request."),
    ("blocked_clients", "clients", "Waiting in GETJOB, or in ADDJOB for replication."),
    ("used_memory", "bytes", "Memory allocated by the server."),
    ("used_memory_human", "", "The same, human-readable."),
    ("used_memory_rss", "bytes", "Resident memory of the process."),
    ("used_memory_peak", "bytes", "Peak of used_memory."),
    ("used_memory_peak_human", "", "The same, human-readable."),
    ("mem_fragmentation_ratio", "", "used_memory_rss divided by used_memory."),
    ("mem_allocator", "", "The allocator it was built with."),
    ("registered_jobs", "jobs", "Held by this node in any state, including replicas of other nodes' jobs."),
    ("registered_queues", "queues", "Queues on this node, including empty ones."),
    ("loading", "0 or 1", "Whether it is still reading its append only file."),
    ("aof_enabled", "0 or 1", "Whether jobs are written to the append only file."),
    ("aof_state", "", "off, wait-rewrite or on."),
    ("aof_rewrite_in_progress", "0 or 1", "Whether the file is being rewritten."),
    ("aof_rewrite_scheduled", "0 or 1", "Whether a rewrite is scheduled."),
    ("aof_last_rewrite_time_sec", "seconds", "How long the last rewrite took; -1 before the first."),
    ("aof_current_rewrite_time_sec", "seconds", "How long the current one has taken; -1 without one."),
    ("aof_last_bgrewrite_status", "", "Whether the last rewrite succeeded."),
    (
        "aof_last_write_status",
        "",
        "Whether the last write succeeded; if not, writes are rejected with MISCONF.",
    ),
    ("aof_current_size", "bytes", "Size of the file."),
    ("aof_base_size", "bytes", "Size of the file after the last rewrite or start."),
    ("aof_pending_rewrite", "0 or 1", "Whether a rewrite is pending."),
    ("aof_buffer_length", "bytes", "Not yet written to the file."),
    ("aof_rewrite_buffer_length", "bytes", "Collected for the file during a rewrite."),
    ("aof_pending_bio_fsync", "calls", "fsync calls that have not returned."),
    ("aof_delayed_fsync", "times", "How often an fsync was late."),
    ("total_connections_received", "connections", "Since the start."),
    ("total_commands_processed", "commands", "Since the start."),
    ("instantaneous_ops_per_sec", "commands a second", "Current rate."),
    ("total_net_input_bytes", "bytes", "Read from clients since the start."),
    ("total_net_output_bytes", "bytes", "Written to clients since the start."),
    ("instantaneous_input_kbps", "kB a second", "Current read rate."),
    ("instantaneous_output_kbps", "kB a second", "Current write rate."),
    ("rejected_connections", "connections", "Rejected because of maxclients."),
    ("latest_fork_usec", "microseconds", "How long the last fork took."),
    ("used_cpu_sys", "seconds", "System CPU time."),
    ("used_cpu_user", "seconds", "User CPU time."),
    ("used_cpu_sys_children", "seconds", "System CPU time of background processes."),
    ("used_cpu_user_children", "seconds", "User CPU time of background processes."),
    ("cmdstat_NAME", "", "calls, usec and usec_per_call of each command called so far."),
)


def fields() -> list[Field]:
    """Return all fields, in the order of the replies."""
    tables = (("SHOW", SHOW), ("QSTAT", QSTAT), ("INFO", INFO))
    return [Field(command, *row) for command, table in tables for row in table]


def named(name: str) -> list[Field]:
    """Return the fields of this name, with `-` or `_`, case-insensitive."""
    wanted = name.lower().replace("-", "_")
    if wanted.startswith("cmdstat_"):
        wanted = "cmdstat_name"
    return [field for field in fields() if field.name.lower().replace("-", "_") == wanted]
