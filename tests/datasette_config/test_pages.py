"""Every page and its twin, on a real archive: what it shows, and that nothing in it can break or run."""

import csv
import io
import json
import re
import sqlite3
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html

from archive.digests import address_key
from archive.store import open_database, pages, texts, transaction
from datasette_config import answers, responses

# Their classes are in conftest.py, which pytest's import mode keeps out of reach of imports.
Archive = Site = Any

POLICY = "default-src 'none'; script-src 'self';"


def public_id(site: Site, key: str, ordinal: int = 1) -> str:
    return str(site.json(f"/article/{key}.json")["versions"][ordinal - 1]["public_id"])


def text_of(response: Any) -> str:
    """A page's text as a reader sees it."""
    tree = html.fromstring(response.content)
    for script in tree.xpath("//script"):
        script.drop_tree()
    return " ".join(" ".join(tree.itertext()).split())


@pytest.fixture(scope="session")
def every_page(site: Site, archive: Archive) -> list[str]:
    """A path of each kind of page, hostile ones among them."""
    keys = [archive.herald, archive.digest, archive.mirror, archive.ukrainian, archive.russian, archive.hostile,
            archive.plain, archive.spanish]
    versions = [v["public_id"] for key in keys for v in site.json(f"/article/{key}.json")["versions"]]
    return [
        "/", "/about", "/sources", "/health", "/data", "/search", "/search?q=kursk", "/search?kind=reposts&sort=best", "/search?q=nothing-at-all",
        *(f"/article/{name}" for name in (*keys, *versions)), f"/family/{archive.family}", f"/family/{archive.pair}",
        *(f"/compare?left={archive.herald}&right={key}" for key in keys),
        f"/compare?left={archive.digest}&right={versions[0]}", *(f"/capture/{n}" for n in range(1, 14)),
        "/article/none", "/search?page=x", "/trace", f"/trace?of={archive.hostile}", f"/trace?of={archive.digest}",
        "/trace?of=none",
    ]


def test_no_page_runs_or_fetches_anything(site: Site, every_page: list[str]) -> None:
    for path in every_page:
        response = site.get(path)
        assert response.status_code in (200, 400, 404), path
        assert response.headers["content-security-policy"].startswith(POLICY)
        assert "unsafe" not in response.headers["content-security-policy"]
        assert response.headers["x-content-type-options"] == "nosniff"
        tree = html.fromstring(response.content)
        for script in tree.xpath("//script"):
            is_own = re.fullmatch(r"/-/static-plugins/[\w-]+/copy\.js\?[0-9a-f]{8}", script.get("src", ""))
            assert is_own or script.get("type") == "application/ld+json", path
        assert not tree.xpath("//iframe|//object|//embed|//base|//style|//meta[@http-equiv]"), path
        assert not tree.xpath("//@style|//@*[starts-with(name(), 'on')]"), path
        for address in tree.xpath("//@href[not(. = //footer//a[text()='Report an error']/@href)]|//@src|//@action"):
            assert re.match(r"/(?!/)|#|https?://", address), (path, address)
        for link in tree.xpath("//a[starts-with(@href, 'http')]"):
            assert {"nofollow", "noopener", "ugc"} <= set(link.get("rel").split()), path


def test_hostile_text_is_shown_as_text(site: Site, archive: Archive) -> None:
    response = site.get(f"/article/{archive.hostile}")
    assert archive.script not in response.text
    assert archive.script in text_of(response)
    assert "{{ 7 * 7 }}" in text_of(response)
    assert "&amp;amp;" in response.text
    assert "</style>" not in response.text
    assert '"><script>x</script>' not in response.text


def test_what_is_copied_as_citation_turns_no_text(site: Site, archive: Archive) -> None:
    assert archive.bidi in site.json(f"/article/{archive.hostile}.json")["article"]["title"]
    assert "\u202e" not in site.json(f"/article/{archive.hostile}.json")["citation"]


def test_pages_say_their_languages(site: Site, archive: Archive) -> None:
    tree = html.fromstring(site.get(f"/article/{archive.ukrainian}").content)
    assert tree.xpath("//h1/@lang") == ["uk"]
    assert tree.xpath("//div[contains(@class, 'body')]/@lang") == ["uk"]
    assert html.fromstring(site.get(f"/article/{archive.hostile}").content).xpath("//h1/@dir") == ["rtl"]


# --- start


def test_start_counts_what_is_held(site: Site, archive: Archive) -> None:
    start = site.json("/index.json")
    assert start["counts"] == {
        "articles": 8, "versions": 11, "families": 2, "links": 4, "captures": 14,
        "last_seen": "2024-08-18T20:00:00.000Z",
    }
    assert (start["outlet_count"], start["languages"]) == (8, 5)
    assert [f["members"] for f in start["families"]] == [4, 2]
    assert start["families"][0]["exemplar"]["key"] == archive.herald
    assert [card["key"] for card in start["most_edited"]] == [archive.russian, archive.herald]
    assert start["latest"][0]["key"] == archive.spanish
    assert "8 articles" in text_of(site.get("/"))
    assert sum(n for _, _, n in start["days"]) == 8
    (gone,) = site.json("/search.json?kind=removed")["hits"]
    assert [card["key"] for card in start["gone"]] == [gone["card"]["key"]]
    assert sum(one["articles"] for one in start["outlets"]) == 8


def test_the_charts_bars_lead_to_their_articles(site: Site) -> None:
    tree = html.fromstring(site.get("/").content)
    bars = tree.xpath("//figure[@class='chart']//a")
    assert len(bars) > 1
    found = [site.json(bar.get("href").replace("/search", "/search.json"))["total"] for bar in bars]
    assert sum(found) == 8
    shown = [int(re.search(r": (\d+) article", bar.findtext("title")).group(1)) for bar in bars]  # type: ignore[union-attr]
    assert found == shown
    bars_of_json = site.json("/index.json")["chart"]["bars"]
    assert sum(bar["articles"] for bar in bars_of_json) == 8
    assert set(bars_of_json[0]) == {"first", "last", "articles", "by_language"}, "no places of the drawing"


def test_sources_health_and_data_say_what_there_is(site: Site) -> None:
    sources = site.json("/sources.json")
    assert all("" not in one["languages"] for one in sources["outlets"])
    assert {one["outlet"]: one["reposts"] for one in sources["outlets"]}["The Border Herald"] == 0
    assert site.json("/health.json")["alarms"] == []
    data = site.json("/data.json")
    assert {view["name"] for view in data["views"]} >= {"article", "version", "copy_link", "family"}
    assert dict(next(view["columns"] for view in data["views"] if view["name"] == "article"))["key"].startswith("Short")
    assert "Who copies whom" in text_of(site.get("/data"))


