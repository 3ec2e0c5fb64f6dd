"""Made-up news as the pages of a crawl: a WARC file of any size, with known copies and versions, seeded.

    python -m bench.made_pages FILE.warc.gz [--pages 1000] [--again .2]

Around each text stands what stands around news: as many elements, links, paragraphs and bytes of scripts as the median
of 237 real pages has (176 KB, 910 elements, 182 links, 54 KB of scripts). Every second text is on the topic of TOPIC. A
share of the pages is captured again a day later, half of these as they were, half with a paragraph more.
"""

import argparse
import io
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import escape
from itertools import islice
from pathlib import Path

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from bench.made_news import MadeText, made_news

SEED = 20240806
START = datetime(2024, 8, 6, tzinfo=UTC)
OUTLETS = 170
ON_TOPIC = 0.5
EDIT = "The article was updated: more people were asked, and said that they had seen the same in another village."
MENU, TEASERS, SCRIPTS, STYLES = 60, 40, 34, 54  # the last two in blocks of 1,750 bytes
NAME = {"en": "Kursk", "de": "Kursk", "uk": "Курськ", "ru": "Курск"}
TOPIC = """
name = "made"
title = "Made-up news"
contact = "mailto:bench@localhost"
languages = ["en", "uk", "ru", "de"]
from = 2024-08-06
to = 2034-01-01
[keywords.en]
must = ["Kursk"]
[keywords.de]
must = ["Kursk"]
[keywords.uk]
must = ["Курськ"]
[keywords.ru]
must = ["Курск"]
[[source]]
name = "made"
outlet = "Made"
kind = "feed"
url = "https://outlet-0.example/feed"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadePage:
    """A page, when it was captured, and the text that it has; `ordinal` is of its version, from 1."""

    url: str
    at: datetime
    body: bytes
    made: MadeText
    is_on_topic: bool
    ordinal: int = 1


def pages(count: int, *, seed: int = SEED, again: float = 0.0) -> Iterator[MadePage]:
    """So many pages; the same for the same seed, and the first ones of a longer run.

    After such a share of them comes the same address as it is captured `again`.
    """
    chance, on_topic = random.Random(seed + 1), dict[int, bool]()
    filling = _Filling(chance)
    for made in islice(made_news(seed), count):
        drawn = chance.random() < ON_TOPIC
        on_topic[made.number] = drawn if made.source is None else on_topic[made.source]
        outlet = chance.randrange(OUTLETS)
        at = START + timedelta(minutes=7 * made.number)
        page = MadePage(url=url_of(outlet, made.number), at=at + timedelta(hours=1), made=made,
                        is_on_topic=on_topic[made.number],
                        body=_html(chance, filling, made, outlet, at, is_on_topic=on_topic[made.number]).encode())
        yield page
        looked = random.Random(f"{seed} {made.number}").random()  # of its own, or all pages after it were others
        if looked < again:
            edited = looked < again / 2
            body = page.body.replace(b"</article>", b"<p>%s</p></article>" % EDIT.encode()) if edited else page.body
            yield replace(page, at=page.at + timedelta(days=1), body=body, ordinal=1 + edited)


def url_of(outlet: int, number: int) -> str:
    """The address of a text."""
    return f"https://outlet-{outlet}.example/news/{number}"


class _Filling:
    """Bytes that pack about as well as scripts do, drawn once, since drawing them takes longer than reading a page."""

    def __init__(self, chance: random.Random) -> None:
        self._blocks = [" ".join(f"k{chance.randrange(4_096):x}" for _ in range(360)) for _ in range(500)]

    def some(self, chance: random.Random, blocks: int) -> str:
        return " ".join(chance.choices(self._blocks, k=blocks))


def _html(
    chance: random.Random, filling: _Filling, made: MadeText, outlet: int, at: datetime, *, is_on_topic: bool
) -> str:
    name = NAME[made.language] if is_on_topic else "Oslo"
    title = f"{name}: {made.text[:60]}"
    text = "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in made.text.split("\n\n"))
    menu = "".join(
        f'<li class="nav-item"><a href="/section/{n}"><span>Section {n}</span></a></li>' for n in range(MENU))
    teasers = "".join(
        f'<div class="teaser"><a href="/news/{chance.randrange(10**6)}"><img src="/i/{n}.jpg" alt=""><h3>Story {n} of '
        f'the day</h3></a><div class="foot"><span class="time">{n} h</span><span class="icon"></span>'
        f'<a href="/tag/{n}">tag</a></div></div>'
        for n in range(TEASERS))
    scripts = "".join(f"<script>window.s{n}='{filling.some(chance, 1)}';</script>" for n in range(SCRIPTS))
    return (
        f"<!DOCTYPE html><html lang='{made.language}'><head><meta charset='utf-8'><title>{escape(title)} | Outlet "
        f"{outlet}</title><meta property='og:title' content='{escape(title, quote=True)}'><meta property='og:type' "
        f"content='article'><meta property='article:published_time' content='{at.isoformat()}'>"
        f"<link rel='canonical' href='{url_of(outlet, made.number)}'><style>{filling.some(chance, STYLES)}</style>"
        f"{scripts}</head><body><header><nav><ul>{menu}</ul></nav></header><main><article><h1>{escape(title)}</h1>"
        f"<div class='meta'><span class='byline'>By Reporter Number{made.number % 97}</span><time "
        f"datetime='{at.isoformat()}'>{at:%d.%m.%Y %H:%M}</time></div><p>{name} was where it happened, people said.</p>"
        f"{text}</article><aside>{teasers}</aside></main><footer><ul>{menu}</ul></footer></body></html>")


def write(file: Path, count: int, *, seed: int = SEED, again: float = 0.0) -> int:
    """Write the pages as another crawler's WARC file, record by record; the bytes of all captures."""
    size = 0
    with open(file, "wb") as out:
        for page in pages(count, seed=seed, again=again):
            plain = io.BytesIO()
            writer = WARCWriter(plain, gzip=False)
            record = writer.create_warc_record(
                page.url, "response", payload=io.BytesIO(page.body), warc_headers_dict={
                    "WARC-Date": f"{page.at:%Y-%m-%dT%H:%M:%SZ}"},
                http_headers=StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], "HTTP/1.1"))
            writer.write_record(record)
            record.raw_stream.close()
            pack = zlib.compressobj(1, zlib.DEFLATED, 31)  # the library's 9 takes longer than reading a page
            out.write(pack.compress(plain.getbuffer()) + pack.flush())
            size += len(page.body)
    return size


def main() -> None:
    """Write one and say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--pages", type=int, default=1_000)
    parser.add_argument("--again", type=float, default=0.0, metavar="SHARE", help="of them that is captured again")
    options = parser.parse_args()
    size = write(options.file, options.pages, again=options.again)
    print(f"{options.pages:,} pages, {size / 1e6:,.0f} MB in all, {options.file.stat().st_size / 1e6:,.0f} MB packed")


if __name__ == "__main__":
    main()
