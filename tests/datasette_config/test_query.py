"""What is typed never breaks the search, and means what the help says."""

import sqlite3
from collections.abc import Iterator
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.store import vocabulary
from archive.store.vocabulary import TooManyStretches, words
from archive.topic import Name
from datasette_config.expanding import FullTextQuery, as_typed, expanded
from datasette_config.names import Names, is_written_small, marked, mentioned, tokens_of
from datasette_config.query import MAX_LENGTH, QueryError, parse

SUDZHA = Name(
    name="Sudzha", kind="place", misspellings=("Southzha", "Judge"), common_words=("Judge",),
    spellings=(("en", ("Sudzha",)), ("uk", ("Суджа",)), ("ru", ("Суджа",)), ("pl", ("Sudż*",))))
DISTRICT = Name(name="Sudzha district", kind="place",
                spellings=(("en", ("Sudzha district",)), ("uk", ("Суджанськ* район*",))))
NAMES = Names([SUDZHA, DISTRICT])
TEXTS = [
    ("Kursk", "Troops crossed the border near Sudzha"), ("Суджа", "Бої точаться в Суджі та біля Курська"),
    ("Обстановка в Судже", "Глава региона сообщил об эвакуации"), ("Football", "Kursk lose at home, said a judge"),
    ("Bridges", "The bridge at Glushkovo and two other bridges, a bridgehead"), ("Blog", "Southzha, they wrote"),
    ("Район", "У Суджанському районі евакуюють два села"), ("Полки", "W Sudży; w Sudżańskim rejonie"),
    ("Село", "Через сёла прошла колонна"),
    ("库尔斯克", "乌克兰军队进入俄罗斯库尔斯克州,夺取了苏贾。"), ("クルスク州", "ウクライナ軍はクルスク州に越境した。"),
    ("ข่าว", "กองทัพยูเครนบุกเข้าแคว้นคูร์สค์ของรัสเซีย"),
]


@pytest.fixture(scope="module")
def index() -> Iterator[sqlite3.Connection]:
    conn = sqlite3.connect(":memory:")
    conn.row_factory = sqlite3.Row
    conn.execute("CREATE VIRTUAL TABLE texts USING fts5 (title, text, tokenize='unicode61 remove_diacritics 2')")
    conn.execute("CREATE VIRTUAL TABLE words USING fts5vocab (texts, row)")
    conn.executemany("INSERT INTO texts VALUES (?, ?)", TEXTS)
    yield conn
    conn.close()


def typed_only(index: sqlite3.Connection, typed: str) -> FullTextQuery:
    return as_typed(parse(typed), partial(words, index))


def all_forms(index: sqlite3.Connection, typed: str) -> FullTextQuery:
    return expanded(parse(typed), NAMES, partial(words, index))[0]


def found(index: sqlite3.Connection, match: str | None) -> set[int]:
    return {row[0] - 1 for row in index.execute("SELECT rowid FROM texts WHERE texts MATCH ?", [match])}


@pytest.mark.parametrize(("typed", "match", "without"), [
    pytest.param("kursk sudzha", '"kursk" AND "sudzha"', None, id="all words are wanted"),
    pytest.param('"near Sudzha"', '"near Sudzha"', None, id="a phrase stays one"),
    pytest.param("“near Sudzha”", '"near Sudzha"', None, id="typographic quotation marks are quotation marks"),
    pytest.param('"never closed', '"never closed"', None, id="an open phrase ends with the question"),
    pytest.param("kursk -football", '("kursk") NOT ("football")', None, id="an unwanted word"),
    pytest.param('-"at home"', None, '"at home"', id="only what is not wanted"),
    pytest.param("sudzh*", '"sudzh"*', None, id="the beginning of a word"),
    pytest.param("Sudzha OR Суджа", '("Sudzha" OR "Суджа")', None, id="either of two"),
    pytest.param("OR kursk", '"OR" AND "kursk"', None, id="OR with nothing before it is a word"),
    pytest.param("AND NOT NEAR(a b)", '"AND" AND "NOT" AND "NEAR a" AND "b"', None, id="operators are words"),
    pytest.param("title:kursk", '"title kursk"', None, id="columns are words"),
    pytest.param("п'ятниця", '"п ятниця"', None, id="an apostrophe parts a word, as in the index"),
    pytest.param("", None, None, id="nothing"),
    pytest.param("* ( ) ^ - !!!", None, None, id="signs only"),
])
def test_what_is_typed_becomes_a_query(
    index: sqlite3.Connection, typed: str, match: str | None, without: str | None
) -> None:
    assert typed_only(index, typed) == FullTextQuery(match=match, without=without)


