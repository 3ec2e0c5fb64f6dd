"""The archive -> a database for serving, of whole texts or of excerpts."""

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Container, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from archive.errors import UnreadableFile
from archive.folder import DataFolder
from archive.model import ChangedPassage
from archive.store import read_database, snapshots
from archive.store.snapshots import Rights, Shortening, Snapshot
from archive.times import to_iso
from archive.topic import Topic
from pipeline import PROGRAM
from pipeline.copies.reading import read
from pipeline.descent.explain import explained
from pipeline.origins.likely import lone_keys
from pipeline.sharing import excerpts
from pipeline.sharing.excerpts import Quoting

LINE = 300  # characters of what a page or a source declares: a lead, a credit line, a reason, an author
LINES = 20  # of one kind that a page declares: credit lines, authors, corrections
READ = 100  # readings of a page's fields, links
ADDRESS = 1_000  # characters: percent signs make nine of a Chinese one; what has a longer address is not there
# Of what was read from a page, the fields that are no text of the article.
READINGS = frozenset({
    "title", "subtitle", "author", "contributor", "agency", "published", "modified", "language", "site_name", "section",
    "type", "free", "keywords", "rights",
})


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """How many versions a database for serving holds, and of how many of them excerpts only."""

    versions: int
    excerpts: int


