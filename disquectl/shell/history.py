"""The history file: one entry a line, mode 0600, shared by all shells; lines with a secret are not written.

Knows files, and nothing of prompt-toolkit.
"""

from __future__ import annotations

import fcntl
import os
import re

from disquectl.commands import find
from disquectl.config.home import own_state_folder
from disquectl.shell.builtins import REPEAT, WATCH, find_builtin
from disquectl.shell.similar import is_similar
from disquectl.shell.words import SYSTEM, split_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

# A slash or a blank that should have been percent-encoded is still a part of the password.
PASSWORD_URL = re.compile(r"disques?://.*@|://[^/\s]*:[^/\s]*@", re.IGNORECASE | re.DOTALL)
DOUBTFUL = re.compile(r"auth|requirepass|--password(?!-)|password=|redis-cli .*-a", re.IGNORECASE)
# At most this much of the end of the file is read.
MAX_BYTES = 8 << 20
# A longer line is not kept: the time to draw and to search a line grows with its length.
MAX_LINE_BYTES = 64 << 10


def holds_secret(line: str) -> bool:
    """Whether the line may contain a password; when in doubt, True.

    A mistyped word before a password counts, too: `auht hunter2`.
    """
    if PASSWORD_URL.search(line):
        return True
    words = split_line(line)
    inside = words.handoff is not None or line.lstrip().startswith(SYSTEM)
    if (words.problem is not None or inside) and DOUBTFUL.search(line):
        return True
    texts = line.split() if words.problem is not None or inside else [word.text for word in words.words]
    texts = [text.lower().strip("\"'") for text in texts]
    if any(_names_a_password(text) for text in texts):
        return True
    if any(text == "auth" or is_similar(text, "requirepass", 2) for text in texts[:-1]):
        return True
    # A word like `auto` that is not the command is only a name.
    if inside or words.problem is not None or _may_be_a_command(texts):
        return any(is_similar(text, "auth", 1) for text in texts[:-1]) or _grown_together(texts)
    return False


def _grown_together(texts: list[str]) -> bool:
    """Whether the first word is AUTH with the password appended: `authhunter2`."""
    return texts[:1] != ["auth"] and any(text.startswith("auth") for text in texts[:1])


def _names_a_password(text: str) -> bool:
    """Whether a word is `--password`, or gives a value to something of that name."""
    name, equals, _ = text.partition("=")
    if is_similar(name, "--password", 2):
        return True
    return bool(equals) and is_similar(re.split("[-_]", name)[-1], "password", 2)


def _may_be_a_command(texts: list[str]) -> bool:
    """Whether the line is sent to the server as typed, because no command describes it."""
    first = next((text for text in texts if text != "disquectl" and not text.startswith("--")), "")
    builtin = find_builtin(first)
    if builtin is WATCH or builtin is REPEAT or first == "exec":
        return True
    return find(first) is None and builtin is None


def history_path(environ: Mapping[str, str]) -> str | None:
    """The file's path in the platform's state folder; None without a home folder."""
    folder = own_state_folder(environ)
    return None if folder is None else os.path.join(folder, "history")


class HistoryFile:
    """Entries, oldest first; at most `size` are kept. Errors are ignored: the line is not remembered.

    Without a path nothing is kept.
    """

    def __init__(self, path: str | None, size: int) -> None:
        self.path = path
        self.size = size

    def load(self) -> list[str]:
        """Return the entries; truncate a file that is more than a fifth longer than `size`."""
        try:
            with self._opened() as file:
                skipped = file.seek(max(os.fstat(file.fileno()).st_size - MAX_BYTES, 0))
                lines = file.read().splitlines()
                if skipped or len(lines) > self.size + self.size // 5:
                    # After a skip the first line may be the rest of one.
                    lines = lines[1 if skipped else 0 :][-self.size :]
                    file.seek(0)
                    file.truncate()
                    file.write(b"".join(line + b"\n" for line in lines))
        except OSError:
            return []
        kept = [line for line in lines[-self.size :] if 0 < len(line) <= MAX_LINE_BYTES]
        return [_unescaped(line.decode("utf-8", "surrogateescape")) for line in kept]

    def add(self, line: str) -> None:
        """Append an entry, unless it is too long or contains a secret."""
        if self.size == 0 or is_too_long(line) or holds_secret(line):
            return
        try:
            with self._opened() as file:
                file.seek(0, os.SEEK_END)
                file.write(_escaped(line).encode("utf-8", "surrogateescape") + b"\n")
        except (OSError, UnicodeEncodeError):
            return

    def _opened(self) -> BinaryIO:
        """Return the file, open, locked against other shells and private to the user.

        Raises OSError for anything but a regular file: users who want no history link it to /dev/null,
        whose mode must not change.
        """
        if self.path is None:
            raise OSError("no home folder")
        os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
        if os.path.exists(self.path) and not os.path.isfile(self.path):
            raise OSError("not a file")
        file = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        os.fchmod(file.fileno(), 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        return file


def is_too_long(line: str) -> bool:
    """Whether the line is not worth keeping."""
    return len(_escaped(line).encode("utf-8", "surrogatepass")) > MAX_LINE_BYTES


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


def _unescaped(line: str) -> str:
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "r": "\r"}.get(found[1], found[1]), line)
