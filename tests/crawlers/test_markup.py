"""Characters and plain texts of what strangers send."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.markup import MAX_LEAD, characters, html_tree, plain, xml_root


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<p>One</p><p>two &amp; three</p>", "One two & three"),
        ("a<!-- b --> c <!-- d", "a c"),
        ("<style>p {}</style>x<script type='a'>y</script>", "x"),
        ("3 < 4 and 5 > 4", "3 < 4 and 5 > 4"),
        ("&lt;b&gt;bold&lt;/b&gt;", "bold"),
        ("NUL\x00 and \ud800", "NUL and"),
        (" \n\t ", None),
        (None, None),
        (7, None),
    ],
)
def test_a_text_is_shown_without_markup(text: object, shown: str | None) -> None:
    assert plain(text) == shown


def test_a_long_text_is_cut_at_a_word() -> None:
    cut = plain("word " * 1_000)
    assert cut is not None
    assert cut.endswith("word…")
    assert len(cut) <= MAX_LEAD + 1


@pytest.mark.parametrize("piece", ["<!--", "<", "<a ", "<script>", "<script><", "&", "<style", "-->"])
def test_markup_that_never_ends_takes_no_time(piece: str) -> None:
    started = time.process_time()
    plain(piece * 20_000)
    assert time.process_time() - started < 0.2


@pytest.mark.parametrize("name", ["unicode_escape", "zip", "rot13", "no-such-thing", "undefined", "idna", "utf-7\x00"])
def test_a_charset_that_is_none_is_passed_over(name: str) -> None:
    assert characters(b"caf\xe9", name) == "café"
    assert characters(f'<?xml version="1.0" encoding="{name}"?>'.encode() + b"<a>caf\xe9</a>", None) == "<a>café</a>"


@given(st.binary(max_size=200), st.none() | st.text(max_size=20))
def test_any_bytes_have_characters_and_perhaps_a_tree(payload: bytes, charset: str | None) -> None:
    text = characters(payload, charset)
    html_tree(text)
    xml_root(text)
    plain(text)
