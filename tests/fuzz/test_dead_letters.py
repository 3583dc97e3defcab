"""Dead letters of other programs: what JSON can hold and no text can."""

import json

import pytest

from disquectl.spec.global_options import FORMATS
from disquectl.worker.dead_letter import decode_dead_letter

from .replies import DEAD_ID, LETTER, show
from .run import Fuzz

HALF = "\ud83d"


def with_half(name):
    """A letter with half of a surrogate pair in this field."""
    return json.dumps(json.loads(LETTER) | {name: f"a{HALF}b"}).encode()


@pytest.fixture(scope="module")
def fuzz():
    with Fuzz() as made:
        yield made


@pytest.mark.parametrize("name", ["queue", "body"])
def test_half_a_surrogate_pair_is_kept_as_bytes(name):
    assert decode_dead_letter(with_half(name))[name] == b"a\xed\xa0\xbdb"


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    "name", ["queue", "body", "id", "stderr", "failed", "created", "exit", "ttl", "attempts"]
)
def test_a_letter_with_one_is_listed(name, format, fuzz):
    odd = {b"JSCAN": [b"0", [show(DEAD_ID, b"dead:mail", with_half(name), b"queued")]]}
    for line in ("dead", "dead list dead:mail --exit 1", f"dead show {DEAD_ID.decode()}"):
        code, _, err = fuzz.with_replies(f"-o {format} {line}", odd)
        assert code == 0, err


def test_one_in_a_letter_is_added_as_the_same_bytes(fuzz):
    odd = {b"JSCAN": [b"0", [show(DEAD_ID, b"dead:mail", with_half("body"), b"queued")]]}
    code, _, err = fuzz.with_replies(f"dead retry {DEAD_ID.decode()}", odd)
    assert code == 0, err
    (added,) = [words for words in fuzz.asked() if words[0] == b"ADDJOB"]
    assert added[2] == b"a\xed\xa0\xbdb"
