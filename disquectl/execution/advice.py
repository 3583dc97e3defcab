"""Advice for error replies: what each code means, what to do about it, and which leave the outcome unknown.

`MEANINGS` and `ADVICE` are keyed by the error's code. The rules were found by running Disque 1.0-rc1.
"""

from __future__ import annotations

from disquectl.client.address import Node
from disquectl.client.connecting import addresses
from disquectl.client.connection import Unreachable
from disquectl.errors import DisquectlError, NothingThere, OutcomeUnknown, ReplyError
from disquectl.protocol.secrets import masked_error
from disquectl.render.escape import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from disquectl.client.transport import Transport
    from disquectl.spec.parameters import Words

# A hint is not worth more.
_LOOKUP_SECONDS = 2.0
MEANINGS = {
    "ERR": "The request is wrong; the text after the code says how.",
    "BADID": "A word that should be a job ID is not one.",
    "NOREPL": "Not enough nodes could take a replica of the job, or not in time.",
    "MAXLEN": "The queue already has as many jobs on this node as MAXLEN allows.",
    "PAUSED": "The queue is paused for input on this node.",
    "LEAVING": "The node is leaving the cluster and refuses clients that wait for jobs.",
    "NOJOB": "This node has no replica of the job: it was acknowledged, it expired, or only other nodes have "
    "it.",
    "TOOLATE": "More than half of the job's TTL has passed, so its next delivery can no longer be postponed.",
    "NOAUTH": "The node requires a password.",
    "OOM": "The node has reached its maxmemory and refuses commands that need more memory.",
    "LOADING": "The node has just started and is loading its append only file.",
    "MISCONF": "The node cannot write its append only file, and refuses writes until it can.",
}

ADVICE = {
    "ERR": "read the text after the code; `disquectl COMMAND --help` lists the arguments and their units",
    "NOREPL": "check `disquectl nodes`; lower --replicate, or restore the missing nodes. After `Timeout "
    "reached` or `job removed` the job may be delivered all the same",
    "NOAUTH": "set DISQUE_PASSWORD, or pass --password-file or --ask-password",
    "BADID": "a job ID has 40 characters: D-, 8 hex digits, -, 24 characters, -, 4 hex digits",
    "PAUSED": "resume the queue with `disquectl pause QUEUE none`",
    "MAXLEN": "the queue has as many jobs as --maxlen allows: wait, or raise it",
    "OOM": "acknowledge jobs, or raise maxmemory with `disquectl config set maxmemory SIZE`",
    "LEAVING": "choose another node with --node",
    "LOADING": "the node is still loading its file: try again in a moment",
    "MISCONF": "check the node's log and its disk",
    "TOOLATE": "half of the job's TTL has passed: finish the job and acknowledge it",
    "NOJOB": "only the nodes with a replica know the job; --cluster finds them",
}

# The beginning of an ERR's text, and what to do about that error.
REFUSALS = (
    ("The specified DELAY is greater than TTL", "give a longer --ttl or a shorter --delay"),
    ("TTL must be a number > 0", "a TTL is at least 1s; without --ttl it is 1d"),
    ("With RETRY set to 0", "use --replicate 1 with --retry 0"),
    (
        "No samples available",
        "samples are taken only while latency-monitor-threshold is above 0: `disquectl config set "
        "latency-monitor-threshold MILLISECONDS`",
    ),
    ("No such client", "list them with `disquectl client list`"),
    ("Unsupported CONFIG parameter", "list them with `disquectl config get '*'`"),
    ("Invalid node identifier", "list the IDs with `disquectl cluster nodes`"),
    ("Unknown node", "list the nodes with `disquectl cluster nodes`"),
    ("unknown command", "list the node's commands with `disquectl command`"),
)

PROBE_TIMEOUT_SECONDS = 0.5


def explained(
    problem: ReplyError | OutcomeUnknown,
    words: Words,
    *,
    command_name: str,
    show_secrets: bool,
    count_nodes: Callable[[], str],
) -> DisquectlError:
    """The error to raise: the server's text, the advice, and the type with the right exit code.

    `command_name` is the command whose help to refer to; `count_nodes` says in words how many nodes answer.
    """
    if isinstance(problem, OutcomeUnknown):
        if problem.message.startswith("NOREPL"):
            problem.advice = "the job may be delivered all the same; " + count_nodes()
        return problem
    refusal = problem if show_secrets else masked_error(words, problem)
    if refusal.code == "NOREPL":
        refusal.advice = count_nodes() + "; lower --replicate, or restore the missing nodes"
    elif refusal.code == "PAUSED" and len(words) > 1:
        refusal.advice = _paused(words[1])
    elif refusal.code == "NOJOB":
        return NothingThere(refusal.message, ADVICE["NOJOB"])
    elif not refusal.advice:
        known = refusal.code in ADVICE and refusal.code != "ERR"
        refusal.advice = ADVICE[refusal.code] if known else _by_its_text(refusal, words, command_name)
    return refusal


def _paused(queue: bytes) -> str:
    from shlex import quote

    name = plain(queue)
    return f"queue `{name}` is paused for input; resume it with `disquectl pause {quote(name)} none`"


def _by_its_text(refusal: ReplyError, words: Words, command_name: str) -> str:
    """Advice for an ERR, by the beginning of its text; else a reference to the command's help."""
    text = refusal.message.removeprefix("ERR ")
    if text.startswith("Invalid node address"):
        return _numeric_address(words)
    for beginning, advice in REFUSALS:
        if text.startswith(beginning):
            return advice
    return f"see disquectl {command_name} --help"


def _numeric_address(words: Words) -> str:
    """Advice for CLUSTER MEET with a host name: the command with the address that the name has here."""
    host, port = (word.decode("utf-8", "backslashreplace") for word in words[2:4])
    try:
        found = [
            str(address[0])
            for _, address in addresses(Node(host), _LOOKUP_SECONDS)
            if isinstance(address, tuple)
        ]
    except Unreachable:
        return "use a numeric IP address; this name has none here"
    if host in found:
        return "use a numeric IP address and a port from 1 to 55535: nodes also talk on the port plus 10000"
    return f"use the numeric IP address: disquectl cluster meet {found[0]} {port}"


def nodes_that_answer(client: Transport, open_other: Callable[[Node, float], Transport]) -> str:
    """How many of the nodes listed by HELLO answer it themselves, in words."""
    try:
        listed = client.verify_any()["nodes"]
    except DisquectlError:
        return "no node answered HELLO"
    answered = sum(1 for entry in listed if not entry["host"] or _answers(open_other, entry))
    return f"{answered} of {len(listed)} known nodes answered HELLO"


def _answers(open_other: Callable[[Node, float], Transport], entry: dict[str, Any]) -> bool:
    with open_other(Node(entry["host"], entry["port"]), PROBE_TIMEOUT_SECONDS) as other:
        try:
            other.verify()
        except DisquectlError:
            return False
    return True
