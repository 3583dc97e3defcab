"""A cursor over the words of a line: consumes options with their values and classifies words.

Pure; `notation` builds both notations on it.
"""

from __future__ import annotations

from disquectl.shell.parts import ARGUMENT, OPTION, UNKNOWN, VALUE, Part
from disquectl.shell.values import value_problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.shell.words import Word
    from disquectl.spec.parameters import Argument, Option

TWICE = "given twice"
# After a command they show its help, as on the command line.
HELP = ("-h", "--help")


class Cursor:
    """`at`: index of the next word; `waiting`: the option that lacks its value; `used`: options so far."""

    __slots__ = ("at", "flags", "options_known", "parts", "typing", "used", "waiting", "words")

    def __init__(self, words: list[Word], options: tuple[Option, ...], typing: Word | None) -> None:
        self.words = words
        self.typing = typing
        self.at = 0
        self.parts: list[Part] = []
        self.used: list[Option] = []
        self.waiting: Option | None = None
        self.options_known: tuple[Option, ...] = ()
        self.flags: dict[str, Option] = {}
        self.know(options)

    def know(self, options: tuple[Option, ...]) -> None:
        """Accept these options, too, from here on."""
        self.options_known = (*options, *self.options_known)
        for option in options:
            self.flags[option.flag] = option
            if option.short:
                self.flags[option.short] = option

    def fork(self) -> Cursor:
        """Return an independent cursor at the same position."""
        other = Cursor(self.words, self.options_known, self.typing)
        other.at = self.at
        other.parts = list(self.parts)
        other.used = list(self.used)
        return other

    @property
    def over(self) -> bool:
        """Whether all words are consumed."""
        return self.at >= len(self.words)

    @property
    def word(self) -> Word:
        """The next word."""
        return self.words[self.at]

    def take(self) -> Word:
        """Consume and return the next word."""
        self.at += 1
        return self.words[self.at - 1]

    def passed(self, text: str) -> bool:
        """Consume the next word if it is this one, unquoted; return whether it was."""
        found = not self.over and self.word.text == text and not self.word.quoted
        self.at += found
        return found

    def rest(self, role: str, parameter: Argument | None = None) -> None:
        """Consume all words that are left, with this role."""
        while not self.over:
            self.parts.append(Part(self.take(), role, parameter))

    def unused(self) -> tuple[Option, ...]:
        """Return the options that may still be given."""
        return tuple(option for option in self.options_known if option.many or option not in self.used)

    def argument(self, word: Word, parameter: Argument, *, native: bool = False) -> Part:
        """Return the part for a word that is a value of this argument."""
        return Part(word, ARGUMENT, parameter, self.problem(word, parameter, native))

    def problem(self, word: Word, parameter: Argument | Option, native: bool = False) -> str:
        """Return why the word cannot be its value, or empty."""
        return value_problem(parameter.type, word.text, native=native, typing=word is self.typing)

    def options(self) -> None:
        """Consume the options at this position, with their values."""
        while not self.over and self.word.is_option and self.word.text != "--":
            self.option(self.take())
            if self.waiting is not None:
                return

    def option(self, word: Word) -> None:
        """Handle a word that looks like an option, and consume its value."""
        flag, equals, value = word.text.partition("=") if word.text[:2] == "--" else (word.text, "", "")
        option = self.flags.get(flag)
        if option is None:
            begun = word is self.typing and any(known.startswith(word.text) for known in (*self.flags, *HELP))
            right = begun or word.text in HELP
            self.parts.append(Part(word, UNKNOWN, None, "" if right else f"unknown option {flag}"))
            return
        problem = self.use(option)
        if option.is_flag:
            self.parts.append(Part(word, OPTION, option, f"{flag} takes no value" if equals else problem))
        elif equals:
            wrong = value_problem(option.type, value, native=False, typing=word is self.typing)
            self.parts.append(Part(word, OPTION, option, problem or wrong))
        else:
            self.parts.append(Part(word, OPTION, option, problem))
            self.value(option)

    def use(self, option: Option) -> str:
        """Record that the option was given; return the problem with that, or empty."""
        twice = option in self.used and not option.many
        self.used.append(option)
        return TWICE if twice else ""

    def value(self, option: Option, *, native: bool = False) -> None:
        """Consume the value of an option; set `waiting` if there is none."""
        if self.over:
            self.waiting = option
        else:
            word = self.take()
            self.parts.append(Part(word, VALUE, option, self.problem(word, option, native)))
