"""Bodies in other forms: nothing of a body is lost or changed by indenting it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disquectl.render.body import in_form, indented

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


@given(JSON, st.booleans())
def test_json_is_indented_as_python_does_it(value, ascii_only):
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert indented(text) == json.dumps(value, ensure_ascii=ascii_only, indent=2)


def test_numbers_and_keys_stay_as_they_were_written():
    body = b'{"a":1.000000000000000000001,"a":1E400,"b":"\\u001b \\" }{"}'
    shown = in_form(body, "auto")
    assert shown == '{\n  "a": 1.000000000000000000001,\n  "a": 1E400,\n  "b": "\\u001b \\" }{"\n}'


@pytest.mark.parametrize("body", [b"", b"1", b'"x"', b"{", b"[1] x", b'{"a":\xff}', b"[" * 100_000])
@pytest.mark.parametrize("form", ["auto"])
def test_auto_leaves_what_is_no_object_or_array(body, form):
    assert in_form(body, form) is body


def test_json_takes_any_value():
    assert in_form(b" 1 ", "json") == "1"
    assert in_form(b"no", "json") == b"no"


def test_text_hex_and_base64():
    assert in_form(b"a\n\xff", "text") == "a\n\udcff"
    assert in_form(b"a\n\xff", "base64") == "YQr/"
    assert in_form(bytes(range(60, 70)), "hex").split("\n") == [
        "3c3d 3e3f 4041 4243  <=>?@ABC",
        "4445                 DE",
    ]
