"""The bundled web agrees with truth.toml: every address answers as said, copies share text, reports do not."""

import contextlib
import gzip
import http.client
import json
import re
import ssl
import tomllib
import zlib
from collections.abc import Iterator
from datetime import datetime
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import feedparser
import pytest
from lxml import etree, html

import crawlers.demo
from crawlers.demo.articles import Article, Moment, load_sites
from crawlers.demo.server import LoopbackWeb
from crawlers.demo.web import SOURCES, DemoWeb

SITES = load_sites()
TRUTH: dict[str, Any] = tomllib.loads(Path(crawlers.demo.__file__).with_name("truth.toml").read_text("utf-8"))
RUN = 8  # words in a row that two independent reports never share
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Client:
    """Asks the bundled web through its proxy; no redirect is followed, nothing is decoded."""

    def __init__(self, web: LoopbackWeb) -> None:
        self.port = web.port
        self.context = ssl.create_default_context(cadata=web.authority_pem.decode())

    def get(self, url: str, **headers: str) -> Answer:
        parts = urlsplit(url)
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context, timeout=10)
            connection.set_tunnel(parts.netloc, 443)
            target = url.split(parts.netloc, 1)[1]
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            target = url
        with contextlib.closing(connection):
            connection.request("GET", target, headers=headers)
            with connection.getresponse() as response:
                return Answer(response.status, response.headers, response.read())

    def page(self, url: str) -> html.HtmlElement:
        """The page as a browser would decode it."""
        answer = self.get(url)
        charset = answer.headers.get_content_charset() or "windows-1251"
        return html.document_fromstring(answer.body.decode(charset))


@pytest.fixture(scope="module")
def demo() -> DemoWeb:
    return DemoWeb()


@pytest.fixture
def client(demo: DemoWeb) -> Iterator[Client]:
    demo.moment = 1
    with LoopbackWeb(demo.respond) as web:
        yield Client(web)


def articles(moment: Moment) -> dict[str, Article]:
    return {site.outlet.root + a.path: a for site in SITES for a in site.articles(moment)}


FIRST, SECOND = articles(1), articles(2)
ODD = {failure["url"]: failure["how"] for failure in TRUTH["failure"]}
COPIES = TRUTH["copy"]


def words(article: Article) -> list[str]:
    """The body's words, without case, punctuation and credit lines."""
    text = " ".join(b.text for b in article.blocks if b.kind not in ("credit", "time"))
    return re.findall(r"\w+", text.lower())


def runs(article: Article) -> set[tuple[str, ...]]:
    found = words(article)
    return {tuple(found[i : i + RUN]) for i in range(len(found) - RUN + 1)}


def longest_shared_run(left: Article, right: Article) -> int:
    ours, theirs = words(left), words(right)
    lengths, longest = [0] * (len(theirs) + 1), 0
    for word in ours:
        lengths = [0] + [lengths[i] + 1 if word == other else 0 for i, other in enumerate(theirs)]
        longest = max(longest, *lengths)
    return longest


def share(copy: Article, exemplar: Article) -> float:
    return len(runs(copy) & runs(exemplar)) / len(runs(copy))


# Pages


@pytest.mark.parametrize("moment", [1, 2])
def test_every_page_answers_at_both_moments(demo: DemoWeb, client: Client, moment: Moment) -> None:
    demo.moment = moment
    for url, article in articles(moment).items():
        if url in ODD:
            continue
        answer = client.get(url)
        assert answer.status == (410 if article.gone else 200), url
        if not article.gone:
            found = " ".join(client.page(url).text_content().split())
            assert article.title in found, url
            assert all(block.text in found for block in article.blocks), url


def test_every_front_page_links_to_its_articles(client: Client) -> None:
    for site in SITES:
        page = client.page(site.outlet.root + "/")
        links = {a.get("href") for a in page.iter("a")}
        assert {a.path for a in site.articles(1) if a.announced} <= links


def test_json_ld_parses_and_says_headline_and_date(client: Client) -> None:
    with_json_ld = set()
    for url, article in FIRST.items():
        if url in ODD:
            continue
        for script in client.page(url).iterfind(".//script[@type='application/ld+json']"):
            said = json.loads(script.text)
            nodes = {node["@type"]: node for node in said.get("@graph", [said])}
            assert nodes["NewsArticle"]["headline"] == article.title
            assert nodes["NewsArticle"]["datePublished"] == article.published
            with_json_ld.add((urlsplit(url).netloc, "@graph" in said))
    assert len(with_json_ld) == 6
    assert ("slobidskyi-visnyk.example", True) in with_json_ld