def test_the_start_page_tells_how_the_sources_fare_and_looks_are_counted_of_the_last_days(
    own_site: Site, own_archive: Archive
) -> None:
    conn = open_database(own_archive.database)
    conn.executemany("INSERT INTO sources (name, outlet, kind, address) VALUES (?, 'Outlet', 'feed', ?)",
                     [("one", "https://one.example/rss"), ("two", "https://two.example/rss")])
    conn.executemany(
        "INSERT INTO observations (url, at, role, outcome, error, via, source) VALUES (?, ?, 'feed', ?, ?, 'stemma', ?)", [
            ("https://one.example/rss", "2024-06-01T00:00:00.000Z", "failed", "HTTP status 500", "one"),
            ("https://one.example/rss", "2024-08-20T00:00:00.000Z", "new", None, "one"),
            ("https://two.example/rss", "2024-08-20T00:00:00.000Z", "failed", "HTTP status <503>", "two")])
    conn.execute("INSERT INTO runs (command, program, started_at) VALUES ('crawl', 'x', '2024-08-20T00:00:00.000Z')")
    conn.commit()
    conn.close()
    start = own_site.json("/index.json")
    assert (start["source_count"], start["trouble_count"]) == (2, 1)
    assert [(one["name"], one["trouble"]) for one in start["troubled"]] == [("two", "HTTP status <503>")]
    assert "2 sources announce articles; 1 had trouble at the last look. two Outlet HTTP status <503>" in text_of(
        own_site.get("/"))
    looks = {one["name"]: (one["looks"], one["failed"]) for one in own_site.json("/sources.json")["sources"]}
    assert looks == {"one": (1, 0), "two": (1, 1)}


def test_the_database_stays_within_reach(site: Site) -> None:
    assert 'href="/archive"' in site.get("/").text
    assert site.get("/archive").status_code == 200
    assert site.get("/-/databases.json").status_code == 200


# --- search


@pytest.mark.parametrize(("arguments", "total"), [
    pytest.param({}, 8, id="all articles on the topic"),
    pytest.param({"q": "kursk", "forms": "typed"}, 4, id="a word"),
    pytest.param({"q": "kursk"}, 6, id="a name in other spellings"),
    pytest.param({"q": "kursk sudzha", "forms": "typed"}, 3, id="two words"),
    pytest.param({"q": '"checkpoint was empty"'}, 3, id="a phrase"),
    pytest.param({"q": "kursk -commander", "forms": "typed"}, 1, id="an unwanted word"),
    pytest.param({"q": "-kursk"}, 2, id="only an unwanted name: all that does not have it"),
    pytest.param({"q": "чек*"}, 1, id="a beginning"),
    pytest.param({"q": "football"}, 0, id="off the topic"),
    pytest.param({"q": "three o'clock"}, 1, id="a later version"),
    pytest.param({"q": "four o'clock"}, 1, id="an older version"),
    pytest.param({"outlet": "The Border Herald"}, 1, id="outlet"),
    pytest.param({"outlet": "Nobody's"}, 0, id="an outlet that is not"),
    pytest.param({"language": "en"}, 4, id="language"),
    pytest.param({"country": "-"}, 4, id="a country that is not known"),
    pytest.param({"role": "repost"}, 3, id="reposts"),
    pytest.param({"kind": "reposts"}, 3, id="reposts, by an address of before"),
    pytest.param({"kind": "exemplars"}, 2, id="exemplars that are no copies, by an address of before"),
    pytest.param({"edited": "edited"}, 2, id="edited"),
    pytest.param({"kind": "removed"}, 1, id="gone or removed, by an address of before"),
    pytest.param({"from": "2024-08-18"}, 2, id="from a day"),
    pytest.param({"to": "2024-08-06"}, 2, id="to a day, as pages state it"),
    pytest.param({"from": "2024-08-07", "to": "2024-08-07"}, 1, id="one day"),
    pytest.param({"month": "2024-08"}, 8, id="a month"),
    pytest.param({"q": "kursk", "language": "en", "role": "repost", "from": "2024-08-08"}, 1, id="all together"),
])
def test_search_counts_truly(site: Site, arguments: dict[str, str], total: int) -> None:
    for copies in ("all", "folded"):
        question = urlencode(arguments | {"copies": copies})
        found = site.json(f"/search.json?{question}")
        assert found["total"] == total
        assert len(found["hits"]) == found["texts"]
        assert sum(1 + hit["others"] for hit in found["hits"]) == total
        assert copies == "folded" or found["texts"] == total
        assert f"{total} article" in text_of(site.get(f"/search?{question}"))
        assert site.get(f"/search.csv?{question}").headers["x-total-count"] == str(total)


def test_each_facet_counts_what_choosing_it_finds(site: Site) -> None:
    for question in ("", "q=kursk&", "q=-kursk&language=en&", "role=repost&edited=unedited&"):
        for counted in site.json(f"/search.json?{question}")["facets"]:
            for value, count in counted["values"]:
                rest = "&".join(part for part in question.split("&") if not part.startswith(f"{counted['facet']}="))
                chosen = urlencode({counted["facet"]: value or "-"})
                assert site.json(f"/search.json?{rest}&{chosen}")["total"] == count, (question, counted["facet"], value)


def test_a_facet_takes_several_values_and_counts_what_each_adds(site: Site) -> None:
    both = site.json("/search.json?language=uk&language=en")
    assert both["total"] == 5
    assert both["asked"]["search"]["chosen"] == [["language", ["en", "uk"]]]
    counts = {one["facet"]: dict(one["values"]) for one in both["facets"]}
    assert counts["language"] == dict(next(one["values"] for one in site.json("/search.json")["facets"]
                                           if one["facet"] == "language")), "under the other facets' choices"
    assert sum(counts["outlet"].values()) == 5
    assert site.json("/search.json?language=uk&language=en&role=exemplar&role=alone")["total"] == 2
    assert site.json("/search.json?language=en&kind=removed")["total"] == 0
    wrong = site.get("/search?role=repost&role=nothing")
    assert (wrong.status_code, "role=nothing is none of" in wrong.text) == (400, True)
    assert site.get("/search?" + "&".join(f"outlet={n}" for n in range(51))).status_code == 400


