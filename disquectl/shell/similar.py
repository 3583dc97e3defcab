"""Finds the commands that a mistyped word may mean. Pure."""

from __future__ import annotations

from disquectl.commands import ALIASES as COMMAND_ALIASES
from disquectl.commands import NAMES
from disquectl.shell.builtins import ALIASES, BUILTINS

# A name with fewer letters is too close to any other short word.
SHORTEST = 3
# Names from this length on may differ in two places.
LONG = 6


def similar_commands(word: str) -> list[str]:
    """Return the commands that the word may be a misspelling of, the nearest first."""
    word = word.lower()
    all_names = (*NAMES, *COMMAND_ALIASES, *(command.name for command in BUILTINS), *ALIASES)
    names = [name for name in all_names if len(name) >= SHORTEST and (name[0] == "\\") == (word[:1] == "\\")]
    near = [name for name in names if is_similar(word, name, 1)]
    more = [name for name in names if len(name) >= LONG and name not in near and is_similar(word, name, 2)]
    return [*near, *more]


def did_you_mean(names: list[str]) -> str:
    """Return the question about these names, as errors end with it: `did you mean queues?`."""
    return f"did you mean {' or '.join(names)}?"


def is_similar(word: str, wanted: str, edits: int) -> bool:
    """Whether at most `edits` edits turn one word into the other: add, drop, replace or swap letters."""
    if abs(len(word) - len(wanted)) > edits:
        return False
    before: list[int] = []
    row = list(range(len(wanted) + 1))
    for i, char in enumerate(word, 1):
        older, before, row = before, row, [i]
        for j, other in enumerate(wanted, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (char != other))
            if older and j > 1 and char == wanted[j - 2] and word[i - 2] == other:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1] <= edits
