"""The words on the screen: columns of every list, states, priorities, health, exit codes. Pure data.

Columns that are fields of SHOW and QSTAT are in protocol/fields.py. `--help` lists columns with their
meanings, and `explain` finds all of these words.
"""

from __future__ import annotations

from disquectl.protocol.fields import named

_BODY = "The producer's data."
_BODY_BEGINNING = "The beginning of the body."
_JOB_ID = "The job's ID."

# Command -> column -> its meaning. A column that is not here is a field of SHOW or QSTAT.
COLUMNS: dict[str, dict[str, str]] = {
    "queues": {
        "queue": "The queue.",
        "queued": "Jobs that wait for a consumer.",
        "delayed": "Jobs whose delay has not ended.",
        "in_flight": "Jobs delivered or taken out, and not acknowledged.",
        "acked": "Acknowledged jobs that are still being deleted.",
        "oldest_age": "Age of the oldest queued job, in seconds.",
        "jobs_in": "Jobs queued so far, summed over the nodes.",
        "jobs_out": "Jobs delivered so far, summed over the nodes.",
        "rate_in": "Jobs queued per second.",
        "rate_out": "Jobs delivered per second.",
        "blocked": "Clients that wait in GETJOB for this queue.",
        "pause": "none, in, out or all; each node's where they differ.",
        "nodes": "Nodes that have the queue or a job of it.",
    },
    "jobs": {
        "queue": "The queue.",
        "state": "queued, delayed, in-flight, acked, waiting or unknown.",
        "age": "Seconds since the job was created.",
        "holders": "Nodes with a replica.",
        "body": _BODY_BEGINNING,
    },
    "nodes": {
        "id": "The first 8 digits of the node's ID.",
        "address": "Where clients connect.",
        "answers": "Whether the node answered.",
        "health": "What is wrong with the node, or ok.",
        "priority": "In HELLO: 1 good, 5 not linked, 10 possibly failing, 100 failing or leaving.",
        "state": "What the other nodes report; each node's view where they differ.",
        "version": "The server's version.",
        "uptime": "Seconds since the start.",
        "clients": "Connected clients.",
        "blocked": "Clients that wait in GETJOB or ADDJOB.",
        "memory": "Memory in use, and its limit.",
        "used_memory": "Memory in use, in bytes.",
        "maxmemory": "Memory limit, in bytes; ADDJOB is refused near it.",
        "jobs": "Replicas on this node, in any state.",
        "queues": "Queues on this node.",
        "aof": "Append only file: off, wait-rewrite or on.",
        "clock_skew": "Milliseconds that its clock is ahead of the local one.",
        "leaving": "Whether it is leaving the cluster.",
    },
    "top": {
        "time": "When the sample was taken, in UTC.",
        "queue": "The queue.",
        "queued": "Jobs that wait for a consumer.",
        "delayed": "Jobs whose delay has not ended, by the last scan.",
        "in_flight": "Jobs delivered or taken out, and not acknowledged, by the last scan.",
        "rate_in": "Jobs queued per second.",
        "rate_out": "Jobs delivered per second.",
        "oldest_age": "Age of the oldest queued job, in seconds, by the last scan.",
        "waiting": "Clients that wait in GETJOB for this queue.",
        "pause": "none, in, out or all; joined where the nodes differ.",
    },
    "stat": {
        "time": "When the sample was taken, in UTC.",
        "nodes": "Nodes that answered.",
        "queued": "Jobs that wait for a consumer.",
        "rate_in": "Jobs queued per second.",
        "rate_out": "Jobs delivered per second.",
        "waiting": "Clients that wait for jobs.",
        "clients": "Connected clients.",
        "memory": "Memory in use, in bytes.",
    },
    "consumers": {
        "address": "The consumer's address and port; client kill takes it.",
        "name": "Name of the connection; that of a worker has its host, process and queues.",
        "node": "The node that it is connected to.",
        "waiting": "Whether it waits in GETJOB; a table shows for how long.",
        "idle": "Seconds since its last request or reply.",
        "queues": "The queues that a worker's name has; empty if they are not known.",
    },
    "doctor": {
        "severity": "error, warning or note.",
        "rule": "The name of the rule; disquectl help doctor lists them.",
        "what": "What is wrong, and where.",
        "evidence": "The figures and names that show it.",
        "meaning": "What it means for jobs, and what to do.",
        "command": "The command that shows more or fixes it.",
    },
    "check": {
        "status": "OK, WARNING, CRITICAL or UNKNOWN.",
        "item": "What was checked.",
        "name": "The queue or node.",
        "figures": "All figures of the item.",
        "message": "The figures that are outside their thresholds; all if none is.",
    },
    "trace": {
        "created_by": "The node that created the job.",
        "ttl_minutes": "The TTL in minutes, as the ID has it.",
        "delivery": "at least once, or at most once (retry 0).",
        "state": "The state that all replicas add up to.",
        "differs": "Fields that differ between the nodes.",
        "copies": "The fields of SHOW, by node.",
    },
    "dead": {
        "id": "The ID of the dead letter.",
        "queue": "The queue of the job that died.",
        "dead_queue": "The queue that has the dead letter.",
        "job": "The ID of the job that died.",
        "attempts": "How often it was tried.",
        "failed": "When it died.",
        "exit": "Exit code of the command; empty if a signal ended it.",
        "signal": "Signal that ended the command.",
        "reason": "Why it failed, in words.",
        "stderr": "The last lines of the command's stderr.",
        "body": _BODY,
        "count": "Number of dead letters.",
        "oldest": "When the first of them died.",
        "newest": "When the last of them died.",
        "example": "The ID of one of them.",
    },
    "purge": {"id": _JOB_ID, "queue": "The queue that the job was deleted from."},
    "move": {
        "id": "The ID of the original job.",
        "new_id": "The ID of the copy.",
        "queue": "The queue of the original job.",
        "to": "The queue of the copy.",
    },
    "requeue": {"id": _JOB_ID, "queue": "The queue."},
    "dump": {
        "id": _JOB_ID,
        "queue": "The queue.",
        "body": _BODY,
        "created": "When it was created, in UTC.",
        "expires": "When its TTL ends, in UTC.",
        "ttl": "Seconds from creation to expiry.",
        "due": "When it is queued next, in UTC; null if it is queued, or never will be.",
        "replicate": "Replicas that were asked for.",
        "state": "queued, delayed, in-flight, or unknown.",
    },
    "load": {
        "line": "Number of the line in the file.",
        "id": "The ID that the job had.",
        "new_id": "The ID that it has now.",
        "queue": "The queue that the job was added to.",
        "state": "With --dry-run: the state that the job had.",
        "ttl": "With --dry-run: the TTL that it would get, in seconds.",
        "delay": "With --dry-run: its delay, in seconds.",
        "retry": "With --dry-run: its retry time, in seconds.",
        "replicate": "With --dry-run: how many replicas it would get.",
    },
    "bench": {
        "phase": "produce: adding jobs; consume: taking and acknowledging them.",
        "jobs": "Jobs that were added, or acknowledged.",
        "seconds": "From the first request to the last reply.",
        "rate": "Jobs per second.",
        "errors": "Requests or jobs that failed; stderr and JSON have them by kind.",
        "min": "The shortest latency, in milliseconds.",
        "p50": "Half of the latencies were at most this.",
        "p90": "90 % of the latencies were at most this.",
        "p99": "99 % of the latencies were at most this.",
        "p999": "99.9 % of the latencies were at most this.",
        "max": "The longest latency.",
    },
    "wait": {
        "condition": "What was waited for: empty, length, consumers, job, ready, nodes or drained.",
        "waited": "How long it took, in seconds.",
        "value": "The figure that decided: jobs, consumers or nodes.",
    },
    "ping": {
        "times": "Milliseconds of each round trip; none for one that was lost.",
        "lost": "Round trips without an answer.",
        "min": "The shortest, in milliseconds.",
        "median": "The middle one.",
        "mean": "Their mean.",
        "p99": "99 % of them took at most this long.",
        "max": "The longest.",
    },
    "getjob": {"queue": "The queue that the job came from.", "body": _BODY},
    "qpeek": {"queue": "The queue.", "id": _JOB_ID, "body": _BODY},
    "working": {"seconds": "Time until the job is queued again."},
    "qlen": {"queue": "The queue.", "length": "Queued jobs on this node; with --cluster on all nodes."},
    "qstat": {"queue": "The queue."},
    "qscan": {"queue": "The queue.", "holders": "With --cluster: nodes that have the queue."},
    "pause": {"queue": "The queue.", "state": "none; in: no new jobs; out: no deliveries; all: both."},
    "info": {
        "section": "The section of INFO.",
        "field": "Its field; disquectl explain FIELD explains it.",
        "value": "The value.",
    },
    "hello": {
        "version": "Version of the format of HELLO.",
        "node": "The ID of the node that answers.",
        "id": "The node's ID.",
        "host": "The node's address; empty if it has not learned it.",
        "port": "The port for clients.",
        "priority": "1 good, 5 not linked, 10 possibly failing, 100 failing or leaving.",
    },
    "time": {
        "seconds": "The server's clock, since 1970.",
        "microseconds": "Its microseconds.",
    },
    "config get": {"name": "The setting.", "value": "Its value."},
    "client list": {
        "id": "Number of the connection, for client kill --id.",
        "addr": "The client's address and port.",
        "fd": "File descriptor of the server.",
        "name": "Set by client setname.",
        "age": "Seconds since it connected.",
        "idle": "Seconds since its last command.",
        "flags": "N normal, b waiting in GETJOB or ADDJOB, O monitor, c closing, A closed at once.",
        "qbuf": "Bytes of requests not processed.",
        "qbuf_free": "Free bytes of that buffer.",
        "obl": "Bytes in the fixed output buffer.",
        "oll": "Replies in the output list.",
        "omem": "Bytes in the output list.",
        "events": "r: reads, w: writes.",
        "cmd": "The last command.",
    },
    "cluster nodes": {
        "id": "The node's ID.",
        "host": "Its address.",
        "port": "Its port for clients.",
        "flags": "myself; noflags: ok; fail?: possibly failing; fail: failing; handshake; noaddr.",
        "ping_sent": "When the pending ping was sent, in ms since 1970; 0 without one.",
        "pong_received": "When the last pong came, in ms since 1970.",
        "link": "connected or disconnected.",
    },
    "cluster info": {
        "cluster_state": "ok, or fail.",
        "cluster_known_nodes": "Nodes that this one knows, itself included.",
        "cluster_reachable_nodes": "Nodes that it can reach.",
        "cluster_size": "Nodes of the cluster.",
        "cluster_stats_messages_sent": "Messages to other nodes since the start.",
        "cluster_stats_messages_received": "Messages from other nodes since the start.",
    },
    "slowlog get": {
        "id": "Number of the entry.",
        "time": "When it ran, in seconds since 1970.",
        "microseconds": "How long it took.",
        "args": "The command.",
    },
    "latency latest": {
        "event": "What was slow.",
        "time": "When it last was, in seconds since 1970.",
        "ms": "How long the last one took.",
        "max_ms": "How long the longest took.",
    },
    "latency history": {"time": "In seconds since 1970.", "ms": "How long it took."},
    "command": {
        "name": "The command.",
        "arity": "Number of words; negative: at least as many.",
        "flags": "write, readonly, denyoom (refused when memory is full), admin, ...",
    },
    "monitor": {
        "time": "In seconds since 1970.",
        "client": "The client's address and port.",
        "args": "The command.",
    },
    "profile list": {
        "profile": "The name.",
        "in_use": "Whether it is the default profile.",
        "nodes": "Its seed nodes.",
        "protected": "Whether dangerous commands ask for its name.",
        "read_only": "Whether it refuses changes.",
    },
    "profile check": {
        "node": "The seed node.",
        "ok": "Whether it answered.",
        "node_id": "The node's ID.",
        "problem": "What went wrong.",
    },
    "explain": {
        "code": "The error code.",
        "meaning": "What it means.",
        "advice": "What to do.",
    },
}
COLUMNS["command info"] = COLUMNS["command"]

