"""A family that is withheld stays so: texts that come in later and share text with it are withheld too.

The database holds nothing of a withheld text, so its members are read from the WARC files, in memory alone, and looked
for as a text is that somebody pastes. What a person parted from a member does not join by it. Of what was erased
nothing is left by which a copy could be known.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from time import monotonic

from archive import events, warc, withholdings
from archive.errors import DamagedWarc
from archive.model import Document, Report
from archive.payloads import UndecodablePayload, page_bytes
from archive.store import comparisons, judgements
from archive.store import withholdings as withheld
from archive.withholdings import Withholding
from pipeline.custody.deciding import decided_of
from pipeline.intake import erasures_of, read_withholdings, withholdings_of
from pipeline.origins.subject import Subject
from pipeline.work import Work

READINGS = 5  # of each withheld article, the newest payloads


def withhold_joiners(work: Work) -> Report:
    """Withhold the articles that share text with a family that is withheld as one, by events of their own.

    The report names each, since nobody decided on it by itself.
    """
    started, found = monotonic(), dict[str, Withholding]()
    shown = _shown_again(work)
    for family in withheld_families(work) if comparisons.article_count(work.conn) else ():
        for subject in _texts(work, family.url):
            found |= {one.url: one for one in _joiners(work, family, subject) if one.url not in shown | found.keys()}
    events.append(work.archive.folder.events, *map(withholdings.to_event, found.values()))
    if found:
        read_withholdings(work)
    return Report(step="join", done=len(found), seconds=monotonic() - started, counts=tuple(
        (f"withheld with {one.family}: {url}", 1) for url, one in found.items()))


def withheld_families(work: Work) -> list[Withholding]:
    """What is withheld as part of a family, the joiners among it, and not erased; by which family, each says."""
    file = work.archive.folder.events
    decisions, _ = withholdings_of(file)
    erased = {erasure.url for erasure in erasures_of(file)[0]}
    return [one for url, one in withholdings.standing(decisions).items() if one.is_family and url not in erased]


def _shown_again(work: Work) -> set[str]:
    """The articles that people had shown again."""
    decisions, _ = withholdings_of(work.archive.folder.events)
    return {one.url for one in decisions} - withholdings.standing(decisions).keys()


def _texts(work: Work, url: str) -> Iterator[Subject]:
    from pipeline.extract import MAX_HTML_BYTES, NoText, extract

    for held in withheld.payloads_of(work.conn, url, limit=READINGS):
        try:
            page = page_bytes(warc.read_payload(work.archive.folder.warcs, held.record),
                              content_encoding=held.content_encoding, limit=MAX_HTML_BYTES)
            read = extract(page, url=held.url, charset=held.charset, payload_digest=held.payload_digest)
        except (NoText, UndecodablePayload, DamagedWarc):
            continue
        if isinstance(read, Document):
            yield Subject(title=read.title, paragraphs=read.paragraphs, language=read.language)


def _joiners(work: Work, family: Withholding, subject: Subject) -> Iterable[Withholding]:
    from pipeline.trace import trace

    for one in trace(work.conn, work.topic, subject).exemplars:
        if not judgements.is_parted(work.conn, one.card.article_id, family.url):
            yield replace(decided_of(work, one.card.article_id, one.card.url, family=family.family),
                          reason=family.reason, is_family=True)
