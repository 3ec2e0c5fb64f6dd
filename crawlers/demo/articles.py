"""The bundled web's source files -> outlets and articles as they are at one moment."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

PAGES = Path(__file__).parent / "pages"

Moment = Literal[1, 2]
Kind = Literal["article", "live", "stub", "video"]
Deed = Literal["moved", "missing", "gone", "failed", "amp", "image", "cut-gzip", "hang-up", "reset", "drip"]
SourceKind = Literal["rss", "atom", "sitemap", "news-sitemap", "gzipped-sitemap", "sitemap-index", "page-not-feed"]
BlockKind = Literal["paragraph", "heading", "quote", "notice", "credit", "time"]

MARKS: dict[str, BlockKind] = {"## ": "heading", "> ": "quote", "!! ": "notice", "-- ": "credit", "@@ ": "time"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block of an article's body, without its mark."""

    kind: BlockKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article in one state; published and modified are ISO 8601 with offset, as the outlet writes them."""

    path: str
    title: str
    authors: tuple[str, ...]
    published: str
    modified: str
    lead: str
    section: str
    kind: Kind
    since: Moment
    announced: bool
    gone: bool
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Special:
    """What an address does beside, or instead of, showing an article; `to` for redirects and AMP twins.

    title and published are what a feed says of it; None where no feed or sitemap names it.
    """

    path: str
    does: Deed
    to: str
    title: str
    published: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """One site: who it is, how it answers, the words of its furniture, and its addresses beside the articles."""

    key: str
    name: str
    host: str
    scheme: str
    language: str
    country: str
    template: str
    encoding: str
    gzips: bool
    tells_etag: bool
    tells_charset: bool
    feed_suffix: str
    robots: str | None
    sources: tuple[tuple[str, SourceKind], ...]  # (path, kind)
    specials: tuple[Special, ...]
    words: dict[str, str]

    @property
    def root(self) -> str:
        return f"{self.scheme}://{self.host}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """An outlet with its articles in both states: `first` and, where it differs, `second`."""

    outlet: Outlet
    first: tuple[Article, ...]
    second: dict[str, Article]

    def articles(self, moment: Moment) -> list[Article]:
        """What is there at a moment, newest first; removed articles are kept, and marked gone."""
        states = (self.second.get(article.path, article) if moment == 2 else article for article in self.first)
        return sorted((a for a in states if a.since <= moment), key=lambda a: a.published, reverse=True)


def load_sites(pages: Path = PAGES) -> tuple[Site, ...]:
    """Every outlet below a folder, in order of its name."""
    return tuple(_site(path.parent) for path in sorted(pages.glob("*/outlet.toml")))


def _site(folder: Path) -> Site:
    files = [path for path in sorted(folder.glob("*.md")) if not path.name.endswith(".2.md")]
    second = [parse_article(path.read_text("utf-8")) for path in sorted(folder.glob("*.2.md"))]
    return Site(
        outlet=_outlet(folder.name, tomllib.loads((folder / "outlet.toml").read_text("utf-8"))),
        first=tuple(parse_article(path.read_text("utf-8")) for path in files),
        second={article.path: article for article in second},
    )


def _outlet(key: str, raw: dict[str, Any]) -> Outlet:
    return Outlet(
        key=key,
        name=raw["name"],
        host=raw["host"],
        scheme=raw["scheme"],
        language=raw["language"],
        country=raw["country"],
        template=raw["template"],
        encoding=raw.get("encoding", "utf-8"),
        gzips=raw.get("gzips", False),
        tells_etag=raw.get("tells_etag", False),
        tells_charset=raw.get("tells_charset", True),
        feed_suffix=raw.get("feed_suffix", ""),
        robots=raw.get("robots"),
        sources=tuple((path, kind) for path, kind in raw.get("sources", {}).items()),
        specials=tuple(_special(each) for each in raw.get("special", [])),
        words=raw["words"],
    )


def _special(raw: dict[str, Any]) -> Special:
    return Special(
        path=raw["path"],
        does=raw["does"],
        to=raw.get("to", ""),
        title=raw.get("title", ""),
        published=raw.get("published"),
    )


def parse_article(text: str) -> Article:
    """An article's file: TOML between two lines of plus signs, then the body."""
    _, front, body = text.split("+++\n", 2)
    raw = tomllib.loads(front)
    return Article(
        path=raw["path"],
        title=raw["title"],
        authors=tuple(raw.get("authors", ())),
        published=raw["published"],
        modified=raw.get("modified", raw["published"]),
        lead=raw.get("lead", ""),
        section=raw.get("section", ""),
        kind=raw.get("kind", "article"),
        since=raw.get("since", 1),
        announced=raw.get("announced", True),
        gone=raw.get("gone", False),
        blocks=tuple(_blocks(body)),
    )


def _blocks(body: str) -> Iterator[Block]:
    for chunk in body.split("\n\n"):
        text = " ".join(chunk.split())
        if not text:
            continue
        kind: BlockKind = next((MARKS[mark] for mark in MARKS if text.startswith(mark)), "paragraph")
        yield Block(kind=kind, text=text if kind == "paragraph" else text.partition(" ")[2])
