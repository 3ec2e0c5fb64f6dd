"""`stemma check --live`: ask every source once, into an archive that is thrown away, and say which answer."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from archive.folder import open_archive
from archive.store import runs
from archive.topic import Topic
from pipeline import intake
from pipeline.work import Clock, Work


class LiveSource(NamedTuple):
    """What a source answered."""

    source: str
    answers: bool
    items: int
    detail: str


def live(topic: Topic, clock: Clock) -> list[LiveSource]:
    """Every feed, sitemap and section of the topic, in its order."""
    sources = tuple(source for source in topic.sources if source.kind != "list")
    asked = replace(topic, sources=sources)
    with TemporaryDirectory() as folder, open_archive(Path(folder) / "data", create=True) as archive:
        intake.crawl(Work(archive, asked, clock, lambda *_: None), sources_only=True)
        health = {source.name: source for source in runs.source_health(archive.conn)}
        reasons = runs.reasons(archive.conn)
    return [
        LiveSource(
            source=source.name, answers=health[source.name].last_success is not None and source.url not in reasons,
            items=health[source.name].discovered, detail=reasons.get(source.url or "", source.url or ""),
        )
        for source in sources
    ]
