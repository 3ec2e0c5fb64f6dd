"""`stemma init URL...` against outlets on a test server, and the text that it writes."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stemma_testing import Stemma, topic_file

from archive.errors import TopicError
from archive.topic import Source, load_topic, parse_topic
from archive.topic_text import text_like, with_sources
from crawlers.demo.server import WebRequest, WebResponse
from crawlers.outlets import outlet

Serve = Callable[[Callable[[WebRequest], WebResponse]], tuple[Any, Stemma]]
NAMING, USUAL, DEAD = "http://www.naming.com", "http://usual.org", "http://dead.net"


def rss(*paths: str, title: str = "x") -> bytes:
    items = "".join(f"<item><link>{path}</link></item>" for path in paths)
    return f'<rss version="2.0"><channel><title>{title}</title><link>{NAMING}/</link>{items}</channel></rss>'.encode()


def listing(section: str) -> str:
    return "".join(
        f'<h2><a href="/{section}/2024/08/0{n}/report-from-the-{section}">Report from the {section} desk {n}</a></h2>'
        for n in range(1, 5)
    )


FEED = '<link rel="alternate" type="application/rss+xml" href="{}">'
FRONT = f"""<html lang="uk-UA"><head><meta property="og:site_name" content="The Naming"><title>x</title>
{"".join(map(FEED.format, ("/all.xml", "/war.xml", "/same-as-all.xml", "/broken.xml", "/comments/feed/")))}</head>
<body><nav><a href="/">Home</a><a href="/world/">World</a><a href="/empty/">Empty</a><a href="/private/">Private</a>
<a href="/about/">About</a></nav>{listing("home")}<footer><a href="/terms/">Terms</a></footer></body></html>"""
ROBOTS = f"User-agent: *\nDisallow: /private/\nSitemap: {NAMING}/news.xml\nSitemap: {NAMING}/old.xml\n"
PAGES = {
    f"{NAMING}/robots.txt": ROBOTS.encode(),
    f"{NAMING}/": FRONT.encode(),
    f"{NAMING}/all.xml": rss("/1", "/2"),
    f"{NAMING}/same-as-all.xml": rss("/1", "/2"),
    f"{NAMING}/war.xml": rss("/3"),
    f"{NAMING}/broken.xml": b"<html><body>Oops</body></html>",
    f"{NAMING}/comments/feed/": rss("/4"),
    f"{NAMING}/feed/": rss("/5"),
    f"{NAMING}/news.xml": b"<urlset><url><loc>/1</loc></url></urlset>",
    f"{NAMING}/old.xml": b"<urlset><url><loc>/0</loc></url></urlset>",
    f"{NAMING}/world/": f"<html><body><main>{listing('world')}</main></body></html>".encode(),
    f"{NAMING}/empty/": b"<html><body><p>Nothing here</p></body></html>",
    f"{USUAL}/": b"<html><head><title>News today | The Usual</title></head><body><p>Welcome</p></body></html>",
    f"{USUAL}/rss.xml": rss("/1"),
    f"{USUAL}/rss": rss("/1"),
    f"{USUAL}/sitemap.xml": b"<sitemapindex/>",
}


def asked_by(serve: Serve) -> tuple[Stemma, list[str]]:
    asked: list[str] = []

    def handler(request: WebRequest) -> WebResponse:
        asked.append(request.url)
        found = PAGES.get(request.url)
        return WebResponse(status=404) if found is None else WebResponse(body=found)

    return serve(handler)[1], asked


def sources(stemma: Stemma) -> list[tuple[str, str, str]]:
    return [(s.name, s.kind, s.url or "") for s in load_topic(stemma.folder / "topic.toml").sources]


WANTED = [
    ("naming-com-feed", "feed", f"{NAMING}/all.xml"),
    ("naming-com-feed-2", "feed", f"{NAMING}/war.xml"),
    ("naming-com-sitemap", "sitemap", f"{NAMING}/news.xml"),
    ("naming-com-section", "section", f"{NAMING}/"),
    ("naming-com-section-2", "section", f"{NAMING}/world/"),
    ("usual-org-feed", "feed", f"{USUAL}/rss.xml"),
    ("usual-org-sitemap", "sitemap", f"{USUAL}/sitemap.xml"),
]


def test_outlets_are_looked_at_and_a_new_topic_file_has_their_sources(serve: Serve) -> None:
    stemma, asked = asked_by(serve)
    words = ("init", "--topic", "topic.toml", "--contact", "mailto:me@university.edu", "--set", "crawl.delay=0")
    done = stemma.run(*words, f"{NAMING}/", f"{USUAL}/", DEAD, code=1)
    assert DEAD in done.stderr
    assert sources(stemma) == WANTED
    topic = load_topic(stemma.folder / "topic.toml")
    assert [s.outlet for s in topic.sources[::5]] == ["The Naming", "The Usual"]
    assert topic.sources[0].language == "uk"
    assert topic.keywords == load_topic("kursk").keywords
    assert (topic.name, topic.contact) == ("topic", "mailto:me@university.edu")
    assert f"{NAMING}/private/" not in asked, "robots apply"
    assert f"{NAMING}/comments/feed/" not in asked
    assert not any("/2024/" in url for url in asked), "no article is fetched"
    assert not list((stemma.folder / "data" / "warc").rglob("*.warc.gz"))
    stemma.run("check", "--topic", "topic.toml")


def test_an_existing_topic_file_keeps_its_text_and_gets_no_source_twice(serve: Serve) -> None:
    stemma, _ = asked_by(serve)
    topic_file(stemma.folder, feeds=[f"{NAMING}/all.xml?utm_source=x"])
    before = (stemma.folder / "topic.toml").read_text()
    stemma.run("init", "--topic", "topic.toml", f"{NAMING}/", f"{USUAL}/")
    after = (stemma.folder / "topic.toml").read_text()
    assert after.startswith(before)
    assert [url for _, _, url in sources(stemma)] == [
        f"{NAMING}/all.xml?utm_source=x",
        *(url for *_, url in WANTED[1:]),
    ]
    stemma.run("init", "--topic", "topic.toml", f"{NAMING}/", code=1)
    assert (stemma.folder / "topic.toml").read_text() == after


@given(st.binary(max_size=200) | st.text(max_size=100).map(
    lambda t: f'<html lang="{t}"><title>{t}</title><link rel="alternate" type="text/xml" href="{t}">'
              f'<nav><a href="/{t}">{t}</a><a href="{t}">x</a></nav>'.encode()))
def test_whatever_a_front_page_holds_the_outlet_has_a_name_and_addresses(payload: bytes) -> None:
    found = outlet(payload, url="https://www.example.com/", charset=None)
    assert found.name
    assert all(link.startswith(("http://", "https://")) for link in (*found.feeds, *found.sections))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--topic", "new.toml", "http://news.example.com"), "contact"),
        (
            ("--topic", "kursk", "--set", "contact=mailto:me@university.edu", "http://news.example.com"),
            "not written to",
        ),
        (("--topic", "new.toml", "--contact", "mailto:me@university.edu", "ftp://news.example.com"), "must begin with"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_asked(tmp_path: Any, words: tuple[str, ...], said: str) -> None:
    assert said in Stemma(tmp_path).run("init", *words, code=2).stderr


def test_a_text_with_sources_is_a_topic_file_whatever_they_are_called() -> None:
    text = text_like("kursk", name="floods", title='The "floods"', contact="mailto:me@university.edu")
    assert parse_topic(text, path="x").sources == ()
    made = [Source(name="a", outlet='He said "a"\n\\', kind="feed", url=f"http://a.com/{n}") for n in (1, 2, 1)]
    whole, added = with_sources(text, made, path="x")
    assert [(s.name, s.outlet, s.url) for s in parse_topic(whole, path="x").sources] == [
        ("a", 'He said "a"\n\\'.strip(), "http://a.com/1"),
        ("a-2", 'He said "a"\n\\', "http://a.com/2"),
    ]
    assert [s.name for s in added] == ["a", "a-2"]
    with pytest.raises(TopicError):
        with_sources("name = 1", made, path="x")


def test_a_front_page_that_cannot_be_read_has_the_domain_for_a_name() -> None:
    found = outlet(b"\x00\xff", url="https://www.example.com/", charset=None)
    assert (found.name, found.language, found.feeds, found.sections) == ("example.com", None, (), ())