@given(st.one_of(st.text(max_size=60), st.text(alphabet='"*()-^:{}+ ORNTAD\x00aСуджа', max_size=40)))
def test_no_question_is_a_syntax_error(index: sqlite3.Connection, typed: str) -> None:
    for query in (typed_only(index, typed), all_forms(index, typed)):
        for match in (query.match, query.without):
            if match is not None:
                found(index, match)


@given(st.lists(st.sampled_from(" ".join(f"{title} {text}" for title, text in TEXTS).split()), max_size=5))
def test_forms_and_spellings_only_ever_find_more(index: sqlite3.Connection, chosen: list[str]) -> None:
    typed = " ".join(chosen)
    if typed_only(index, typed).match:
        assert found(index, typed_only(index, typed).match) <= found(index, all_forms(index, typed).match)


@pytest.mark.parametrize(("typed", "places"), [
    pytest.param("Суджа", {0, 1, 2, 5, 7}, id="a name is found in every spelling, however it was translated"),
    pytest.param("Судже", {0, 1, 2, 5, 7}, id="in any case that it is typed in"),
    pytest.param("southzha", {0, 1, 2, 5, 7}, id="and from a misspelling"),
    pytest.param('"Судже"', {2}, id="in quotation marks as it stands"),
    pytest.param("judge", {3}, id="a misspelling that is a word is a word"),
    pytest.param("Sudzha district", {6}, id="a name of two words is a phrase, declined in both"),
    pytest.param("Суджанського району", {6}, id="the same, from another case"),
    pytest.param("bridge", {4}, id="a word's other forms"),
    pytest.param("Курськ", {1}, id="a Cyrillic word's other cases"),
    pytest.param("село", {6, 8}, id="ё may be written е"),
    pytest.param("kursk -footballs", {0}, id="an unwanted word in its other forms"),
    pytest.param("home OR Суджа", {0, 1, 2, 3, 5, 7}, id="a name beside OR is a name too"),
    pytest.param("(Kursk OR Суджа) -southzha", {3}, id="and an unwanted one, in every spelling"),
    pytest.param("Sudzha bridges", set(), id="all are wanted still"),
])
def test_a_question_finds(index: sqlite3.Connection, typed: str, places: set[int]) -> None:
    assert found(index, all_forms(index, typed).match) == places


@pytest.mark.parametrize(("typed", "places"), [
    pytest.param("库尔斯克", {9}, id="a Chinese word within a stretch"),
    pytest.param("苏贾", {9}, id="at the end of one"),
    pytest.param("クルスク", {10}, id="a Japanese one"),
    pytest.param("軍 越境", {10}, id="two of them, of one character too"),
    pytest.param('"库尔斯克州"', {9}, id="in quotation marks"),
    pytest.param("尔斯", {9}, id="any part of a word: nothing says where words end"),
    pytest.param("คูร์สค์", {11}, id="a Thai word, which the index cuts at its signs"),
    pytest.param("รัสเซีย", {11}, id="at the end"),
    pytest.param("莫斯科", set(), id="a word that is not there"),
    pytest.param("库尔斯克 -苏贾", set(), id="an unwanted one"),
    pytest.param("クルスク OR kursk", {0, 3, 10}, id="beside others"),
])
def test_a_word_of_a_script_without_spaces_is_found_within_a_stretch(
    index: sqlite3.Connection, typed: str, places: set[int]
) -> None:
    assert found(index, all_forms(index, typed).match) == places
    assert found(index, typed_only(index, typed).match) == places


