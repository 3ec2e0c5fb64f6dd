"""Text that fits on one line of a header."""

from hypothesis import given
from hypothesis import strategies as st

from archive.lines import one_line, one_word, printable


@given(st.text())
def test_one_line_has_no_break_and_is_idempotent(text: str) -> None:
    line = one_line(text)
    assert line.splitlines() in ([line], [])
    assert one_line(line) == line
    line.encode()


@given(st.text())
def test_one_word_has_no_white_space_and_is_idempotent(text: str) -> None:
    word = one_word(text)
    assert word.split() in ([word], [])
    assert one_word(word) == word
    word.encode()


def test_an_ordinary_address_stays_as_it_is() -> None:
    assert one_word("https://суджа.рф/a?b=%20") == "https://суджа.рф/a?b=%20"
    assert one_word("https://a.example/\r\nWARC-Type: x") == "https://a.example/%0D%0AWARC-Type:%20x"


@given(st.text())
def test_what_is_printed_holds_nothing_that_a_terminal_obeys(text: str) -> None:
    shown = printable(text)
    assert all(c.isprintable() or c == "\n" for c in shown)
    assert printable(shown) == shown


def test_an_escape_is_shown_as_one() -> None:
    assert printable("a\x1b[2Jb\nc\u202e") == "a\\x1b[2Jb\nc\\u202e"
