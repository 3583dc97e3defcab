"""The pages of help/ as topics: which there are, what each is about, and what a wrong name may have meant."""

from __future__ import annotations

import os

from disquectl.errors import UsageError

_FOLDER = os.path.join(os.path.dirname(os.path.dirname(__file__)), "help")


def names() -> list[str]:
    """All topics, by name."""
    try:
        files = os.listdir(_FOLDER)
    except NotADirectoryError:  # the package is in a zip file
        from importlib.resources import files as resources

        files = [file.name for file in resources("disquectl").joinpath("help").iterdir()]
    return sorted(name.removesuffix(".md") for name in files if name.endswith(".md"))


def exists(name: str) -> bool:
    """Whether there is a page of this name."""
    return _text(name) is not None


def page(name: str) -> str:
    """The Markdown of a page. Raises UsageError, with the names that are near."""
    text = _text(name)
    if text is None:
        raise UsageError(f"there is no help on {name!r}", _near(name))
    return text


def _text(name: str) -> str | None:
    """The text of a page, read by what loaded this module: from a folder or from a zip file."""
    if not name.replace("-", "").isalnum():
        return None
    try:
        data: bytes = __loader__.get_data(os.path.join(_FOLDER, f"{name}.md"))  # type: ignore[name-defined]
    except OSError:
        return None
    return data.decode()


def title(name: str) -> str:
    """What a page is about: its first heading."""
    heading = next((line for line in page(name).split("\n") if line.startswith("# ")), name)
    return heading.removeprefix("# ")


def _near(name: str) -> str:
    from difflib import get_close_matches

    from disquectl.commands import NAMES

    known = list(dict.fromkeys([*names(), *NAMES]))
    begun = [one for one in known if name and one.startswith(name)]
    near = begun[:2] or get_close_matches(name, known, n=2, cutoff=0.7)
    return f"did you mean {' or '.join(near)}?" if near else "disquectl help lists what there is"
