"""`stemma init URL...`: find outlets' feeds, sitemaps and section pages, by a crawl into an archive thrown away."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from archive.errors import TopicError
from archive.folder import open_archive
from archive.model import Capture, SourceKind
from archive.payloads import UndecodablePayload, decoded
from archive.store import discoveries
from archive.store.discoveries import ReadSource
from archive.toml_table import Problems
from archive.toml_table import url as read_url
from archive.topic import Source, Topic, new_topic_text, parse_topic, with_overrides
from archive.topic_text import text_like, with_sources
from archive.urls import canonical_url, host_of, registered_domain
from crawlers import sitemaps
from crawlers.discover import MAX_SOURCE_BYTES
from crawlers.errors import Unreadable
from crawlers.frontier import Fetch
from crawlers.outlets import FEED_PATHS, SITEMAP_PATHS, Outlet, outlet
from pipeline import intake
from pipeline.work import Clock, Work

MAX_FEEDS, MAX_SITEMAPS, MAX_SECTIONS = 8, 3, 8  # written for one outlet
MIN_ARTICLES = 3  # that a section page announces
FRONT, NAMED, USUAL = "front", "named", "usual"  # how an address was come by: given, named by the outlet, tried


@dataclass(slots=True)
class _Look:
    """What the answers of the outlets' sites say while they come in."""

    fronts: dict[str, Outlet] = field(default_factory=dict)
    robots: dict[str, str] = field(default_factory=dict)  # robots.txt that name sitemaps

    def follow(self, capture: Capture, payload: bytes) -> list[Fetch]:
        """Where the front page and robots.txt of an outlet lead."""
        number, how = (capture.source or "-").split("-")[:2]
        try:
            body = decoded(payload, content_encoding=capture.content_encoding, limit=MAX_SOURCE_BYTES)
        except UndecodablePayload:
            return []
        named = f"{number}-{NAMED}"
        if how == FRONT and capture.role == "section":
            said = self.fronts[number] = outlet(body, url=capture.url, charset=capture.charset)
            return [Fetch(url=url, role="feed", source=named) for url in said.feeds] + \
                   [Fetch(url=url, role="section", source=named) for url in said.sections]
        if how == FRONT and capture.role == "sitemap":
            self.robots[number] = capture.url
            return [Fetch(url=url, role="sitemap", source=named) for url in _named_sitemaps(capture, body)]
        return []


def _named_sitemaps(capture: Capture, body: bytes) -> tuple[str, ...]:
    try:
        read = sitemaps.sitemap(body, url=capture.url, source="", found_at=capture.captured_at)
    except Unreadable:
        return ()
    return read.children[:10 * MAX_SITEMAPS]


def new_text(file: Path, *, contact: str, like: str | None) -> str:
    """The text of a new topic file: the template, or the terms of a bundled topic."""
    name = file.stem
    title = name.replace("-", " ").capitalize()
    if like is None:
        return new_topic_text(name=name, title=title, contact=contact)
    return text_like(like, name=name, title=title, contact=contact)


def write(file: Path, text: str) -> None:
    """Write a topic file, whole or not at all. Raises TopicError where that cannot be."""
    part = file.with_name(file.name + ".part")
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, file)
    except OSError as error:
        raise TopicError(f"{file}: {error.strerror}; give a path that can be written") from error


def add(
    file: Path, urls: Sequence[str], *, settings: Sequence[str], clock: Clock
) -> list[tuple[str, tuple[Source, ...]]]:
    """Look for the sources of outlets and append those that the topic file does not have; says which of each outlet.

    Raises TopicError for addresses that are none, and for a bundled topic, which is not to be written to.
    """
    if not file.is_file():
        raise TopicError(f"{file} comes with the program and is not written to; pass --topic with a file of your own")
    asked = [url if "://" in url else f"https://{url}" for url in urls]
    wrong = [f"{url}: {problem.found[0][1]}" for url in asked if isinstance(problem := read_url(url), Problems)]
    if wrong:
        raise TopicError("\n".join(wrong))
    text = file.read_text(encoding="utf-8")
    topic = with_overrides(parse_topic(text, path=str(file)), settings)
    told = []
    for url, sources in find(topic, asked, clock):
        text, new = with_sources(text, sources, path=str(file))
        told.append((url, new))
    write(file, text)
    return told


