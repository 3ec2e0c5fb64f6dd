"""Which request is next: whose turn it is among the sites, and in which order a site's own go."""

from collections.abc import Callable
from typing import Any

from stemma_testing import Stemma, topic_file

from crawlers.demo.server import WebRequest, WebResponse

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
