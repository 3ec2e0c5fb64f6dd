"""`stemma capture URL...`: fetch pages now, whatever the schedule, and say what the archive then knows of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from archive.model import Report
from archive.store import findings, pages
from archive.store.findings import Found
from archive.urls import canonical_url
from pipeline import intake, steps
from pipeline.work import Work

if TYPE_CHECKING:
    from datasette_config.answers import ArticleAnswer, LinkDetail

LINKS = 10  # that are printed of each kind
HELD = frozenset({"new", "unchanged"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What came of one address: the look at it, and the article as the site shows it, if it is on the topic."""

    asked: str
    found: Found
    article: "ArticleAnswer | None"

    @property
    def is_captured(self) -> bool:
        """Whether the page itself is in the archive, as it was now."""
        return self.found.outcome in HELD


def capture(work: Work, urls: Sequence[str]) -> tuple[list[Report], list[Finding]]:
    """Fetch the pages under guard, robots and manners as all, derive everything, and look up what that gave."""
    started_at = work.clock()
    reports = [intake.index_pending(work), intake.crawl(work, only=tuple(urls)), *steps.update(work)]
    # Of two spellings of one page the first is asked for, and answers for the other.
    first: dict[str, str] = {}
    return reports, [
        _finding(work, first.setdefault(canonical_url(url), url), asked=url, since=started_at) for url in urls]


def _finding(work: Work, url: str, *, asked: str, since: datetime) -> Finding:
    from datasette_config import answers

    found = findings.found(work.conn, url, since=since)
    place = pages.find_address(work.conn, found.url)
    article = answers.article(work.conn, {"": place.key}) if place is not None else None
    return Finding(asked=asked, found=found, article=article if isinstance(article, answers.ArticleAnswer) else None)


def as_json(finding: Finding) -> dict[str, object]:
    """A finding for machines; the article as its page's JSON twin has it."""
    from datasette_config import answers

    found = finding.found
    return {
        "asked": finding.asked, "url": found.url, "outcome": found.outcome, "reason": found.reason,
        "at": found.at.isoformat() if found.at else None, "record": found.record,
        "payload_digest": found.payload_digest, "title": found.title, "on_topic": found.on_topic,
        "terms": list(found.terms), "article": answers.presentable(finding.article),
    }


def lines(finding: Finding, *, topic: str) -> Iterator[str]:
    """A finding for people."""
    found, article = finding.found, finding.article
    yield finding.asked
    if found.url != finding.asked:
        yield f"  led to      {found.url}"
    if not finding.is_captured:
        yield f"  not held    {found.outcome or 'not asked for'}: {found.reason or 'see the report above'}"
    else:
        yield f"  captured    {found.at:%Y-%m-%d %H:%M:%S} UTC, {found.outcome}, {found.payload_digest}"
        yield f"  record      {found.record}"
    if article is not None:
        yield from _article_lines(article)
    elif finding.is_captured and found.on_topic is None:
        yield f"  no text     {found.reason or 'no article was read in it'}"
    elif finding.is_captured:
        told = ", ".join(found.terms) or "none of its terms"
        yield f"  title       {found.title}"
        yield f"  off topic   {topic}: {told}; it is kept, and shown only among the captures"


def _article_lines(article: "ArticleAnswer") -> Iterator[str]:
    from datasette_config import words

    card = article.article
    yield f"  title       {card.title}"
    yield f"  outlet      {card.outlet}, {words.dated(card.dating)} ({words.basis(card.dating)})"
    yield f"  versions    {card.versions}; this one is {card.public_id}"
    for heading, details in (("made from", article.sources), ("copied by", article.copies),
                             ("shares with", article.undecided)):
        yield from (f"  {heading:<11} {_link_line(detail)}" for detail in details[:LINKS])
        if len(details) > LINKS:
            yield f"  {'':<11} and {len(details) - LINKS} more"
    if not (article.sources or article.copies or article.undecided):
        yield "  shares with no other text that the archive holds"
    yield f"  cite        {article.citation}"


def _link_line(detail: "LinkDetail") -> str:
    from datasette_config import words

    link, other = detail.link, detail.other
    said = "".join(f", {reason.detail}" for reason in link.evidence if reason.kind == "judgement")
    sure = "" if link.direction != "decided" else f", direction {words.percent(link.direction_confidence)} sure"
    covered = f"{words.percent(link.copy_coverage)} of the copy"
    return (f"{other.outlet}, {words.dated(other.dating)}: {words.short(other.title, 60)} <{other.url}> "
            f"({words.relation(link)}, {covered}{sure}{said})").replace("\u00a0", " ")
