"""Fluency, and what language a word looks like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.descent.wording import classes, knows_language, likeness, more_fluent
from pipeline.descent.wording_tables import CLASSES, PAIRS, TRIPLES


def test_the_tables_are_whole() -> None:
    assert len(PAIRS) == len(CLASSES) == len(set(CLASSES))
    assert {len(row) for row in PAIRS} == {len(CLASSES)}
    assert all(len(set(triples)) == len(triples) and all(len(t) == 3 for t in triples) for triples in TRIPLES.values())


@given(st.text())
def test_every_text_has_classes_that_the_table_knows(text: str) -> None:
    assert set(classes(text)) <= set(CLASSES)


@given(st.text(), st.text())
def test_what_is_more_fluent_than_the_other_is_so_from_both_sides(one: str, other: str) -> None:
    first, second = more_fluent(one, other), more_fluent(other, one)
    assert (first is None) == (second is None)
    assert first is None or second is None or first == pytest.approx(-second)


def test_a_text_of_few_words_has_no_fluency() -> None:
    assert more_fluent("The end.", "Of the end the.") is None


@pytest.mark.parametrize(("word", "language", "other"), [
    ("trottinettes", "fr", "en"), ("gobierno", "es", "it"), ("government", "en", "fr"), ("которая", "ru", "uk"),
    ("повідомляє", "uk", "ru"), ("regierung", "de", "en"), ("governo", "gl", "en"),
])
def test_a_word_looks_like_its_own_language(word: str, language: str, other: str) -> None:
    assert likeness(word, language) > likeness(word, other)


def test_languages_without_a_table_are_not_known() -> None:
    assert knows_language("gl")
    assert not knows_language("xx")
    assert not knows_language(None)
