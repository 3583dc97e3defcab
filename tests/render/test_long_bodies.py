"""Drawing a table takes linear time; steps are counted, not timed."""

from __future__ import annotations

from typing import Any

import pytest
from rich.segment import Segment

from disquectl.render import draw

from .samples import GETJOB, ID, SHOW, SHOWN, written

SIZES = (2_000, 32_000)


class Watched(str):
    """A text that counts the characters that are looked at."""

    __slots__ = ()
    looked_at = 0

    def __getitem__(self, key: Any) -> Watched:
        part = Watched(super().__getitem__(key))
        Watched.looked_at += len(part)
        return part

    def _range(self, bounds: tuple[int, ...]) -> int:
        begin, end = (*bounds, len(self))[:2] if bounds else (0, len(self))
        return max(min(end, len(self)) - begin, 0)

    def find(self, part: str, *bounds: Any) -> int:
        Watched.looked_at += self._range(bounds)
        return super().find(part, *bounds)

    def rfind(self, part: str, *bounds: Any) -> int:
        Watched.looked_at += self._range(bounds)
        return super().rfind(part, *bounds)

    def removeprefix(self, prefix: str, /) -> Watched:
        Watched.looked_at += len(self)
        return Watched(super().removeprefix(prefix))


def looked_at(text: str) -> int:
    Watched.looked_at = 0
    pieces = draw.folded(Watched(text), 40)
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")
    return Watched.looked_at


@pytest.mark.parametrize("kind", ["x", "word ", "a  ", "日本", "\\x1b", "one " + "y" * 500])
def test_folding_looks_at_each_character_a_few_times(kind: str) -> None:
    small, large = (looked_at((kind * size)[:size]) for size in SIZES)
    assert large <= small * 1.1 * SIZES[1] / SIZES[0]
    assert large <= 30 * SIZES[1]


@pytest.mark.parametrize("shape", [GETJOB, SHOW])
@pytest.mark.parametrize("width", [80, 20])
def test_no_part_that_is_drawn_grows_with_the_body(
    shape: Any, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest: list[int] = []
    crop = Segment.split_and_crop_lines

    def spy(segments: Any, *rest: Any, **options: Any) -> Any:
        kept = list(segments)
        longest[-1] = max([longest[-1], *(len(segment.text) for segment in kept)])
        return crop(kept, *rest, **options)

    monkeypatch.setattr(Segment, "split_and_crop_lines", spy)
    for size in SIZES:
        longest.append(0)
        record = {**SHOWN, "queue": b"q", "id": ID, "body": b"x" * size}
        written("table", shape, [record], width=width)
    assert longest[0] == longest[1] <= 100
