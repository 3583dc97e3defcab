"""A rule and its findings: what is wrong, how bad it is, the evidence, and the command to type next. Pure."""

from __future__ import annotations

from disquectl.render.human import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Literal

    from disquectl.health.observation import Observation
    from disquectl.protocol.shapes import Record

    Severity = Literal["error", "warning", "note"]
    Check = Callable[[Observation], Iterable["Found"]]

# The worst first.
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
MOST = 20
FIELDS = ("severity", "rule", "what", "evidence", "meaning", "command")


class Rule:
    """One thing that can be wrong.

    name      its name, as in findings
    severity  error: jobs are refused, lost or not delivered; warning: they soon may be; note: worth knowing
    check     an observation -> what was found there
    finds     when it applies: "A queue is paused."
    meaning   what it means for jobs, and what to do about it
    """

    __slots__ = ("check", "finds", "meaning", "name", "severity")

    def __init__(self, name: str, severity: Severity, check: Check, finds: str, meaning: str) -> None:
        self.name = name
        self.severity: Severity = severity
        self.check = check
        self.finds = finds
        self.meaning = meaning


class Found:
    """One case in which a rule applies.

    what      the case in one line, with its name
    evidence  names and figures, as in a record
    command   shows more, or ends it; to be typed in a shell. It begins with `disquectl -n ADDRESS` if it goes
              to one node
    weight    of several findings of the same severity the heaviest comes first
    """

    __slots__ = ("command", "evidence", "weight", "what")

    def __init__(self, what: str, evidence: dict[str, Any], command: str, weight: float = 0) -> None:
        self.what = what
        self.evidence = evidence
        self.command = command
        self.weight = weight


class Finding:
    """What a rule found."""

    __slots__ = ("found", "rule")

    def __init__(self, rule: Rule, found: Found) -> None:
        self.rule = rule
        self.found = found

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return self.rule.severity

    def record(self) -> Record:
        """The record of `doctor`."""
        return {
            "severity": self.rule.severity,
            "rule": self.rule.name,
            "what": self.found.what,
            "evidence": self.found.evidence,
            "meaning": self.rule.meaning,
            "command": self.found.command,
        }


def findings(rules: Iterable[Rule], seen: Observation) -> list[Finding]:
    """What these rules find in an observation, the worst first, then in the order of the rules.

    Of one rule at most MOST findings are given, and one that counts the rest.
    """
    found: list[Finding] = []
    for rule in rules:
        cases = sorted(rule.check(seen), key=lambda case: -case.weight)
        found += [Finding(rule, case) for case in cases[:MOST]]
        if len(cases) > MOST:
            more = len(cases) - MOST
            what = counted(more, "more case like these", "more cases like these")
            rest = Found(what, {"more": more}, cases[MOST].command)
            found.append(Finding(rule, rest))
    return sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))


def at_least(severity: Severity, found: Iterable[Finding]) -> bool:
    """Whether one of these findings is as bad as this, or worse."""
    limit = SEVERITIES.index(severity)
    return any(SEVERITIES.index(finding.severity) <= limit for finding in found)
