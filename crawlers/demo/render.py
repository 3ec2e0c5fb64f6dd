"""Outlets and articles -> HTML pages, feeds and sitemaps, as text."""

from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from crawlers.demo.articles import Article, Outlet, SourceKind

TEMPLATES = Path(__file__).parent / "templates"
FEED_TEMPLATES: dict[SourceKind, str] = {
    "rss": "rss.xml",
    "atom": "atom.xml",
    "sitemap": "sitemap.xml",
    "gzipped-sitemap": "sitemap.xml",
    "news-sitemap": "news-sitemap.xml",
    "sitemap-index": "sitemap-index.xml",
}
MONTHS = {
    "en": "January February March April May June July August September October November December",
    "uk": "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
}
DATES = {
    "en": "{month} {day}, {year}",
    "uk": "{day} {month} {year}, {clock}",
    "ru": "{day} {month} {year}, {clock}",
    "it": "{day} {month} {year} alle {clock}",
    "es": "{day} de {month} de {year} - {clock}",
}


class Entry(NamedTuple):
    """One line of a feed or sitemap; published and modified in ISO 8601 with offset."""

    url: str
    title: str
    published: str
    modified: str
    author: str
    summary: str


def visible_date(moment: str, language: str) -> str:
    """A date as a reader of that language sees it on the page."""
    at = datetime.fromisoformat(moment)
    month = MONTHS[language].split()[at.month - 1]
    return DATES[language].format(day=at.day, month=month, year=at.year, clock=f"{at:%H:%M}")


def rss_date(moment: str) -> str:
    """A date as RSS writes it (RFC 822, with the offset of the source)."""
    return format_datetime(datetime.fromisoformat(moment))


def as_person(name: str) -> dict[str, str]:
    """An author in JSON-LD."""
    return {"@type": "Person", "name": name}


def environment() -> Environment:
    """The templates; an unknown name in one is an error, and everything is escaped."""
    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["visible_date"] = visible_date
    found.filters["rss_date"] = rss_date
    found.filters["as_person"] = as_person
    return found


def article_page(
    templates: Environment,
    template_name: str,
    outlet: Outlet,
    article: Article,
    others: Sequence[Article],
    *,
    nonce: str,
) -> str:
    """One article as its outlet shows it; nonce is what differs between two requests of the same page."""
    template = templates.get_template(template_name)
    return template.render(outlet=outlet, words=outlet.words, article=article, others=others, nonce=nonce)


def front_page(templates: Environment, outlet: Outlet, articles: Sequence[Article], *, nonce: str) -> str:
    """The outlet's start page: a headline, lead and link for each article."""
    template = templates.get_template(outlet.template)
    return template.render(outlet=outlet, words=outlet.words, article=None, others=articles, nonce=nonce)


def feed(
    templates: Environment, kind: SourceKind, outlet: Outlet, entries: Sequence[Entry], sitemaps: list[str]
) -> str:
    """A feed or sitemap of the entries; sitemaps are the addresses that a sitemap index names."""
    template = templates.get_template(FEED_TEMPLATES[kind])
    return template.render(outlet=outlet, entries=entries, sitemaps=sitemaps)
