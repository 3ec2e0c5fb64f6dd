"""What is typed never breaks the search, and means what the help says."""

import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasette_config.query import MAX_LENGTH, QueryError, full_text_query


@pytest.fixture(scope="module")
def index() -> Iterator[sqlite3.Connection]:
    conn = sqlite3.connect(":memory:")
    conn.execute("CREATE VIRTUAL TABLE texts USING fts5 (title, text, tokenize='unicode61 remove_diacritics 2')")
    conn.executemany("INSERT INTO texts VALUES (?, ?)", [
        ("Kursk", "Troops crossed the border near Sudzha"), ("Суджа", "Бої точаться в Суджі та біля Курська"),
        ("Обстановка в Судже", "Глава региона сообщил об эвакуации"), ("Football", "Kursk lose at home"),
    ])
    yield conn
    conn.close()


@pytest.mark.parametrize(("typed", "match", "without"), [
    pytest.param("kursk sudzha", '"kursk" AND "sudzha"', None, id="all words are wanted"),
    pytest.param('"near Sudzha"', '"near Sudzha"', None, id="a phrase stays one"),
    pytest.param("“near Sudzha”", '"near Sudzha"', None, id="typographic quotation marks are quotation marks"),
    pytest.param('"never closed', '"never closed"', None, id="an open phrase ends with the question"),
    pytest.param("kursk -football", '("kursk") NOT ("football")', None, id="an unwanted word"),
    pytest.param('-"at home"', None, '"at home"', id="only what is not wanted"),
    pytest.param("sudzh*", '"sudzh"*', None, id="the beginning of a word"),
    pytest.param("Sudzha OR Суджа", '("Sudzha" OR "судж"*)', None, id="either of two"),
    pytest.param("OR kursk", '"OR" AND "kursk"', None, id="OR with nothing before it is a word"),
    pytest.param("AND NOT NEAR(a b)", '"AND" AND "NOT" AND "NEAR(a" AND "b)"', None, id="operators are words"),
    pytest.param("title:kursk", '"title:kursk"', None, id="columns are words"),
    pytest.param("области", '"област"*', None, id="a Cyrillic word without its ending"),
    pytest.param('"области"', '"области"', None, id="a Cyrillic word in quotation marks as it stands"),
    pytest.param("не", '"не"', None, id="a short Cyrillic word as it stands"),
    pytest.param("", None, None, id="nothing"),
    pytest.param("* ( ) ^ - !!!", None, None, id="signs only"),
])
def test_what_is_typed_becomes_a_query(typed: str, match: str | None, without: str | None) -> None:
    found = full_text_query(typed)
    assert (found.match, found.without) == (match, without)


@given(st.one_of(st.text(max_size=60), st.text(alphabet='"*()-^:{}+ ORNTAD\x00a', max_size=40)))
def test_no_question_is_a_syntax_error(index: sqlite3.Connection, typed: str) -> None:
    query = full_text_query(typed)
    for match in (query.match, query.without):
        if match is not None:
            index.execute("SELECT count(*) FROM texts WHERE texts MATCH ?", [match]).fetchone()


@pytest.mark.parametrize(("typed", "found"), [
    ("Суджа", 2), ("Судже", 2), ('"Судже"', 1), ("Курськ", 1), ("kursk", 2), ("kursk -football", 1),
    ("sudzha OR Суджа", 3),
])
def test_a_question_finds(index: sqlite3.Connection, typed: str, found: int) -> None:
    match = full_text_query(typed).match
    assert index.execute("SELECT count(*) FROM texts WHERE texts MATCH ?", [match]).fetchone() == (found,)


@pytest.mark.parametrize("typed", ["a" * (MAX_LENGTH + 1), "a " * 33])
def test_a_question_that_nobody_types_is_refused(typed: str) -> None:
    with pytest.raises(QueryError):
        full_text_query(typed)
