"""disquectl: the command-line tool for Disque, and the thin client behind it.

    from disquectl import Client

    with Client("127.0.0.1:7711") as disque:
        disque.addjob("mail", "hello")

Nothing is imported here until it is asked for: a call from a script pays for what it uses.
"""

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.client.address import Node
    from disquectl.client.client import Client
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
    "ReplyError",
    "Tracer",
    "UsageError",
    "__version__",
]


def __getattr__(name: str) -> object:
    """The names above, each loaded when it is asked for first."""
    if name == "Client":
        from disquectl.client.client import Client

        return Client
    if name == "Node":
        from disquectl.client.address import Node

        return Node
    if name == "Tracer":
        from disquectl.client.tracing import Tracer

        return Tracer
    if name in __all__:
        from disquectl import errors

        error: object = vars(errors)[name]
        return error
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