def test_a_choice_of_several_values_has_one_address_and_each_can_be_given_up(site: Site) -> None:
    tree = html.fromstring(site.get("/search?q=kursk&language=uk&language=en").content)
    (facet,) = tree.xpath("//details[@class='facet'][summary[starts-with(., 'Language')]]")
    assert " ".join(facet.findtext("summary").split() + [b.text for b in facet.xpath("summary/bdi")]) == (
        "Language: English Ukrainian")
    hrefs = {a.findtext("bdi"): a.get("href") for a in facet.xpath(".//a") if a.find("bdi") is not None}
    assert hrefs["English"] == "/search?q=kursk&language=uk"
    assert hrefs["Ukrainian"] == "/search?q=kursk&language=en"
    assert hrefs["Russian"] == "/search?q=kursk&language=en&language=ru&language=uk"
    assert facet.xpath(".//a[text()='any']/@href") == ["/search?q=kursk"]
    assert [one.findtext("bdi") for one in facet.xpath(".//a[@aria-current]")] == ["English", "Ukrainian"]
    form = tree.xpath("//form[@class='ask']//input[@name='language']/@value")
    assert form == ["en", "uk"]
    for suffix in (".csv", ".atom", ".bib"):
        assert tree.xpath(f"//p[@class='take']/a[contains(@href, '{suffix}?') and contains(@href, 'language=en&language=uk')]")
    feed = ElementTree.fromstring(site.get("/search.atom?language=uk&language=en&outlet=").text)
    assert feed.findtext("{http://www.w3.org/2005/Atom}id") == (
        "http://localhost/search.atom?language=en&language=uk")


def test_a_word_within_a_stretch_without_spaces_is_found_and_marked(own_site: Site, own_archive: Archive) -> None:
    say(own_archive, own_archive.plain, "库尔斯克州的桥", "周日,工程师称俄罗斯库尔斯克州谢伊姆河上的第二座桥已无法使用。")
    found = own_site.json("/search.json?q=库尔斯克")
    assert found["hits"][0]["card"]["key"] == own_archive.plain
    pieces = found["hits"][0]["snippet"]
    assert [piece["text"] for piece in pieces if piece["hit"]] == ["库尔斯克"]
    assert "".join(piece["text"] for piece in pieces).endswith("第二座桥已无法使用。")
    assert own_site.json("/search.json?q=库尔斯克+-第二座桥&forms=typed")["total"] == 0


def test_a_form_that_the_archive_writes_small_is_not_taken_for_a_name(own_site: Site, own_archive: Archive) -> None:
    say(own_archive, own_archive.plain, "Борг", "Загальна сума боргу зросла, і ця сума ще не сплачена.")
    say(own_archive, own_archive.spanish, "Удар", "Біля міста Суми пролунали вибухи; у Сумах тихо.")
    found = own_site.json("/search.json?q=Суми")
    assert [hit["card"]["key"] for hit in found["hits"]] == [own_archive.spanish]
    assert "сума" not in found["sought"][0]["forms"]
    assert own_site.json("/search.json?q=сума&forms=typed")["total"] == 1


def say(archive: Archive, key: str, title: str, text: str) -> None:
    """Let an article say something else."""
    conn = open_database(archive.database)
    conn.execute("UPDATE versions SET title = ?, text_id = ? "
                 "WHERE article_id = (SELECT article_id FROM articles WHERE key = ?)",
                 (title, texts.keep(conn, text), key))
    conn.commit()
    conn.close()


def test_an_articles_names_are_marked_and_lead_to_all_their_mentions(site: Site, archive: Archive) -> None:
    tree = html.fromstring(site.get(f"/article/{archive.herald}").content)
    assert "Sudzha" in tree.xpath("//div[@class='body']//span[@class='name place']/text()")
    href = tree.xpath("//p[@class='mentioned']//a[text()='Sudzha']/@href")[0]
    assert site.json(href.replace("/search", "/search.json"))["total"] >= 3


def test_every_page_says_to_whom_an_error_is_reported(site: Site) -> None:
    for path in ("/", "/search", "/nothing"):
        links = html.fromstring(site.get(path).content).xpath("//footer//a[text()='Report an error']/@href")
        assert links == ["mailto:archive@example.org"] or path == "/nothing"


def test_reposts_are_folded_under_the_earliest_held(site: Site, archive: Archive) -> None:
    (hit,) = [hit for hit in site.json("/search.json")["hits"] if hit["card"]["key"] == archive.herald]
    assert hit["others"] == 3
    assert hit["languages"] == ["en", "uk"]
    page = text_of(site.get("/search"))
    assert "and 3 texts of its family that fit too, in English and Ukrainian" in page
    assert "8 articles in 4 texts" in page
    everyone = site.json("/search.json?copies=all")
    assert [hit["others"] for hit in everyone["hits"]] == [0] * 8


def test_what_else_was_looked_for_is_shown_and_can_be_turned_off(site: Site) -> None:
    page = site.get("/search?q=Sudzha+bridges")
    assert "Sudzha was taken for the name Sudzha , looked for as sudzha , судже , суджі" in text_of(page)
    assert "forms=typed" in page.text
    assert "in no other form or spelling" in text_of(site.get("/search?q=Sudzha+bridges&forms=typed"))


def test_what_was_found_is_a_table_and_a_feed(site: Site) -> None:
    rows = list(csv.DictReader(io.StringIO(site.get("/search.csv?sort=oldest").text)))
    assert len(rows) == 8
    assert {row["url"] for row in rows} >= {"https://www.borderherald.example/2024/08/06/sudzha-crossing"}
    assert not any(value.startswith(("=", "+", "-", "@")) for row in rows for value in row.values())
    feed = ElementTree.fromstring(site.get("/search.atom?q=kursk").text)  # our own
    atom = "{http://www.w3.org/2005/Atom}"
    assert len(feed.findall(f"{atom}entry")) == 6
    for entry in feed.findall(f"{atom}entry"):
        place = urlsplit(entry.find(f"{atom}link").attrib["href"])  # type: ignore[union-attr]
        assert place.netloc == "localhost"
        assert site.get(place.path).status_code == 200
    for name, mark in (("bib", "@"), ("ris", "TY  - "), ("csl.json", '"id"')):
        assert site.get(f"/search.{name}?q=kursk").text.count(f"\n{mark}".lstrip("\n")) >= 6
    for name in ("csv", "atom", "bib", "ris", "csl.json"):
        assert site.get(f"/search.{name}?page=x").status_code == 400


def test_a_feed_moves_an_entry_for_a_new_version_only(site: Site, archive: Archive) -> None:
    """RFC 4287: updated is when an entry was changed, not when it was looked at last."""
    feed = ElementTree.fromstring(site.get("/search.atom").text)
    atom = "{http://www.w3.org/2005/Atom}"
    times = {str(entry.findtext(f"{atom}id")).rpartition("/")[2]: (
        entry.findtext(f"{atom}published"), entry.findtext(f"{atom}updated")) for entry in feed.iter(f"{atom}entry")}
    assert times[archive.herald] == ("2024-08-06T21:10:00.000Z", "2024-08-07T18:30:00.000Z")
    assert feed.findtext(f"{atom}updated") == max(updated or "" for _, updated in times.values())
    empty = ElementTree.fromstring(site.get("/search.atom?q=nobody").text)
    assert empty.findtext(f"{atom}author/{atom}name"), "a feed without entries has an author of its own"


