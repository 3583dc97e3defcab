"""bash, zsh and fish in a pseudo-terminal, with completion installed; types lines and TAB.

The `disquectl` of these shells answers TAB as it always does; called in any other way it notes its words in a
file. So a test sees what the shell made of a completed line: exactly the words, whatever their quotes. At
NOTE the shell itself writes the line that is being typed into a file.
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
TAB, ENTER, CLEAR, NOTE = "\t", "\r", "\x15", "\x18d"

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
    "bash": "PS1='{prompt}'; bind 'set enable-bracketed-paste off'; set +o history; set -H; . '{script}'\n"
    "noted() {{ printf %s \"$READLINE_LINE\" >'{folder}/line.part';"
    " mv '{folder}/line.part' '{folder}/line'; }}\n"
    "bind -x '\"\\C-xd\": noted'\n",
    "zsh": "PROMPT='{prompt}'; unset zle_bracketed_paste; fpath=('{folder}' $fpath);"
    " autoload -Uz compinit; compinit -u -D\n"
    "noted() {{ print -rn -- $BUFFER >'{folder}/line.part'; mv '{folder}/line.part' '{folder}/line' }}\n"
    "zle -N noted; bindkey '^Xd' noted\n",
    "fish": "function fish_prompt; echo -n '{prompt}'; end; function fish_greeting; end\n"
    "bind \\cxd \"commandline >'{folder}/line.part'; mv '{folder}/line.part' '{folder}/line'\"\n",
}


class Shell:
    """One shell at its prompt; a context manager. `seen` is what it showed since the last TAB."""

    def __init__(self, kind, folder, **env):
        self.kind = kind
        self._noted = folder / "words.json"
        self._line = folder / "line"
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
        """Clear the line, and wait until the shell has done so."""
        self._child.send("\x03" if self.kind != "fish" else CLEAR)
        if self.kind != "fish":
            self._child.expect_exact(PROMPT)

    def complete(self, line, rest=""):
        """Type a line, TAB and the rest, and run it: the words that the program was called with."""
        return self._run(line + TAB + rest)

    def line_behind_tab(self, line, tabs=1):
        """Type a line and TAB: the line as it is then. It stays to be run or cleared."""
        self._line.unlink(missing_ok=True)
        self._child.send(line + TAB * tabs + NOTE)
        self._wait_for(self._line, line)
        return self._line.read_bytes().decode("utf-8", "surrogateescape").removesuffix("\n")

    def complete_if_offered(self, line):
        """Type a line and TAB, and run it if TAB changed it: the words then, else None."""
        if self.line_behind_tab(line) == line:
            self.clear()
            return None
        return self._run("")

    def _run(self, typed):
        self._noted.unlink(missing_ok=True)
        self._child.send(typed + ENTER)
        self._wait_for(self._noted, typed)
        words = json.loads(self._noted.read_text())
        return [word.encode("latin-1").decode("utf-8", "surrogateescape") for word in words]

    def _wait_for(self, path, typed):
        self.seen = ""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not path.exists():
            assert time.monotonic() < deadline, f"nothing came of {typed!r}: {self.seen!r}"
            self._show_some()

    def _show_some(self):
        """Read the output of the shell; it blocks otherwise."""
        try:
            self.seen += self._child.read_nonblocking(65536, timeout=0.02)
        except pexpect.TIMEOUT:
            return
