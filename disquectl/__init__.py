"""disquectl: the command-line tool for Disque, and its client library.

    from disquectl import Client

    with Client("127.0.0.1:7711") as disque:
        disque.addjob("mail", "hello")

Importing this package loads no other module; each name is loaded when it is first used.
"""

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.client.address import Node
    from disquectl.client.tracing import Tracer
    from disquectl.errors import (
        ConnectionFailed,
        DataError,
        DisquectlError,
        NoAnswer,
        NotAuthorised,
        NotDisque,
        NothingThere,
        OutcomeUnknown,
        PartlyDone,
        ReplyError,
        UsageError,
    )
    from disquectl.jobs import Reject, Retry, job
    from disquectl.library.client import Client

__all__ = [
    "Client",
    "ConnectionFailed",
    "DataError",
    "DisquectlError",
    "NoAnswer",
    "Node",
    "NotAuthorised",
    "NotDisque",
    "NothingThere",
    "OutcomeUnknown",
    "PartlyDone",
    "Reject",
    "ReplyError",
    "Retry",
    "Tracer",
    "UsageError",
    "__version__",
    "job",
]


def __dir__() -> list[str]:
    """What the module has, and the names above, which may not be loaded yet."""
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> object:
    """Load one of the names above when it is first used. Raises AttributeError for other names."""
    if name == "Client":
        from disquectl.library.client import Client

        return Client
    if name == "Node":
        from disquectl.client.address import Node

        return Node
    if name == "Tracer":
        from disquectl.client.tracing import Tracer

        return Tracer
    if name in ("Reject", "Retry", "job"):
        from disquectl import jobs

        found: object = vars(jobs)[name]
        return found
    if name in __all__:
        from disquectl import errors

        error: object = vars(errors)[name]
        return error
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