def find(topic: Topic, urls: Sequence[str], clock: Clock) -> list[tuple[str, list[Source]]]:
    """The sources of each outlet, in the order of the addresses; none where nothing answered or could be read."""
    asked = [source for number, url in enumerate(urls) for source in _first_asked(str(number), url)]
    look = _Look()
    with TemporaryDirectory() as folder, open_archive(Path(folder) / "data", create=True) as archive:
        work = Work(archive, replace(topic, sources=tuple(asked)), clock, lambda *_: None)
        intake.crawl(work, sources_only=True, follow=look.follow)
        answered = discoveries.read_sources(archive.conn)
    found = []
    for number, url in enumerate(urls):
        own = [one for one in answered if one.source.split("-")[0] == str(number)]
        front = look.fronts.get(str(number), outlet(b"", url=url, charset=None))
        found.append((url, list(_chosen(own, url, front, look.robots.get(str(number))))))
    return found


def _first_asked(number: str, url: str) -> Iterator[Source]:
    """The front page, robots.txt, and the usual places of feeds and sitemaps."""
    root = re.match(r"https?://[^/?#]+", url)
    assert root is not None  # the command line checked it
    yield Source(name=f"{number}-{FRONT}", outlet=url, kind="section", url=url)
    yield Source(name=f"{number}-{FRONT}-robots", outlet=url, kind="sitemap", url=root[0] + "/robots.txt")
    for place, path in enumerate(FEED_PATHS):
        yield Source(name=f"{number}-{USUAL}-feed-{place}", outlet=url, kind="feed", url=root[0] + path)
    for place, path in enumerate(SITEMAP_PATHS):
        yield Source(name=f"{number}-{USUAL}-sitemap-{place}", outlet=url, kind="sitemap", url=root[0] + path)


def _chosen(answered: Sequence[ReadSource], url: str, front: Outlet, robots: str | None) -> Iterator[Source]:
    """Of what answered, what is worth a source: what the outlet names itself, else what lies at a usual place."""
    base = re.sub(r"[^a-z0-9]+", "-", registered_domain(host_of(url)).lower()).strip("-") or "outlet"

    def source(kind: SourceKind, address: str) -> Source:
        return Source(name=f"{base}-{kind}", outlet=front.name, kind=kind, url=address, language=front.language)

    answered = _once(sorted(answered, key=lambda one: _place(one, front)))
    for feed in _best([one for one in answered if one.role == "feed" and one.discoveries])[:MAX_FEEDS]:
        yield source("feed", feed.url)
    maps = _best([one for one in answered if one.role == "sitemap" and not one.url.endswith("/robots.txt")])
    maps = [one for one in maps if re.search("news", one.url, re.IGNORECASE)] or maps
    for address in [robots] if robots is not None and len(maps) > MAX_SITEMAPS else [one.url for one in maps]:
        yield source("sitemap", address)
    sections = [one for one in answered if one.role == "section" and one.discoveries >= MIN_ARTICLES]
    for section in sections[:MAX_SECTIONS]:
        yield source("section", section.url)


def _best(answered: Sequence[ReadSource]) -> list[ReadSource]:
    """What the outlet names, or the first that lies at a usual place."""
    return [one for one in answered if _how(one) == NAMED] or [one for one in answered if _how(one) == USUAL][:1]


def _how(one: ReadSource) -> str:
    return one.source.split("-")[1]


def _place(one: ReadSource, front: Outlet) -> tuple[int, int, str]:
    """Sorts answers in the order in which the front page names them; what redirected comes last, by its address."""
    named = [canonical_url(url) for url in (*front.feeds, *front.sections)]
    own = canonical_url(one.url)
    return ((FRONT, NAMED, USUAL).index(_how(one)), named.index(own) if own in named else len(named), one.source + own)


def _once(answered: Iterable[ReadSource]) -> list[ReadSource]:
    """Each payload and each address once: many addresses of a site lead to one feed."""
    kept: list[ReadSource] = []
    for one in answered:
        if all(canonical_url(one.url) != canonical_url(k.url) and one.payload_digest != k.payload_digest for k in kept):
            kept.append(one)
    return kept
