"""The lists of the commands at several widths, as the files in `golden/` show them.

`python -m tests.render.golden_lists` writes the files.
"""

import pytest
from rich.cells import cell_len

from tests.render.golden_lists import GOLDEN, IDS, NODE_IDS, WIDTHS, golden, lists, path_of


@pytest.mark.parametrize("name", lists())
def test_a_list_looks_like_its_file(name):
    assert golden(name) == path_of(name).read_text()


def test_every_file_belongs_to_a_list():
    assert {path.name for path in GOLDEN.iterdir()} == {path_of(name).name for name in lists()}


@pytest.mark.parametrize("name", lists())
def test_a_list_fits_and_has_a_line_for_each_record(name):
    _, records = lists()[name]
    parts = golden(name).split("\n\n")
    assert len(parts) == len(WIDTHS)
    for width, part in zip(WIDTHS, parts, strict=True):
        lines = part.splitlines()[1:]
        assert max(map(cell_len, lines)) <= width
        rule = next(place for place, line in enumerate(lines) if set(line) == {"─"})
        assert lines[rule + 1 + len(records)].startswith(f"{len(records)} rows")


@pytest.mark.parametrize(("name", "ids"), [("jobs", IDS), ("dead", IDS[:3]), ("cluster nodes", NODE_IDS)])
def test_an_id_is_whole_at_every_width(name, ids):
    assert all(part.count(found) >= 1 for part in golden(name).split("\n\n") for found in ids)