def test_a_feed_leads_to_web_addresses_only(own_site: Site, own_archive: Archive) -> None:
    conn = open_database(own_archive.database)
    conn.execute("UPDATE articles SET address = 'javascript:alert(1)' WHERE key = ?", [own_archive.plain])
    conn.close()
    feed = own_site.get("/search.atom").text
    assert own_archive.plain in feed
    assert "javascript:" not in feed


def test_the_start_pages_list_of_what_is_gone_leads_to_all_of_it(site: Site) -> None:
    (link,) = html.fromstring(site.get("/").content).xpath("//section[h2='Gone or removed']/p/a/@href")
    assert site.json(link.replace("/search", "/search.json"))["total"] == 1


def test_words_are_looked_for_best_first_wherever_they_are_typed(site: Site) -> None:
    """The form says an order only where another than the usual one was chosen."""
    for path, usual, others in (
            ("/search", "newest first", ["oldest", "copies", "arrived"]),
            ("/search?q=kursk", "best first", ["newest", "oldest", "copies", "arrived"])):
        options = html.fromstring(site.get(path).content).xpath("//select[@name='sort']/option")
        assert [option.get("value") for option in options] == ["", *others]
        assert options[0].text == usual
        assert options[0].get("selected") is not None
    chosen = html.fromstring(site.get("/search?q=kursk&sort=oldest").content)
    assert chosen.xpath("//select[@name='sort']/option[@selected]/@value") == ["oldest"]


def test_search_orders_newest_first(site: Site) -> None:
    days = [hit["card"]["dating"]["iso"][:10] for hit in site.json("/search.json?sort=newest")["hits"]]
    assert days == sorted(days, reverse=True)


def test_search_puts_a_headline_before_a_text(site: Site, archive: Archive) -> None:
    hits = site.json("/search.json?q=thrust&copies=all")["hits"]
    assert {hit["card"]["key"] for hit in hits} == {archive.digest, archive.mirror}
    assert [piece["text"] for piece in hits[0]["title"] if piece["hit"]] == ["thrust"]


def test_a_hit_in_an_older_version_says_so(site: Site, archive: Archive) -> None:
    (hit,) = site.json("/search.json?q=four+o'clock")["hits"]
    assert (hit["card"]["ordinal"], hit["card"]["is_latest"]) == (1, False)
    page = site.get("/search?q=four+o'clock")
    assert "version 1 of 2; the latest version no longer has them all" in text_of(page)
    assert f"/article/{hit['card']['public_id']}" in page.text


def test_hits_have_marks_dates_and_badges(site: Site) -> None:
    page = site.get("/search?q=kursk&copies=all")
    assert "<mark>Kursk</mark>" in page.text
    for words in ("shares text with 2 others", "2 versions", "6 August 2024 from JSON-LD", "first seen 8 August 2024"):
        assert words in text_of(page)
    assert "gone by 20 August 2024" in text_of(site.get("/search?kind=removed"))


@pytest.mark.parametrize(("argument", "reason"), [
    ("page=x", "page=x is not a whole number"), ("page=0", "page=0 is not"), ("page=-1", "page=-1 is not"),
    ("page=9999999999", "is not a whole number"), ("from=6.8.2024", "from=6.8.2024 is not a day"),
    ("to=2024-02-30", "to=2024-02-30 is not a day"), ("from=2024-09-01&to=2024-08-01", "is later than"),
    ("kind=stolen", "kind=stolen is none of all, reposts"), ("sort=up", "sort=up is none of best, newest"),
    ("role=reposts", "role=reposts is none of alone, exemplar, repost"), ("presence=not", "presence=not is none of"),
    ("edited=yes", "edited=yes is none of edited, unedited"), ("relation=copy", "relation=copy is none of identical"),
    ("month=2024-99", "month=2024-99 is not a month; write it as 2024-08"),
    ("month=August", "month=August is not a month; write it as 2024-08"),
    ("q=" + "a" * 401, "q is longer than 400"), ("from=20240806", "is not a day"), ("page=%D9%A1", "is not a whole"),
])
def test_a_wrong_parameter_is_named(site: Site, argument: str, reason: str) -> None:
    page, twin = site.get(f"/search?{argument}"), site.get(f"/search.json?{argument}")
    assert (page.status_code, twin.status_code) == (400, 400)
    assert reason in text_of(page)
    assert reason in twin.json()["error"]


def test_a_page_that_there_is_not(site: Site) -> None:
    assert site.get("/search?page=2").status_code == 404
    assert "This search has 1 page" in text_of(site.get("/search?page=2"))


@pytest.mark.parametrize("address", [
    "https://www.borderherald.example/2024/08/06/sudzha-crossing",
    "http://www.borderherald.example/2024/08/06/sudzha-crossing?utm_source=x#top",
    "https://www.borderherald.example/amp/2024/08/06/sudzha-crossing",
])
def test_a_web_address_leads_to_its_article(site: Site, archive: Archive, address: str) -> None:
    response = site.get("/search?" + urlencode({"q": address}))
    assert (response.status_code, response.headers["location"]) == (302, f"/article/{archive.herald}")


@pytest.mark.parametrize("address", [
    "http://other.example/seim/", "https://other.example/seim", "HTTP://OTHER.example:80/seim",
])
def test_an_article_is_shown_where_it_answers_and_found_by_its_key(site: Site, archive: Archive, address: str) -> None:
    assert archive.plain == address_key("https://other.example/seim")
    assert site.json(f"/article/{archive.plain}.json")["article"]["url"] == "http://other.example/seim/"
    assert site.get(f"/article/{archive.plain}").status_code == 200
    response = site.get("/search?" + urlencode({"q": address}))
    assert (response.status_code, response.headers.get("location")) == (302, f"/article/{archive.plain}")


def test_an_address_that_is_not_held_is_said_not_to_be(site: Site) -> None:
    assert "No article is held under the address" in text_of(site.get("/search?q=https://nowhere.example/a"))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(
    st.sampled_from(["q", "outlet", "language", "from", "to", "kind", "sort", "page", "version", "left", "right"]),
    st.one_of(st.text(max_size=40), st.sampled_from(["1", "2", "2024-08-06", "all", "reposts", "best", '"', "*"])),
    max_size=5,
), st.sampled_from(["/search", "/search.json", "/compare", "/compare.json", "/article/{key}", "/article/{key}.json"]))
def test_no_parameters_break_a_page(site: Site, archive: Archive, arguments: dict[str, str], path: str) -> None:
    query = urlencode(arguments, errors="surrogatepass")
    response = site.get(f"{path.format(key=archive.herald)}?{query}")
    assert response.status_code in (200, 302, 400, 404)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["article", "family", "capture"]), st.one_of(
    st.text(min_size=1, max_size=30), st.from_regex(r"[a-z2-7]{12}-[0-9]{14}-[a-z2-7]{8}", fullmatch=True),
    st.integers().map(str)), st.sampled_from(["", ".json", ".warc"]))
