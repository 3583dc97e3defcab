"""Escaped text: reversible, one line, without control sequences for a terminal."""

import ast
import codecs
import subprocess
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disquectl.render.escape import for_terminal, plain, shell_word, wire

from .samples import HOSTILE, bodies, live_characters


@given(bodies)
def test_plain_text_can_be_turned_back_to_every_byte(body):
    assert codecs.escape_decode(plain(body).encode())[0] == body


@given(bodies)
def test_plain_text_is_one_line_of_harmless_characters(body):
    assert "\n" not in plain(body)
    assert not live_characters(plain(body))


@given(bodies)
def test_text_for_a_terminal_is_one_line_of_harmless_characters(body):
    assert "\n" not in for_terminal(body)
    assert not live_characters(for_terminal(body))


@given(st.text())
def test_text_is_escaped_like_its_bytes(text):
    assert plain(text) == plain(text.encode())
    assert for_terminal(text) == for_terminal(text.encode())


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"hello world", "hello world"),
        (b"a\tb\nc\\d", r"a\tb\nc\\d"),
        (b"\r\x1b\x00\x7f", r"\x0d\x1b\x00\x7f"),
        (b"\xff caf\xc3\xa9", "\\xff café"),
        ("\x9b\u202e\u2028".encode(), r"\xc2\x9b\xe2\x80\xae\xe2\x80\xa8"),
        ("😀\u00a0日本".encode(), "😀\u00a0日本"),
    ],
)
def test_plain_escapes_what_the_documentation_says(body, expected):
    assert plain(body) == expected


# Format characters that have a shape: Arabic, Syriac, Kaithi and hieroglyphic signs, annotations.
WITH_A_SHAPE = {
    *range(0x0600, 0x0606),
    *(0x06DD, 0x070F, 0x0890, 0x0891, 0x08E2, 0x110BD, 0x110CD),
    *range(0xFFF9, 0xFFFC),
    *range(0x13430, 0x13460),
}


def test_of_all_characters_controls_separators_and_those_without_a_shape_are_escaped():
    for code in (*range(0xD800), *range(0xE000, 0x110000)):
        char = chr(code)
        unsafe = category(char) in ("Cc", "Zl", "Zp") or (category(char) == "Cf" and code not in WITH_A_SHAPE)
        unsafe = unsafe or code == 0x2065 or 0xE0000 <= code < 0xE0080
        assert (for_terminal(f"a{char}b") == f"a{char}b") != unsafe, hex(code)


def test_text_for_a_terminal_keeps_its_backslashes():
    assert for_terminal(b'{"path":"C:\\x"}\n\x1b') == '{"path":"C:\\x"}\\n\\x1b'


def test_surrogate_escaped_bytes_are_restored():
    assert plain("a\udcff") == r"a\xff"
    assert for_terminal("a\udcff") == r"a\xff"


def test_a_lone_surrogate_raises_nothing():
    assert plain("\ud800") == r"\xed\xa0\x80"


@given(bodies)
def test_traffic_can_be_pasted_into_python(body):
    text = wire(body)
    assert text.isascii()
    assert text.isprintable()
    assert ast.literal_eval(f'b"{text}"') == body


def test_traffic_looks_as_in_the_protocol():
    assert wire(b"*2\r\n$4\r\nQLEN\r\n") == r"*2\r\n$4\r\nQLEN\r\n"
    assert wire(b'it\'s "1" \\ \t\x1b\xff') == r"it's \"1\" \\ \t\x1b\xff"


@pytest.mark.parametrize("body", [body for body in HOSTILE if b"\0" not in body])
def test_traffic_can_be_pasted_into_printf(body):
    done = subprocess.run(["bash", "-c", f"printf %b '{wire(body)}'"], capture_output=True, check=True)
    assert done.stdout == body


@given(bodies)
def test_a_word_for_a_shell_is_read_as_what_it_was(body):
    word = body.replace(b"\0", b"")
    shown = shell_word(word)
    assert not live_characters(shown)
    done = subprocess.run(["bash", "-c", f"printf %s {shown}"], capture_output=True, check=False)
    assert done.stdout == word
