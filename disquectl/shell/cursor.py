"""A walk along the words of a line: takes options with their values, and tells words apart.

Pure; the two notations in `notation` are made of its steps.
"""

from __future__ import annotations

from disquectl.shell.parts import ARGUMENT, OPTION, UNKNOWN, VALUE, Part
from disquectl.shell.values import value_problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.shell.words import Word
    from disquectl.spec.parameters import Argument, Option

TWICE = "given twice"
# Behind a command they ask for its help, as on the command line.
HELP = ("-h", "--help")


class Cursor:
    """`at` is the next word; `waiting` an option whose value has not come; `used` the options so far."""

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
        """From here on these may be given, too."""
        self.options_known = (*options, *self.options_known)
        for option in options:
            self.flags[option.flag] = option
            if option.short:
                self.flags[option.short] = option

    def fork(self) -> Cursor:
        """Another walk from here."""
        other = Cursor(self.words, self.options_known, self.typing)
        other.at = self.at
        other.parts = list(self.parts)
        other.used = list(self.used)
        return other

    @property
    def over(self) -> bool:
        """Whether no word is left."""
        return self.at >= len(self.words)

    @property
    def word(self) -> Word:
        """The next word."""
        return self.words[self.at]

    def take(self) -> Word:
        """The next word, passed by."""
        self.at += 1
        return self.words[self.at - 1]

    def passed(self, text: str) -> bool:
        """Pass by the next word if it is this one, and not quoted; whether it was."""
        found = not self.over and self.word.text == text and not self.word.quoted
        self.at += found
        return found

    def rest(self, role: str, parameter: Argument | None = None) -> None:
        """Whatever is left, all of one role."""
        while not self.over:
            self.parts.append(Part(self.take(), role, parameter))

    def unused(self) -> tuple[Option, ...]:
        """The options that may still be given."""
        return tuple(option for option in self.options_known if option.many or option not in self.used)

    def argument(self, word: Word, parameter: Argument, *, disques: bool = False) -> Part:
        """The word as a value of this argument."""
        return Part(word, ARGUMENT, parameter, self.problem(word, parameter, disques))

    def problem(self, word: Word, parameter: Argument | Option, disques: bool = False) -> str:
        """What is wrong with the word as a value of it."""
        return value_problem(parameter.type, word.text, disques=disques, typing=word is self.typing)

    def options(self) -> None:
        """Take the options that stand here, with their values."""
        while not self.over and self.word.is_option and self.word.text != "--":
            self.option(self.take())
            if self.waiting is not None:
                return

    def option(self, word: Word) -> None:
        """A word that looks like an option, and its value where one follows."""
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
            wrong = value_problem(option.type, value, disques=False, typing=word is self.typing)
            self.parts.append(Part(word, OPTION, option, problem or wrong))
        else:
            self.parts.append(Part(word, OPTION, option, problem))
            self.value(option)

    def use(self, option: Option) -> str:
        """Note that it was given; what is wrong with that, or empty."""
        twice = option in self.used and not option.many
        self.used.append(option)
        return TWICE if twice else ""

    def value(self, option: Option, *, disques: bool = False) -> None:
        """The value of an option, or wait for it."""
        if self.over:
            self.waiting = option
        else:
            word = self.take()
            self.parts.append(Part(word, VALUE, option, self.problem(word, option, disques)))