# Where a word is shown -> word -> its meaning.
WORDS: dict[str, dict[str, str]] = {
    "state of a job": {
        "queued": "The next consumer at that node gets it.",
        "delayed": "It is queued when its delay ends.",
        "in-flight": "Delivered or taken out of its queue, and not acknowledged; it comes back after its "
        "retry time.",
        "acked": "Acknowledged; it is deleted when all nodes with a replica know.",
        "waiting": "ADDJOB still waits for its replicas.",
        "unknown": "It may be queued on a node that did not answer.",
    },
    "state of a job on one node": {
        "active": "Delayed, delivered, taken out of its queue, or a replica of a job queued elsewhere.",
        "wait-repl": "ADDJOB still waits for its replicas.",
    },
    "health of a node": {
        "ok": "Nothing is wrong.",
        "full": "Memory is at 95 % of maxmemory or more: ADDJOB is refused.",
        "no copies": "Memory is at 75 % of maxmemory or more: it takes no replicas of other nodes' jobs.",
        "leaving": "It is leaving the cluster and refuses clients that wait for jobs.",
        "failing": "Other nodes report that it does not answer them.",
        "down": "It does not answer.",
        "aof error": "It cannot write its append only file.",
    },
    "state of a node": {
        "possibly failing": "One node reports that it does not answer.",
        "not linked": "The reporting node has no connection to it.",
        "meeting": "It was named by cluster meet and has not answered yet.",
        "without address": "Its address is not known.",
        "noflags": "ok, in cluster nodes.",
        "fail?": "Possibly failing, in cluster nodes.",
        "fail": "Failing, in cluster nodes.",
        "handshake": "It was named by cluster meet and has not answered yet.",
        "noaddr": "Its address is not known.",
        "myself": "The node that was asked.",
    },
    "priority in HELLO": {
        "1": "Good.",
        "5": "Not linked: the node that was asked has no connection to it.",
        "10": "Possibly failing.",
        "100": "Failing or leaving.",
    },
    "state of a pause": {
        "in": "The queue accepts no new jobs: ADDJOB is refused with PAUSED.",
        "out": "The queue delivers no jobs.",
        "all": "The queue accepts and delivers no jobs.",
        "none": "The queue is not paused.",
    },
}

EXIT_CODES = (
    (0, "done"),
    (1, "the server refused"),
    (2, "wrong usage"),
    (3, "partly done"),
    (4, "not found, or nothing there"),
    (5, "not connected"),
    (6, "no answer in time, to a command that changes nothing"),
    (7, "not authorised"),
    (8, "outcome unknown: sent, but not answered"),
    (9, "the result could not be written, or an input could not be read"),
    (70, "a bug in disquectl"),
    (130, "interrupted"),
)


def meaning_of_column(command: str, column: str) -> str:
    """What a column of this command's records means; "" if it is not known."""
    own = COLUMNS.get(command, {}).get(column)
    if own is not None:
        return own
    found = [field for field in named(column) if field.command in ("SHOW", "QSTAT")]
    if not found:
        return ""
    unit = found[0].unit
    number = unit in ("seconds", "milliseconds", "nanoseconds", "bytes") and unit not in found[0].meaning
    return f"{found[0].meaning[:-1]} ({unit})." if number else found[0].meaning
