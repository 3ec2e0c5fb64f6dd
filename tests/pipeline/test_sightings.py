"""Pages that change by themselves, through the real commands: every look is kept, and only texts make versions."""

import json
from collections.abc import Callable
from typing import Any

from public_rows import public_rows
from stemma_testing import Stemma, topic_file

from crawlers.demo.server import WebRequest, WebResponse

Serve = Callable[[Callable[[WebRequest], WebResponse]], tuple[Any, Stemma]]
SITE = "http://news.example.com"
TEXT = [
    f"Report {n}: Ukrainian troops crossed into the Kursk region, and in the {n}th village the shops were shut, the "
    f"cellars full and the road to the east closed by {n} burnt-out lorries." for n in range(2, 9)
]
NOTICE = "Correction: an earlier version gave another number of lorries."


class Outlet:
    """Serves one article for each way in which a page changes between looks."""

    def __init__(self) -> None:
        self.look = 1

    def __call__(self, request: WebRequest) -> WebResponse:
        n, text, around, attribute = self.look, list(TEXT), "Read also", "a"
        match request.path:
            case "/clock":
                around = f"It is {n} o'clock. {1000 + n} readers are here"
            case "/nonce":
                attribute = f"nonce-{n}"
            case "/quotes":
                text.append("The mayor said it was “quiet” there." if n % 2 else 'The mayor said it was "quiet" there.')
            case "/corrected":
                if n > 2:
                    text = [text[0].replace("2 burnt-out", "three burnt-out"), *text[1:], NOTICE]
            case _:
                return WebResponse(status=404)
        title = f"Across the border in Kursk: {request.path[1:]}"
        body = (f"<html><head><title>{title}</title></head><body><h1>{title}</h1><article class='{attribute}'>"
                + "".join(f"<p>{p}</p>" for p in text) + f"</article><footer>{around}</footer></body></html>")
        return WebResponse(body=body.encode(), headers=(("Content-Type", "text/html; charset=utf-8"),))


def test_clocks_nonces_and_quotes_are_counted_and_make_no_version(serve: Serve) -> None:
    outlet = Outlet()
    _, stemma = serve(outlet)
    topic_file(stemma.folder, [f"{SITE}/{name}" for name in ("clock", "nonce", "quotes", "corrected")])
    for outlet.look in (1, 2, 3):
        stemma.run("run", "--topic", "topic.toml")
    rows = {(row["url"].rpartition("/")[2], row["ordinal"]): row for row in stemma.database().execute("SELECT * FROM version")}
    told = {name: (row["sightings"], row["payloads"], json.loads(row["differences"])) for name, row in rows.items()}
    assert told == {
        ("clock", 1): (3, 3, {"surroundings": 2}), ("nonce", 1): (3, 3, {"markup": 2}),
        ("quotes", 1): (3, 2, {"typography": 1}),
        ("corrected", 1): (2, 1, {}), ("corrected", 2): (1, 1, {}),
    }
    corrected = rows["corrected", 2]
    assert json.loads(corrected["change"]) == ["body", "correction"]
    passages = json.loads(corrected["passages"])
    assert [(p["was"], p["now"], p["is_notice"]) for p in passages] == [("2", "three", False), ("", NOTICE, True)]
    assert stemma.database().execute("SELECT count(*) FROM sighting").fetchone()[0] == 12
    noted = stemma.database().execute(
        "SELECT difference, count(*) FROM sighting WHERE difference IS NOT NULL GROUP BY 1 ORDER BY 1").fetchall()
    assert [tuple(row) for row in noted] == [("markup", 2), ("surroundings", 2), ("typography", 1)]
    before = public_rows(stemma.folder / "data" / "archive.db")
    stemma.run("update", "--topic", "topic.toml")
    assert public_rows(stemma.folder / "data" / "archive.db") == before, "a rerun does nothing"
    stemma.run("rebuild", "--topic", "topic.toml")
    assert public_rows(stemma.folder / "data" / "archive.db") == before


