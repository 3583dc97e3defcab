"""Gzip is decompressed as it comes, whatever the pieces; other data is passed on."""

import gzip
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disquectl.bulk.gunzip import PIECE_BYTES, Gunzip
from disquectl.errors import DataError


def decompressed(data, size):
    gunzip = Gunzip("file.gz")
    found = []
    for at in range(0, len(data), size):
        found += gunzip.feed(data[at : at + size])
    return b"".join([*found, *gunzip.feed(b"")])


@given(st.binary(max_size=200), st.integers(1, 50))
def test_one_file_in_pieces(data, size):
    assert decompressed(gzip.compress(data), size) == data


@given(st.binary(max_size=20), st.integers(1, 50))
def test_other_data_is_passed_on(data, size):
    if not data.startswith(b"\x1f\x8b"):
        assert decompressed(data, size) == data


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_several_files_one_after_the_other(size):
    assert decompressed(gzip.compress(b"one\n") + gzip.compress(b"") + gzip.compress(b"two\n"), size) == (
        b"one\ntwo\n"
    )


@pytest.mark.parametrize("missing", [1, 8, 20])
def test_a_missing_end_is_an_error_after_what_there_is(missing):
    data = os.urandom(1000)
    gunzip = Gunzip("file.gz")
    found = b"".join(gunzip.feed(gzip.compress(data)[:-missing]))
    assert data.startswith(found[:900])
    with pytest.raises(DataError, match=r"file\.gz ends before the end of its gzip data"):
        list(gunzip.feed(b""))


def test_damaged_data_is_an_error():
    damaged = bytearray(gzip.compress(os.urandom(1000)))
    damaged[500] ^= 255
    with pytest.raises(DataError, match=r"file\.gz is not valid gzip"):
        decompressed(bytes(damaged), 100)


def test_pieces_stay_small_however_well_it_was_compressed():
    data = gzip.compress(bytes(20_000_000))
    assert max(map(len, Gunzip("file.gz").feed(data))) <= PIECE_BYTES
