"""Who wrote a page: persons, organisations, agencies."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.model import Candidate
from pipeline.extraction.agencies import agencies, printed
from pipeline.extraction.authors import MAX_NAME, authors, names, signed


def by(*readings: tuple[str, str], outlets: tuple[str, ...] = ()) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = [Candidate(field="author", value=value, basis=basis) for basis, value in readings]
    return authors(found, outlets=outlets, sections=["World"])


@pytest.mark.parametrize(("field", "expected"), [
    ("By Anna Smith", ["Anna Smith"]), ("Anna Smith and Jan Koch", ["Anna Smith", "Jan Koch"]),
    ("Von Anna Schmidt, Jan Koch und Lea Weiß", ["Anna Schmidt", "Jan Koch", "Lea Weiß"]),
    ("Par Anne Lefèvre et Jean Petit", ["Anne Lefèvre", "Jean Petit"]),
    ("Соломія Дорошенко та Остап Гриценко", ["Соломія Дорошенко", "Остап Гриценко"]),
    ("Автор: Нина Прохорова", ["Нина Прохорова"]), ("Oleh Koval", ["Oleh Koval"]),
    ("Anna Smith, Senior Correspondent", ["Anna Smith"]), ("Anna Smith (Sumy)", ["Anna Smith"]),
    ("Anna Smith | Reuters", ["Anna Smith", "Reuters"]), ("Anna Smith/Jan Koch", ["Anna Smith", "Jan Koch"]),
    ("Ольга Коваль, кореспондентка", ["Ольга Коваль"]),
    ("oprac. Jan Mazurek", ["Jan Mazurek"]), ("Propos recueillis par Anne Petit", ["Anne Petit"]), ("a cura di Ada Neri", ["Ada Neri"]),
    ("Спілкувалася Ольга Коваль", ["Ольга Коваль"]), ("Записал Глеб Речной", ["Глеб Речной"]), ("Редакция", []), ("admin", []), ("News Desk", []),
    ("https://facebook.example/anna", []), ("anna@courier.example", []), ("12 August 2024", []), ("", []),
    ("Anna Smith, " * 900, []), ("x" * (MAX_NAME + 1), []), ("木坂 有朗", ["木坂 有朗"]), ("박준석", ["박준석"]), ("신현주 기자", ["신현주"]),
])
def test_the_names_of_a_field(field: str, expected: list[str]) -> None:
    found = names(field)
    assert found == expected


def test_persons_come_before_organisations_and_the_first_kind_that_names_any_is_taken() -> None:
    readings = (("json-ld author (organisation)", "Reuters"), ("json-ld author (person)", "Anna Smith"),
                ("byline element", "Jan Koch"))
    assert by(*readings) == (("Anna Smith",), ("Reuters",))


def test_a_site_is_its_own_author_only_where_nobody_else_is_named() -> None:
    site = ("json-ld author (person)", "The Courier")
    assert by(site, outlets=("The Courier",)) == ((), ("The Courier",))
    assert by(site, ("byline element", "Anna Smith"), outlets=("The Courier",)) == (("Anna Smith",), ())


def test_what_is_shown_beside_a_text_is_a_name_only_where_it_looks_like_one() -> None:
    assert by(("byline element", "amw"), ("byline element", "World")) == ((), ())
    assert by(("meta author", "amw")) == (("amw",), ())


@given(st.text(max_size=200))
@settings(max_examples=300)
def test_no_field_makes_it_raise_and_names_are_short(value: str) -> None:
    persons, organisations = by(("meta author", value), ("json-ld author (organisation)", value),
                                ("byline element", value))
    assert all(0 < len(name) <= MAX_NAME for name in persons)
    assert len(organisations) <= 5


@pytest.mark.parametrize(("readings", "paragraphs", "expected"), [
    (["Reuters"], ["Text."], ["Reuters"]), (["Анна Речная, ТАСС"], ["Text."], ["TASS"]),
    ([], ["SUMY, Ukraine (AP) — The lorry stood there.", "Text."], ["AP"]),
    ([], ["КИЕВ, 12 авг — РИА Новости. Колонна прошла.", "Текст."], ["RIA Novosti"]),
    ([], ["КУРСК, 14 августа. /ТАСС/. Переправу закрыли.", "Текст."], ["TASS"]),
    ([], ["Київ. 12 серпня. УНІАН. Колона пройшла.", "Текст."], ["UNIAN"]),
    ([], ["Київ. 12 серпня. Інтерфакс-Україна – Колона пройшла.", "Текст."], ["Interfax-Ukraine"]),
    ([], ["Москва. 8 августа. INTERFAX.RU - Колонна прошла.", "Текст."], ["Interfax"]),
    ([], ["Київ. 12 серпня. Колона пройшла повз УНІАН.", "Текст."], []),
    ([], ["Text.", "(dpa/lno)"], ["dpa"]), ([], ["Text.", "With files from AFP"], ["AFP"]),
    ([], ["Текст.", "За матеріалами Укрінформу"], ["Ukrinform"]), ([], ["Текст.", "Джерело: УНІАН"], ["UNIAN"]),
    ([], ["Текст.", "Джерело: Інтерфакс-Україна"], ["Interfax-Ukraine"]),
    ([], ["Текст.", "Источник: Интерфакс"], ["Interfax"]),
    ([], ["Text.", "© 2024 AFP"], ["AFP"]), ([], ["Il testo.", "Fonte: ANSA"], ["ANSA"]),
    ([], ["Tekst.", "Źródło: PAP"], ["PAP"]),
    ([], ["He told Reuters that the lorry had stood there since noon on Friday.", "Text."], []),
    ([], ["An apa and an efe are no agencies.", "Text."], []), ([], [], []),
])
def test_agencies(readings: list[str], paragraphs: list[str], expected: list[str]) -> None:
    assert list(agencies(readings, paragraphs)) == expected


@pytest.mark.parametrize(("paragraphs", "expected"), [
    (["Von: Bill McARTHUR, Maria HOLD", "The lorry stood there.", "Nobody knew."], ["Von: Bill McARTHUR, Maria HOLD"]),
    (["By noon on Monday, nobody knew", "The lorry stood there.", "Nobody knew."], []),
    (["The lorry stood there.", "Nobody knew.", "Anna Smith"], ["Anna Smith"]),
    (["Anna Smith", "The lorry stood there.", "Nobody knew."], ["Anna Smith"]),
    (["ANNA SMITH/Jan Koch", "The lorry stood there.", "Nobody knew."], ["ANNA SMITH/Jan Koch"]),
    (["oprac. Anna Smith", "The lorry stood there.", "Nobody knew."], ["oprac. Anna Smith"]),
    (["Фото: Анна Речная", "Фото Анна Речная", "The lorry stood there.", "Nobody knew."], []),
    (["FIRE IN SUMY", "The Old Town Road Again", "The lorry stood there.", "Nobody knew."], []),
    (["The lorry stood there.", "It was red.", "It left.", "Nobody knew.", "IN-Redaktion", "Did you like it?"], ["IN-Redaktion"]),
    (["The lorry stood there.", "Nobody knew.", "Редакція"], ["Редакція"]),
    (["The lorry stood there.", "Nobody knew.", "The end of it"], []),
])
def test_what_a_text_is_signed_with(paragraphs: list[str], expected: list[str]) -> None:
    assert [c.value for c in signed(paragraphs)] == expected


def test_whom_a_title_names_is_no_byline() -> None:
    lines = ["Coach Adam Holz", "The lorry stood there.", "Nobody knew."]
    assert [c.value for c in signed(lines, ["Holz to leave in May"])] == []
    assert [c.value for c in signed(lines, ["The lorry"])] == ["Coach Adam Holz"]


def test_a_line_that_names_an_agency_is_no_better_reading_than_the_site_s_own() -> None:
    site = ("json-ld author (person)", "The Courier")
    assert by(site, ("byline element", "Reuters"), outlets=("The Courier",)) == ((), ("The Courier",))
    assert by(site, ("meta articleAuthor", "Reuters"), outlets=("The Courier",)) == ((), ("Reuters",))
    assert by(("byline element", "Reuters"), outlets=("The Courier",)) == ((), ("Reuters",))


def test_an_editorial_desk_is_an_organisation_where_nobody_else_is_named() -> None:
    desk = Candidate(field="author", value="Web-Redaktion", basis="meta author")
    person = Candidate(field="author", value="Anna Smith", basis="json-ld author (person)")
    assert authors((desk,), outlets=[], sections=[]) == ((), ("Web-Redaktion",))
    assert authors((desk, person), outlets=[], sections=[]) == (("Anna Smith",), ())


def test_where_a_text_credits_an_agency_is_kept() -> None:
    found = printed(["KYIV (Reuters) - The column crossed the border.", "It went on.", "Source: AFP"], ["Quelle: dpa"])
    assert [(one.value, one.basis) for one in found] == [
        ("Reuters", "dateline"), ("AFP", "last lines"), ("dpa", "credit line")]
    assert printed([]) == ()
