"""What the site tells programs: feeds of what is new, sitemap, robots.txt, llms.txt, MCP; and how much they may ask."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from archive.topic_settings import PublishSettings
from datasette_config import limits, programs

# Their classes are in conftest.py, which pytest's import mode keeps out of reach of imports.
Archive = Site = Any

ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def entries(site: Site, kind: str) -> list[tuple[str, str]]:
    """(path of the entry's id, summary) of a feed."""
    answer = site.get(f"/feeds/{kind}.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = ElementTree.fromstring(answer.text)
    assert feed.findtext(f"{ATOM}id") == f"http://localhost/feeds/{kind}.atom"
    return [(urlsplit(one.findtext(f"{ATOM}id")).path, str(one.findtext(f"{ATOM}summary")))
            for one in feed.findall(f"{ATOM}entry")]


def test_a_feed_of_new_articles_tells_of_each_once(site: Site, archive: Archive) -> None:
    found = [path for path, _ in entries(site, "articles")]
    assert len(found) == len(set(found)) == 8
    assert found[0] == f"/article/{archive.spanish}"
    assert found[-1].startswith(f"/article/{archive.herald}"), "by its first version, which was seen first of all"


def test_a_feed_of_new_versions_tells_of_each_version_after_the_first(site: Site, archive: Archive) -> None:
    versions = {key: site.json(f"/article/{key}.json")["versions"] for key in (archive.russian, archive.herald)}
    assert [path for path, _ in entries(site, "versions")] == [
        f"/article/{versions[key][place]['public_id']}"
        for key, place in ((archive.russian, 2), (archive.russian, 1), (archive.herald, 1))]
    assert entries(site, "versions")[0][1].startswith("version 3, ")


def test_an_entry_counts_what_it_shares_text_with_in_words(site: Site, archive: Archive) -> None:
    told = dict(entries(site, "articles"))
    assert "shares text with 1 other" in told[f"/article/{archive.spanish}"].split(", ")
    assert "shares text with 2 others" in told[f"/article/{archive.herald}"].split(", ")


def test_a_feed_of_new_reposts_tells_of_articles_that_were_made_from_others(site: Site, archive: Archive) -> None:
    assert [path for path, _ in entries(site, "reposts")] == [
        f"/article/{key}" for key in (archive.spanish, archive.mirror, archive.digest)]


def test_the_sitemap_leads_to_every_article_and_family_once(
    site: Site, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "A_PART", 5)
    index = ElementTree.fromstring(site.get("/sitemap.xml").text)
    assert index.tag == f"{MAP}sitemapindex"
    parts = [urlsplit(str(one.text)).path for one in index.iter(f"{MAP}loc")]
    assert parts == ["/sitemap-1.xml", "/sitemap-2.xml"]
    found = [urlsplit(str(one.text)).path for part in parts
             for one in ElementTree.fromstring(site.get(part).text).iter(f"{MAP}loc")]
    articles = [path for path in found if path.startswith("/article/")]
    assert len(articles) == len(set(articles)) == 8
    assert {f"/family/{archive.family}", f"/family/{archive.pair}", "/", "/about"} <= set(found)
    assert all(site.get(path).status_code == 200 for path in found)
    assert site.get("/sitemap-3.xml").status_code == 404
    assert "The sitemap has 2 parts." in site.get("/sitemap-3.xml").text
    assert all(site.get(path).status_code == 404 for path in ("/sitemap-0.xml", "/sitemap-x.xml"))


def test_robots_may_read_articles_and_not_what_has_no_end(site: Site, archive: Archive) -> None:
    from urllib.robotparser import RobotFileParser

    rules = RobotFileParser()
    style = re.findall(r'<link rel="stylesheet" href="([^"]+)"', site.get("/").text)[0]
    rules.parse(site.get("/robots.txt").text.splitlines())
    for path, may in (("/", True), (f"/article/{archive.herald}", True), ("/about", True), ("/feeds/articles.atom", True),
                      (f"/family/{archive.family}", True), ("/search?q=a", False), ("/compare?left=a", False),
                      ("/archive/article", False), ("/trace", False), ("/-/login", False), (style, True), ("/capture/1.warc", False)):
        assert rules.can_fetch("anybody", path) is may, path
    assert rules.site_maps() == ["http://localhost/sitemap.xml"]


def test_llms_txt_names_addresses_that_answer_and_views_that_there_are(site: Site) -> None:
    text = site.get("/llms.txt").text
    assert site.get("/llms.txt").headers["content-type"].startswith("text/plain")
    assert text.startswith("# The incursion\n")
    assert "&amp;" not in text
    for line in text.splitlines():
        if "](http://localhost/" in line:
            assert site.get(line.partition("](http://localhost")[2].partition(")")[0]).status_code == 200, line
    assert "- copy_link: " in text
    assert "excerpts" not in text
    assert "/-/mcp" not in text


# --- Model Context Protocol


@pytest.fixture
def asking(own_archive: Archive, site_of: Any) -> Iterator[Site]:
    with site_of(own_archive.data, publish=PublishSettings(mcp=True)) as site:
        yield site


CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "", "arguments": {}}}
HEADERS = {"accept": "application/json, text/event-stream", "content-type": "application/json"}


