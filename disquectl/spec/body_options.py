"""`--body` and `--body-command`: how tables show the body of a job. For getjob, show, trace and jobs."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.spec.param_types import ParamType, one_of
from disquectl.spec.parameters import Option

AUTO, TEXT, JSON, HEX, BASE64 = "auto", "text", "json", "hex", "base64"
MEANINGS = {
    AUTO: "JSON objects and arrays are indented, all else is as it is; the default on a terminal",
    TEXT: "text, with its line ends",
    JSON: "JSON, indented",
    HEX: "hexadecimal, 8 bytes a line",
    BASE64: "base64",
}


def command_words(text: str) -> list[str]:
    """The words of a command, split as a shell would. Raises UsageError if that is impossible."""
    import shlex

    try:
        words = shlex.split(text)
    except ValueError as problem:
        raise UsageError(f"not a command: {problem}", "quote it as in a shell") from None
    if not words or not words[0] or "\0" in text:
        raise UsageError("not a command: no name" if "\0" not in text else "a NUL is not allowed")
    return words


BODY_OPTIONS = (
    Option(
        "--body",
        one_of(*MEANINGS, noun="form", meanings=MEANINGS),
        "Show bodies in this form, in tables.",
        unset="auto on a terminal",
    ),
    Option(
        "--body-command",
        ParamType("line", command_words, "CMD"),
        "Show what this command makes of each body, in tables; it reads the body from its stdin.",
    ),
)
BODY_NAMES = tuple(option.name for option in BODY_OPTIONS)
