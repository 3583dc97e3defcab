"""Writes what is generated in the documents: `python -m tests.docs.generate`.

The reference and the README's list of commands come from the rows; `--check` only compares and says what is
out of date. Pictures are of a run and differ each time: `--pictures` makes them anew, nothing compares them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from disquectl.manual.man import man_page
from tests.docs.pages import HELP, README, ROOT
from tests.docs.reference import command_list, reference

BEGIN = "<!-- The list is made from the rows by `python -m tests.docs.generate`. -->\n"
END = "<!-- The end of the list. -->\n"
PICTURE = ROOT / "docs" / "terminal.svg"
SHELL_PICTURE = ROOT / "docs" / "shell.svg"


def generated() -> dict[Path, str]:
    """The files that hold something generated, and what each should be."""
    before, begin, rest = README.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{README.name} has lost the marks around its list of commands")
    return {
        HELP / "reference.md": reference(),
        ROOT / "disquectl" / "manual" / "disquectl.1": man_page(),
        README: f"{before}{BEGIN}\n{command_list()}\n{END}{after}",
    }


def main() -> int:
    """Write, or with --check compare: then 1 where a file is out of date."""
    parser = argparse.ArgumentParser(prog="python -m tests.docs.generate", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing, fail where something would change"
    )
    parser.add_argument("--pictures", action="store_true", help="make the pictures anew, too")
    options = parser.parse_args()
    old = {file: text for file, text in generated().items() if _text_of(file) != text}
    if options.check:
        for file in old:
            print(f"{file.relative_to(ROOT)} is out of date: run python -m tests.docs.generate")
        return 1 if old else 0
    for file, text in old.items():
        file.write_text(text)
    if options.pictures:
        from tests.docs import picture, shell_picture

        PICTURE.write_text(picture.svg())
        SHELL_PICTURE.write_text(shell_picture.svg())
    return 0


def _text_of(file: Path) -> str:
    return file.read_text() if file.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
