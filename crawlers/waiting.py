"""What a run has still to fetch, by site, and what it knows and asked for (pure).

What waits are small values, of which requests are made when their turn comes. Scrapy's own queues hold whole requests,
two kilobytes each, and a run may have tens of thousands.
"""

from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import Generic, TypeVar

from archive.urls import canonical_url

T = TypeVar("T")
Order = tuple[int, int]  # lower goes first: the negative priority, and 0 for what was found in this run, else 1


class Waiting(Generic[T]):
    """The sites take turns; within a site what has the lower order goes first, and equals in the order they came."""

    def __init__(self) -> None:
        self._sites: OrderedDict[str, dict[Order, deque[T]]] = OrderedDict()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def add(self, site: str, order: Order, entry: T) -> None:
        """Let something wait for its site's turn."""
        self._sites.setdefault(site, {}).setdefault(order, deque()).append(entry)
        self._length += 1

    def next(self, under_way: Mapping[str, int], *, most: int) -> T | None:
        """What goes next: of the sites with fewer than `most` under way one that has least; None where all have theirs.

        More of a site would only take places from others: it would wait for that site's turn all the same.
        """
        chosen, least = None, most
        for site in self._sites:
            active = under_way.get(site, 0)
            if active < least:
                chosen, least = site, active
            if not least:
                break
        return self._taken(chosen) if chosen is not None else None

    def _taken(self, site: str) -> T:
        queues = self._sites[site]
        order = min(queues)
        entry = queues[order].popleft()
        self._length -= 1
        if not queues[order]:
            del queues[order]
        if queues:
            self._sites.move_to_end(site)
        else:
            del self._sites[site]
        return entry


class Known:
    """Which articles a run knows of, and what it asked for.

    One request for one address in a run, to the letter, and for articles one for each canonical URL. A redirect within
    one canonical URL (to https, to a trailing slash) is followed; one to another article is not where that was asked
    for already, in this run or before and is not due.
    """

    def __init__(self) -> None:
        self._addresses: set[str] = set()
        self._articles: dict[str, bool] = {}  # canonical URL -> it was asked for, and is not to be again in this run

    def learn(self, articles: Mapping[str, bool]) -> None:
        """Know articles by their canonical URLs, and whether each was asked for in an earlier run and is not due."""
        self._articles.update(articles)

    def is_new(self, url: str) -> bool:
        """Whether an address is of an article that was not known; from now on it is."""
        before = len(self._articles)
        self._articles.setdefault(canonical_url(url), False)
        return len(self._articles) > before

    def is_repeated(self, url: str, *, is_article: bool, led_by: tuple[str, ...] = ()) -> bool:
        """Whether the address, or its article, was asked for already; from now on it was."""
        if url in self._addresses:
            return True
        self._addresses.add(url)
        if not is_article:
            return False
        article = canonical_url(url)
        if article in map(canonical_url, led_by):
            return False
        was_asked = self._articles.get(article, False)
        self._articles[article] = True
        return was_asked