def snapshot(
    topic: Topic, data: Path, target: Path, *, now: datetime, beside: Callable[[Path], None] = lambda _: None
) -> Made:
    """Write a database for serving to `target`, which appears whole or not at all.

    It is made from one state of the archive, beside a crawl too; `beside` is given the new file before it takes its
    place. Raises MissingArchive, OlderSchema, UnreadableFile where an archive's own database lies at the target.
    """
    database = DataFolder(data).database
    read_database(database).close()  # a missing or other database is said before anything is made
    _refuse_an_archive(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    try:
        with snapshots.filling(part, database) as conn:
            made = _fill(conn, topic, now)
        with open(part, "rb+") as file:
            os.fsync(file.fileno())
        beside(part)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    return made


def _refuse_an_archive(target: Path) -> None:
    """A folder that is served is no place for an archive's own database, and the reverse: one would be overwritten."""
    if target.exists():
        conn = read_database(target)
        try:
            found = snapshots.read(conn)
        finally:
            conn.close()
        if found is None:
            raise UnreadableFile(f"{target} is an archive's own database; give another folder")


def _fill(conn: sqlite3.Connection, topic: Topic, now: datetime) -> Made:
    held = list(snapshots.rights(conn))
    cut = {found.version_id for found in held if not may_be_whole(topic, found)}
    whole = _Whole(cut)
    quoting = Quoting()
    for left, right, passages in snapshots.reuses(conn) if cut else ():
        if left in cut or right in cut:
            texts = snapshots.text(conn, left), snapshots.text(conn, right)
            quoting.grant((left, texts[0]), (right, texts[1]), passages, whole=whole)
    cut_articles = {found.article_id for found in held if found.version_id in cut}
    cut_edits = {found.version_id for found in held if found.article_id in cut_articles}
    snapshots.copy(conn, _shortening(quoting, whole, cut_articles, cut_edits) if cut else _AS_IT_IS, cut)
    for found in snapshots.links(conn):
        sentences = [excerpts.short(one, LINE) for one in explained(found.link, found.reuse, *found.texts)]
        snapshots.add_explanation(conn, found.copy_id, found.exemplar_id, sentences)
    if cut:
        snapshots.add_keys(conn, lambda version_id: lone_keys(read(snapshots.text(conn, version_id))))
    snapshots.finish(conn, Snapshot(contents="excerpts" if cut else "full", made_at=to_iso(now), program=PROGRAM,
                                    title=topic.publish.title or topic.title))
    return Made(versions=len(held), excerpts=len(cut))


def may_be_whole(topic: Topic, rights: Rights) -> bool:
    """Whether a version may be shown whole: as its source's `full_text` says, else `publish.full_text`.

    One source that says no is enough; a text that its page says is not free is not given away by default, and one whose
    page asks not to be shown from an archive never is.
    """
    if rights.is_noarchive:
        return False
    said = {source.name: source.full_text for source in topic.sources}
    found = {said.get(name) for name in rights.sources}
    if False in found:
        return False
    return True in found or (topic.publish.full_text == "all" and rights.is_free is not False)


class _Whole(Container[int]):
    """The versions that are shown whole: all but those that are cut."""

    def __init__(self, cut: Container[int]) -> None:
        self._cut = cut

    def __contains__(self, version_id: object) -> bool:
        return version_id not in self._cut


def _shortening(
    quoting: Quoting, whole: Container[int], cut_articles: Container[int], cut_edits: Container[int]
) -> Shortening:
    def shown(version_id: int, text: str) -> str:
        return text if version_id in whole else quoting.of(version_id, text).excerpt(text)

    def edit(version_id: int, passages: str) -> str:  # what was taken out stood in the version before
        return _changes(passages) if version_id in cut_edits else passages

    def post_text(article_id: int, text: str) -> str:
        return excerpts.beginning(text, excerpts.POST) if article_id in cut_articles else text

    def post_edit(article_id: int, passages: str) -> str:
        return _changes(passages) if article_id in cut_articles else passages

    def aligned(left: int, right: int, stored: str, left_text: str, right_text: str) -> str:
        found = quoting.aligned((left, left_text), (right, right_text), snapshots.passages(stored), whole=whole)
        return _json([[p.left_start, p.left_end, p.right_start, p.right_end, p.words] for p in found])

    return Shortening(shown=shown, edit=edit, post_text=post_text, post_edit=post_edit, aligned=aligned, short=_line,
                      label=_label, dating=_dating, is_address=_is_address, short_list=_lines, link_list=_links,
                      readings=_readings, reasons=_reasons)


def _same(*values: Any) -> Any:
    """The value itself: the last, or of what two texts share the third, which goes before their texts."""
    return values[2] if len(values) > 2 else values[-1]


_AS_IT_IS = Shortening(shown=_same, edit=_same, post_text=_same, post_edit=_same, aligned=_same, short=_same,
                       label=_same, dating=_same, is_address=lambda _: True, short_list=_same, link_list=_same,
                       readings=_same, reasons=_same)


def _changes(passages: str) -> str:
    return _json([asdict(one) for one in excerpts.changes([ChangedPassage(**one) for one in json.loads(passages)])])


def _line(text: str | None) -> str | None:
    return None if text is None else excerpts.short(text, LINE)


def _label(text: str | None) -> str | None:
    """A name by which articles are counted: two that begin alike stay two."""
    if text is None or len(text) <= LINE:
        return text
    return f"{excerpts.short(text, LINE)} {hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:8]}"


def _dating(stored: str | None) -> str | None:
    """A date with the words in which a page states it, which may be any."""
    if stored is None or len(stored) <= LINE or not stored.startswith("{"):
        return _line(stored)
    read = json.loads(stored)
    return json.dumps(read | {"verbatim": _line(read.get("verbatim"))}, ensure_ascii=False, separators=(",", ":"))


def _is_address(url: str) -> bool:
    return len(url) <= ADDRESS


def _lines(stored: str) -> str:
    return _json([excerpts.short(line, LINE) for line in json.loads(stored)[:LINES]])


def _links(stored: str) -> str:
    """Lists with an address in each."""
    return _json([one for one in json.loads(stored) if len(_json(one)) <= ADDRESS][:READ])


def _readings(stored: str) -> str:
    found = [one for one in json.loads(stored) if one[0] in READINGS]
    return _json([[field, excerpts.short(value, LINE), basis] for field, value, basis in found[:READ]])


def _reasons(stored: str) -> str:
    return _json([reason | {"detail": excerpts.short(reason["detail"], LINE)} for reason in json.loads(stored)])


def _json(value: Iterable[object]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