# What stands between the paragraphs of a text and changes from look to look, none of it the editor's.
INSERTS: dict[str, Callable[[int], str]] = {
    "box": lambda n: (f"<div class='read-also'><h4>Read also</h4><a href='/x{n}'>The {n}th lorry of the day was green</a></div>"),
    "line": lambda n: f"<p>Read also: <a href='/x{n}'>How the {n}th lorry came to stand on the bridge all night</a></p>",
    "related-uk": lambda n: f"<p><strong>Читайте також:</strong> <a href='/x{n}'>Що відомо про {n}-ту вантажівку на мосту</a></p>",
    "related-ru": lambda n: f"<blockquote><p>Читайте также: <a href='/x{n}'>Что известно о {n}-м грузовике</a></p></blockquote>",
    "ad": lambda n: f"<div class='ad-slot' id='ad-{n}'><p>Advertisement</p><p>Buy {n} pairs of boots today and save much money</p></div>",
    "sponsored": lambda n: f"<aside><p>Sponsored: a loan of {n},000 at a rate that nobody else will give to you</p></aside>",
    "counter": lambda n: f"<div class='post-views'>{1000 + n} views</div><span class='share-count'>{n} shares</span>",
    "clock": lambda n: f"<div class='widget-time'>Kyiv 1{n}:00</div>",
    "comments": lambda n: f"<section id='comments'><h3>{n} comments</h3>" + "".join(
        f"<div class='comment'><p>Reader {k} thinks that the shops were shut for another reason.</p></div>" for k in range(n)
    ) + "</section>",
    "poll": lambda n: f"<form class='poll'><p>Will the road be open by Sunday?</p><label>Yes {40 + n} %</label></form>",
}


def page_with(name: str, n: int) -> WebResponse:
    """An article with an insert in its midst, and another at its end."""
    title = f"Across the border in Kursk: {name}"
    paragraphs = [f"<p>{paragraph}</p>" for paragraph in TEXT]
    insert = INSERTS[name](n)
    body = (f"<html><head><title>{title}</title></head><body><h1>{title}</h1><article><div class='entry-content'>"
            + "".join([*paragraphs[:3], insert, *paragraphs[3:], INSERTS[name](n + 1)]) + "</div></article></body></html>")
    return WebResponse(body=body.encode(), headers=(("Content-Type", "text/html; charset=utf-8"),))


def test_what_a_site_puts_between_paragraphs_makes_no_version(serve: Serve) -> None:
    number = [1]

    def site(request: WebRequest) -> WebResponse:
        name = request.path[1:]
        return page_with(name, number[0]) if name in INSERTS else WebResponse(status=404)

    _, stemma = serve(site)
    topic_file(stemma.folder, [f"{SITE}/{name}" for name in INSERTS])
    for number[0] in (1, 2, 3):
        stemma.run("run", "--topic", "topic.toml")
    found = stemma.database().execute("SELECT url, ordinal, sightings, payloads, differences FROM version").fetchall()
    assert {row["url"].rpartition("/")[2]: row["ordinal"] for row in found} == dict.fromkeys(INSERTS, 1)
    assert [(row["sightings"], row["payloads"]) for row in found] == [(3, 3)] * len(INSERTS)
    assert {row["differences"] for row in found} == {'{"surroundings": 2}'}


def live_blog(posts: dict[str, str]) -> WebResponse:
    """A live blog of the posts by their hour, newest first."""
    title = "Across the border in Kursk: the day as it happened"
    told = {"@type": "LiveBlogPosting", "headline": title, "liveBlogUpdate": [
        {"@type": "BlogPosting", "datePublished": f"2024-08-08T{hour}:00+03:00", "articleBody": text} for hour, text in posts.items()]}
    shown = "".join(f"<div class='live-post'><time datetime='2024-08-08T{hour}:00+03:00'>{hour}</time><p>{text}</p></div>"
                    for hour, text in posts.items())
    page = (f"<html><head><title>{title}</title><script type='application/ld+json'>{json.dumps(told)}</script></head>"
            f"<body><article><h1>{title}</h1><p>Our reporters write here what they see.</p>{shown}</article></body></html>")
    return WebResponse(body=page.encode(), headers=(("Content-Type", "text/html; charset=utf-8"),))


def test_a_live_blog_has_versions_of_each_of_its_posts(serve: Serve) -> None:
    edited = TEXT[1].replace("3 burnt-out", "four burnt-out")
    looks = [{"08:00": TEXT[1]}, {"10:00": TEXT[2], "09:00": TEXT[0], "08:00": TEXT[1]},
             {"10:00": TEXT[2], "09:00": TEXT[0], "08:00": edited}]
    now = [looks[0]]
    _, stemma = serve(lambda request: live_blog(now[0]) if request.path == "/live" else WebResponse(status=404))
    topic_file(stemma.folder, [f"{SITE}/live"])
    for now[0] in looks:
        stemma.run("run", "--topic", "topic.toml")
    found = stemma.database().execute("SELECT post, ordinal, sightings, passages FROM post_version ORDER BY 1, 2").fetchall()
    assert [(row["post"][11:16], row["ordinal"], row["sightings"]) for row in found] == [
        ("08:00", 1, 2), ("08:00", 2, 1), ("09:00", 1, 2), ("10:00", 1, 2)]
    assert [(p["was"], p["now"]) for p in json.loads(found[1]["passages"])] == [("3", "four")]
