"""Every example of every page does what the page says, on a terminal and beside a sandbox."""

from pathlib import Path

import pytest

from tests.docs.pages import examples, matches, pages
from tests.docs.terminal import run

WITH_EXAMPLES = [page for page in pages() if examples(page.read_text())]


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: page.name)
def test_the_examples_of_a_page_do_what_it_says(page: Path, tmp_path: Path) -> None:
    told = examples(page.read_text())
    for example, outcome in zip(told, run([one.command for one in told], tmp_path), strict=True):
        assert outcome.code == 0, f"{example.command}\n{outcome.text}"
        assert matches(example.output, outcome.text), (
            f"{example.command}\n{example.output}---\n{outcome.text}"
        )


def test_a_page_without_its_output_would_be_noticed() -> None:
    assert not matches("1\n", "2\n")
    assert not matches("mail\n", "mail\nsms\n")
    assert matches("D-4f8b3b2d-J1/T+EjP4nVXfEy3NXI9v4G4-0079\n", "D-00000000-J1/T+EjP4nVXfEy3NXI9v4GX-05a1\n")
    assert matches("ttl  ... \nend\n", "ttl  86399 \nend\n")


def test_examples_are_found_with_their_lines() -> None:
    text = "```console\n$ a \\\n>   b\nout\n\n$ c\n```\n```sh\n$ no\n```\n"
    found = [(one.command, one.output) for one in examples(text)]
    assert found == [("a \\\n  b", "out\n\n"), ("c", "")]
