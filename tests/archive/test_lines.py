"""Text that fits on one line of a header."""

from hypothesis import given
from hypothesis import strategies as st

from archive.lines import one_line, one_word


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
