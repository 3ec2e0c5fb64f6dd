"""One turn of a backfill: a process's share of the work under the archive's lock, and how it asks."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

from scrapy import Request, Spider

from archive import log
from archive.model import Capture, Days, Slice
from archive.payloads import UndecodablePayload, decoded
from archive.store import slices
from archive.store.slices import Scope
from crawlers.archives.ranges import Stretch, stretch, wished
from crawlers.crawl import Crawl, Postponed, Refused
from crawlers.errors import Unreadable
from crawlers.recorder import ARCHIVE, CAPTURE, DAYS, ORIGINAL, ROLE, SOURCE, UNKEPT, cut_off

MAX_ANSWER_BYTES = 200_000_000  # of an index's answer, unpacked
RANGE_TIMEOUT = 300.0  # seconds in which a part of a big file must come, at least
TRIES = 4  # of a question that is answered 429 or 503; the site's manners say how long to wait between


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: the body without its Content-Encoding, the payload with it, the capture that holds it."""

    status: int
    body: bytes
    payload: bytes
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
        days: Days | None = None,
    ) -> Answer | None:
        """One exchange, recorded; None where there was no whole answer. Raises Refused where it may not be asked."""
        assert self.download is not None
        meta = {ROLE: role, SOURCE: source, ORIGINAL: original, ARCHIVE: archive, DAYS: days, "dont_retry": not retry}
        try:
            response = await self.download(Request(url, meta=meta, headers=headers))
        except Postponed as error:
            self.crawl.told_once(url, str(error))
            raise
        except Refused as error:
            log.event("refused", url=url, reason=str(error))
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
        return Answer(status=response.status, body=body, payload=response.body, capture=capture)

    async def read(self, url: str, *, start: int, length: int, original: str | None = None) -> Stretch | None:
        """Bytes of a file from `start` on, at most as many as a body may have, read and not kept as an exchange.

        None where there was no answer. Raises Refused where it may not be asked, and as ranges.stretch.
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


async def read_files(
    turn: Turn, scope: Scope, read_one: Callable[[Turn, Slice], Awaitable[bool]], *, workers: int
) -> None:
    """File after file of the scope, those that lead to others first; what cannot be read is left to the next turn."""
    given_up = set[str]()
    while not turn.is_over:
        parts = [part for part in slices.pending_files(turn.crawl.conn, scope) if part.what not in given_up]
        if not parts:
            return
        level = place_of(parts[0])[0]
        waiting = iter([part for part in parts if place_of(part)[0] == level])
        done = await asyncio.gather(*(_read_some(turn, waiting, read_one) for _ in range(workers)))
        given_up.update(what for failed in done for what in failed)


async def _read_some(
    turn: Turn, waiting: Iterator[Slice], read_one: Callable[[Turn, Slice], Awaitable[bool]]
) -> list[str]:
    """One worker's share; what it could not read."""
    given_up = []
    for part in waiting:
        if turn.is_over:
            break
        try:
            is_read = await read_one(turn, part)
        except (Unreadable, Refused) as error:
            slices.note(turn.crawl.conn, part, str(error))
            is_read = False
        if is_read:
            turn.progress += 1
        elif not turn.is_over:
            turn.count("questions without an answer")
            given_up.append(part.what)
    return given_up


def place_of(part: Slice) -> tuple[int, str]:
    """How many files lie above a file, and what it is read for."""
    depth, _, reason = (part.resume_key or "0 ").partition(" ")
    return int(depth), reason


def below(part: Slice, address: str) -> Slice:
    """The slice of a file to which a file leads, read for the same."""
    depth, reason = place_of(part)
    return replace(part, what=address, resume_key=f"{depth + 1} {reason}")


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
