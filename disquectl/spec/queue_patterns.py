"""Which queues the QUEUE words of a command mean: names, and patterns of `* ? [a-z]`. Pure.

A word that is the name of an existing queue means that queue and nothing else. Only a word with `*`, `?` or
`[` can be a pattern, so only of such words it has to be found out which are names of queues.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable

_SIGNS = b"*?["


def is_pattern(name: bytes) -> bool:
    """Whether a word can be a pattern: whether it has `*`, `?` or `[`."""
    return any(sign in name for sign in _SIGNS)


def matcher(pattern: bytes) -> Callable[[bytes], bool]:
    """A test whether a name matches a pattern of `* ? [a-z]`."""
    import re
    from fnmatch import translate

    # latin-1 maps each byte to one character, so fnmatch works on names of any bytes.
    fits = re.compile(translate(pattern.decode("latin-1"))).match
    known: dict[bytes, bool] = {}

    def matches(name: bytes) -> bool:
        answer = known.get(name)
        if answer is None:
            answer = known[name] = fits(name.decode("latin-1")) is not None
        return answer

    return matches


class QueueWords:
    """The queues that words mean; no words mean all queues.

    open       words that may be patterns, until it is known whether queues of these names exist
    means_all  whether there are no words
    """

    def __init__(self, words: Iterable[bytes], patterns: bool = True) -> None:
        """`patterns`: whether words can be patterns; otherwise each is a name."""
        given = frozenset(words)
        self.open = frozenset(filter(is_pattern, given)) if patterns else frozenset()
        self._names = given - self.open
        self._matchers: list[Callable[[bytes], bool]] = []
        self.means_all = not given

    def settle(self, existing: Container[bytes]) -> None:
        """Take each open word as a name if it is in `existing`, otherwise as a pattern."""
        self._matchers += [matcher(word) for word in sorted(self.open) if word not in existing]
        self._names |= {word for word in self.open if word in existing}
        self.open = frozenset()

    def wants(self, queue: bytes) -> bool:
        """Whether the words mean this queue. `settle` comes first, if any word is open."""
        assert not self.open, "the patterns are not settled"
        if self.means_all or queue in self._names:
            return True
        return any(matches(queue) for matches in self._matchers)

    @property
    def names(self) -> frozenset[bytes] | None:
        """The queues, if the words are names and nothing else; None if other queues may be meant."""
        return None if self.means_all or self._matchers or self.open else self._names
