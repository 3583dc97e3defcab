"""What to do about an error reply, and which of them leave the outcome open.

`MEANINGS` and `ADVICE` are keyed by the error's code. Rules: Disque 1.0-rc1, found by running it.
"""

from __future__ import annotations

from disquectl.client.address import Node
from disquectl.client.connecting import addresses
from disquectl.client.connection import Unreachable
from disquectl.errors import DisquectlError, NothingThere, OutcomeUnknown, ReplyError
from disquectl.protocol.secrets import masked_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from disquectl.client.transport import Transport
    from disquectl.spec.parameters import Words

MEANINGS = {
    "ERR": "The request is wrong, as the text behind the code says: its words, a number, an option.",
    "BADID": "A word that should be a job ID is none.",
    "NOREPL": "Not as many nodes as asked for could take a copy of the job, or not in time.",
    "MAXLEN": "The queue holds as many jobs on this node as the job's MAXLEN allows.",
    "PAUSED": "The queue is paused in input on this node.",
    "LEAVING": "The node is leaving the cluster and lets nobody wait for jobs.",
    "NOJOB": "This node has no copy of the job: acknowledged, expired, or held by others.",
    "TOOLATE": "More than half of the job's TTL has passed, so that its return cannot be put off any more.",
    "NOAUTH": "The node wants a password first.",
    "OOM": "The node has used up its maxmemory and takes nothing that needs more.",
    "LOADING": "The node has just started and is reading its append only file.",
    "MISCONF": "The node could not write its append only file, and takes no writes until it can.",
}

ADVICE = {
    "ERR": "read the text behind the code; `disquectl COMMAND --help` has the words and their units",
    "NOREPL": "look at `disquectl nodes`; lower --replicate, or bring the others back. After "
    "`Timeout reached` or `job removed` the job may be delivered all the same",
    "NOAUTH": "give the password by DISQUE_PASSWORD, --password-file or --ask-password",
    "BADID": "a job ID has 40 characters: D-, 8 hex digits, -, 24 characters, -, 4 hex digits",
    "PAUSED": "the queue takes no jobs: `disquectl pause QUEUE state` shows it, `pause QUEUE none` ends it",
    "MAXLEN": "the queue holds as many jobs as --maxlen allows: wait, or raise it",
    "OOM": "the node is out of memory: acknowledge jobs, or raise maxmemory with `disquectl config set`",
    "LEAVING": "the node is leaving the cluster: name another one with --node",
    "LOADING": "the node is still reading its file: try again in a moment",
    "MISCONF": "the node cannot write its append only file: look at its log and its disk",
    "TOOLATE": "half of the job's TTL has passed: finish it and acknowledge it",
    "NOJOB": "the job is known only on the nodes that hold a copy; --cluster finds them",
}

# How the text of an ERR begins, and what to do about that one.
REFUSALS = (
    ("The specified DELAY is greater than TTL", "give a longer --ttl or a shorter --delay"),
    ("TTL must be a number > 0", "a TTL is at least 1s; without --ttl it is 1d"),
    ("With RETRY set to 0", "--retry 0 goes with --replicate 1 alone"),
    (
        "No samples available",
        "there are samples while latency-monitor-threshold is above 0: "
        "`disquectl config set latency-monitor-threshold MILLISECONDS`",
    ),
    ("No such client", "`disquectl client list` shows those there are"),
    ("Unsupported CONFIG parameter", "`disquectl config get '*'` shows those there are"),
    ("Invalid node identifier", "`disquectl cluster nodes` shows the IDs"),
    ("Unknown node", "`disquectl cluster nodes` shows those there are"),
    ("unknown command", "`disquectl command` shows those that the node knows"),
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
    """The error to end with: the server's own text, what to do, and the exit code that is right for it.

    `command_name` is the command whose help has more; `count_nodes` tells how many nodes answer.
    """
    if isinstance(problem, OutcomeUnknown):
        if problem.message.startswith("NOREPL"):
            problem.advice = "the job may be delivered all the same; " + count_nodes()
        return problem
    refusal = problem if show_secrets else masked_error(words, problem)
    if refusal.code == "NOREPL":
        refusal.advice = count_nodes() + "; lower --replicate, or bring the others back"
    elif refusal.code == "NOJOB":
        return NothingThere(refusal.message, ADVICE["NOJOB"])
    elif not refusal.advice:
        known = refusal.code in ADVICE and refusal.code != "ERR"
        refusal.advice = ADVICE[refusal.code] if known else _by_its_text(refusal, words, command_name)
    return refusal


def _by_its_text(refusal: ReplyError, words: Words, command_name: str) -> str:
    """Advice for an ERR: its own, or where the command is explained."""
    text = refusal.message.removeprefix("ERR ")
    if text.startswith("Invalid node address"):
        return _numeric_address(words)
    for beginning, advice in REFUSALS:
        if text.startswith(beginning):
            return advice
    return f"see disquectl {command_name} --help"


def _numeric_address(words: Words) -> str:
    """CLUSTER MEET takes no name: the address that it stands for here, as the command to type."""
    host, port = (word.decode("utf-8", "backslashreplace") for word in words[2:4])
    try:
        found = [str(address[0]) for _, address in addresses(Node(host)) if isinstance(address, tuple)]
    except Unreachable:
        return "it takes a numeric IP address, and none is found for this name here"
    if host in found:
        return "it takes a numeric IP address and a port from 1 to 55535: nodes talk on the port plus 10000"
    return f"it takes a numeric IP address: disquectl cluster meet {found[0]} {port}"


def nodes_that_answer(client: Transport, open_other: Callable[[Node, float], Transport]) -> str:
    """How many of the nodes that HELLO lists answer themselves, in words."""
    try:
        listed = client.verify()["nodes"]
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
