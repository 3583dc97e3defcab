"""The thumbnail service of the help page, as it is printed there."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from importlib.resources import files

from tests.support.processes import environment
from tests.support.waiting import wait_until

# Instead of ImageMagick's: `convert FROM -resize 200x200 TO`.
CONVERT = '#!/bin/sh -e\ntest "$2 $3" = "-resize 200x200"\ncp "$1" "$4"\n'


def blocks():
    """The shell of the section: the handler, then what is typed."""
    page = files("disquectl").joinpath("help/worker.md").read_text()
    section = page.partition("## A thumbnail service")[2].partition("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", section, re.DOTALL)


def a_script(path, text):
    path.write_text(text)
    path.chmod(0o755)


def test_it_runs_as_it_is_printed(node, tmp_path):
    handler, typed = blocks()
    assert len((handler + typed).splitlines()) <= 10
    tools = tmp_path / "bin"
    tools.mkdir()
    a_script(tools / "convert", CONVERT)
    a_script(tools / "disquectl", f'#!/bin/sh\nexec {sys.executable} -m disquectl "$@"\n')
    (tmp_path / "thumbnail").write_text(handler)
    pictures = [tmp_path / "pictures" / name for name in ("a.jpg", "b c.jpg")]
    pictures[0].parent.mkdir()
    for picture in pictures:
        picture.write_text("picture")
    environ = environment(node, PATH=f"{tools}:{os.environ['PATH']}")
    environ.setdefault("PYTHONPATH", os.getcwd())
    with subprocess.Popen(
        ["sh", "-ec", typed], cwd=tmp_path, env=environ, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        thumbnails = [tmp_path / "thumbnails" / picture.name for picture in pictures]
        try:
            wait_until(lambda: process.poll() or all(map(os.path.exists, thumbnails)))
            os.killpg(process.pid, signal.SIGINT)
            err = process.communicate()[1].decode()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    assert err.count('"event":"done"') == 2
    assert all(thumbnail.read_text() == "picture" for thumbnail in thumbnails)