def test_no_name_breaks_a_page(site: Site, kind: str, name: str, suffix: str) -> None:
    path = f"/{kind}/{quote(name, safe='', errors='surrogatepass')}{suffix}"
    assert site.get(path).status_code in (200, 302, 400, 404)


# --- article


def test_a_repost_says_at_the_top_where_it_comes_from(site: Site, archive: Archive) -> None:
    text = text_of(site.get(f"/article/{archive.digest}"))
    said = ("Shares text with « At the empty checkpoint: how the Kursk crossing began » ( The Border Herald , "
            "6 August 2024 ): 94 % of its words , same order. In its family, which of The Border Herald "
            "( 6 August 2024 ) and Сумський вісник ( 6 August 2024 ) stood first is undecided.")
    assert said in text
    assert text.index("Shares text with") < text.index("Ukrainian troops crossed")
    assert "Credited: its credit line names The Border Herald" in text


def test_a_copy_of_a_copy_names_both(site: Site, archive: Archive) -> None:
    text = text_of(site.get(f"/article/{archive.mirror}"))
    assert "Shares text with « The Kursk thrust: what we know »" in text
    assert "That text in turn goes back to « At the empty checkpoint" in text
    assert "the earliest held exemplar" not in text
    lineage = site.json(f"/article/{archive.mirror}.json")["lineage"]
    assert [card["key"] for card in lineage] == [archive.digest, archive.herald]


def test_what_is_undecided_is_said_to_be(site: Site, archive: Archive) -> None:
    for key, share in ((archive.ukrainian, "90 %"), (archive.herald, "50 %")):
        text = text_of(site.get(f"/article/{key}"))
        assert f"{share} of its words, mostly the same order. Which came first is undecided." in text


def test_an_exemplar_is_called_the_earliest_held(site: Site, archive: Archive) -> None:
    assert "The earliest held of the 2 texts that share its words" in text_of(site.get(f"/article/{archive.plain}"))


def test_a_copy_in_a_family_with_one_root_names_the_earliest_held(site: Site, archive: Archive) -> None:
    text = text_of(site.get(f"/article/{archive.spanish}"))
    assert "Shares text with « Bridges over the Seim » ( Other Courier , 18 August 2024 ), the earliest held" in text
    assert "undecided" not in text


def test_no_text_of_a_family_with_several_roots_is_called_the_earliest(site: Site, archive: Archive) -> None:
    members = [archive.herald, archive.digest, archive.mirror, archive.ukrainian]
    for path in (f"/family/{archive.family}", *(f"/article/{key}" for key in members)):
        text = text_of(site.get(path)).replace("which is the earliest it holds", "")
        assert "earliest" not in text.lower(), path
    assert ("Which of A ( The Border Herald , 6 August 2024 ) and B ( Сумський вісник , 6 August 2024 ) stood first "
            "is undecided." in text_of(site.get(f"/family/{archive.family}")))
    start = text_of(site.get("/"))
    assert "which of The Border Herald ( 6 August 2024 ) and Сумський вісник ( 6 August 2024 ) stood first is" in start


def test_the_root_of_a_family_is_called_the_earliest_held(site: Site, archive: Archive) -> None:
    page = text_of(site.get(f"/family/{archive.pair}"))
    assert "The earliest held text of the family is A , Other Courier , 18 August 2024 ." in page
    assert "earliest shown: Other Courier , 18 August 2024" in text_of(site.get("/"))
    assert [len(family["roots"]) for family in site.json("/index.json")["families"]] == [2, 1]


def test_no_page_accuses(site: Site, every_page: list[str]) -> None:
    for path in every_page:
        assert not re.search(r"\b(original|stolen|plagiar\w*|theft)\b", text_of(site.get(path)), re.IGNORECASE), path


def test_about_twin_says_what_holds_for_all_pages(site: Site) -> None:
    twin = site.json("/about.json")
    assert list(twin) == ["ok", "program", "contents", "made_at", "licence", "correction_contact", "decided_from",
                          "requests_a_minute", "sql", "downloads", "mcp", "words"]
    assert (twin["contents"], twin["made_at"], twin["decided_from"], twin["sql"]) == ("full", None, 0.8, True)
    page = site.get("/about").text
    assert 'href="/about.json"' in page
    for one in twin["words"]:
        assert f"<dt>{one['word']}</dt>" in page


def test_article_twin_has_its_shape(site: Site, archive: Archive) -> None:
    twin = site.json(f"/article/{archive.digest}.json")
    assert list(twin) == ["ok", "article", "version", "versions", "edits", "flips", "source", "sources", "copies", "undecided",
                          "lineage", "roots", "addresses", "captures", "unanswered", "citation", "posts", "post_count",
                          "decisions", "withheld"]
    assert twin["source"]["exemplar"]["key"] == archive.herald
    assert twin["source"]["evidence"][0] == {
        "kind": "credit", "favours": twin["source"]["exemplar"]["public_id"], "weight": 4.0,
        "detail": "its credit line names The Border Herald: “via The Border Herald”",
    }
    assert [d["other"]["key"] for d in twin["copies"]] == [archive.mirror]
    (source,) = twin["sources"]
    assert source["passage_count"] == 3
    assert source["passages"][0]["left"][0]["text"].startswith("Ukrainian troops crossed the ")
    assert {"change": "removed", "text": "frontier"} in source["passages"][0]["left"]
    assert {"change": "added", "text": "border"} in source["passages"][0]["right"]
    assert "version_id" not in json.dumps(twin)
    assert "article_id" not in json.dumps(twin)


def test_a_citation_names_capture_and_digest(site: Site, archive: Archive) -> None:
    twin = site.json(f"/article/{archive.digest}.json")
    assert twin["citation"] == (
        "The Kursk thrust: what we know. East Watch Digest, 7 August 2024. "
        "https://eastwatchdigest.example/kursk-thrust "
        f"Archived 7 August 2024, 09:12 UTC by Stemma, sha256 {twin['captures'][0]['payload_sha256']}; "
        f"public id {twin['article']['public_id']}."
    )


def test_versions_can_be_opened_and_compared(site: Site, archive: Archive) -> None:
    first, second = (public_id(site, archive.herald, n) for n in (1, 2))
    assert "This is version 1 of 2" in text_of(site.get(f"/article/{archive.herald}?version=1"))
    assert site.json(f"/article/{first}.json")["version"]["ordinal"] == 1
    assert "This is version" not in text_of(site.get(f"/article/{archive.herald}"))
    page = site.get(f"/article/{archive.herald}")
    assert "<del>four</del><ins>three</ins>" in page.text
    assert "2 paragraphs unchanged" in text_of(page)
    assert f"/compare?left={first}&amp;right={second}" in page.text
    assert "text changed, correction" in text_of(page)


