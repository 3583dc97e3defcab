"""The documents are whole: what is generated is up to date, links lead somewhere, nothing is left out."""

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from disquectl import __version__
from disquectl.commands import NAMES, all_commands
from disquectl.spec.global_options import GLOBAL_OPTIONS
from tests.docs.generate import COMPLETIONS, PICTURE, generated
from tests.docs.pages import CHANGELOG, HELP, README, ROOT, links, pages
from tests.docs.picture import draw
from tests.docs.terminal import Outcome, run

# What every program has, and what says nothing of this one.
ANY_PROGRAMS = {"HOME", "TERM", "SHELL", "ZDOTDIR"}
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
# Options that pages name and that are those of kubectl, systemctl, psychiq, other queues and the tests.
OTHER_PROGRAMS = {
    "--json",
    "--namespace",
    "--now",
    "--only",
    "--pictures",
    "--replicas",
    "--seconds",
    "--system",
}
TEST_COMMAND = "python -m pytest -q -n auto"


def test_what_is_generated_is_up_to_date() -> None:
    old = [file.name for file, text in generated().items() if not file.exists() or file.read_text() != text]
    assert not old, "run python -m tests.docs.generate"
    # Every file that is made from the declarations is among them.
    assert set(COMPLETIONS.iterdir()) < set(generated())


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_link_leads_to_a_file_and_to_a_heading_that_is_there(page: Path) -> None:
    for target in links(page.read_text()):
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        assert file.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in _anchors(file.read_text()), f"{page.name}: {target}"


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    anchors = [re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings]
    # The second of two would be another one.
    return {anchor for anchor in anchors if anchors.count(anchor) == 1}


def test_every_page_is_linked_in_the_readme() -> None:
    linked = {(README.parent / target.partition("#")[0]).resolve() for target in links(README.read_text())}
    assert set(HELP.glob("*.md")) <= linked


def test_every_topic_that_the_program_names_is_a_page_or_a_command() -> None:
    code = "".join(file.read_text() for file in (ROOT / "disquectl").rglob("*.py"))
    named = set(re.findall(r"disquectl help ([a-z-]+)", code)) - {"lists"}
    assert named
    assert named <= set(NAMES) | {page.stem for page in HELP.glob("*.md")}


def test_the_reference_has_every_command_option_and_subcommand() -> None:
    text = (HELP / "reference.md").read_text()
    for command in all_commands():
        section = text.partition(f"\n### {command.name}\n")[2].partition("\n### ")[0]
        for one in (command, *command.subcommands):
            assert one.example in section or not one.is_callable
            assert all(f"`{option.flag}" in section for option in one.grammar.options)
        assert all(f"\n#### {command.name} {inner.name}\n" in section for inner in command.subcommands)
    assert all(f"`{option.flag}" in text for option in GLOBAL_OPTIONS)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_option_that_a_page_names_is_one_of_the_command_beside_it(page: Path) -> None:
    of_all = {"--help", "--install-completion", "--version"} | {option.flag for option in GLOBAL_OPTIONS}
    own = {
        command.name: {
            option.flag for one in (command, *command.subcommands) for option in one.grammar.options
        }
        for command in all_commands()
    }
    anywhere = of_all.union(*own.values())
    assert set(OPTION.findall(page.read_text())) <= anywhere | OTHER_PROGRAMS
    for name, words in re.findall(r"(?:disquectl |`)([a-z]+)((?: [^`|;&#\n]*)?)", page.read_text()):
        named = set(OPTION.findall(words.partition(" -- ")[0]))
        assert named <= of_all | own.get(name, named), f"{name}{words}"


def test_every_environment_variable_that_is_read_is_documented_and_no_other() -> None:
    code = "".join(file.read_text() for file in (ROOT / "disquectl").rglob("*.py"))
    read = set(re.findall(r'environ(?:\.get\(|\[|, )"([A-Z_]+)"', code)) - ANY_PROGRAMS
    told = set(re.findall(r"^\| `([A-Z_]+)`", (HELP / "environment.md").read_text(), re.MULTILINE))
    assert told == read


def test_the_top_release_of_the_changelog_is_this_version() -> None:
    releases = re.findall(r"^## (\S+)", CHANGELOG.read_text(), re.MULTILINE)
    assert releases[0] == __version__


def test_the_readme_and_ci_run_the_same_tests() -> None:
    assert TEST_COMMAND in README.read_text()
    assert TEST_COMMAND in (ROOT / ".ci" / "run").read_text()


def test_what_the_readme_offers_to_try_works(tmp_path: Path) -> None:
    (block,) = [
        block for block in re.findall(r"```sh\n(.*?)```", README.read_text(), re.DOTALL) if "demo" in block
    ]
    _, _, command = block.partition("pip install -q . && ")
    (outcome,) = run([command], tmp_path)
    assert outcome.code == 0, outcome.text
    for expected in ("thumbnails", "ada@example.org", '"queue":"welcome"'):
        assert expected in outcome.text.replace('": "', '":"')


def test_the_picture_is_a_picture_of_the_program() -> None:
    drawn = "".join(ElementTree.fromstring(PICTURE.read_text()).itertext()).replace("\xa0", " ")
    assert "disquectl addjob" in drawn
    assert "Traceback" not in drawn
    assert "http" not in re.sub(r'xmlns="[^"]*"|<!--.*?-->', "", PICTURE.read_text())


def test_a_picture_shows_what_was_typed_and_what_came_and_nothing_is_cut() -> None:
    drawn = draw([Outcome("disquectl ping", "\x1b[31mPONG\x1b[0m & <" + 30 * "x" + "\n", 0)], columns=20)
    shown = "".join(ElementTree.fromstring(drawn).itertext()).replace("\xa0", " ")
    assert "disquectl ping" in shown
    assert "PONG" in shown
    assert " & <" in shown
    assert len(re.findall("x{12,}", shown)) == 2


def test_every_viewer_keeps_the_blanks_before_a_line() -> None:
    drawn = draw([Outcome("disquectl qlen mail -o json", '{\n  "length": 1\n}\n', 0)], columns=40)
    texts = [element for element in ElementTree.fromstring(drawn).iter() if element.tag.endswith("}text")]
    assert texts
    assert all(text.get("{http://www.w3.org/XML/1998/namespace}space") == "preserve" for text in texts)


def test_the_generator_tells_that_everything_is_up_to_date() -> None:
    words = [sys.executable, "-m", "tests.docs.generate", "--check"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
