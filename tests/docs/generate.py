"""Writes every generated file: `python -m tests.docs.generate`.

The reference, the README's list of commands, the man page and the completion scripts are made from the
declarations of the commands. `--check` writes nothing and reports the files that are out of date. Pictures
show a real run and differ each time: `--pictures` writes them too, and `--check` does not compare them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from disquectl.completion.scripts import FILE_NAMES, script
from disquectl.manual.man import man_page
from tests.docs.pages import HELP, README, ROOT
from tests.docs.reference import command_list, reference, rule_list

BEGIN = "<!-- The list is made from the rows by `python -m tests.docs.generate`. -->\n"
BEGIN_RULES = BEGIN.replace("rows", "rules")
END = "<!-- The end of the list. -->\n"
DOCTOR = HELP / "doctor.md"
PICTURE = ROOT / "docs" / "terminal.svg"
TOP_PICTURE = ROOT / "docs" / "top.svg"
SHELL_PICTURE = ROOT / "docs" / "shell.svg"
COMPLETIONS = ROOT / "completions"


def generated() -> dict[Path, str]:
    """Return the whole text that each generated file should have."""
    return {
        HELP / "reference.md": reference(),
        ROOT / "disquectl" / "manual" / "disquectl.1": man_page(),
        README: _between_marks(README, BEGIN, command_list()),
        DOCTOR: _between_marks(DOCTOR, BEGIN_RULES, rule_list()),
        **{COMPLETIONS / name: script(shell) for shell, name in FILE_NAMES.items()},
    }


def _between_marks(page: Path, begin: str, text: str) -> str:
    """The page with this text between its marks."""
    before, found_begin, rest = page.read_text().partition(begin)
    _, found_end, after = rest.partition(END)
    if not (found_begin and found_end):
        raise SystemExit(f"{page.name} has lost the marks around its list")
    return f"{before}{begin}\n{text}\n{END}{after}"


def main() -> int:
    """Write the files; with --check only compare them, and return 1 if one is out of date."""
    parser = argparse.ArgumentParser(prog="python -m tests.docs.generate", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if a file is out of date"
    )
    parser.add_argument("--pictures", action="store_true", help="write the pictures, too")
    options = parser.parse_args()
    old = {file: text for file, text in generated().items() if _text_of(file) != text}
    if options.check:
        for file in old:
            print(f"{file.relative_to(ROOT)} is out of date: run python -m tests.docs.generate")
        return 1 if old else 0
    for file, text in old.items():
        file.write_text(text)
    if options.pictures:
        from tests.docs import picture, shell_picture, top_picture

        PICTURE.write_text(picture.svg())
        SHELL_PICTURE.write_text(shell_picture.svg())
        TOP_PICTURE.write_text(top_picture.svg())
    return 0


def _text_of(file: Path) -> str:
    return file.read_text() if file.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