@pytest.mark.parametrize("version", ["3", "0", "x", "1e3"])
def test_a_version_that_there_is_not_is_named(site: Site, archive: Archive, version: str) -> None:
    response = site.get(f"/article/{archive.herald}?version={version}")
    assert response.status_code == 400
    assert f"version={version}" in text_of(response)


def test_the_public_id_of_any_sighting_leads_to_its_version(site: Site, archive: Archive) -> None:
    first = public_id(site, archive.herald)
    seen_again = first.replace("20240806211000", "20240807060000")
    under_an_old_key = f"aaaaaaaaaaaa{seen_again[12:]}"
    for name in (seen_again, under_an_old_key):
        response = site.get(f"/article/{name}")
        assert (response.status_code, response.headers["location"]) == (302, f"/article/{first}")
    assert site.get(f"/article/{seen_again}.json").headers["location"] == f"/article/{first}.json"
    assert site.get(f"/article/{first.replace('20240806211000', '20240806211001')}").status_code == 404


def test_the_key_of_a_merged_address_leads_to_its_article(site: Site, archive: Archive) -> None:
    old = pages.address_key("https://www.borderherald.example/amp/2024/08/06/sudzha-crossing")
    assert site.get(f"/article/{old}").headers["location"] == f"/article/{archive.herald}"


def test_an_article_off_the_topic_is_not_shown(site: Site) -> None:
    key = pages.address_key("https://other.example/football")
    assert site.get(f"/article/{key}").status_code == 404


def test_facts_say_where_they_were_read(site: Site, archive: Archive) -> None:
    text = text_of(site.get(f"/article/{archive.digest}"))
    assert "read in the address, the day only; between 6 August 2024, 10:00 UTC and 8 August 2024, 12:00 UTC" in text
    assert "json-ld headline" in text
    assert "On the topic by 2 terms, score 7.5" in text
    assert "via The Border Herald" in text


def test_an_article_that_is_gone_says_since_when(site: Site, archive: Archive) -> None:
    text = text_of(site.get(f"/article/{archive.russian}"))
    assert "no longer had it on 20 August 2024, 00:00 UTC ; last seen 12 August 2024, 10:00 UTC ." in text
    assert "gone ( 404 Not Found )" in text


def test_an_address_that_is_no_web_page_is_shown_and_not_linked(site: Site, archive: Archive) -> None:
    page = site.get(f"/article/{archive.herald}")
    assert "javascript:alert(1)" in text_of(page)
    assert 'href="javascript' not in page.text


# --- family


def test_a_family_shows_tree_timeline_members_and_reasons(site: Site, archive: Archive) -> None:
    twin = site.json(f"/family/{archive.family}.json")
    assert list(twin) == ["ok", "public_id", "members", "inferred", "links", "link_count", "sentences", "withheld",
                          "cited"]
    assert twin["inferred"] == []
    assert [(m["siglum"], m["made_from"], m["article"]["key"]) for m in twin["members"]] == [
        ("A", None, archive.herald), ("B", None, archive.ukrainian), ("C", "A", archive.digest),
        ("D", "C", archive.mirror)]
    assert [link["direction"] for link in twin["links"]] == ["decided", "decided", "undecided"]
    page = site.get(f"/family/{archive.family}")
    tree = html.fromstring(page.content)
    assert len(tree.xpath("//figure[contains(@class, 'tree')]//a[.//*[name()='circle']]")) == 4
    assert len(tree.xpath("//figure[contains(@class, 'tree')]//*[name()='title']")) == 4
    assert [len(tree.xpath(f"//nav[contains(@class, 'branches')]{'//ul/li' * n}")) for n in (1, 2, 3)] == [4, 2, 1]
    assert len(tree.xpath("//figure[@class='timeline']//a")) == 4
    assert "C made from A" in text_of(page)
    assert twin["sentences"][0][0].startswith("The copy shares text with the other: 3 of 4 paragraphs align with it")
    assert len(twin["sentences"]) == 3
    assert "Which of the two came first is not decided." in twin["sentences"][2]


def test_a_family_says_of_each_text_what_it_is_of_the_one_above_and_how_long_after(site: Site, archive: Archive) -> None:
    twin = site.json(f"/family/{archive.family}.json")
    told = {one["article"]["key"]: (one["relation"], one["hours_later"]) for one in twin["members"]}
    assert told[archive.digest] == ("near-duplicate", None), "its page states a day only"
    assert told[archive.herald] == (None, None)
    page = html.fromstring(site.get(f"/family/{archive.family}").content)
    for part in ("//figure[contains(@class, 'tree')]", "//nav[@class='branches']", "//table[@class='members']"):
        (found,) = page.xpath(part)
        assert "nearly the same text, 1 day later" in found.text_content(), part


def test_a_family_names_the_agency_whose_text_is_not_held(site: Site, archive: Archive) -> None:
    twin = site.json(f"/family/{archive.pair}.json")
    assert [(one["name"], one["kind"], len(one["witnesses"])) for one in twin["inferred"]] == [("Reuters", "agency", 2)]
    assert "2 texts at the left edge credit Reuters , whose own text is not held" in text_of(
        site.get(f"/family/{archive.pair}"))


def test_a_family_names_the_translation_by_way_of_which_a_copy_came(
    own_archive: Archive, own_site: Site
) -> None:
    conn = open_database(own_archive.data / "archive.db")
    (copy,) = conn.execute("SELECT version FROM witness WHERE family = ? AND parent_id IS NOT NULL LIMIT 1",
                           [own_archive.family]).fetchone()
    with transaction(conn):
        conn.execute("UPDATE families SET inferred = ? WHERE public_id = ?", [
            json.dumps([{"name": "it", "kind": "translation", "witnesses": [copy]}]), own_archive.family])
    conn.close()
    said = text_of(own_site.get(f"/family/{own_archive.family}"))
    assert re.search("By its words [A-D] may have come by way of Italian : then a translation that is not held", said)


def test_links_are_explained_in_sentences_and_the_evidence_stands_behind_them(site: Site, archive: Archive) -> None:
    left, right = public_id(site, archive.digest), public_id(site, archive.herald)
    for path in (f"/article/{archive.digest}", f"/family/{archive.family}", f"/compare?left={left}&right={right}"):
        page = html.fromstring(site.get(path).content)
        said = [" ".join("".join(li.itertext()).split()) for li in page.xpath("//ul[@class='why']/li")]
        assert "The copy shares text with the other: 3 of 4 paragraphs align with it, in the same order." in said, path
        assert page.xpath("//details//ul[@class='reasons']"), path
        assert not page.xpath("//ul[@class='reasons'][not(ancestor::details)]"), path
    twin = site.json(f"/article/{archive.digest}.json")
    assert twin["sources"][0]["sentences"] == site.json(f"/compare.json?left={left}&right={right}")["sentences"]


def test_texts_are_read_for_the_links_that_are_explained_only(
    site: Site, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "EXPLAINED", 1)
    assert len(site.json(f"/family/{archive.family}.json")["sentences"]) == 1
    assert site.get(f"/family/{archive.family}").text.count('<ul class="why">') == 1


