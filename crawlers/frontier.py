"""Discoveries, what was seen of them, and now -> what to fetch next (pure)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from archive.model import Role
from archive.store.captures import Look
from archive.topic import Source
from archive.urls import canonical_url, is_front_page

EVERY_RUN = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """A URL to ask for, in the role it has for the archive, and the source that led to it."""

    url: str
    role: Role
    source: str


def source_fetches(sources: Iterable[Source]) -> Iterator[Fetch]:
    """Every feed and sitemap of the topic, in its order; lists are not fetched, they are read."""
    for source in sources:
        if source.kind != "list" and source.url:
            yield Fetch(url=source.url, role=source.kind, source=source.name)


def due(looks: Iterable[Look], *, now: datetime, revisit: Sequence[timedelta]) -> Iterator[Fetch]:
    """The discovered articles whose time has come, in the order of discovery, each canonical URL once.

    Sitemaps announce front pages too; those list articles and are none.

    One that was never looked at is due. One that was is due when a moment of its schedule (its first look plus each
    time of `revisit`) has passed since the last look; a time of zero means at every run. What turned out to be off
    the topic is not asked for again.
    """
    for look in _one_per_article(looks):
        if look.on_topic is not False and is_article(look.url) and _is_due(look, now, revisit):
            yield Fetch(url=look.url, role="article", source=look.source)


def is_article(url: str) -> bool:
    """Whether a discovered address may be an article's."""
    return not is_front_page(url)


def _one_per_article(looks: Iterable[Look]) -> Iterator[Look]:
    """Of the addresses of one article the one that was looked at most, else the first discovered."""
    best: dict[str, Look] = {}
    for look in looks:
        key = canonical_url(look.url)
        if key not in best or look.looks > best[key].looks:
            best[key] = look
    yield from best.values()


def _is_due(look: Look, now: datetime, revisit: Sequence[timedelta]) -> bool:
    if look.first_at is None or look.last_at is None or EVERY_RUN in revisit:
        return True
    return any(look.last_at < look.first_at + after <= now for after in revisit)
