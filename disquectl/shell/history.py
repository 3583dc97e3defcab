"""The history file: one line an entry, 0600, shared by all shells; what holds a secret is never written.

Knows files, and nothing of the toolkit that edits lines.
"""

from __future__ import annotations

import fcntl
import os
import re

from disquectl.home import own_state_folder
from disquectl.shell.words import split_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

SECRET_WORDS = ("auth", "requirepass")
# A slash or a blank that should have been percent-encoded is still a part of the password.
PASSWORD_URL = re.compile(r"disques?://.*@|://[^/\s]*:[^/\s]*@", re.IGNORECASE | re.DOTALL)
DOUBTFUL = re.compile(r"auth|requirepass|--password(?!-)|password=|redis-cli .*-a", re.IGNORECASE)
# So much of the end of the file is read at most.
LARGEST_BYTES = 8 << 20


def holds_secret(line: str) -> bool:
    """Whether a password may stand in the line; in doubt it does."""
    if PASSWORD_URL.search(line):
        return True
    words = split_line(line)
    if words.problem is not None:
        return bool(DOUBTFUL.search(line))
    texts = [word.text.lower() for word in words.words]
    if any(text.partition("=")[0] == "--password" for text in texts):
        return True
    named = any(text in SECRET_WORDS for text in texts[:-1])
    inside = words.handoff is not None or (texts and texts[0] == "\\!")
    return named or bool(inside and DOUBTFUL.search(line))


def history_path(environ: Mapping[str, str]) -> str | None:
    """Where the file is: in the platform's folder for the state of programs; None where there is no home."""
    folder = own_state_folder(environ)
    return None if folder is None else os.path.join(folder, "history")


class HistoryFile:
    """Entries, oldest first; at most `size` of them stay. What cannot be written is only not remembered.

    Without a path nothing is.
    """

    def __init__(self, path: str | None, size: int) -> None:
        self.path = path
        self.size = size

    def load(self) -> list[str]:
        """The entries; a file that has grown by more than a fifth too long is cut."""
        try:
            with self._opened() as file:
                skipped = file.seek(max(os.fstat(file.fileno()).st_size - LARGEST_BYTES, 0))
                lines = file.read().splitlines()
                if skipped or len(lines) > self.size + self.size // 5:
                    # After a skip the first line may be the rest of one.
                    lines = lines[1 if skipped else 0 :][-self.size :]
                    file.seek(0)
                    file.truncate()
                    file.write(b"".join(line + b"\n" for line in lines))
        except OSError:
            return []
        return [_unescaped(line.decode("utf-8", "surrogateescape")) for line in lines[-self.size :] if line]

    def add(self, line: str) -> None:
        """Append an entry, unless it holds a secret."""
        if self.size == 0 or holds_secret(line):
            return
        try:
            with self._opened() as file:
                file.seek(0, os.SEEK_END)
                file.write(_escaped(line).encode("utf-8", "surrogateescape") + b"\n")
        except (OSError, UnicodeEncodeError):
            return

    def _opened(self) -> BinaryIO:
        """The file, open and locked against other shells, and nobody else's to read.

        Who wants no history links it to /dev/null, which has to stay everybody's: OSError.
        """
        if self.path is None:
            raise OSError("there is no home for it")
        os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
        if os.path.exists(self.path) and not os.path.isfile(self.path):
            raise OSError("not a file")
        file = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        os.fchmod(file.fileno(), 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        return file


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


def _unescaped(line: str) -> str:
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "r": "\r"}.get(found[1], found[1]), line)