def test_any_name_of_a_member_leads_to_its_family(site: Site, archive: Archive) -> None:
    assert site.get(f"/family/{archive.digest}").headers["location"] == f"/family/{archive.family}"
    later = public_id(site, archive.herald, 2)
    assert site.get(f"/family/{later}").headers["location"] == f"/family/{archive.family}"
    assert site.get(f"/family/{archive.hostile}").status_code == 404


# --- compare


def test_linked_texts_stand_side_by_side(site: Site, archive: Archive) -> None:
    left, right = public_id(site, archive.digest), public_id(site, archive.herald)
    twin = site.json(f"/compare.json?left={left}&right={right}")
    assert [row["kind"] for row in twin["rows"]] == ["passage", "passage", "passage", "gap"]
    turned = site.json(f"/compare.json?left={right}&right={left}")
    assert [row["left"] for row in turned["rows"]][2] == [row["right"] for row in twin["rows"]][2]
    assert (twin["shared"]["left_coverage"], turned["shared"]["left_coverage"]) == (0.94, 0.9)
    assert '<mark class="differs">frontier</mark>' in site.get(f"/compare?left={left}&right={right}").text


def test_of_a_translation_the_names_and_numbers_that_agree_are_marked(site: Site, archive: Archive) -> None:
    left, right = public_id(site, archive.ukrainian), public_id(site, archive.herald)
    page = site.get(f"/compare?left={left}&right={right}")
    marks = [mark.text_content() for mark in html.fromstring(page.content).find_class("agrees")]
    assert {"Курської", "Суджі", "Kursk", "Sudzha"} <= set(marks)
    assert "marked are names and numbers that stand in both" in text_of(page)
    row = site.json(f"/compare.json?left={left}&right={right}")["rows"][0]
    assert {"change": "shared", "text": "Kursk"} in row["right"]


def test_other_versions_of_linked_articles_lead_to_the_linked_ones(site: Site, archive: Archive) -> None:
    page = site.get(f"/compare?left={archive.digest}&right={archive.herald}")
    assert "These articles share text in other versions" in text_of(page)


def test_what_made_no_version_is_counted_and_a_correction_notice_named(own_site: Site, own_archive: Archive) -> None:
    conn = open_database(own_archive.database)
    ids = [row[0] for row in conn.execute(
        "SELECT version_id FROM version WHERE article_key = ? ORDER BY ordinal", (own_archive.herald,))]
    place = conn.execute("SELECT text FROM version WHERE version_id = ?", (ids[1],)).fetchone()[0].count("\n\n") + 1
    passage = {"part": "body", "earlier": None, "later": place, "was": "", "now": "<b>Correction", "is_notice": True}
    conn.execute("UPDATE versions SET payloads = 4, differences = ? WHERE version_id = ?",
                 (json.dumps({"markup": 2, "surroundings": 1}), ids[0]))
    byline = passage | {"part": "byline", "later": None, "was": "Ann <b>", "now": "Ben", "is_notice": False}
    conn.execute("UPDATE versions SET passages = ? WHERE version_id = ?", (json.dumps([passage, byline]), ids[1]))
    conn.execute("UPDATE sightings SET version_id = NULL, difference = 'flip' WHERE capture_id = "
                 "(SELECT max(capture_id) FROM sightings WHERE version_id = ?)", (ids[1],))
    conn.execute("UPDATE sightings SET difference = 'typography' WHERE version_id = ?", (ids[0],))
    conn.commit()
    conn.close()
    response = own_site.get(f"/article/{own_archive.herald}")
    told = text_of(response)
    assert "4 payloads with this text, of which 2 differ in markup only, 1 in what stands around the text" in told
    assert "1 look of another agent found" in told
    assert "differs in typography only" in told
    assert "of no version: another agent saw it, for less than a day" in told
    (shown,) = html.fromstring(response.content).xpath("//p[contains(@class, 'headlines')][contains(@class, 'byline')]")
    assert ["".join(shown.xpath(f"./{mark}/text()")) for mark in ("del", "ins")] == ["Ann <b>", "Ben"]
    (notice,) = html.fromstring(response.content).find_class("correction")
    assert notice.text_content().startswith("Correction: an earlier version of this article gave a wrong hour")
    twin = own_site.json(f"/article/{own_archive.herald}.json")
    assert twin["edits"][0]["passages"] == [passage, byline]
    assert twin["flips"] == 1
    assert twin["versions"][0]["differences"] == [["markup", 2], ["surroundings", 1]]
    assert "payloads with this text" not in text_of(own_site.get(f"/article/{own_archive.digest}"))


def test_a_live_blog_lists_its_posts_with_their_versions(own_site: Site, own_archive: Archive) -> None:
    conn = open_database(own_archive.database)
    ids = [f"{'abcdefghijkl'}-2024080{day}000000-aaaaaaa{day}" for day in (6, 7, 8)]
    with conn:
        (article,) = conn.execute("SELECT article_id FROM articles WHERE key = ?", (own_archive.plain,)).fetchone()
        for public, post, ordinal, text, day in (
            (ids[0], "p1", 1, "Two bridges stand.", 6), (ids[1], "p1", 2, "One bridge stands.", 7),
            (ids[2], "p2<script>", 1, f"{own_archive.script} The last bridge.", 8),
        ):
            passages = [{"part": "body", "earlier": 1, "later": 1, "was": "Two bridges stand", "now": "One bridge stands"}]
            conn.execute("INSERT INTO post_versions VALUES (?, ?, ?, ?, NULL, ?, ?, ?, 1, ?, ?)", (
                public, article, post, ordinal, text, f"2024-08-0{day}T00:00:00.000Z", f"2024-08-0{day}T01:00:00.000Z",
                json.dumps(["body"] if ordinal > 1 else ["first"]), json.dumps(passages if ordinal > 1 else [])))
    conn.close()
    page = own_site.get(f"/article/{own_archive.plain}")
    tree = html.fromstring(page.content)
    assert tree.xpath("//section[@id='posts']//details/@id") == [f"post-{name}" for name in (ids[2], ids[1], ids[0])]
    assert tree.xpath("//section[@id='posts']//del/text()") == ["Two bridges stand"]
    assert own_archive.script not in page.text
    assert "2 posts, the newest first" in text_of(page)
    moved = own_site.get(f"/article/{ids[0]}")
    assert moved.headers["location"] == f"/article/{own_archive.plain}#post-{ids[0]}"
    posts = own_site.json(f"/article/{own_archive.plain}.json")["posts"]
    assert [(post["post"], [v["public_id"] for v in post["versions"]]) for post in posts] == [
        ("p2<script>", [ids[2]]), ("p1", ids[:2])]


