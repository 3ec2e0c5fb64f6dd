"""Which request is next: whose turn it is among the sites, and in which order a site's own go."""

from collections.abc import Callable
from typing import Any

from stemma_testing import Stemma, topic_file

from crawlers.demo.server import WebRequest, WebResponse
from crawlers.waiting import Known, Waiting

Serve = Callable[[Callable[[WebRequest], WebResponse]], tuple[Any, Stemma]]
PAGE = WebResponse(headers=(("Content-Type", "text/html"),), body=b"<html><body><h1>News</h1></body></html>")


def test_sites_that_must_be_waited_for_hold_up_no_other(serve: Serve) -> None:
    def handler(request: WebRequest) -> WebResponse:
        if request.path == "/robots.txt":
            slow = request.host.startswith("slow")
            return WebResponse(body=b"User-agent: *\nCrawl-delay: 60\n") if slow else WebResponse(status=404)
        return PAGE

    server, stemma = serve(handler)
    slow = [f"http://slow{site}.example/{n}" for site in range(8) for n in range(3)]
    topic_file(stemma.folder, [*slow, *(f"http://swift.example/{n}" for n in range(30))])
    stemma.run("crawl", "--topic", "topic.toml", "--set", "crawl.concurrency=2", "--set", "crawl.per_host=1",
               "--set", "crawl.minutes=0.06")
    asked = [line.path for line in server.log if line.host == "swift.example" and line.path != "/robots.txt"]
    assert len(asked) == 30


def test_sites_take_turns_and_none_has_more_than_its_share_under_way() -> None:
    waiting: Waiting[str] = Waiting()
    for n in range(3):
        for site in ("a", "b"):
            waiting.add(site, (0, 1), f"{site}{n}")
    assert [waiting.next({}, most=1) for _ in range(4)] == ["a0", "b0", "a1", "b1"]
    assert waiting.next({"a": 1}, most=2) == "b2", "the one with less under way"
    assert waiting.next({"a": 1}, most=1) is None, "b has nothing more"
    assert waiting.next({}, most=1) == "a2"
    assert not waiting


def test_within_a_site_the_promising_go_first_then_what_was_just_found_then_in_order() -> None:
    waiting: Waiting[str] = Waiting()
    for name, order in (("backlog", (0, 1)), ("found", (0, 0)), ("ranked", (-6, 1)), ("source", (-20, 0)),
                        ("found-2", (0, 0))):
        waiting.add("a", order, name)
    assert [waiting.next({}, most=1) for _ in range(5)] == ["source", "ranked", "found", "found-2", "backlog"]


def test_an_address_is_asked_for_once_and_an_article_by_one_of_its_addresses() -> None:
    known = Known()
    known.learn({"https://a.example/known": False, "https://a.example/seen": True})
    assert not known.is_new("http://a.example/known/")
    assert known.is_new("https://a.example/x")
    assert not known.is_repeated("http://a.example/known", is_article=True)
    assert known.is_repeated("http://a.example/known/?utm_source=x", is_article=True)
    assert not known.is_repeated("https://a.example/map.xml", is_article=False)
    assert known.is_repeated("https://a.example/map.xml", is_article=False)
    assert not known.is_repeated("https://a.example/known", is_article=True, led_by=("http://a.example/known",)), \
        "a redirect within one article is followed"
    assert known.is_repeated("https://a.example/x/", is_article=True, led_by=("https://b.example/",)) is False
    assert known.is_repeated("https://a.example/x", is_article=True, led_by=("https://c.example/",))
    assert known.is_repeated("https://a.example/seen", is_article=True, led_by=("https://c.example/",)), \
        "one that an earlier run asked for, and that is not due, is not asked for by another address"


def test_a_redirect_to_an_article_that_an_earlier_run_read_asks_for_it_when_it_is_due(serve: Serve) -> None:
    def handler(request: WebRequest) -> WebResponse:
        if request.path == "/moved":
            return WebResponse(status=301, headers=(("Location", "http://news.example/story"),))
        return PAGE if request.path == "/story" else WebResponse(status=404)

    def asked() -> list[str]:
        return [line.path for line in server.log if line.path != "/robots.txt"]

    server, stemma = serve(handler)
    topic_file(stemma.folder, ["http://news.example/story"])
    later = ("--set", 'crawl.revisit=["30d"]')
    stemma.run("crawl", "--topic", "topic.toml", *later)
    topic_file(stemma.folder, ["http://news.example/story", "http://news.example/moved"])
    stemma.run("crawl", "--topic", "topic.toml", *later)
    assert asked() == ["/story", "/moved"]
    stemma.run("crawl", "--topic", "topic.toml")
    assert sorted(asked()[2:]) == ["/moved", "/story"]
