"""`stemma export wacz`: what was asked for, with all that it needs to be replayed, as a package; `prov`: lineages."""

import os
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic

from archive import wacz
from archive.errors import UnknownText, WriteFailed
from archive.folder import DataFolder
from archive.model import Capture, RecordRef, Report
from archive.store import evidence, kin, lineage, pages, withholdings
from archive.topic import Topic
from archive.wacz import Page
from pipeline import PROGRAM
from pipeline.custody.withheld import Withheld
from pipeline.operating.care import reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a package is to hold: what is of all that is named; of nothing named, everything. before is exclusive."""

    article: str | None = None
    family: str | None = None
    source: str | None = None
    since: datetime | None = None
    before: datetime | None = None

    @property
    def name(self) -> str:
        """For the package's title."""
        named = [f"{what} {value}" for what, value in (("article", self.article), ("family", self.family),
                                                       ("source", self.source)) if value]
        named += [f"{word} {moment:%Y-%m-%d}" for word, moment in (("from", self.since), ("before", self.before))
                  if moment]
        return ", ".join(named) or "all"


def export(topic: Topic, data: Path, file: Path, wanted: Wanted, *, now: datetime) -> Report:
    """Write a package. Raises UnknownText where nothing is what was named, DamagedWarc, WriteFailed."""
    started = monotonic()
    with reading(data) as conn:
        article_id = _article(conn, wanted.article) if wanted.article else None
        found = list(_with_originals(conn, evidence.wanted(
            conn, article_id=article_id, family=wanted.family, source=wanted.source, since=wanted.since,
            before=wanted.before), Withheld(conn, DataFolder(data).warcs)))
        if not found:
            raise UnknownText(f"the archive holds no capture of what was asked for ({wanted.name}); nothing is written")
        done = wacz.write(file, DataFolder(data).warcs, found, title=f"{topic.title}: {wanted.name}", software=PROGRAM,
                          now=now)
    return Report(step="export", done=done, counts=(("pages", sum(page.title is not None for page in found)),),
                  seconds=monotonic() - started)


def export_index(data: Path, file: Path) -> Report:
    """Write the index of the whole archive but for what is withheld. Raises WriteFailed."""
    started = monotonic()
    with reading(data) as conn:
        withheld = Withheld(conn, DataFolder(data).warcs)
        done = wacz.write_index(file, (found for found, _ in evidence.wanted(conn) if found not in withheld))
    return Report(step="export", done=done, seconds=monotonic() - started)


def export_lineage(data: Path, file: Path, wanted: Wanted, *, site: str | None) -> Report:
    """Write the lineage of an article or a family as W3C PROV, in the form that the file's ending names.

    Raises UnknownText where neither, or nothing that is held, was named; WriteFailed.
    """
    from pipeline.sharing import prov

    started = monotonic()
    with reading(data) as conn:
        if wanted.family:
            family = kin.find_family(conn, wanted.family)
            if family is None:
                raise UnknownText(f"no family is held under the name {wanted.family}; give a public id")
            found = lineage.of_family(conn, family)
        elif wanted.article:
            found = lineage.of_article(conn, _article(conn, wanted.article))
        else:
            raise UnknownText("say of what: --article ARTICLE or --family ID")
    ending = file.suffix.removeprefix(".") if str(file) != "-" else "json"
    if ending not in prov.FORMATS:
        raise WriteFailed(f"{file}: a lineage is written as .{', .'.join(prov.FORMATS)}; name the file so")
    text = prov.written(found, ending, program=PROGRAM, site=site)
    if str(file) == "-":
        sys.stdout.write(text)
    else:
        try:
            part = file.with_name(file.name + ".part")
            part.write_text(text, encoding="utf-8")
            os.replace(part, file)
        except OSError as error:
            raise WriteFailed(f"{file}: {error.strerror}; name a file that can be written") from error
    return Report(step="export", done=len(found.versions), seconds=monotonic() - started, counts=(
        ("captures", len(found.captures)), ("links", len(found.links))))


def _article(conn: sqlite3.Connection, name: str) -> int:
    place = pages.named(conn, name)
    if place is None:
        withholdings.refuse(conn, name)
        raise UnknownText(f"{name} is no article on the topic that the archive holds; give its address, key or id")
    return place.article_id


def _with_originals(
    conn: sqlite3.Connection, found: Iterable[tuple[Capture, str | None]], withheld: Withheld
) -> Iterator[Page]:
    """Each capture once, and of each revisit the capture that holds its payload."""
    given, originals = set[RecordRef](), dict[RecordRef, Capture]()
    for capture, title in found:
        if capture in withheld:
            continue
        given.add(capture.record)
        yield Page(capture=capture, title=title)
        holder = evidence.holder(conn, capture) if capture.is_revisit else None
        if holder is not None:
            originals[holder.record] = holder
    for record, holder in originals.items():
        if record not in given:
            yield Page(capture=holder, title=None)