def test_an_article_without_posts_says_nothing_of_them(site: Site, archive: Archive) -> None:
    assert 'id="posts"' not in site.get(f"/article/{archive.herald}").text


def test_what_people_decided_is_told_also_of_texts_that_are_not_linked(own_site: Site, own_archive: Archive) -> None:
    conn = open_database(own_archive.database)
    ends = {key: conn.execute("""
        SELECT c.url, c.captured_at, c.payload_digest FROM captures c JOIN sightings s USING (capture_id)
        JOIN articles a USING (article_id) WHERE a.key = ? ORDER BY c.captured_at LIMIT 1""", (key,)).fetchone()
        for key in (own_archive.plain, own_archive.russian)}
    with conn:
        for ordinal, (verdict, note) in enumerate([("add", own_archive.script), ("reject", "Only the subject")], 1):
            conn.execute("INSERT INTO judgements VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'Vera Lens', ?, ?)", (
                ordinal, verdict, *ends[own_archive.plain], *ends[own_archive.russian],
                f"2025-01-0{ordinal}T00:00:00.000Z", note))
    conn.close()
    page = own_site.get(f"/article/{own_archive.plain}")
    assert "Vera Lens rejected that one was made from the other: this text and « Обстановка в Судже »" in text_of(page)
    assert "added that this text was made from" in text_of(page)
    assert own_archive.script not in page.text
    assert "added that this text is the exemplar of « Bridges over the Seim »" in text_of(
        own_site.get(f"/article/{own_archive.russian}"))
    told = own_site.json(f"/article/{own_archive.plain}.json")["decisions"]
    assert [(one["verdict"], one["stands"]) for one in told] == [("reject", True), ("add", False)]


def test_versions_are_compared_word_by_word(site: Site, archive: Archive) -> None:
    page = site.get(f"/compare?left={public_id(site, archive.russian, 1)}&right={archive.russian}")
    assert "<del>Обстановка в Судже</del>" in page.text


@pytest.mark.parametrize(("query", "status"), [("", 400), ("left=x", 404), ("left=x&right=y", 404), ("right=x", 400)])
def test_a_comparison_needs_two_names(site: Site, query: str, status: int) -> None:
    assert site.get(f"/compare?{query}").status_code == status


# --- capture


def test_a_capture_shows_its_record(site: Site, archive: Archive) -> None:
    twin = site.json("/capture/1.json")
    assert list(twin) == ["ok", "capture", "article", "holder", "warc_headers", "http_head", "payload", "note",
                          "problem"]
    assert twin["article"]["key"] == archive.herald
    assert ["WARC-Type", "response"] in twin["warc_headers"]
    assert twin["http_head"].startswith("HTTP/1.1 200 OK\nContent-Type: text/html; charset=utf-8")
    assert twin["payload"].startswith("<html>")
    page = site.get("/capture/1")
    assert "X-Note: &lt;b&gt;bold&lt;/b&gt;" in page.text
    assert "<b>bold</b>" not in page.text


def test_signs_that_turn_text_are_shown_by_number(site: Site, archive: Archive) -> None:
    number = site.json(f"/article/{archive.hostile}.json")["captures"][0]["capture_id"]
    assert "⟨U+202E⟩dnuora gninrut⟨U+202C⟩" in site.json(f"/capture/{number}.json")["payload"]


def test_a_record_is_downloaded_and_never_shown(site: Site) -> None:
    response = site.get("/capture/1.warc")
    assert response.headers["content-type"] == "application/warc"
    assert response.headers["content-disposition"] == 'attachment; filename="stemma-capture-1.warc"'
    assert response.content.startswith(b"WARC/1.1\r\n")
    assert response.content.endswith(b"</html>\r\n\r\n")


@pytest.mark.parametrize("name", ["0", "999999", "x", "1e5", "-1", "99999999999999999999"])
def test_a_capture_that_there_is_not(site: Site, name: str) -> None:
    assert site.get(f"/capture/{name}").status_code == 404
    assert site.get(f"/capture/{name}.warc").status_code == 404


def test_a_record_outside_the_folder_is_not_read(site: Site, archive: Archive) -> None:
    with_path(archive, "../archive.db")
    try:
        assert "lies outside the WARC folder" in text_of(site.get("/capture/2"))
        assert site.get("/capture/2.warc").status_code == 404
    finally:
        with_path(archive, None)


def test_a_missing_file_is_said_without_the_servers_folders(site: Site, archive: Archive) -> None:
    with_path(archive, "2024/08/lost.warc.gz")
    try:
        page = site.get("/capture/2")
        assert page.status_code == 200
        assert "2024/08/lost.warc.gz" in text_of(page)
        assert str(archive.data) not in page.text
    finally:
        with_path(archive, None)


def with_path(archive: Archive, path: str | None) -> None:
    """Give capture 2 another file; None gives it back its own."""
    conn = open_database(archive.database)
    own = conn.execute("SELECT path FROM captures WHERE capture_id = 1").fetchone()[0]
    if path:
        conn.execute("INSERT OR IGNORE INTO warcs VALUES (?, 0)", (path,))
    conn.execute("UPDATE captures SET path = ? WHERE capture_id = 2", (path or own,))
    conn.close()


# --- beside a crawl, and behind a lock


def test_a_question_that_takes_too_long_is_stopped(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, "TIME_LIMIT_MS", 0)
    page, twin = site.get("/search?q=kursk"), site.get("/search.json?q=kursk")
    assert (page.status_code, twin.status_code) == (503, 503)
    assert "This question takes too long" in text_of(page)


def test_an_archive_that_is_closed_is_closed_everywhere(
    site: Site, every_page: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = site.datasette._metadata_local["databases"]["archive"]
    monkeypatch.setitem(rules, "allow", {"id": "root"})
    for path in (*every_page, "/index.json", "/search.json", "/capture/1.warc"):
        assert site.get(path).status_code == 403, path


def test_pages_are_shown_while_a_crawl_writes(site: Site, archive: Archive, conn: sqlite3.Connection) -> None:
    conn.execute("BEGIN IMMEDIATE")
    try:
        conn.execute("UPDATE articles SET on_topic = 0 WHERE key = ?", (archive.plain,))
        assert site.json("/search.json")["total"] == 8
        assert site.get(f"/article/{archive.plain}").status_code == 200
    finally:
        conn.execute("ROLLBACK")



def test_what_was_archived_last_comes_first_in_a_feed(site: Site) -> None:
    for question in ("sort=arrived", "q=kursk&sort=arrived"):
        cards = [hit["card"] for hit in site.json(f"/search.json?copies=all&{question}")["hits"]]
        assert [card["since"] for card in cards] == sorted((card["since"] for card in cards), reverse=True)
        assert len(cards) > 3
    links = html.fromstring(site.get("/search?q=kursk").content).xpath("//a[text()='Atom feed']/@href")
    assert "sort=arrived" in links[0]
