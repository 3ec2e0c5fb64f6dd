"""Several crawlers at once, through the real command: each site in one hand, no page twice, one archive of all."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from public_rows import check_warcs, public_rows
from stemma_testing import Stemma, topic_file

from archive.model import Exchange
from archive.shards import Shard, owner, shard_from
from archive.urls import host_of, registered_domain
from archive.warc import WarcWriter
from crawlers.demo.server import WebRequest, WebResponse

Serve = Callable[[Callable[[WebRequest], WebResponse]], tuple[Any, Stemma]]
SITES = [f"outlet-{n}.com" for n in range(6)]
COUNT = 3
NUMBERS = (2, 10)  # of each site's articles
HTML = ("Content-Type", "text/html; charset=utf-8")


@given(st.text(max_size=40), st.integers(min_value=1, max_value=999))
def test_every_domain_has_one_owner(domain: str, count: int) -> None:
    assert 1 <= owner(domain, count) <= count
    assert [n for n in range(1, count + 1) if n == owner(domain, count)] == [owner(domain, count)]


def test_hosts_of_one_domain_have_one_owner() -> None:
    addresses = ["https://www.bbc.co.uk/a", "http://news.bbc.co.uk/b", "https://bbc.co.uk:8443/c", "https://BBC.co.uk/d"]
    assert {tuple(n for n in range(1, 9) if Shard(n, 8).owns(url)) for url in addresses} == {(owner("bbc.co.uk", 8),)}


def test_the_owners_do_not_change_between_versions() -> None:
    assert [owner(domain, 8) for domain in ("bbc.co.uk", "pravda.com.ua", "tass.ru")] == [
        owner(domain, 8) for domain in ("BBC.co.uk", "Pravda.com.ua", "TASS.ru")]


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "1/1000", "a/b", "-1/3"])
def test_what_is_no_part_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write it as NUMBER/COUNT"):
        shard_from(text)


def web(request: WebRequest) -> WebResponse:
    """Each site's feed announces its own articles and one of the next site's; one article moved to the site after it."""
    if request.host not in SITES:
        return WebResponse(status=404)
    place = SITES.index(request.host)
    following, after = SITES[(place + 1) % len(SITES)], SITES[(place + 2) % len(SITES)]
    if request.path == "/feed":
        urls = [f"http://{request.host}/{n}" for n in NUMBERS]
        urls += [f"http://{following}/from-{place}", f"http://{request.host}/moved"]
        items = "".join(f"<item><title>Kursk</title><link>{url}</link></item>" for url in urls)
        return WebResponse(body=f"<rss version='2.0'><channel>{items}</channel></rss>".encode(),
                           headers=(("Content-Type", "application/rss+xml"),))
    if request.path == "/moved":
        return WebResponse(status=301, headers=(("Location", f"http://{after}/came-from-{place}"),))
    if request.path == "/robots.txt":
        return WebResponse(status=404)
    text = "".join(f"<p>Report {n} of {request.host}{request.path}: the Kursk region was quiet on that day, and {n} "
                   f"lorries stood at the road to the east, people in the village said.</p>" for n in range(8))
    return WebResponse(body=f"<html><head><title>Kursk</title></head><body><article>{text}</article></body></html>".encode(),
                       headers=(HTML,))


@pytest.mark.timeout(900)
def test_three_crawlers_ask_for_every_page_once_and_no_site_is_in_two_hands(serve: Serve) -> None:
    server, stemma = serve(web)
    topic_file(stemma.folder, [f"http://{site}/listed" for site in SITES], feeds=[f"http://{site}/feed" for site in SITES])
    path = stemma.folder / "topic.toml"
    path.write_text(path.read_text().replace('revisit = ["0s"]', 'revisit = ["30d"]'))
    for _ in range(2):  # what a crawler hears of another's sites is that one's to ask for in its next run
        crawlers = [stemma.start("crawl", "--topic", "topic.toml", "--shard", f"{n}/{COUNT}") for n in range(1, COUNT + 1)]
        assert [process.wait(timeout=600) for process in crawlers] == [0] * COUNT

    asked = Counter((line.host, line.path) for line in server.log if line.path not in ("/feed", "/robots.txt"))
    expected = {(site, f"/{n}") for site in SITES for n in (*NUMBERS, "listed", "moved")}
    expected |= {(SITES[(n + 1) % 6], f"/from-{n}") for n in range(6)} | {(SITES[(n + 2) % 6], f"/came-from-{n}") for n in range(6)}
    assert set(asked) == expected
    assert set(asked.values()) == {1}

    hands = defaultdict(set)
    for n in range(1, COUNT + 1):
        conn = stemma.database(f"data/shards/{n}-of-{COUNT}")
        for (url,) in conn.execute("SELECT url FROM captures WHERE url NOT LIKE 'urn:%'"):
            hands[registered_domain(host_of(url))].add(n)
        conn.close()
    assert set(hands) == set(SITES)
    assert {domain: {owner(domain, COUNT)} for domain in SITES} == hands
    assert len({n for numbers in hands.values() for n in numbers}) > 1

    folders = [f"data/shards/{n}-of-{COUNT}" for n in range(1, COUNT + 1)]
    stemma.run("import", "--topic", "topic.toml", *folders)
    stemma.run("update", "--topic", "topic.toml")
    merged = public_rows(stemma.folder / "data" / "archive.db")
    captures = [json.loads(row)["url"] for row in merged["capture"] if json.loads(row)["role"] == "article"]
    assert Counter(captures) == Counter({f"http://{site}{path}": n for (site, path), n in asked.items()})
    assert len(merged["article"]) == len(expected) - len(SITES)  # what moved is no article of its own
    assert merged["discovery"]
    check_warcs(stemma.folder / "data" / "warc")

    again = json.loads(stemma.run("import", "--json", "--topic", "topic.toml", *folders).stdout)
    assert {report["step"]: report["done"] for report in again if report["step"] in ("merge", "index")} == {
        "merge": 0, "index": 0}
    stemma.run("rebuild", "--topic", "topic.toml")
    assert public_rows(stemma.folder / "data" / "archive.db") == merged


def test_what_is_withheld_in_the_other_archive_is_told(serve: Serve) -> None:
    _, stemma = serve(web)
    url = "http://outlet-0.com/2"
    topic_file(stemma.folder, [url])
    stemma.run("run", "--topic", "topic.toml", "--data", "other")
    stemma.run("withhold", "--topic", "topic.toml", "--data", "other", url, "--reason", "asked for", "--by", "Vera")
    told = stemma.run("import", "--topic", "topic.toml", "other", code=1).stderr
    assert f"{url.replace('http:', 'https:')} is withheld in other; 'stemma withhold' it here too" in told
    stemma.run("update", "--topic", "topic.toml")
    stemma.run("withhold", "--topic", "topic.toml", url, "--reason", "asked for", "--by", "Vera")
    assert stemma.run("import", "--topic", "topic.toml", "other").stderr == ""


def test_what_was_erased_does_not_come_back_with_another_archive(serve: Serve) -> None:
    _, stemma = serve(web)
    url = "http://outlet-0.com/2"
    topic_file(stemma.folder, [url])
    stemma.run("run", "--topic", "topic.toml")
    stemma.run("erase", "--topic", "topic.toml", url, "--reason", "a court orders it", "--by", "Vera", "--yes", "--announcements")
    writer = WarcWriter(stemma.folder / "other" / "warc", started_at=datetime(2025, 3, 1, tzinfo=UTC), software="test")
    page = web(WebRequest(method="GET", scheme="http", host="outlet-0.com", path="/2", headers=(), body=b""))
    writer.write(Exchange(
        url=url, fetched_at=datetime(2025, 3, 1, tzinfo=UTC), request_head=b"GET /2 HTTP/1.1", body=page.body,
        response_head=b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8", role="article"))
    writer.close()
    done = stemma.run("import", "--topic", "topic.toml", "other", code=1)
    assert "it has what was erased here" in done.stderr
    assert not [path for path in (stemma.folder / "data" / "warc").rglob("*.gz") if b"20250301" in path.name.encode()]


def test_a_folder_that_is_no_archive_is_not_merged(serve: Serve) -> None:
    _, stemma = serve(web)
    topic_file(stemma.folder)
    (stemma.folder / "empty").mkdir()
    assert "no archive" in stemma.run("import", "--topic", "topic.toml", "empty", code=2).stderr
