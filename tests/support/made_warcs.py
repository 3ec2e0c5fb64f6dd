"""WARC files as another crawler writes them, of made-up reports with copies, translations, versions and bad pages.

`python made_warcs.py FOLDER PAGES FILES` writes some; the same for the same numbers.
"""

import base64
import gzip
import hashlib
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from made_texts import facts, report

BEGINS = datetime(2024, 8, 6, 6, tzinfo=UTC)
TOPIC = """
name = "batch"
title = "Test"
contact = "mailto:test@stemma-archive.org"
languages = ["en", "uk"]
from = 2024-08-06
to = 2025-04-30
[keywords.en]
must = ["Kursk"]
[keywords.uk]
must = ["Курськ"]
[[source]]
name = "wire"
outlet = "The Wire"
kind = "feed"
url = "https://outlet-0.example/feed"
"""


@dataclass(frozen=True)
class Page:
    """One look at one address."""

    url: str
    at: datetime
    body: bytes
    status: str = "200 OK"
    headers: tuple[str, ...] = ("Content-Type: text/html; charset=utf-8",)
    revisit: bool = False


def pages(count: int, *, seed: int = 7) -> Iterator[Page]:
    """Looks at so many addresses, about: a third on the topic, a quarter of these copies of another."""
    chance = random.Random(seed)
    told: list[tuple[int, list[tuple[int, int]], int, datetime, str]] = []
    for number in range(count):
        at = BEGINS + timedelta(days=chance.uniform(0, 240))
        domain = f"outlet-{chance.randrange(12)}.example"
        url, language = f"https://{domain}/{number}", 0
        on_topic = chance.random() < 0.6
        story, words, credit = facts(seed * 100_000 + number), number, ""
        if on_topic and told and chance.random() < 0.4:
            _, story, words, before, source = chance.choice(told[-40:])
            at = before + timedelta(hours=chance.uniform(0.1, 80))
            language = int(chance.random() < 0.3)
            words = words if not language else number
            credit = f"<p>Source: {source}</p>" if chance.random() < 0.5 else ""
        elif on_topic:
            told.append((number, story, words, at, domain))
        text = report(story, words, language)
        name = ("Kursk", "Курськ")[language] if on_topic else "Paris"
        page = Page(url, at, _html(f"{name}: report {number}", name, text, at, language, credit))
        yield page
        yield from _later(chance, page, name, text, language)


def _later(chance: random.Random, page: Page, name: str, text: str, language: int) -> Iterator[Page]:
    """What further looks at an address, and others that lead to it, find."""
    later, drawn = page.at + timedelta(days=3), chance.random()
    if drawn < 0.06:
        changed = text.replace("\n", "\nIn the morning another 47 houses were counted by people who stood there. ", 1)
        yield Page(page.url, later, _html(f"{name}: report, updated", name, changed, page.at, language, ""))
    elif drawn < 0.10:
        yield Page(page.url, later, page.body, revisit=True)
    elif drawn < 0.13:
        yield Page(page.url, later, b"gone", "404 Not Found")
    elif drawn < 0.16:
        yield Page(f"{page.url}?from=short", later, b"", "301 Moved", (f"Location: {page.url}",))
    elif drawn < 0.18:
        yield Page(f"{page.url}/stub", later, b"<html><body><p>Kursk</p></body></html>")
    elif drawn < 0.20:
        yield Page(f"{page.url}/shut", later, b"<html><head><title>Kursk report</title></head></html>", "403 Forbidden")
    elif drawn < 0.22:
        yield Page(f"{page.url}/data", later, b"{}", headers=("Content-Type: application/json",))


def _html(title: str, name: str, text: str, at: datetime, language: int, credit: str) -> bytes:
    paragraphs = "".join(f"<p>{line}</p>" for line in text.split("\n"))
    return (
        f"<html lang='{('en', 'uk')[language]}'><head><title>{title}</title>"
        f"<meta property='article:published_time' content='{at.isoformat()}'></head><body><article><h1>{title}</h1>"
        f"<p>{name}, and the {name} region, was where it happened, people said there.</p>{paragraphs}{credit}"
        f"</article></body></html>"
    ).encode()


def write(folder: Path, count: int, files: int, *, seed: int = 7) -> list[Path]:
    """Write the looks into so many files, in an order that has nothing to do with time."""
    folder.mkdir(parents=True, exist_ok=True)
    found = list(pages(count, seed=seed))
    random.Random(seed).shuffle(found)
    paths = []
    for number in range(files):
        path = folder / f"CC-NEWS-{number:05d}.warc.gz"
        with open(path, "wb") as out:
            out.write(_record("warcinfo", "", BEGINS, b"software: a crawler/1\r\n", serial=f"info-{number}"))
            for place, page in enumerate(found[number::files]):
                out.write(_exchange(page, f"{number}-{place}"))
        paths.append(path)
    return paths


def _exchange(page: Page, serial: str) -> bytes:
    digest = "sha1:" + base64.b32encode(hashlib.sha1(page.body).digest()).decode()
    head = f"HTTP/1.1 {page.status}\r\n" + "".join(f"{line}\r\n" for line in page.headers) + "\r\n"
    request = _record("request", page.url, page.at, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", serial=f"q-{serial}",
                      fields=(f"WARC-Concurrent-To: <urn:r-{serial}>",))
    kind, body, profile = ("revisit", b"", (
        "WARC-Profile: http://netpreserve.org/warc/1.1/revisit/identical-payload-digest",)) if page.revisit else (
        "response", page.body, ())
    return request + _record(kind, page.url, page.at, head.encode() + body, serial=f"r-{serial}",
                             fields=(f"WARC-Payload-Digest: {digest}", *profile))


def _record(kind: str, url: str, at: datetime, content: bytes, *, serial: str, fields: tuple[str, ...] = ()) -> bytes:
    content_type = "application/warc-fields" if kind == "warcinfo" else f"application/http; msgtype={kind}"
    lines = ["WARC/1.0", f"WARC-Type: {kind}", *([f"WARC-Target-URI: {url}"] if url else []),
             f"WARC-Date: {at:%Y-%m-%dT%H:%M:%SZ}", f"WARC-Record-ID: <urn:{serial}>", f"Content-Type: {content_type}",
             f"Content-Length: {len(content)}", *fields]
    return gzip.compress("\r\n".join(lines).encode() + b"\r\n\r\n" + content + b"\r\n\r\n", mtime=0)


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
