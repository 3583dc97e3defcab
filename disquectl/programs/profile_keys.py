"""The keys of a profile as they were given: KEY=VALUE, options such as --node, answers to questions."""

from __future__ import annotations

from disquectl.client.address import parse_url
from disquectl.config.profiles import PASSWORD_KEYS, from_text
from disquectl.errors import UsageError
from disquectl.execution.streams import write_whole
from disquectl.render.escape import for_terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.config.edit import Value
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values

TEXTS = ("password_file", "cacert", "cert", "key")
SWITCHES = ("tls", "insecure")
DURATIONS = ("connect_timeout", "response_timeout")
KEYRING = "password-keyring"
WHAT_TO_GIVE = "such as --node HOST:PORT, --password-file FILE and --tls, or KEY=VALUE; on a terminal it asks"


def given_keys(values: Values) -> dict[str, Value | None]:
    """The keys to change, with None for those to remove. Raises UsageError for a wrong or a doubled one."""
    changes = _of_options(values)
    for assignment in values.get("assignment", ()):
        key, equals, text = assignment.partition("=")
        if not equals:
            raise UsageError(f"not KEY=VALUE: {assignment!r}")
        if key in changes:
            raise UsageError(f"{key} is given twice", "give each key once")
        changes[key] = from_text(key, text) if text else None
    if values.get("store_password"):
        sources = [key for key in PASSWORD_KEYS if key != KEYRING and changes.get(key) is not None]
        if sources:
            raise UsageError(f"--store-password cannot be combined with {sources[0]}", "use one of them")
    return changes


def _of_options(values: Values) -> dict[str, Value | None]:
    if values.get("ask_password"):
        raise UsageError(
            "passwords are not kept in the config file", "use --store-password or --password-file"
        )
    if values.get("url") == "":
        raise UsageError("--url must not be empty")
    changes: dict[str, Value | None] = {}
    if "node" in values and "url" in values:
        raise UsageError("--node and --url cannot be combined", "use one of them")
    if "node" in values:
        changes["nodes"] = from_text("nodes", ",".join(values["node"]))
    if "url" in values:
        target = parse_url(values["url"])
        if target.password is not None:
            raise UsageError("passwords are not kept in the config file", "leave it out of --url")
        changes["nodes"] = [str(node) for node in target.nodes]
        if target.tls:
            changes["tls"] = True
    changes |= {_key(name): from_text(_key(name), values[name]) for name in TEXTS if name in values}
    changes |= {_key(name): True for name in SWITCHES if values.get(name)}
    changes |= {_key(name): f"{values[name]}ms" for name in DURATIONS if name in values}
    return changes


def _key(name: str) -> str:
    return name.replace("_", "-")


def asked_keys(name: str, values: Values, session: Session) -> Values:
    """The values with the answers to the questions that make a profile. Raises UsageError off a terminal."""
    if not (session.streams.stdin_is_terminal and session.streams.stderr_is_terminal):
        raise UsageError(f"profile {name!r} needs settings", WHAT_TO_GIVE)
    nodes = _answer("Nodes (HOST:PORT, comma-separated) [127.0.0.1:7711]:", session) or "127.0.0.1:7711"
    assignments = [f"nodes={nodes}"]
    if _answer("TLS? [y/N]", session).lower() in ("y", "yes"):
        assignments.append("tls=true")
    choice = _answer("Password: none, file, env or keyring? [none]", session).lower()
    if choice == "file":
        assignments.append(f"password-file={_needed('File with the password:', session)}")
    elif choice == "env":
        assignments.append(f"password-env={_needed('Environment variable with the password:', session)}")
    elif choice == "keyring":
        return {**values, "assignment": tuple(assignments), "store_password": True}
    elif choice not in ("", "none"):
        raise UsageError(f"unknown answer {choice!r}", "choose none, file, env or keyring")
    return {**values, "assignment": tuple(assignments)}


def _answer(question: str, session: Session) -> str:
    write_whole(session.streams.stderr, f"{for_terminal(question)} ".encode(), "question")
    line = session.streams.stdin.readline()
    if not line:
        raise UsageError("no answer: nothing was changed")
    return line.decode("utf-8", "surrogateescape").strip()


def _needed(question: str, session: Session) -> str:
    answer = _answer(question, session)
    if not answer:
        raise UsageError("no answer: nothing was changed")
    return answer
