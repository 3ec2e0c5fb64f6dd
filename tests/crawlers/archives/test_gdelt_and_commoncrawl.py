"""What GDELT and Common Crawl answer, with the traps of the real ones."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.model import Slice
from archive.topic import Keywords
from crawlers.archives import commoncrawl, gdelt
from crawlers.errors import Unreadable

AT = datetime(2026, 3, 15, tzinfo=UTC)
ARTICLE = b'{"url":"https://a.example/1","title":"%s","seendate":"20240806T143000Z","language":"Ukrainian"}'


def listed(*articles: bytes) -> bytes:
    return b'{"articles":[' + b",".join(articles) + b"]}"


@pytest.mark.parametrize(("title", "read"), [
    ("Бої : що відомо".encode(), "Бої : що відомо"), (b"a\x01b\x1f c", "a b c"), (rb"a\'b", r"a\'b"), (rb"a\"b", 'a"b'),
    (rb"\u0411", "Б"), (rb"a\u12", r"a\u12"), (b"", None),
])
def test_titles_are_read_whatever_stands_in_them(title: bytes, read: str | None) -> None:
    (found,) = gdelt.discoveries(listed(ARTICLE % title), found_at=AT)
    assert (found.url, found.title, found.published, found.source) == ("https://a.example/1", read, None, "gdelt")


def test_nothing_found_is_an_empty_object() -> None:
    assert gdelt.discoveries(b"{}", found_at=AT) == gdelt.discoveries(b'{"articles":[]}\n', found_at=AT) == ()
    assert gdelt.discoveries(listed(b'{"url":"javascript:x"}', b"1", b'{"title":"x"}'), found_at=AT) == ()


@pytest.mark.parametrize(("body", "error"), [
    (b"Please limit requests to one every 5 seconds or contact us.", gdelt.AsksForRest),
    (b"Your query was too short or too long.", Unreadable), (b"<html><b>Error</b></html>", Unreadable), (b"", Unreadable),
    (listed(ARTICLE % b"x")[:-9], Unreadable), (b'{"articles": 7}', Unreadable),
])
def test_gdelts_errors_come_with_status_200(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(Unreadable) as caught:
        gdelt.discoveries(body, found_at=AT)
    assert type(caught.value) is error


def test_searches_are_as_long_as_gdelt_takes_and_without_open_endings() -> None:
    many = Keywords(language="uk", must=(*(f"Курська область {n}" for n in range(30)), "наступ*"))
    found = list(gdelt.searches(many))
    assert len(found) > 1
    assert all(len(search) < gdelt.LONGEST_QUERY + 40 and search.endswith(" sourcelang:ukrainian") for search in found)
    assert sum(search.count('"Курська область') for search in found) == 30
    assert not any("*" in search for search in found)
    assert list(gdelt.searches(Keywords(language="en", must=("Kursk",)))) == ["Kursk sourcelang:english"]
    assert list(gdelt.searches(Keywords(language="yo", must=("Kursk",)))) == []


def test_a_query_names_its_span() -> None:
    part = Slice(service="gdelt", what="Kursk sourcelang:english", start=AT, end=AT + timedelta(hours=1))
    asked = parse_qs(urlsplit(gdelt.query(part, base="https://g.example")).query)
    assert asked["startdatetime"] + asked["enddatetime"] == ["20260315000000", "20260315005959"]
    assert asked["maxrecords"] == ["250"]


ROW = {"urlkey": "example,news)/a", "timestamp": "20240807000000", "url": "https://news.example/a", "mime": "text/html",
       "mime-detected": "text/html", "status": "200", "digest": "X", "length": "605", "offset": "10",
       "filename": "crawl-data/CC-MAIN-2024-33/a.warc.gz"}


@pytest.mark.parametrize(("changes", "is_kept"), [
    ({}, True), ({"status": "301"}, False), ({"mime-detected": "application/pdf"}, False), ({"timestamp": "2024"}, False),
    ({"url": "https://news.example/"}, False), ({"offset": "-1"}, False), ({"length": "0"}, False),
    ({"length": "900000000"}, False), ({"filename": "../../etc/passwd"}, False), ({"filename": "a b?c"}, False),
])
def test_which_lines_of_the_index_are_pages(changes: dict[str, str], is_kept: bool) -> None:
    body = f"{json.dumps(ROW | changes)}\nnot json\n".encode()
    assert len(commoncrawl.records(body)) == is_kept


def test_a_place_becomes_the_range_of_one_record() -> None:
    (found,) = commoncrawl.records(json.dumps(ROW).encode())
    assert commoncrawl.parted(found.place or "") == (ROW["filename"], 10, 605)
    assert found.captured_at == datetime(2024, 8, 7, tzinfo=UTC)


def test_crawls_have_their_spans_or_those_of_their_weeks() -> None:
    body = json.dumps([{"id": "CC-MAIN-2024-33", "from": "2024-08-02T19:05:00", "to": "2024-08-15T21:00:00"},
                       {"id": "CC-MAIN-2024-38"}, {"id": "CC-NEWS"}, {"id": "CC-MAIN-2024-99"}]).encode()
    first, second = commoncrawl.crawls(body)
    assert (first.name, first.start.day, first.end.day) == ("CC-MAIN-2024-33", 2, 15)
    assert second.start < datetime(2024, 9, 16, tzinfo=UTC) < second.end


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'[{"x": 1}]', b"7"])
def test_what_is_no_list_of_crawls(body: bytes) -> None:
    with pytest.raises(Unreadable):
        commoncrawl.crawls(body)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"pages": "many"}', b'{"pages": null}', b'{"pages": Infinity}', b"7"])
def test_what_says_nothing_of_pages(body: bytes) -> None:
    assert commoncrawl.pages(b'{"pages": 3, "pageSize": 5, "blocks": 12}') == 3
    with pytest.raises(Unreadable):
        commoncrawl.pages(body)


@given(st.binary(max_size=200))
def test_no_bytes_are_too_strange(body: bytes) -> None:
    for read in (commoncrawl.crawls, commoncrawl.records, commoncrawl.pages, lambda raw: gdelt.discoveries(raw, found_at=AT)):
        try:
            read(body)
        except Unreadable:
            continue


def test_a_search_for_all_of_some_terms_is_one_that_gdelt_takes() -> None:
    asked = gdelt.all_of([("Taras Melnychuk",), ("Syrskyi", "Syrsky", "Syrsky"), ("10,940",), ("ab",), ('a "quoted" (one)',)])
    assert asked == '"Taras Melnychuk" (Syrskyi OR Syrsky) "10,940" "a quoted one"'
    assert gdelt.all_of([]) == gdelt.all_of([("x",)]) == ""
    long = gdelt.all_of([(f"{'name ' * 20}{n}",) for n in range(5)] + [("w" * 30, "v" * 30, "u" * 300)])
    assert len(long) <= gdelt.LONGEST_QUERY
    assert long.endswith(f"({'w' * 30} OR {'v' * 30})")
