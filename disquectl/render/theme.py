"""The colours of tables: themes for a dark and a light background, and without colours. Pure.

Red and yellow stand beside a word that says the same, and red is bold too, so that no colour alone means
anything.
"""

from __future__ import annotations

from disquectl.render.ansi import BOLD, CYAN, DIM, RED, YELLOW

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal, TypeAlias

    Theme = Literal["dark", "light", "none"]
    # id, title, footer, error and warning -> the escape sequence that begins it; missing: none.
    Palette: TypeAlias = Mapping[str, str]

_NONE: Palette = {"title": BOLD, "footer": DIM, "error": BOLD}
_DARK: Palette = {"id": CYAN, "title": BOLD, "footer": DIM, "error": BOLD + RED, "warning": YELLOW}
# Yellow and cyan are too pale on white: dark orange and blue.
_LIGHT: Palette = {**_DARK, "id": "\x1b[34m", "warning": "\x1b[38;5;130m"}


def palette(theme: Theme, color: bool) -> Palette:
    """Return the escape sequences of a theme; none at all without `color`."""
    if not color:
        return {}
    return {"dark": _DARK, "light": _LIGHT, "none": _NONE}[theme]
