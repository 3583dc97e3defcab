"""bash, zsh and fish in a pseudo-terminal, with the completion set up and somebody pressing TAB.

The `disquectl` of these shells answers TAB as it always does; called in any other way it notes its words in a
file. So a test sees what the shell made of a completed line: exactly the words, whatever their quotes.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time

import pexpect

from disquectl.completion.scripts import FILE_NAMES, script

PATIENCE_SECONDS = 20
PROMPT = "READY>"
TAB, ENTER, CLEAR = "\t", "\r", "\x15"

PROGRAM = """\
#!{python} -E
import json, os, sys
if sys.argv[1:2] == ["__complete"]:
    from disquectl.__main__ import main
    main()
with open({path!r} + ".part", "w") as file:
    json.dump([os.fsencode(word).decode("latin-1") for word in sys.argv[1:]], file)
os.rename({path!r} + ".part", {path!r})
"""

SETUP = {
    "bash": "PS1='{prompt}'; bind 'set enable-bracketed-paste off'; set +o history; . '{script}'\n",
    "zsh": "PROMPT='{prompt}'; unset zle_bracketed_paste; fpath=('{folder}' $fpath);"
    " autoload -Uz compinit; compinit -u -D\n",
    "fish": "function fish_prompt; echo -n '{prompt}'; end; function fish_greeting; end\n",
}


class Shell:
    """One shell at its prompt; a context manager. `seen` is what it showed since the last TAB."""

    def __init__(self, kind, folder, **env):
        self.kind = kind
        self._noted = folder / "words.json"
        self._folder = folder
        program = folder / "bin" / "disquectl"
        program.parent.mkdir(exist_ok=True)
        program.write_text(PROGRAM.format(python=sys.executable, path=str(self._noted)))
        program.chmod(0o755)
        place = folder / FILE_NAMES[kind]
        place.write_text(script(kind))
        rc = SETUP[kind].format(prompt=PROMPT, script=place, folder=folder)
        self._env = {
            "HOME": str(folder),
            "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
            "TERM": "xterm",
            "LC_ALL": "C.UTF-8",
            **env,
        }
        (folder / f"rc.{kind}").write_text(rc)
        self._rc = folder / f"rc.{kind}"

    def __enter__(self):
        rc = str(self._rc)
        arguments = {
            "bash": ["--noprofile", "--rcfile", rc, "-i"],
            "zsh": ["-f", "-i"],
            "fish": ["--no-config", "-i", "-C", f"source {rc}; set fish_complete_path {self._folder}"],
        }[self.kind]
        self._child = pexpect.spawn(
            shutil.which(self.kind),
            arguments,
            env=self._env,
            cwd=str(self._folder),
            encoding="utf-8",
            codec_errors="replace",
            timeout=PATIENCE_SECONDS,
            dimensions=(50, 200),
        )
        if self.kind == "zsh":
            self._child.sendline(f". {rc}")
        self._child.expect_exact(PROMPT)
        if self.kind == "zsh":
            self._child.sendline("")
            self._child.expect_exact(PROMPT)
        return self

    def __exit__(self, *_):
        self._child.close(force=True)

    def press_tab(self, line, shows, tabs=1):
        """Type a line and TAB, wait until the shell shows this text behind it, and clear the line."""
        self._child.send(line + TAB * tabs)
        self.seen = ""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not all(text in self.seen for text in ([shows] if isinstance(shows, str) else shows)):
            assert time.monotonic() < deadline, f"{shows} is not in {self.seen!r}"
            self._show_some()
        self.clear()

    def clear(self):
        """Forget the line that is being typed, and wait until the shell says that it did."""
        self._child.send("\x03" if self.kind != "fish" else CLEAR)
        if self.kind != "fish":
            self._child.expect_exact(PROMPT)

    def complete(self, line, rest=""):
        """Type a line, TAB and the rest, and run it: the words that the program was called with."""
        self._noted.unlink(missing_ok=True)
        self.seen = ""
        self._child.send(line + TAB + rest + ENTER)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._noted.exists():
            assert time.monotonic() < deadline, f"{line!r} was never run"
            self._show_some()
        words = json.loads(self._noted.read_text())
        return [word.encode("latin-1").decode("utf-8", "surrogateescape") for word in words]

    def _show_some(self):
        """Let the shell write; one that nobody reads stands still."""
        try:
            self.seen += self._child.read_nonblocking(65536, timeout=0.02)
        except pexpect.TIMEOUT:
            return
