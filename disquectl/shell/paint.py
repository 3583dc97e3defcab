"""Syntax highlighting: a parsed line as pieces of text with style classes. Pure."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from disquectl.shell.parts import Part, Reading


def painted(reading: Reading) -> Iterator[tuple[str, str]]:
    """Yield styles and pieces; joined, the pieces are the line."""
    text = reading.line.text
    at = 0
    for part in reading.parts:
        word = part.word
        if word.start > at:
            yield "", text[at : word.start]
        yield style_of(part), text[word.start : word.end]
        at = word.end
    handoff = reading.line.handoff
    if handoff is not None:
        yield "", text[at : handoff.start]
        yield "class:handoff", text[handoff.start : handoff.end]
        at = handoff.end
    if at < len(text):
        yield "", text[at:]


def style_of(part: Part) -> str:
    """Return `class:wrong` for a word with a problem, else a class by role, and for values by type."""
    if part.problem:
        return "class:wrong"
    kind = part.parameter.type.name if part.parameter is not None else "word"
    if part.role in ("argument", "value"):
        return f"class:value.{kind.replace('_', '-')}"
    return f"class:{part.role}"
