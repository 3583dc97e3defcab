"""What the fields of SHOW, QSTAT and INFO are, and their units: one table for explain and for the help.

Names are Disque's own; units are empty for names, words and plain numbers. Rules: Disque 1.0-rc1. Pure data.
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
    ("queue", "", "The queue; nil in the stand-in for an ID that was acknowledged where it was not known."),
    (
        "state",
        "",
        "On this node: queued; active (delayed, delivered, taken out, or a copy); wait-repl; acked.",
    ),
    ("repl", "copies", "How many nodes were asked to hold the job."),
    ("ttl", "seconds", "What is left until the job is forgotten."),
    ("ctime", "nanoseconds", "When the job was made, since 1970; queues are sorted by it."),
    ("delay", "seconds", "As given to ADDJOB; it does not run down."),
    ("retry", "seconds", "Not acknowledged for so long, the job is queued again; 0: delivered at most once."),
    ("nacks", "times", "How often a consumer gave it back by NACK."),
    ("additional-deliveries", "times", "How often it came back otherwise: retry time over, or ENQUEUE."),
    ("nodes-delivered", "node IDs", "Nodes that may have a copy, this one included."),
    ("nodes-confirmed", "node IDs", "Nodes that confirmed the copy (wait-repl) or the end (acked)."),
    ("next-requeue-within", "milliseconds", "Until the job is queued; nil for never."),
    ("next-awake-within", "milliseconds", "Until the node looks at the job again."),
    ("body", "bytes", "What the producer put in, any bytes."),
)
QSTAT = (
    ("name", "", "The queue."),
    ("len", "jobs", "Queued on this node; delayed and delivered ones are not in it."),
    ("age", "seconds", "Since this node has the queue, which says nothing of its jobs."),
    ("idle", "seconds", "Since the last job went in or out."),
    ("blocked", "clients", "Waiting in GETJOB for this queue."),
    ("import-from", "node IDs", "Nodes that sent jobs of this queue lately."),
    ("import-rate", "jobs a second", "How fast jobs come from other nodes."),
    ("jobs-in", "jobs", "Queued since this node has the queue, returns and moves included."),
    ("jobs-out", "jobs", "Handed to clients and to other nodes."),
    ("pause", "", "none; in: no new jobs; out: none handed out; all: both."),
)
INFO = (
    ("disque_version", "", "The server's version."),
    ("disque_git_sha1", "", "The commit it was built from."),
    ("disque_git_dirty", "", "Whether it was built with changes that were not committed."),
    ("disque_build_id", "", "What tells two builds apart."),
    ("os", "", "The operating system."),
    ("arch_bits", "bits", "32 or 64."),
    ("multiplexing_api", "", "How it waits for its sockets."),
    ("gcc_version", "", "The compiler."),
    ("process_id", "", "The server's process."),
    ("run_id", "", "Changes with each start."),
    ("tcp_port", "", "Where clients connect; nodes talk to each other on this plus 10000."),
    ("uptime_in_seconds", "seconds", "Since the start."),
    ("uptime_in_days", "days", "Since the start."),
    ("hz", "times a second", "How often it does its housekeeping."),
    ("executable", "", "The program file."),
    ("config_file", "", "The configuration file; empty without one."),
    ("connected_clients", "clients", "Connections, this one included."),
    ("client_longest_output_list", "replies", "The longest queue of replies that a client has not read."),
    ("client_biggest_input_buf", "bytes", "The largest unfinished request."),
    ("blocked_clients", "clients", "Waiting in GETJOB, or in ADDJOB for copies."),
    ("used_memory", "bytes", "What the server has allocated."),
    ("used_memory_human", "", "The same for people."),
    ("used_memory_rss", "bytes", "What the system has given to the process."),
    ("used_memory_peak", "bytes", "The most it ever had allocated."),
    ("used_memory_peak_human", "", "The same for people."),
    ("mem_fragmentation_ratio", "", "used_memory_rss by used_memory."),
    ("mem_allocator", "", "The allocator it was built with."),
    ("registered_jobs", "jobs", "Held by this node in any state, copies of other nodes' jobs included."),
    ("registered_queues", "queues", "Which this node has at the moment, empty ones included."),
    ("loading", "0 or 1", "Whether it is still reading its append only file."),
    ("aof_enabled", "0 or 1", "Whether jobs are written to the append only file."),
    ("aof_state", "", "off, wait-rewrite or on."),
    ("aof_rewrite_in_progress", "0 or 1", "Whether the file is being rewritten."),
    ("aof_rewrite_scheduled", "0 or 1", "Whether a rewrite waits to begin."),
    ("aof_last_rewrite_time_sec", "seconds", "How long the last rewrite took; -1 before the first."),
    ("aof_current_rewrite_time_sec", "seconds", "How long the current one has taken; -1 without one."),
    ("aof_last_bgrewrite_status", "", "Whether the last rewrite went well."),
    ("aof_last_write_status", "", "Whether the last write went well; otherwise writes give MISCONF."),
    ("aof_current_size", "bytes", "Of the file."),
    ("aof_base_size", "bytes", "Of the file after the last rewrite or start."),
    ("aof_pending_rewrite", "0 or 1", "Whether a rewrite is waited for."),
    ("aof_buffer_length", "bytes", "Not yet written to the file."),
    ("aof_rewrite_buffer_length", "bytes", "Collected for the file during a rewrite."),
    ("aof_pending_bio_fsync", "calls", "Of fsync that have not ended yet."),
    ("aof_delayed_fsync", "times", "How often an fsync was late."),
    ("total_connections_received", "connections", "Since the start."),
    ("total_commands_processed", "commands", "Since the start."),
    ("instantaneous_ops_per_sec", "commands a second", "At the moment."),
    ("total_net_input_bytes", "bytes", "Read from clients since the start."),
    ("total_net_output_bytes", "bytes", "Written to clients since the start."),
    ("instantaneous_input_kbps", "kB a second", "Read at the moment."),
    ("instantaneous_output_kbps", "kB a second", "Written at the moment."),
    ("rejected_connections", "connections", "Refused because of maxclients."),
    ("latest_fork_usec", "microseconds", "How long the last fork took."),
    ("used_cpu_sys", "seconds", "Of processor time in the system."),
    ("used_cpu_user", "seconds", "Of processor time in the program."),
    ("used_cpu_sys_children", "seconds", "The same for processes in the background."),
    ("used_cpu_user_children", "seconds", "The same for processes in the background."),
    ("cmdstat_NAME", "", "calls, usec and usec_per_call of each command called so far."),
)


def fields() -> list[Field]:
    """All of them, in the order of the replies."""
    tables = (("SHOW", SHOW), ("QSTAT", QSTAT), ("INFO", INFO))
    return [Field(command, *row) for command, table in tables for row in table]


def named(name: str) -> list[Field]:
    """Those of this name, with `-` or `_`, in any case."""
    wanted = name.lower().replace("-", "_")
    if wanted.startswith("cmdstat_"):
        wanted = "cmdstat_name"
    return [field for field in fields() if field.name.lower().replace("-", "_") == wanted]
