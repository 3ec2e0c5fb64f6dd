"""One Scrapy session: a spider run to its end, with our certificates, resolver and raw heads around it."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from scrapy import Spider, signals
from scrapy.crawler import CrawlerProcess

from archive.errors import CrawlFailed, TopicError
from archive.topic import Topic
from crawlers import rawhead
from crawlers.crawl import Crawl
from crawlers.resolver import GuardedResolver
from crawlers.settings import resolver_guard, scrapy_settings, trust

SWEEP_SECONDS = 1.0


def run_spider(spider: type[Spider], work: Crawl, *, prepare: Callable[[], None], **arguments: Any) -> None:
    """Run a spider to its end and close the WARC file; once in a process, as Twisted's reactor starts only once.

    `prepare` is called before the first request. Raises CrawlFailed, or the archive's own error, for what is not a
    page's fault; KeyboardInterrupt after Ctrl-C.
    """
    rawhead.install()
    GuardedResolver.guard = resolver_guard(work.topic)
    with TemporaryDirectory() as folder:
        trust(_authorities(work.topic), bundle=Path(folder) / "authorities.pem")
        try:
            prepare()
            process = CrawlerProcess(scrapy_settings(work.topic))
            crawler = process.create_crawler(spider)
            crawler.signals.connect(_sweep, signals.spider_opened)
            process.crawl(crawler, crawl=work, **arguments)
            process.start()
        finally:
            with suppress(OSError):
                work.recorder.writer.close()
    if work.fatal is not None:
        raise work.fatal
    if work.broken is not None:  # Scrapy would have logged it and called the session a success
        raise work.broken
    reason = crawler.stats.get_value("finish_reason") if crawler.stats else None
    if reason == "shutdown":  # Scrapy took the signal, to end what was under way; now the command ends
        raise KeyboardInterrupt
    if reason not in ("finished", "closespider_timeout"):
        raise CrawlFailed(f"the crawl ended early ({reason}); see the messages above, then run it again")


def _sweep() -> None:
    """Let a timer come due once a second, which is when Twisted (26.10) forgets those that were cancelled.

    Each request has two of them, and without others the next comes due after `crawl.timeout`: of a crawl of 50,000
    pages 39,000 were there at once, in 15 MB.
    """
    from twisted.internet import reactor  # which may be imported only where it was installed

    cast(Any, reactor).callLater(SWEEP_SECONDS, _sweep)


def _authorities(topic: Topic) -> list[Path]:
    files = [Path(topic.path).parent / name for name in topic.crawl.authorities]
    for file in files:
        if not file.is_file():
            raise TopicError(f"{topic.path}: crawl.authorities: there is no file {file}; mend the path")
    return files
