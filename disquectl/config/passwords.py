"""Reads passwords: from a file, an environment variable, the keyring, or a command that prints one.

The only place that reads a password. No message contains one. It must not know options or connections.
"""

from __future__ import annotations

import os

from disquectl.errors import DataError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

COMMAND_TIMEOUT_SECONDS = 60
# A limit for files without a line end, such as /dev/zero.
MAX_BYTES = 65_536


class Source:
    """A source of a password.

    key      password_env, password_file, password_keyring or password_command
    value    the setting of that key
    profile  the name of the profile that has it
    """

    __slots__ = ("key", "profile", "value")

    def __init__(self, key: str, value: str | list[str], profile: str) -> None:
        self.key = key
        self.value = value
        self.profile = profile

    def read(self, environ: Mapping[str, str]) -> tuple[str, str]:
        """The password, and a warning or "". Raises DataError or UsageError if there is none."""
        if isinstance(self.value, list):
            return from_command(self.value), ""
        if self.key == "password_env":
            if not environ.get(self.value):
                raise UsageError(f"profile {self.profile}: ${self.value} is not set or empty")
            return environ[self.value], ""
        if self.key == "password_file":
            return from_file(self.value)
        return from_keyring(self.value, self.profile), ""


def from_file(path: str) -> tuple[str, str]:
    """The first line of a file without its line end, and a warning if other users can read the file, or "".

    Raises DataError for a file that cannot be read, UsageError for one whose first line is too long.
    """
    if path == "-":
        raise UsageError("the password file cannot be -", "use a file such as /dev/stdin, or --ask-password")
    try:
        with open(path, "rb") as file:
            is_open = os.fstat(file.fileno()).st_mode & 0o077
            line = file.readline(MAX_BYTES + 2)
            password = os.fsdecode(line.rstrip(b"\r\n"))
    except OSError as problem:
        raise DataError(f"cannot read the password file {path}: {problem.strerror}") from problem
    if len(password) > MAX_BYTES:
        raise UsageError(f"{path} contains no password: its first line is longer than {MAX_BYTES} bytes")
    return password, f"{path} can be read by other users: chmod 600 {path}" if is_open else ""


def from_command(words: list[str]) -> str:
    """The first line that a command prints; a single word is a command line for the system's shell.

    The command keeps the terminal, so it can ask for the passphrase of a password store. Raises DataError if
    it fails or prints nothing.
    """
    import subprocess

    name = words[0].split()[0] if len(words) == 1 else words[0]
    try:
        done = subprocess.run(
            words[0] if len(words) == 1 else words,
            shell=len(words) == 1,
            stdout=subprocess.PIPE,
            timeout=COMMAND_TIMEOUT_SECONDS,
            check=False,
        )
    except OSError as problem:
        raise DataError(f"the password command {name} cannot be run: {problem.strerror}") from None
    except subprocess.TimeoutExpired:
        raise DataError(f"the password command {name} took longer than {COMMAND_TIMEOUT_SECONDS}s") from None
    if done.returncode:
        raise DataError(f"the password command {name} failed with exit code {done.returncode}")
    password = os.fsdecode(done.stdout.split(b"\n")[0].rstrip(b"\r"))
    if not password:
        raise DataError(f"the password command {name} printed no password")
    return password


def from_keyring(service: str, profile: str) -> str:
    """The password of this profile in the system's keyring. Raises DataError if there is none."""
    keyring = _keyring()
    try:
        password: str | None = keyring.get_password(service, profile)
    except keyring.errors.KeyringError as problem:
        raise DataError(f"the keyring cannot be read: {problem}") from None
    if not password:
        raise DataError(
            f"the keyring has no password for {profile} under {service}",
            f"store it with: disquectl profile set {profile} --store-password",
        )
    return password


def into_keyring(service: str, profile: str, password: str | None) -> None:
    """Store a password in the keyring, or with None remove it if there is one. Raises DataError."""
    keyring = _keyring()
    try:
        if password is not None:
            keyring.set_password(service, profile, password)
        elif keyring.get_password(service, profile) is not None:
            keyring.delete_password(service, profile)
    except keyring.errors.KeyringError as problem:
        raise DataError(f"the keyring cannot be written: {problem}") from None


def _keyring() -> ModuleType:
    try:
        import keyring
        import keyring.errors
    except ImportError:
        raise UsageError(
            "the keyring needs a package that is not installed",
            "install it with: pip install 'disquectl[keyring]'",
        ) from None
    return keyring