def test_a_word_that_stands_in_too_many_stretches_is_refused(
    index: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vocabulary, "MOST_STRETCHES", 1)
    with pytest.raises(TooManyStretches, match="ask for a longer word"):
        typed_only(index, "州")


def test_a_form_that_texts_write_small_is_no_name() -> None:
    sumy = Name(name="Sumy", kind="place", spellings=(("uk", ("Суми", "Сумах")),))
    held = [("суми", 9), ("сумах", 3), ("сума", 8), ("сумам", 2)]
    texts = {"сума": ["Загальна сума боргу. Сума відома."], "сумам": ["Дорогам до міста, Сумам і селам"], "суми": ["усі суми"]}
    query, sought = expanded(
        parse("Суми"), Names([sumy]), lambda begins: [one for one in held if one[0].startswith(begins)],
        is_name=lambda form: not is_written_small(form, texts[form]))
    assert query.match is not None
    assert '"сума"' not in query.match
    assert set(sought[0].forms) == {"суми", "сумах", "сумам"}, "what the topic lists is looked for however it is written"


@pytest.mark.parametrize(("texts", "is_small"), [
    ([], False), (["Сума відома."], False), (["Уся сума"], True), (["біля міста Сума та сума, сума"], True),
    (["біля міста Сума"], False), (["сума"], False),
])
def test_only_what_stands_within_a_sentence_tells(texts: list[str], is_small: bool) -> None:
    assert is_written_small("сума", texts) is is_small


def test_what_was_looked_for_is_told(index: sqlite3.Connection) -> None:
    _, sought = expanded(parse('Sudzha bridge "as it stands" a*'), NAMES, partial(words, index))
    assert [(one.typed, one.name) for one in sought] == [("Sudzha", "Sudzha"), ("bridge", None)]
    assert set(sought[0].forms) == {"sudzha", "суджа", "суджі", "судже", "sudzy", "sudzanskim", "southzha"}
    assert set(sought[1].forms) == {"bridge", "bridges"}, "a bridgehead is another word"


def test_what_was_left_out_is_told(index: sqlite3.Connection) -> None:
    _, sought = expanded(parse("Kursk -bridge -Суджа"), NAMES, partial(words, index))
    assert [(one.typed, one.name, one.is_unwanted) for one in sought] == [
        ("bridge", None, True), ("Суджа", "Sudzha", True)]


def test_unwanted_words_are_no_name_of_several_words(index: sqlite3.Connection) -> None:
    query, _ = expanded(parse("-Sudzha -district"), NAMES, partial(words, index))
    assert found(index, query.without) == {0, 1, 2, 5, 7}, "and not the district alone"


def test_a_spelling_is_cut_as_the_index_cuts_it() -> None:
    assert tokens_of("Суджанськ* район*") == ("Суджанськ*", "район*")
    assert tokens_of("Coup-d'État") == ("Coup", "d", "État")


@pytest.mark.parametrize("typed", ["a" * (MAX_LENGTH + 1), "a " * 33])
def test_a_question_that_nobody_types_is_refused(typed: str) -> None:
    with pytest.raises(QueryError):
        parse(typed)


def test_names_are_marked_in_a_text_and_nothing_of_it_is_lost() -> None:
    text = "У Суджі тихо.\n\nThe Sudzha district, said a judge; Judge Smith of Southzha.\n\n sudzha"
    paragraphs = marked(text, NAMES)
    assert ["".join(part.text for part in paragraph) for paragraph in paragraphs] == text.split("\n\n")
    assert [part.text for paragraph in paragraphs for part in paragraph if part.name] == [
        "Суджі", "Sudzha district", "Southzha"]
    assert [(one.name, one.times) for one in mentioned(paragraphs)] == [("Sudzha", 2), ("Sudzha district", 1)]


@given(st.text(max_size=200))
def test_any_text_stays_as_it_is(text: str) -> None:
    assert "".join(part.text for paragraph in marked(text, NAMES) for part in paragraph) == "".join(
        paragraph for paragraph in text.split("\n\n") if paragraph.strip())
