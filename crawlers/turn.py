"""One turn of a backfill: a process's share of the work under the archive's lock, and how it asks."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from scrapy import Request, Spider

from archive.model import Capture
from archive.payloads import UndecodablePayload, decoded
from archive.store.slices import Scope
from crawlers.crawl import Crawl, Refused
from crawlers.ranges import Stretch, stretch, wished
from crawlers.recorder import ARCHIVE, CAPTURE, ORIGINAL, ROLE, SOURCE, UNKEPT, cut_off

MAX_ANSWER_BYTES = 200_000_000  # of an index's answer, unpacked
RANGE_TIMEOUT = 300.0  # seconds in which a part of a big file must come, at least
TRIES = 4  # of a question that is answered 429 or 503; the site's manners say how long to wait between


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: the body without its Content-Encoding, and the capture that holds it."""

    status: int
    body: bytes
    capture: Capture


@dataclass(slots=True)
class Turn:
    """Asks through the crawl's own guard, robots, manners and recorder, until its time is up.

    `progress` counts what got done, `stopped` says why the service is left in peace.
    """

    crawl: Crawl
    scope: Scope
    hosts: Sequence[str]
    ends_at: float
    download: Callable[[Request], Awaitable[Any]] | None = None  # given when Scrapy's engine runs
    progress: int = 0
    stopped: str | None = None
    notes: dict[str, int] = field(default_factory=dict)
    asked_at: float = 0.0

    @property
    def is_over(self) -> bool:
        """Time is up, the service wants peace, or the disk is full."""
        return monotonic() >= self.ends_at or self.stopped is not None or self.crawl.fatal is not None

    async def ask(
        self, url: str, *, role: str = "other", source: str | None = None, original: str | None = None,
        archive: str | None = None, headers: dict[str, str] | None = None, retry: bool = True,
    ) -> Answer | None:
        """One exchange, recorded; None where there was no whole answer. Raises Refused where it may not be asked."""
        assert self.download is not None
        meta = {ROLE: role, SOURCE: source, ORIGINAL: original, ARCHIVE: archive, "dont_retry": not retry}
        try:
            response = await self.download(Request(url, meta=meta, headers=headers))
        except Refused:
            raise
        except Exception:  # noqa: BLE001  # whatever went wrong, the recorder has kept it and there was no answer
            return None
        capture: Capture | None = response.meta.get(CAPTURE)
        if capture is None or capture.truncated:
            return None
        self.crawl.progress(url)
        try:
            body = decoded(response.body, content_encoding=capture.content_encoding, limit=MAX_ANSWER_BYTES)
        except UndecodablePayload:
            body = response.body
        return Answer(status=response.status, body=body, capture=capture)

    async def read(self, url: str, *, start: int, length: int, original: str | None = None) -> Stretch | None:
        """Bytes of a file from `start` on, at most as many as a body may have, read and not kept as an exchange.

        None where there was no answer. Raises Refused where it may not be asked, and as crawlers.ranges.stretch.
        """
        assert self.download is not None
        settings = self.crawl.topic.crawl
        headers = {"Range": wished(start, min(length, settings.max_body_bytes)), "Accept-Encoding": "identity"}
        meta = {UNKEPT: True, ORIGINAL: original, "download_timeout": max(settings.timeout, RANGE_TIMEOUT)}
        try:
            response = await self.download(Request(url, meta=meta, headers=headers))
        except Refused:
            raise
        except Exception:  # noqa: BLE001  # whatever went wrong, the recorder has kept that there was no answer
            return None
        self.crawl.progress(url)
        found = stretch(
            status=response.status, content_range=(response.headers.get("Content-Range") or b"").decode("latin-1"),
            body=response.body, start=start, is_whole=cut_off(response) is None,
        )
        self.crawl.succeeded(url)
        return found

    async def refusal(self, original: str) -> str | None:
        """Why a copy of an address may not be taken from an archive, by the rules of its own site."""
        assert self.crawl.copy_refusal is not None
        return await self.crawl.copy_refusal(original)

    async def ask_index(
        self, url: str, *, delay: float, role: str = "other", source: str | None = None
    ) -> Answer | None:
        """The same of an index: no sooner than `delay` seconds after the last, tried again where it is too busy."""
        answer = None
        for _ in range(TRIES):
            await asyncio.sleep(max(0.0, self.asked_at + delay - monotonic()))
            if self.is_over:
                return None
            self.asked_at = monotonic()
            try:
                answer = await self.ask(url, role=role, source=source, retry=False)
            except Refused as error:
                self.stop(str(error))
                return None
            finally:
                self.asked_at = max(self.asked_at, monotonic() - delay)
            if answer is None or answer.status not in (429, 503):
                break
        if answer is None:
            self.stop(f"{url.split('?')[0]} gave no answer")
        elif answer.status in (429, 503):
            self.stop(f"{url.split('?')[0]} answers {answer.status} {TRIES} times; it is left in peace for now")
        return answer

    def stop(self, reason: str) -> None:
        """Leave the service in peace; the first reason stands."""
        self.stopped = self.stopped or reason

    def count(self, what: str, n: int = 1) -> None:
        """Add to a figure of the report."""
        self.notes[what] = self.notes.get(what, 0) + n


class TurnSpider(Spider):
    """Does the work of a turn, service after service; Scrapy sees one start that takes its time."""

    name = "stemma-backfill"

    def __init__(
        self, crawl: Crawl, tasks: Sequence[tuple[Turn, Callable[[Turn], Awaitable[None]]]], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.crawl, self._tasks = crawl, tasks

    async def start(self) -> AsyncIterator[Request]:
        """Work; what goes wrong is kept for who started the session."""
        engine = self.crawler.engine
        assert engine is not None
        try:
            for turn, task in self._tasks:
                turn.download = engine.download_async
                await task(turn)
        except Exception as error:  # noqa: BLE001  # Scrapy would log it and call the session a success
            self.crawl.broken = error
        return
        yield  # makes this the asynchronous iterator that Scrapy asks for