def told(site: Site, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
    """What tools answer, asked as a program does: a session is begun, then they are called."""

    async def ask() -> list[Any]:
        datasette = site.datasette
        ending: asyncio.Queue[Any] = asyncio.Queue()
        lifespan = asyncio.create_task(datasette.app()(
            {"type": "lifespan", "asgi": {"version": "3.0"}}, _once({"type": "lifespan.startup"}, ending), _quiet))
        await asyncio.sleep(0.1)
        begun = await datasette.client.post("/-/mcp", headers=HEADERS, json={
            "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
                "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}})
        assert begun.status_code == 200, begun.text
        session = {"mcp-session-id": begun.headers["mcp-session-id"]} if "mcp-session-id" in begun.headers else {}
        answers = [(await datasette.client.post("/-/mcp", headers=HEADERS | session, json=CALL | {
            "params": {"name": name, "arguments": arguments}})).json()["result"] for name, arguments in calls]
        await ending.put({"type": "lifespan.shutdown"})
        await lifespan
        return answers

    found: list[Any] = site.loop.run_until_complete(ask())
    return found


def _once(first: Any, sent: Any) -> Any:
    told = [first]

    async def receive() -> Any:
        return told.pop() if told else await sent.get()

    return receive


async def _quiet(_message: Any) -> None:
    return None


def test_programs_ask_by_mcp_only_where_it_is_turned_on(site: Site, asking: Site) -> None:
    for path in ("/-/mcp", "/-/mcp/"):
        assert site.get(path).status_code == site.post(path, json=CALL, headers=HEADERS).status_code == 404
    counted, queries = told(asking, ("execute_sql", {"database": "archive", "sql": "select count(*) as n from article"}),
                            ("list_canned_queries", {}))
    assert counted["structuredContent"]["rows"] == [{"n": 8}]
    assert "who_copies_whom" in {one["name"] for one in queries["structuredContent"]["queries"]}
    assert "/-/mcp" in asking.get("/llms.txt").text


def test_a_program_is_told_what_a_reader_is(asking: Site, own_archive: Archive) -> None:
    found, article, none = (json.loads(one["content"][0]["text"]) for one in told(
        asking, ("search_articles", {"q": "kursk", "language": ["uk", "en"]}),
        ("read_article", {"name": own_archive.digest}), ("read_family", {"name": "none"})))
    assert found == asking.json("/search.json?q=kursk&language=uk&language=en")
    assert article["source"]["exemplar"]["key"] == own_archive.herald
    assert (none["ok"], none["status"]) == (False, 404)


def test_sql_that_is_turned_off_is_off_for_programs_too(own_archive: Archive, site_of: Any) -> None:
    with site_of(own_archive.data, publish=PublishSettings(mcp=True, sql=False)) as site:
        assert site.get("/archive.json?sql=select+1").status_code == 403
        (answer,) = told(site, ("execute_sql", {"database": "archive", "sql": "select 1"}))
        assert answer["isError"]
        assert "<textarea" not in site.get("/archive").text
        assert site.get("/archive/who_copies_whom").status_code == 200, "a question that is offered is no SQL of their own"
        assert "SQL, read-only" not in site.get("/llms.txt").text


# --- how much one address may ask for


def asked(site: Site, client: str | None, path: str, headers: dict[str, str] | None = None) -> tuple[int, dict[str, str]]:
    """Status and headers, as somebody from elsewhere gets them."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def go() -> None:
        name, _, query = path.partition("?")
        await site.datasette.app()({
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": name, "raw_path": name.encode(), "query_string": query.encode(), "root_path": "",
            "server": ("site.example", 80), "client": (client, 5000) if client else None,
            "headers": [(b"host", b"site.example"), *((k.encode(), v.encode()) for k, v in (headers or {}).items())],
        }, receive, send)

    site.loop.run_until_complete(go())
    return sent[0]["status"], {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}


@pytest.fixture
def sparing(own_archive: Archive, site_of: Any) -> Iterator[Site]:
    """Ten tokens a minute for each address."""
    with site_of(own_archive.data, publish=PublishSettings(requests_a_minute=10)) as site:
        app = site.datasette.app()
        site.datasette.app = lambda: app  # one application, which counts
        yield site


def test_licence_and_contact_are_those_of_the_topic_file(own_archive: Archive, site_of: Any) -> None:
    told = PublishSettings(licence="CC BY 4.0 <of what we say>", correction_contact="mailto:errors@archive.example",
                           sql=False)
    with site_of(own_archive.data, publish=told) as site:
        about = site.get("/about").text
        assert "CC BY 4.0 &lt;of what we say&gt;" in about
        assert 'href="mailto:errors@archive.example"' in site.get("/search").text
        assert "SQL" not in site.get("/data").text.partition("<footer")[2]
    with site_of(own_archive.data) as site:
        assert "CC BY" not in site.get("/about").text


def test_an_address_that_asks_too_much_waits_and_no_other_does(sparing: Site) -> None:
    for _ in range(10):
        assert asked(sparing, "203.0.113.5", "/about")[0] == 200
    status, headers = asked(sparing, "203.0.113.5", "/about")
    assert (status, headers["retry-after"]) == (429, "6")
    assert asked(sparing, "203.0.113.5", "/search.json")[1]["content-type"].startswith("application/json")
    assert asked(sparing, "203.0.113.6", "/about")[0] == 200
    assert asked(sparing, "203.0.113.5", "/robots.txt")[0] == 200, "costs nothing"
    assert asked(sparing, "127.0.0.1", "/about")[0] == asked(sparing, None, "/about")[0] == 200


def test_whom_a_request_says_it_is_from_is_not_believed(sparing: Site) -> None:
    forged = [asked(sparing, "203.0.113.9", "/about", {"x-forwarded-for": f"198.51.100.{n}"})[0] for n in range(12)]
    assert forged == [200] * 10 + [429] * 2


def test_dear_questions_count_more(sparing: Site) -> None:
    assert asked(sparing, "203.0.113.7", "/search.csv")[0] == 200
    assert asked(sparing, "203.0.113.7", "/about")[0] == 429
    asked(sparing, "203.0.113.8", "/~61rchive.db")
    assert asked(sparing, "203.0.113.8", "/about")[0] == 429, "however its address is written"


def test_every_route_costs_something(site: Site) -> None:
    from datasette_config.pages import routes

    free = [pattern for pattern, _ in routes(site.datasette) if limits.cost(pattern.strip("^$").replace("\\", "")) < 1]
    assert free == [r"^/robots\.txt$"]
    assert limits.cost("/search", "q=суджа&_streams=1".encode()) == 1
    for query in (b"_stream=on", b"a=b&%5Fstream=on", b"_stream"):
        assert limits.cost("/archive/article.csv", query) == limits.cost("/archive.db") == limits.WHOLE_TABLE


def test_proxies_are_believed_where_the_topic_names_them(archive: Archive, ask_served: Any, tmp_path: Path) -> None:
    del tmp_path
    for trusted, last in ((["127.0.0.1"], 429), ([], 200)):
        statuses = ask_served(archive.data, {"requests_a_minute": 3, "trusted_proxies": trusted}, "/about", times=4,
                              headers={"X-Forwarded-For": "203.0.113.5"})
        assert statuses == [200, 200, 200, last]
