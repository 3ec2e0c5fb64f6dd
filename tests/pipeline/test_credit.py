"""Lines that name another source."""

import pytest

from pipeline.credit import MAX_LINE, credit_lines


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
    ],
)
def test_no_credit_line(line: str) -> None:
    assert credit_lines([line]) == ()
