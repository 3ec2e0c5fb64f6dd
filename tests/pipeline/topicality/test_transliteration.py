"""Places in the Latin letters that reposts and translations write."""

import re

import pytest

from pipeline.topicality.transliteration import latin_spellings


def is_met(name: str, written: str, *, is_ukrainian: bool = False) -> bool:
    found = latin_spellings(name, is_ukrainian=is_ukrainian)
    patterns = (" ".join(re.escape(stem) + endings for stem, endings in words) for words in found)
    return any(re.fullmatch(pattern, written.lower()) for pattern in patterns)


@pytest.mark.parametrize(("name", "written"), [
    ("Суджа", "Sudzha"), ("Суджа", "Sudzhi"), ("Суджа", "Sudzhu"), ("Суджа", "Soudja"), ("Суджа", "Sudscha"),
    ("Суджа", "Sudža"), ("Суджа", "Sudża"), ("Коренево", "Korenewo"), ("Коренево", "Koreneve"), ("Гуево", "Guyevo"),
    ("Гуево", "Gujewo"), ("Малая Локня", "Malaja Loknja"), ("Малая Локня", "Maloy Lokni"), ("Плехово", "Plejovo"),
    ("Плехово", "Plechowo"), ("Рубанщина", "Rubanschina"), ("Снагость", "Snagost"),
])
def test_a_name_is_met_in_each_scheme_and_case(name: str, written: str) -> None:
    assert is_met(name, written)


def test_ukrainian_has_letters_of_its_own() -> None:
    assert is_met("Погрібки", "Pohribky", is_ukrainian=True)
    assert not is_met("Погребки", "Pohribky")


@pytest.mark.parametrize("name", ["Сейм*", "Сёл", "Дарьино", "с. Гуево", ""])
def test_a_short_name_and_one_that_is_no_plain_word_are_not_spelled_anew(name: str) -> None:
    assert not latin_spellings(name, is_ukrainian=False)


def test_a_surname_of_the_place_is_none_of_its_cases() -> None:
    assert not is_met("Суджа", "Soudi")
    assert not is_met("Коренево", "Korenev")
    assert not is_met("Коренево", "Koreneva")
