"""Which words are forms of one, in seven languages, and which only look so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasette_config.stems import are_forms, beginnings, folded, stems


@pytest.mark.parametrize(("one", "other"), [
    ("bridge", "bridges"), ("incursion", "incursions"), ("evacuated", "evacuating"), ("General", "général"),
    ("Soldat", "Soldaten"), ("Brücke", "Brücken"), ("village", "villages"), ("villaggio", "villaggi"),
    ("pueblo", "pueblos"), ("войска", "войск"), ("наступление", "наступлением"), ("село", "сёла"),
    ("українських", "українські"), ("військо", "війська"), ("військо", "військ"), ("атака", "атаці"),
    ("міст", "мосту"), ("мости", "міст"), ("Харків", "Харкова"), ("Києві", "Київ"), ("сіль", "солі"),
    ("Миколаїв", "Миколаєвом"), ("камінь", "каменя"), ("Суджа", "Суджею"), ("Курськ", "Курську"), ("Зеленський", "Зеленського"),
])
def test_forms_of_a_word_meet(one: str, other: str) -> None:
    assert are_forms(one, other)
    assert any(folded(other).startswith(folded(begins)) for begins in beginnings(one)), "so the index is asked for it"


@pytest.mark.parametrize(("one", "other"), [
    ("bridge", "bridgehead"), ("war", "Warsaw"), ("Суджа", "судження"), ("Kursk", "Kurskaya"), ("2024", "20240"),
    ("газ", "гак"), ("війна", "войно"), ("міст", "места"), ("Львова", "левів"), ("не", "нею"), ("a", "an"),
])
def test_other_words_do_not(one: str, other: str) -> None:
    assert not are_forms(one, other)


@given(st.text(max_size=50))
def test_every_word_is_a_form_of_itself_and_begins_as_it_does(word: str) -> None:
    assert stems(word)
    assert are_forms(word, word.upper()) or word.upper().lower() != word.lower()
    assert folded(word).startswith(beginnings(word)[0])
