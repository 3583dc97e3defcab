"""The prompt, and the two lines at the bottom: help for the current word, state of the shell. Pure."""

from __future__ import annotations

from disquectl.render.escape import for_terminal
from disquectl.shell.options import COLORS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.shell.state import Shell

    Fragments = list[tuple[str, str]]

TIP = "help explains, TAB completes, Ctrl-R searches, Ctrl-D leaves"
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
MARK = "\0"


def cut(text: str, width: int) -> str:
    """Cut the text to at most `width` columns."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + ELLIPSIS


def bar(shell: Shell, about: str, wrong: bool, width: int) -> Fragments:
    """Return styles and texts of the two lines."""
    state, good = connection(shell)
    fields = [where(shell), cluster(shell), state, round_trip(shell), *modes(shell)]
    shown: Fragments = [
        ("class:bar.wrong" if wrong else "class:bar.about", cut(f" {about or TIP}", width)),
        ("", "\n"),
    ]
    room = width - 1
    for index, field in enumerate(field for field in fields if field):
        text = f" {field}" if not index else f" \N{MIDDLE DOT} {field}"
        style = "class:bar.bad" if field == state and not good else "class:bar.state"
        if room <= 0:
            break
        shown.append((style, cut(text, room)))
        room -= len(text)
    return shown


def where(shell: Shell) -> str:
    """Return the connected node; if there is none, the one that answered last or was used last."""
    node, names = shell.session.client.node, shell.names
    if node is not None:
        return str(node)
    answered = "" if names.problem else names.address
    return answered or str(shell.node or shell.settings.nodes[0])


def cluster(shell: Shell) -> str:
    """Return the node's ID and its cluster, `node 1a2b3c4d, 3 of 3 nodes up`; empty if not known now."""
    names = shell.names
    if names.problem or not names.node_id or names.address != where(shell):
        return ""
    nodes = f", {names.reachable} of {len(names.nodes)} nodes up" if len(names.nodes) > 1 else ", alone"
    return f"node {names.node_id[:8]}{nodes}"


def connection(shell: Shell) -> tuple[str, bool]:
    """Return the state of the connection, and whether it is good."""
    if shell.session.client.connected:
        return "connected", True
    if shell.names.problem:
        return f"not connected: {for_terminal(shell.names.problem)}", False
    return ("ready", True) if shell.names.checked else ("connecting", True)


def round_trip(shell: Shell) -> str:
    """Return the duration of the last round trip, or empty."""
    took = shell.tracer.round_trip_ms
    return "" if took is None else f"{took:.1f} ms"


def modes(shell: Shell) -> list[str]:
    """Return output format, echo, and the other modes that are on."""
    found = [shell.session.format, f"echo {'on' if shell.settings.echo else 'off'}"]
    found += ["vertical"] if shell.vertical else []
    found += ["read-only"] if shell.settings.read_only else []
    return found


def prompt_text(shell: Shell) -> Fragments:
    """Return styles and texts of the prompt, made from its template; red for a protected profile."""
    client = shell.session.client
    node = client.node or shell.settings.nodes[0]
    text = shell.prompt.format(
        node=str(node),
        host=node.host or node.path,
        port=node.port,
        cluster=len(shell.names.nodes) or 1,
        state="" if client.connected or not shell.names.problem else "not connected",
        output=shell.session.format,
        profile=shell.settings.profile or "",
        **{color: f"{MARK}{color}{MARK}" for color in COLORS},
    )
    style = "class:prompt.protected" if shell.settings.protected else "class:prompt"
    found: Fragments = []
    # The text between two marks is the name of a colour.
    for index, piece in enumerate(text.split(MARK)):
        if index % 2:
            style = "class:prompt" if piece == "default" else f"class:prompt.{piece}"
        elif piece:
            found.append((style, for_terminal(piece)))
    return found


def plain_prompt(prompt: Fragments) -> str:
    """Return the text without styles."""
    return "".join(text for _, text in prompt)