def test_there_are_enough_outlets_and_languages() -> None:
    assert len(FIRST) >= 40
    assert len({site.outlet.host for site in SITES}) >= 6
    assert {site.outlet.language for site in SITES} == {"en", "uk", "ru", "it", "es"}


def test_advertisements_change_the_bytes_but_not_the_text(client: Client) -> None:
    url = COPIES[0]["exemplar"]
    first, second = client.get(url).body, client.get(url).body
    assert first != second
    assert re.sub(rb"[0-9a-f]{16}", b"", first) == re.sub(rb"[0-9a-f]{16}", b"", second)


def test_an_outlet_with_etags_answers_304(client: Client) -> None:
    url = "https://wire.dniprowire.example/report/2024/08/24/prisoners-115-for-115"
    first = client.get(url)
    again = client.get(url, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")


def test_one_outlet_compresses_its_pages(client: Client) -> None:
    answer = client.get("https://eastwatchdigest.example/", **{"Accept-Encoding": "gzip, deflate"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert b"East Watch Digest" in gzip.decompress(answer.body)
    assert "Content-Encoding" not in client.get("https://eastwatchdigest.example/").headers


def test_one_outlet_tells_its_charset_only_in_the_page(client: Client) -> None:
    answer = client.get("http://seymskie-vesti.example/news/2024-08-17-mosty.html")
    assert answer.headers["Content-Type"] == "text/html"
    assert b"charset=windows-1251" in answer.body
    assert "Глушкове" in answer.body.decode("windows-1251")


def test_an_unknown_host_is_a_bad_gateway(client: Client) -> None:
    assert client.get("http://unknown.example/").status == 502
    assert client.get("https://unknown.example/").status == 502


# Sources


def urls_of(client: Client, source_url: str) -> list[str]:
    """The addresses in one feed or sitemap; an index is followed."""
    body = client.get(source_url).body
    if source_url.endswith(".gz"):
        body = gzip.decompress(body)
    root = etree.fromstring(body) if body.startswith(b"<?xml") else None
    if root is None:
        return []
    if root.tag == f"{SITEMAP}sitemapindex":
        return [url for loc in root.iter(f"{SITEMAP}loc") for url in urls_of(client, loc.text)]
    if root.tag == f"{SITEMAP}urlset":
        return [loc.text for loc in root.iter(f"{SITEMAP}loc")]
    return [entry.link for entry in feedparser.parse(body).entries]


def test_every_source_says_what_it_should(client: Client) -> None:
    for source in SOURCES:
        for url in source.urls:
            assert client.get(url).status == 200, url
        if source.kind == "list":
            assert set(source.urls) <= FIRST.keys()
        elif ODD.get(source.urls[0]) == "page-not-feed":
            assert urls_of(client, source.urls[0]) == []
        else:
            assert len(urls_of(client, source.urls[0])) >= 3, source.name


def test_the_sources_together_announce_every_article(client: Client) -> None:
    announced = set()
    for source in SOURCES:
        announced |= set(source.urls) if source.kind == "list" else set(urls_of(client, source.urls[0]))
    announced = {url.split("?")[0] for url in announced}
    assert {url for url, article in FIRST.items() if article.announced} <= announced


@pytest.mark.parametrize(
    "source", [s for s in SOURCES if s.kind == "feed" and s.urls[0] not in ODD], ids=lambda s: s.name
)
def test_feeds_parse_with_titles_and_dates(client: Client, source: Any) -> None:
    feed = feedparser.parse(client.get(source.urls[0]).body)
    assert not feed.bozo
    for entry in feed.entries:
        assert entry.published_parsed
        known = FIRST.get(entry.link.split("?")[0])
        assert known is None or known.title == entry.title


def test_the_news_sitemap_has_dates_and_titles(client: Client) -> None:
    root = etree.fromstring(client.get("https://www.borderherald.example/news-sitemap.xml").body)
    news = "{http://www.google.com/schemas/sitemap-news/0.9}"
    assert [node.text for node in root.iter(f"{news}publication_date")] == sorted(
        (node.text for node in root.iter(f"{news}publication_date")), reverse=True
    )
    assert COPIES[0]["exemplar"] in [loc.text for loc in root.iter(f"{SITEMAP}loc")]
    assert FIRST[COPIES[0]["exemplar"]].title in [node.text for node in root.iter(f"{news}title")]


def test_links_in_one_feed_carry_tracking_parameters(client: Client) -> None:
    assert all("utm_source=rss" in url for url in urls_of(client, "https://www.borderherald.example/feed.xml"))


def test_new_articles_are_announced_at_the_second_moment(demo: DemoWeb, client: Client) -> None:
    new = set(TRUTH["pages"]["new_at_second_moment"])
    assert new == SECOND.keys() - FIRST.keys()

    def announced() -> set[str]:
        lists = (urls_of(client, source.urls[0]) for source in SOURCES if source.kind != "list")
        return {url.split("?")[0] for urls in lists for url in urls}

    assert not new & announced()
    demo.moment = 2
    assert new <= announced()
    assert all(client.get(url).status == 200 for url in new)


# Truth


def test_truth_names_only_pages_that_exist() -> None:
    named = [url for copy in COPIES for url in (copy["copy"], copy["exemplar"])]
    named += [url for event in TRUTH["event"] for url in event["reports"]]
    named += [url for name, urls in TRUTH["pages"].items() for url in urls]
    named += [change["url"] for change in TRUTH["change"]] + [same["article"] for same in TRUTH["same"]]
    assert set(named) <= SECOND.keys()


@pytest.mark.parametrize("copy", COPIES, ids=lambda copy: f"{copy['relation']} {urlsplit(copy['copy']).path[-30:]}")
def test_copies_share_text_as_their_relation_says(copy: dict[str, Any]) -> None:
    known = {**SECOND, **FIRST}  # where there are two states, the copy was made from the first
    ours, exemplar = known[copy["copy"]], known[copy["exemplar"]]
    shared = share(ours, exemplar)
    match copy["relation"]:
        case "identical":
            assert words(ours) == words(exemplar)
        case "near-duplicate":
            assert 0.5 < shared < 1
        case "excerpt":
            assert longest_shared_run(ours, exemplar) >= 60
            assert share(exemplar, ours) < 0.7
        case "rewrite":
            assert shared < 0.1
        case "translation":
            assert shared == 0
        case unknown:
            pytest.fail(f"unknown relation {unknown}")


@pytest.mark.parametrize("copy", COPIES, ids=lambda copy: urlsplit(copy["copy"]).path[-30:])
def test_no_copy_is_older_than_its_exemplar(copy: dict[str, Any]) -> None:
    published = [datetime.fromisoformat(SECOND[copy[role]].published) for role in ("exemplar", "copy")]
    assert published[0] < published[1]


def related() -> set[frozenset[str]]:
    """The pairs that share text: what [[copy]] connects, directly or over others."""
    families: list[set[str]] = []
    for copy in COPIES:
        joined = {copy["copy"], copy["exemplar"]}
        apart = [family for family in families if not family & joined]
        families = [*apart, joined.union(*(family for family in families if family & joined))]
    return {frozenset(pair) for family in families for pair in combinations(sorted(family), 2)}


@pytest.mark.parametrize("moment", [1, 2])
def test_pages_that_are_no_copies_share_no_run_of_words(moment: Moment) -> None:
    pages = {url: runs(article) for url, article in articles(moment).items()}
    alike = {frozenset(pair) for pair in combinations(pages, 2) if pages[pair[0]] & pages[pair[1]]}
    assert alike - related() == set()


def test_each_event_has_three_independent_reports_and_one_has_several_languages() -> None:
    language = {site.outlet.host: site.outlet.language for site in SITES}
    several = 0
    for event in TRUTH["event"]:
        hosts = {urlsplit(url).netloc for url in event["reports"]}
        assert len(hosts) == len(event["reports"]) >= 3
        several += len({language[host] for host in hosts}) >= 3
    assert several >= 3


@pytest.mark.parametrize("change", TRUTH["change"], ids=lambda change: "+".join(change["what"]))
def test_pages_change_as_said(change: dict[str, Any]) -> None:
    before, after = FIRST[change["url"]], SECOND[change["url"]]
    texts = [[b.text for b in state.blocks if b.kind != "notice"] for state in (before, after)]
    seen = {
        "headline": before.title != after.title,
        "byline": before.authors != after.authors,
        "body": texts[0] != texts[1],
        "correction": any(b.kind == "notice" for b in after.blocks),
        "removed": after.gone,
    }
    expected = {"removed"} if after.gone else {what for what, changed in seen.items() if changed}
    assert expected == set(change["what"])


def test_nothing_else_changes() -> None:
    changed = {url for url, article in FIRST.items() if SECOND[url] != article}
    assert changed == {change["url"] for change in TRUTH["change"]}


def test_the_changed_exemplar_shows_its_new_text_and_the_copy_the_old_one(demo: DemoWeb, client: Client) -> None:
    demo.moment = 2
    copy = next(copy for copy in COPIES if "45000" in copy["copy"])
    assert "1,080 explosions" in client.page(copy["copy"]).text_content()
    assert "640 explosions" in client.page(copy["exemplar"]).text_content()


@pytest.mark.parametrize("same", TRUTH["same"], ids=lambda same: same["article"][-20:])
def test_other_addresses_lead_to_their_article(client: Client, same: dict[str, Any]) -> None:
    for url in same["also"]:
        answer, hops = client.get(url), 0
        while answer.status == 301 and hops < 5:
            url, hops = answer.headers["Location"], hops + 1
            answer = client.get(url)
        canonical = client.page(url).find(".//link[@rel='canonical']")
        assert answer.status == 200
        assert canonical is not None
        assert canonical.get("href") == same["article"]


def test_the_twin_for_telephones_is_in_the_sitemap_only(client: Client) -> None:
    twin = "https://www.borderherald.example/amp/2024/08/18/seim-bridges"
    assert twin in urls_of(client, "https://www.borderherald.example/sitemap.xml")
    assert twin not in [url.split("?")[0] for url in urls_of(client, "https://www.borderherald.example/feed.xml")]


def test_what_robots_forbid_is_announced(client: Client) -> None:
    for forbidden in TRUTH["forbidden"]:
        parts = urlsplit(forbidden["url"])
        rules = client.get(f"{parts.scheme}://{parts.netloc}/robots.txt").body.decode()
        paths = re.findall(r"^Disallow: (\S+)$", rules, re.MULTILINE)
        assert any(parts.path.startswith(path) for path in paths)
        assert forbidden["url"] in [url.split("?")[0] for url in urls_of(client, forbidden["announced_by"])]


def test_nothing_else_is_forbidden(client: Client) -> None:
    for site in SITES:
        rules = client.get(f"{site.outlet.root}/robots.txt").body.decode()
        paths = tuple(re.findall(r"^Disallow: (\S+)$", rules, re.MULTILINE))
        forbidden = {site.outlet.root + a.path for a in site.articles(2) if paths and a.path.startswith(paths)}
        assert forbidden <= {each["url"] for each in TRUTH["forbidden"]}


def test_one_outlet_asks_for_a_small_delay(client: Client) -> None:
    assert b"Crawl-delay: 0.1" in client.get("https://slobidskyi-visnyk.example/robots.txt").body


@pytest.mark.parametrize("failure", TRUTH["failure"], ids=lambda failure: failure["how"])
def test_addresses_fail_as_said(client: Client, failure: dict[str, str]) -> None:
    url = failure["url"]
    match failure["how"]:
        case "missing" | "gone" | "failed" as how:
            assert client.get(url).status == {"missing": 404, "gone": 410, "failed": 500}[how]
        case "cut-gzip":
            answer = client.get(url)
            assert answer.headers["Content-Encoding"] == "gzip"
            cut = zlib.decompressobj(wbits=31)
            assert cut.decompress(answer.body)
            assert not cut.eof
        case "image":
            answer = client.get(url)
            assert (answer.status, answer.headers.get_content_type()) == (200, "text/html")
            assert answer.body.startswith(b"\x89PNG")
        case "page-not-feed":
            assert client.get(url).headers.get_content_type() == "text/html"
        case "loop":
            assert client.get(client.get(url).headers["Location"]).headers["Location"] == url
        case "hang-up":
            with pytest.raises(http.client.IncompleteRead):
                client.get(url)
        case "reset":
            with pytest.raises(ConnectionResetError):
                client.get(url)
        case "drip":
            assert client.get(url).status == 200
        case unknown:
            pytest.fail(f"unknown failure {unknown}")


def test_announced_failures_are_announced(client: Client) -> None:
    feed = urls_of(client, "https://www.harbourcourier.example/rss/news")
    expected = {url for url, how in ODD.items() if how in ("gone", "cut-gzip", "image") or "ferry" in url}
    assert expected <= set(feed)
