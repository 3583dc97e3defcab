"""Where copies of jobs go: another queue of the same cluster, or another cluster with a separate session.

It adds copies and says what became of each. It knows nothing of the originals.
"""

from __future__ import annotations

from disquectl.client.pipelined_connection import Batch
from disquectl.client.resending import leaves_open
from disquectl.client.stream import Stream
from disquectl.config.settings import resolve
from disquectl.errors import DisquectlError, OutcomeUnknown, ReplyError, UsageError
from disquectl.execution.session import Session
from disquectl.merge.nodes import possible_replicas
from disquectl.protocol.job_options import DEFAULT_TIMEOUT_MS, MAX_REPLICAS

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from typing import Self

    from disquectl.bulk.copies import CopyOptions
    from disquectl.client.pipelined_connection import Outcome
    from disquectl.config.settings import Settings
    from disquectl.merge.replicas import FlatReplica
    from disquectl.spec.parameters import Raw, Values

    # An original, and in how many ms it is due; None if it has no delay.
    Original = tuple[FlatReplica, int | None]

DEFAULT_CONNECTIONS = 32
# Requests that go to one connection at a time: an ADDJOB that waits for replication holds up those behind it.
ON_ONE, ON_MANY = 100, 4
# The options that name the destination's cluster, and what they are there.
OPTIONS = {"to_node": "node", "to_url": "url", "to_profile": "profile"}
# The refusal of a cluster that does not know yet that a node is down.
TOO_FEW_NODES = "NOREPL Not enough"


class Destination:
    """A context manager that closes its connections.

    failure   why no more copies can be added, or None
    is_other  whether it is another cluster than the source; prefix: before its errors
    """

    def __init__(self, session: Session, options: CopyOptions, values: Values, is_other: bool) -> None:
        """`session`: that of the destination; `is_other`: whether it is another cluster than the source."""
        self.failure: DisquectlError | None = None
        self.is_other = is_other
        self.prefix = "destination: " if is_other else ""
        self._session = session
        self._options = options
        self._greeting = session.client.verify_any()
        options.most_replicas = possible_replicas(self._greeting, MAX_REPLICAS)
        one = options.most_replicas == 1 or "async" in values or values.get("replicate") == 1
        self._connections: int = values.get("connections", 1 if one else DEFAULT_CONNECTIONS)
        self._stream = Stream(
            session.client, connections=self._connections, wait_ms=DEFAULT_TIMEOUT_MS, go_on=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.__exit__()

    def count_without(self, silent: set[str]) -> None:
        """Make no replica for these nodes, by ID: the others may not know yet that they do not answer."""
        self._options.most_replicas = possible_replicas(self._greeting, self._options.most_replicas, silent)

    def add(self, originals: list[Original]) -> list[Outcome]:
        """Add copies; return for each its ID, or the refusal, or OutcomeUnknown, in the same order."""
        outcomes = self._send(originals)
        while not self._options.is_exact and self._options.most_replicas > 1:
            again = [place for place, outcome in enumerate(outcomes) if _lacks_nodes(outcome)]
            if not again:
                break
            self._options.most_replicas -= 1
            for place, outcome in zip(again, self._send([originals[place] for place in again]), strict=True):
                outcomes[place] = outcome
        return outcomes

    def _send(self, originals: list[Original]) -> list[Outcome]:
        size = ON_ONE if self._connections == 1 else ON_MANY
        requests = [self._options.request(*original) for original in originals]
        batches = [
            Batch(requests[at : at + size], in_order=self._connections == 1)
            for at in range(0, len(requests), size)
        ]
        counts = [len(batch.left) for batch in batches]
        outcomes: list[Outcome] = []
        for batch, count in zip(self._stream.run(batches), counts, strict=False):
            outcomes += map(_checked, batch.outcomes)
            # Those that were not sent.
            outcomes += [self._not_sent()] * (count - len(batch.outcomes))
        outcomes += [self._not_sent()] * (len(originals) - len(outcomes))
        self.failure = self._stream.failure
        return outcomes

    def _not_sent(self) -> ReplyError:
        failure = self._stream.failure
        return ReplyError(f"ERR not sent: {failure.message if failure else 'the connection is lost'}")


def _checked(outcome: Outcome) -> Outcome:
    """The outcome; OutcomeUnknown for a reply that leaves it open whether the job was added."""
    if isinstance(outcome, bytes) and outcome[:2] == b"D-":
        return outcome
    if isinstance(outcome, OutcomeUnknown):
        return outcome
    if isinstance(outcome, ReplyError):
        return OutcomeUnknown(outcome.message) if leaves_open(outcome) else outcome
    return OutcomeUnknown("the reply to ADDJOB is not a job ID")


def _lacks_nodes(outcome: Outcome) -> bool:
    return isinstance(outcome, ReplyError) and outcome.message.startswith(TOO_FEW_NODES)


def other_session(values: Values, session: Session, environ: os._Environ[str]) -> Session | None:
    """A session with the cluster that options name; None if they name none.

    Its credentials, TLS and guards come from its own profile or options; nothing of the source's is used.
    """
    named = [name for name in OPTIONS if name in values]
    extra = [name for name in ("to_password_file", "to_cacert") if name in values]
    if len(named) > 1:
        raise UsageError(f"{_flag(named[0])} and {_flag(named[1])} cannot be combined", "use one of them")
    if not named:
        if extra:
            raise UsageError(f"{_flag(extra[0])} needs --to-node, --to-url or --to-profile")
        return None
    raw: Raw = {OPTIONS[named[0]]: values[named[0]]}
    if "to_password_file" in values:
        raw["password_file"] = values["to_password_file"]
    if "to_cacert" in values:
        raw |= {"tls": True, "cacert": values["to_cacert"]}
    if session.settings.config_path:
        raw["config"] = session.settings.config_path
    own = {name: value for name, value in environ.items() if not name.startswith("DISQUE")}
    try:
        settings = resolve(raw, own, with_profile="profile" in raw)
    except UsageError as problem:
        raise UsageError(f"{_flag(named[0])}: {problem.message}", problem.advice) from None
    return Session(_like(settings, session.settings), session.streams)


def check_destination(session: Session, *, dry_run: bool) -> None:
    """Reject a destination that may not be changed or cannot be asked for, before a node is asked.

    Raises DataError as well, for a file of its password or its certificates that cannot be read.
    """
    _ = session.password, session.tls
    if dry_run:
        return
    if session.settings.read_only:
        raise UsageError("move can change the destination, and that is read-only")
    if session.settings.protected and not session.answered:
        session.check_can_ask("move", "adds jobs to the destination, a protected profile")


def _like(settings: Settings, source: Settings) -> Settings:
    """The settings of the destination, with those of the source that concern the command as a whole."""
    for name in ("echo", "echo_to", "quiet", "color", "show_secrets", "yes", "yes_really"):
        setattr(settings, name, getattr(source, name))
    settings.connect_timeout_ms = source.connect_timeout_ms
    settings.response_timeout_ms = source.response_timeout_ms
    return settings


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
