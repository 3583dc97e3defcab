"""Results of `check` by the Monitoring Plugins guidelines: status, a line of text, performance data. Pure."""

from __future__ import annotations

from disquectl.render.escape import for_terminal
from disquectl.render.human import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Literal, TypeAlias

    from disquectl.health.figures import Figure
    from disquectl.protocol.shapes import Record
    from disquectl.spec.threshold import Threshold

    Status = Literal["OK", "WARNING", "CRITICAL", "UNKNOWN"]
    # Name of a figure -> the thresholds for WARNING and CRITICAL.
    Thresholds: TypeAlias = Mapping[str, tuple[Threshold | None, Threshold | None]]

# The exit code of each status; the worst of several is the last in _BY_WEIGHT.
EXIT_CODES: dict[Status, int] = {"OK": 0, "WARNING": 1, "CRITICAL": 2, "UNKNOWN": 3}
_BY_WEIGHT: tuple[Status, ...] = ("OK", "UNKNOWN", "WARNING", "CRITICAL")
_NO_LIMITS = (None, None)


class Result:
    """One thing that was checked: a queue, a node, or the cluster.

    name          of the queue or node; None for the cluster
    values        name of a figure -> its value; None if there is none, such as the age of no job
    not_counted   figures for which there was no time: UNKNOWN if they have a threshold
    problem       why there are no figures, "" if there are; it makes the result CRITICAL
    """

    __slots__ = ("name", "not_counted", "problem", "values")

    def __init__(
        self,
        name: bytes | str | None,
        values: Mapping[str, float | None],
        problem: str = "",
        not_counted: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.not_counted = not_counted
        self.values = values
        self.problem = problem


class Judged:
    """A result, judged by thresholds: its status, and in words the figures that are reported."""

    __slots__ = ("alerts", "result", "status")

    def __init__(self, result: Result, figures: Sequence[Figure], thresholds: Thresholds) -> None:
        self.result = result
        self.status: Status = "CRITICAL" if result.problem else "OK"
        self.alerts: list[str] = [result.problem] if result.problem else []
        for figure in figures:
            value = result.values.get(figure.name)
            warning, critical = thresholds.get(figure.name, _NO_LIMITS)
            if value is None:
                if figure.name in result.not_counted and (warning or critical):
                    self.status = worst([self.status, "UNKNOWN"])
                    self.alerts.append(f"{figure.words} not counted in time")
                continue
            for status, limit in (("CRITICAL", critical), ("WARNING", warning)):
                if limit is not None and limit.alerts(value):
                    self.status = worst([self.status, status])  # type: ignore[list-item]
                    where = "inside" if limit.inside else "outside"
                    limits = limit.text.removeprefix("@")
                    limits = limits if ":" in limits else f"0:{limits}"
                    self.alerts.append(f"{_said(figure, value)} ({where} {limits})")
                    break

    def record(self, item: str, figures: Sequence[Figure]) -> Record:
        """The record of `check`."""
        return {
            "status": self.status,
            "item": item,
            "name": self.result.name,
            "figures": {figure.key: self.result.values.get(figure.name) for figure in figures},
            "message": self.message(figures),
        }

    def message(self, figures: Sequence[Figure]) -> str:
        """What alerts; all figures if nothing does."""
        if self.alerts:
            return ", ".join(self.alerts)
        values = self.result.values
        return ", ".join(
            _said(figure, value) for figure in figures if (value := values.get(figure.name)) is not None
        )


def worst(statuses: Sequence[Status]) -> Status:
    """The status of several things: CRITICAL goes before WARNING, that before UNKNOWN; OK without any."""
    return max(statuses, key=_BY_WEIGHT.index, default="OK")


def line(
    item: str, judged: Sequence[Judged], figures: Sequence[Figure], thresholds: Thresholds, remark: str = ""
) -> str:
    """`DISQUE OK - text | performance data`, for several things the worst first.

    `remark` follows the text.
    """
    status = worst([one.status for one in judged])
    if len(judged) == 1:
        text = _of(item, judged[0], figures)
    else:
        bad = sorted(
            (one for one in judged if one.status != "OK"), key=lambda one: -_BY_WEIGHT.index(one.status)
        )
        checked = f"{counted(len(judged), item)} checked"
        text = "; ".join([*(_of(item, one, figures) for one in bad), checked])
    if remark:
        text = f"{text} ({_in_text(remark)})"
    data = " ".join(word for one in judged for word in _performance(one.result, figures, thresholds))
    return f"DISQUE {status} - {text}{' | ' if data else ''}{data}"


def unknown(problem: str) -> str:
    """The line of a check that could not be made."""
    return f"DISQUE UNKNOWN - {_in_text(problem)}"


def _of(item: str, one: Judged, figures: Sequence[Figure]) -> str:
    name = one.result.name
    message = _in_text(one.message(figures))
    return f"{item}: {message}" if name is None else f"{item} {escaped(name)}: {message}"


def _said(figure: Figure, value: float) -> str:
    return f"{figure.words} {number(value)}{figure.unit and ' ' + figure.unit}"


def _performance(result: Result, figures: Sequence[Figure], thresholds: Thresholds) -> list[str]:
    """`'label'=value[unit];[warn];[crit];[min];[max]` for each figure; U where a value is not known."""
    words = []
    for figure in figures:
        name = "" if result.name is None else f"{escaped(result.name)}."
        label = f"{name}{figure.key}"
        value = result.values.get(figure.name)
        limits = [limit.text if limit else "" for limit in thresholds.get(figure.name, _NO_LIMITS)]
        least = "" if figure.name == "skew" else "0"
        highest = "100" if figure.unit == "%" else ""
        data = f"{number(value)}{figure.unit}" if value is not None else "U"
        fields = ";".join([data, *limits, least, highest]).rstrip(";")
        words.append(f"{_quoted(label)}={fields}")
    return words


def number(value: float) -> str:
    """A figure with at most three decimals, and without an exponent."""
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def escaped(name: bytes | str) -> str:
    """A name in a plugin's line: on one line, and without the characters that have a meaning there."""
    safe = _in_text(name)
    for char in "'=":
        safe = safe.replace(char, f"\\x{ord(char):02x}")
    return safe


def _in_text(text: bytes | str) -> str:
    return for_terminal(text).replace("|", "\\x7c")


def _quoted(label: str) -> str:
    plain = label.isascii() and all(char.isalnum() or char in "._-:/@" for char in label)
    return label if plain else f"'{label}'"
