"""What a source said of an article -> how promising that is for the topic, before the article is fetched (pure)."""

import re
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from archive.topic import Topic
from crawlers.frontier import Ranking
from pipeline.relevance import Matcher, matcher_of, relevance

MIN_WORDS = 3  # of headline and lead, below which they tell nothing ("Live", "Video: bridges")


def promise(url: str, title: str | None, lead: str | None, matcher: Matcher) -> float | None:
    """The points of the topic's terms in headline, lead and slug; 0 where much was said and none was met.

    None where too little was said to tell. The slug alone can speak for an article, not against it: it may be in
    another alphabet than the terms, or a number.
    """
    told = relevance(title or "", [text for text in (lead, _slug(url)) if text], None, matcher)
    if told.terms:
        return max(0.0, told.score)
    return 0.0 if len(f"{title or ''} {lead or ''}".split()) >= MIN_WORDS else None


def told_on_topic(url: str, title: str | None, lead: str | None, matcher: Matcher) -> float:
    """The points of what is told of an article that could not be read, 0 where that is not on the topic."""
    told = relevance(title or "", [text for text in (lead, _slug(url)) if text], None, matcher)
    return told.score if told.on_topic else 0.0


def ranking_of(topic: Topic) -> Ranking:
    """How the topic ranks announcements; its terms are compiled when the first is weighed."""
    matcher = lru_cache(maxsize=1)(lambda: matcher_of(topic))
    return Ranking(
        weigh=lambda url, title, lead: promise(url, title, lead, matcher()), seed=topic.digest, share=topic.crawl.sample
    )


def _slug(url: str) -> str:
    """The words of the address's path, with capitals, which names ask for."""
    try:
        path = unquote(urlsplit(url).path)
    except ValueError:
        return ""
    return " ".join(re.split(r"[\W\d_]+", path)).title()[:500]
