"""What survives of a word in translation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.copies.skeletons import LENGTH, token


@pytest.mark.parametrize("spellings", [
    ("Sudzha", "Суджа", "Southzha", "Sudscha"), ("Zelensky", "Selenskyj", "Зеленський", "Зеленский", "Zelenskyy"),
    ("Kharkiv", "Харків", "Charkiw", "Harkov"), ("Chernobyl", "Чорнобиль", "Tschornobyl", "Tchernobyl"),
    ("Putin", "Путін", "Poutine"), ("Lukashenko", "Лукашенко"), ("Trump", "Трамп"),
    ("1,200", "1.200", "1200", "1\u00a0200", "1’200"),
])
def test_spellings_of_one_name_have_one_skeleton(spellings: tuple[str, ...]) -> None:
    assert len({token(spelling) for spelling in spellings}) == 1


@pytest.mark.parametrize(("word", "expected"), [
    ("a", ""), ("oui", ""), ("0", ""), ("007", "#7"), ("ІІ", ""), ("乌", "乌"), ("bridge", "prtk"),
])
def test_little_words_say_nothing(word: str, expected: str) -> None:
    assert token(word) == expected


@given(st.text(min_size=1, max_size=80))
def test_any_word_has_a_short_token_without_spaces(word: str) -> None:
    found = token(word)
    assert " " not in found
    assert len(found) <= LENGTH or found.startswith("#")
