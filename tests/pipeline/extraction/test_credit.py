"""Lines that name another source."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extraction.credit import FORMS, MAX_LINE, credit_lines, without_credits


@pytest.mark.parametrize(
    "line",
    [
        "This article was originally published by the Frontier Courier.",
        "Source: Frontier Courier",
        "SOURCE — Courier",
        "Republished with permission.",
        "Джерело: Вісник кордону",
        "Источник: Вестник",
        "Fonte: Il Corriere",
        "Quelle: Grenzpost", "Originally published by the Frontier Courier",
        "Перевод с английского",
        "За матеріалами Вісника",
        "Tradotto dall'inglese",
        "Contributed relationships: A. Reporter",
        "Dieser Text erschien zuerst bei der Grenzpost", "Ursprünglich veröffentlicht von der Grenzpost",
        "Вклад в репортаж внесли А. и Б.", "Анна К. долучилася до підготовки матеріалу", "Read original: the Courier",
        "This story first ran in The Courier",
        "Read the full story at courier.example",
        "Oleh Koval contributed reporting from Sumy.",
        "Опубликовано в газете «Вести»",
        "Перевод: А. Иванов", "Текст переведён. Перевод с украинского", "Переклад з англійської — О. Коваль",
        "По материалам «Вестника»", "Photo courtesy of the county sheriff", "(Photographs courtesy of the ministry)",
        "(Reporting by Jane Doe; Editing by John Roe)", "Reprinted here with the kind permission of the Courier.",
        "A long caption that tells of the school. Used with permission", "Mit Material der dpa", "Traduzione dall'ucraino",
        "Hanno contribuito A. e B.",
    ],
)
def test_a_credit_line(line: str) -> None:
    assert credit_lines(["The column crossed the border.", line]) == (line,)


@pytest.mark.parametrize(
    "line",
    [
        "The column crossed the border at dawn.",
        "Sources in the village spoke of fires.",
        "La colonna ha passato il confine.",
        "Колона перетнула кордон на світанку.",
        "",
        "Source: " + "x" * MAX_LINE,
        "The court reports by Thursday that 40 people were moved with permission of the governor from the town.",
        "Photographs courtesy of the ministry show two burned trucks near the railway, where firemen worked.",
        "Денежные переводы за границу запрещены, сообщил банк.", "Перевод часов отменён с понедельника, решили депутаты.",
        "Переводчик работал в посольстве и погиб при обстреле.", "Банк скасував перекладання зобов'язань на вкладників.",
        "По материалам дела, чиновник получил взятку.", "Он внёс большой вклад в победу команды и ушёл.",
        "Он внес вклад в победу команды.", "Il governo ha contribuito con tre milioni alla ricostruzione.",
        "Lastwagen mit Material von der Front kamen an.", "Explosions were reported from Sumy and Kharkiv.",
        "Видео опубликовано в сети и проверено.", "Additional reports of shelling came in at night.",
    ],
)
def test_no_credit_line(line: str) -> None:
    assert credit_lines([line]) == ()


def test_two_texts_that_are_nothing_but_credits_are_not_one_for_that() -> None:
    one, other = ["Source: Courier"], ["Source: Herald", "Translated from Ukrainian"]
    assert without_credits(one) == ("Source: Courier",)
    assert without_credits(other, frozenset(other)) == tuple(other)
    assert without_credits(["Told.", *one]) == without_credits(["Told.", *other]) == ("Told.",)


@given(st.data(), st.sampled_from(sorted(FORMS)))
def test_a_form_of_credit_has_the_letters_that_it_is_found_by(data: st.DataObject, letters: str) -> None:
    assert letters in data.draw(st.from_regex(FORMS[letters]))
