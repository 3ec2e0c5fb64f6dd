"""Discovery by the real command against a test server: every kind of source, ranking, and what comes last."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from stemma_testing import Stemma, topic_file

from crawlers.demo.server import WebRequest, WebResponse

Serve = Callable[[Callable[[WebRequest], WebResponse]], tuple[Any, Stemma]]
SITE = "http://news.example.com"
TEXT = (
    "<p>" + "Ukrainian troops crossed into the Kursk region and the villages behind the border emptied. " * 8 + "</p>"
)
PAGE = f"<html><head><title>A page</title></head><body><h1>A page</h1><article>{TEXT}</article></body></html>".encode()
OTHER = PAGE.replace(b"Kursk", b"lake")
HTML = (("Content-Type", "text/html; charset=utf-8"),)


def source(kind: str, path: str, name: str = "") -> str:
    return f'[[source]]\nname = "{name or kind}"\noutlet = "Test"\nkind = "{kind}"\nurl = "{SITE}{path}"\n'


def rss(*entries: str) -> bytes:
    return f'<rss version="2.0"><channel><title>x</title>{"".join(entries)}</channel></rss>'.encode()


def entry(path: str, title: str = "", more: str = "") -> str:
    return f"<item><title>{title}</title><link>{SITE}{path}</link>{more}</item>"


class Site:
    """Answers from a table; what is not in it is a page on the topic. Remembers what was asked, robots.txt aside."""

    def __init__(self, pages: dict[str, bytes | WebResponse]) -> None:
        self.pages = pages
        self.asked: list[str] = []

    def __call__(self, request: WebRequest) -> WebResponse:
        found = self.pages.get(request.path)
        if request.path == "/robots.txt" and found is None:
            return WebResponse(status=404)
        self.asked.append(request.path)
        if isinstance(found, WebResponse):
            return found
        return WebResponse(body=PAGE if found is None else found, headers=HTML)


def crawled(serve: Serve, pages: dict[str, bytes | WebResponse], *sources: str, extra: str = "") -> tuple[Site, Stemma]:
    site = Site(pages)
    _, stemma = serve(site)
    topic_file(stemma.folder, extra=extra + "\n" + "\n".join(sources))
    stemma.run("crawl", "--topic", "topic.toml")
    return site, stemma


def test_a_sitemap_is_found_by_robots_txt_through_indexes_and_old_entries_are_passed_over(serve: Serve) -> None:
    old = "<url><loc>/old</loc><lastmod>2020-01-01</lastmod></url>"
    site, stemma = crawled(
        serve,
        {
            "/robots.txt": f"User-agent: *\nDisallow: /private\nSitemap: {SITE}/1.xml\n".encode(),
            "/1.xml": b"<sitemapindex><sitemap><loc>/2.xml</loc></sitemap>"
            b"<sitemap><loc>/1.xml</loc></sitemap></sitemapindex>",
            "/2.xml": b"<sitemapindex><sitemap><loc>/3.xml</loc></sitemap></sitemapindex>",
            "/3.xml": f"<urlset><url><loc>/new</loc></url>{old}<url><loc>/private/a</loc></url></urlset>".encode(),
        },
        source("sitemap", "/robots.txt"),
        extra="sitemap_days = 30",
    )
    assert sorted(site.asked) == ["/1.xml", "/2.xml", "/3.xml", "/new", "/robots.txt", "/robots.txt"]
    stemma.run("update", "--topic", "topic.toml")
    assert {row["url"] for row in stemma.database().execute("SELECT url FROM discovery")} == {
        f"{SITE}/new",
        f"{SITE}/private/a",
    }


def test_a_paged_feed_is_followed_while_it_brings_what_is_new(serve: Serve) -> None:
    def feed(n: int) -> bytes:
        return json.dumps(
            {
                "version": "https://jsonfeed.org/version/1.1",
                "next_url": f"/feed?page={n + 1}",
                "items": [{"url": f"/article-{min(n, 3)}"}],
            }
        ).encode()

    site, stemma = crawled(
        serve, {"/feed": feed(1)} | {f"/feed?page={n}": feed(n) for n in range(2, 9)}, source("feed", "/feed")
    )
    assert [path for path in site.asked if "feed" in path] == ["/feed", "/feed?page=2", "/feed?page=3", "/feed?page=4"]
    site.asked.clear()
    stemma.run("crawl", "--topic", "topic.toml")
    assert [path for path in site.asked if "feed" in path] == ["/feed"], "nothing new on the first page"


def test_a_section_page_announces_its_articles_and_its_calendar_is_no_trap(serve: Serve) -> None:
    def section(*names: str) -> bytes:
        links = "".join(
            f'<h2><a href="/world/2024/08/07/{name}">The {name} of the town of Sudzha</a></h2>' for name in names
        )
        return (
            f'<html><body><nav><a href="/world/">World</a></nav><main>{links}<a href="/world/2024/08/">August</a>'
            '<a href="/world/?sort=old">Oldest articles of all the years first</a><a href="/world/?page=2">2</a></main>'
            "</body></html>"
        ).encode()

    site, stemma = crawled(
        serve,
        {"/world/": section("bridges-and-roads", "villages"), "/world/?page=2": section("school-cellar")},
        source("section", "/world/"),
    )
    assert sorted(site.asked) == [
        "/world/",
        "/world/2024/08/07/bridges-and-roads",
        "/world/2024/08/07/school-cellar",
        "/world/2024/08/07/villages",
        "/world/?page=2",
    ]
    (row,) = stemma.database().execute("SELECT title, source FROM discovery WHERE url LIKE '%cellar'")
    assert tuple(row) == ("The school-cellar of the town of Sudzha", "section")
    assert json.loads(stemma.run("status", "--topic", "topic.toml", "--json").stdout)["sources"][0]["discovered"] == 3


def test_what_is_clearly_off_the_topic_comes_last_under_the_budget(serve: Serve) -> None:
    entries = [entry(f"/sport/{n}", "The final score of the match") for n in range(20)]
    entries += [entry("/a", "Kursk: the bridges are gone"), entry("/kursk-villages"), entry("/b", "Live")]
    site, _ = crawled(serve, {"/feed": rss(*entries)}, source("feed", "/feed"), extra="requests = 7\nsample = 0")
    assert set(site.asked[:4]) == {"/feed", "/a", "/kursk-villages", "/b"}
    assert len(site.asked) == 6, "robots.txt was the seventh; what the budget leaves goes to the rest"
    assert all(path.startswith("/sport/") for path in site.asked[4:])


def test_a_sample_of_what_comes_last_is_fetched_to_measure_what_that_loses(serve: Serve) -> None:
    entries = [entry(f"/sport/{n}", "The final score of the match") for n in range(40)] + [entry("/a", "Kursk")]
    site, stemma = crawled(
        serve,
        {"/feed": rss(*entries)} | {f"/sport/{n}": OTHER for n in range(0, 40, 2)},
        source("feed", "/feed"),
        extra="requests = 10\nsample = 0.1",
    )
    drawn = {path for path in site.asked if path.startswith("/sport/")}
    assert drawn
    stemma.run("update", "--topic", "topic.toml")
    (report,) = (
        r for r in json.loads(stemma.run("crawl", "--topic", "topic.toml", "--json").stdout) if r["step"] == "crawl"
    )
    assert 0 < report["counts"]["of the sample of the last judged"] <= len(drawn)
    assert report["counts"]["of these on the topic"] <= report["counts"]["of the sample of the last judged"]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ('name = "provenance"\nkind = "feed"\nurl = "http://a.example/"', "keeps to itself"),
        ('name = "x"\nkind = "section"\nurls = ["http://a.example/"]', "section has no 'urls'"),
    ],
)
def test_wrong_sources_are_told(serve: Serve, name: str, problem: str) -> None:
    _, stemma = serve(Site({}))
    topic_file(stemma.folder, extra=f'[[source]]\noutlet = "Test"\n{name}')
    assert problem in stemma.run("check", "--topic", "topic.toml", code=2).stderr
