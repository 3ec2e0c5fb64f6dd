"""Discoveries, what was seen of them, and now -> what to fetch next, the promising first (pure).

How promising an announcement is, is told by a function of its address, headline and lead that the caller passes in:
what a topic's terms are is no business of the crawler. None: nothing was declared that would tell; 0: clearly off.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from archive.model import Role
from archive.store.discoveries import Look
from archive.topic import Source
from archive.urls import canonical_url, is_front_page

EVERY_RUN = timedelta(0)
# After the first look that found an article gone: three more, the last of which makes it "removed" (view article).
GONE = (timedelta(days=1), timedelta(days=7), timedelta(days=14))
HIGHEST = 9  # rank

Weigh = Callable[[str, str | None, str | None], float | None]  # address, headline, lead -> how promising


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """A URL to ask for, in the role it has for the archive, and the source that led to it.

    Higher ranks go first; what `is_last` comes after all others, as far as the run's budget goes. `is_again`: it was
    looked at before, and waits until the sources have said what is new. depth counts the files of a source above it.
    """

    url: str
    role: Role
    source: str
    rank: int = 0
    is_last: bool = False
    is_again: bool = False
    depth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """How announced articles are ranked; `seed` and `share` choose the sample of what would come last."""

    weigh: Weigh
    seed: str
    share: float

    def fetch(
        self, url: str, *, source: str, title: str | None, lead: str | None, is_again: bool = False,
        is_known: bool = False,
    ) -> Fetch:
        """The fetch of an article, ranked by what was declared of it; one that was looked at before has no rank.

        is_known: it is on the topic, whatever was declared of it.
        """
        points = None if is_known else self.weigh(url, title, lead)
        is_off = points is not None and points <= 0
        return Fetch(
            url=url, role="article", source=source, is_again=is_again,
            rank=0 if is_again else min(HIGHEST, max(0, round(points or 0))),
            is_last=is_off and not self.is_sampled(url),
        )

    def is_sampled(self, url: str) -> bool:
        """Whether an article is of the sample, which depends on nothing but the seed and its canonical URL."""
        drawn = hashlib.sha256(f"{self.seed} {canonical_url(url)}".encode("utf-8", "replace")).digest()
        return int.from_bytes(drawn[:8]) < self.share * 2**64

    def lost(self, looks: Iterable[Look]) -> tuple[int, int]:
        """Of the sample: how many were fetched and judged, and how many of them are on the topic after all."""
        judged = [
            look for look in looks if look.looks and look.on_topic is not None and self.is_sampled(look.url)
            and self.weigh(look.url, look.title, look.lead) == 0
        ]
        return len(judged), sum(bool(look.on_topic) for look in judged)


UNRANKED = Ranking(weigh=lambda *_: None, seed="", share=0.0)


def source_fetches(sources: Iterable[Source]) -> Iterator[Fetch]:
    """Every feed, sitemap and section of the topic, in its order; lists are not fetched, they are read."""
    for source in sources:
        if source.kind != "list" and source.url:
            yield Fetch(url=source.url, role=source.kind, source=source.name)


def due(
    looks: Iterable[Look], *, now: datetime, revisit: Sequence[timedelta], ranking: Ranking
) -> tuple[list[Fetch], dict[str, bool]]:
    """The discovered articles whose time has come, each canonical URL once: new ones by rank, then those seen before.

    Beside them the canonical URL of every article that was discovered, and whether it was looked at and is not due:
    where another address leads to it, it is not asked for before its time. The looks are not held: most are of articles
    that are not due, and an archive has hundreds of thousands.

    Sitemaps announce front pages too; those list articles and are none.

    One that was never looked at is due. One that was is due when a moment of its schedule has passed since the last
    look; a time of zero means at every run. What turned out to be off the topic is not asked for again.
    """
    best: dict[str, tuple[int, Fetch | None]] = {}  # of an article's addresses the one that was looked at most
    for look in looks:
        key = canonical_url(look.url)
        key = look.url if key == look.url else key  # one text in memory where they are the same
        if key not in best or look.looks > best[key][0]:
            best[key] = look.looks, _fetch(look, ranking) if _is_due(look, now, revisit) else None
    found = [fetch for _, fetch in best.values() if fetch is not None]
    known = {key: looked > 0 and fetch is None for key, (looked, fetch) in best.items()}
    return sorted(found, key=lambda fetch: (fetch.is_last, fetch.is_again, -fetch.rank)), known


def _fetch(look: Look, ranking: Ranking) -> Fetch:
    return ranking.fetch(look.url, source=look.source, title=look.title, lead=look.lead, is_again=bool(look.looks),
                         is_known=bool(look.on_topic))


def is_article(url: str) -> bool:
    """Whether a discovered address may be an article's."""
    return not is_front_page(url)


def _is_due(look: Look, now: datetime, revisit: Sequence[timedelta]) -> bool:
    if (look.on_topic is False and look.looks) or not is_article(look.url):
        return False
    if look.first_at is None or look.last_at is None or EVERY_RUN in revisit:
        return True
    return any(look.last_at < moment <= now for moment in _schedule(look, look.first_at, revisit))


def _schedule(look: Look, first_at: datetime, revisit: Sequence[timedelta]) -> Iterator[datetime]:
    """When to look again: each time of `revisit` after publication and after each edit, as edits come in rows.

    An article that says nothing of its publication, or a time after our first look, counts from that look.
    """
    for begun in (min(look.published or first_at, first_at), *look.edits):
        yield from (begun + age for age in revisit)
    if look.gone_since is not None:
        yield from (look.gone_since + age for age in GONE)
