"""The settings of a topic file, a class for each of its tables: [crawl], [backfill], [publish], [stamp], [watch].

What a key means is said where its value is kept, in the classes below.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from archive.shards import Shard
from archive.toml_table import Table, duration, flag, list_of, matching, number, one_of, size, text, url, whole
from archive.topic_fields import contact, country_code, network, private_host

FullText = Literal["loopback", "all", "none"]

FULL_TEXTS: tuple[FullText, ...] = ("loopback", "all", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlSettings:
    """How politely and how far to fetch; agent is the product name that robots.txt rules are matched with.

    delay and timeout are seconds (delay: between two requests to one site, which is a registered domain, at least;
    timeout: for a whole answer, from the connection to its last byte); concurrency counts requests of the whole crawl
    at once, per_host those of one host; revisit are ages of an article, since its publication and since each edit that
    was seen, at which to look again; requests, bytes and minutes are budgets of one run, per_host_requests,
    per_host_bytes and per_host_minutes those of one site in it: requests with retries, redirects and robots.txt, bytes
    as they come over the wire, minutes from its first request; what they leave over is for the next run. authorities
    are PEM files of extra certificate authorities; allow_private names hosts or networks that may have private
    addresses; sitemap entries older than sitemap_days are passed over, but by a backfill, which has days of its own;
    sample is the share that is fetched in turn of what would come last, as clearly off the topic by its headline, to
    measure what that loses. archives_obey_robots: what a site's robots.txt forbids is not taken from web archives
    either. vantage is the country that the crawler asks from (ISO 3166-1): what a site refuses may be refused there
    only. shard, which no file says, is the part of the sites that this crawler is to ask for.
    """

    agent: str = "stemma-archive"
    delay: float = 2.0
    timeout: float = 30.0
    max_body_bytes: int = 20_000_000
    concurrency: int = 8
    per_host: int = 1
    revisit: tuple[timedelta, ...] = tuple(timedelta(hours=hours) for hours in (1, 6, 24, 72, 168, 720))
    requests: int | None = None
    per_host_requests: int | None = None
    bytes: int | None = None
    per_host_bytes: int | None = None
    minutes: float | None = None
    per_host_minutes: float | None = None
    authorities: tuple[str, ...] = ()
    allow_private: tuple[str, ...] = ()
    max_redirects: int = 6
    retries: int = 2
    sitemap_days: int | None = None
    sample: float = 0.02
    archives_obey_robots: bool = True
    vantage: str | None = None
    shard: Shard | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillSettings:
    """Where archives answer, and how fast they are asked; cdx_delay is seconds between two questions to an index.

    wayback is a Wayback Machine or another archive with its interface; gdelt the DOC service and gdelt_files the place
    of GDELT's bulk files; commoncrawl the index of Common Crawl and commoncrawl_files the place of its files, those of
    its news crawl (CC-NEWS) too. Big files are read by parts of range_bytes, or of crawl.max_body_bytes where that is
    less: so much is held in memory, and read again after a stop. timemaps are what TimeMaps' addresses begin with (RFC
    7089): before a slash and the address of an article. None of the public ones is asked faster than its operators
    wish, whatever cdx_delay says.
    """

    wayback: str = "https://web.archive.org"
    gdelt: str = "https://api.gdeltproject.org"
    gdelt_files: str = "http://data.gdeltproject.org"  # its https has another host's certificate (from memory)
    commoncrawl: str = "https://index.commoncrawl.org"
    commoncrawl_files: str = "https://data.commoncrawl.org"
    timemaps: tuple[str, ...] = ("https://web.archive.org/web/timemap/link",)
    cdx_delay: float = 2.5
    gdelt_delay: float = 6.0
    range_bytes: int = 32_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishSettings:
    """What the site shows: whole texts on this machine only, to all, or to none.

    sql: whether readers may ask in SQL of their own. downloads: whether they may take the database and whole tables;
    mcp: whether programs may ask by the Model Context Protocol, with the extra `mcp`. requests_a_minute is what one
    address may ask for, dear questions counting more; 0 is no limit. Of whom a question is, is believed to the proxies
    in trusted_proxies (addresses or networks), who say it in X-Forwarded-For, and to nobody else.
    """

    full_text: FullText = "loopback"
    title: str | None = None
    licence: str | None = None
    correction_contact: str | None = None
    sql: bool = True
    downloads: bool = False
    mcp: bool = False
    requests_a_minute: int = 240
    trusted_proxies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StampSettings:
    """Who stamps the signed heads of the log with the time (RFC 3161), if anybody.

    url is where it is asked; authorities are PEM files, relative to the topic file, with the root certificates by which
    its answers are believed. So many days before their certificates end stamps are renewed.
    """

    url: str | None = None
    authorities: tuple[str, ...] = ()
    renew_days: float = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """When a person is needed: `stemma status` then exits with 1, and `stemma run` tells it once.

    silence: a source brought nothing new for so many times its usual interval. failures: so large a share of the
    looks at a source failed, of those of the last `days` days, over which growth is measured too. disk_days: at
    the growth of these days the disk is full in fewer. backup_days and verify_days: the last backup, the last
    verification is older; without them their age is shown and no alarm. backup is a folder, relative to the topic
    file, whose newest file's age counts as that of a backup. ping is an address that is asked after each run, with
    /fail at its end where the run did not exit with 0; keep a secret one out of a file that is published:
    --set watch.ping=URL.
    """

    silence: float = 3.0
    failures: float = 0.5
    days: int = 7
    disk_days: float = 30.0
    backup_days: float | None = None
    verify_days: float | None = None
    backup: str | None = None
    ping: str | None = None


def crawl_settings(table: Table) -> CrawlSettings:
    """The table [crawl]."""
    default, budget = CrawlSettings(), whole(at_least=1)
    product = matching(r"[A-Za-z][A-Za-z0-9_-]*", "a product name without version, such as 'stemma-archive'")
    settings = CrawlSettings(
        agent=table.get("agent", product, default.agent),
        delay=table.get("delay", number(at_least=0, unit="seconds"), default.delay),
        timeout=table.get("timeout", number(at_least=0.1, unit="seconds"), default.timeout),
        max_body_bytes=table.get("max_body_bytes", size, default.max_body_bytes),
        concurrency=table.get("concurrency", whole(at_least=1), default.concurrency),
        per_host=table.get("per_host", whole(at_least=1), default.per_host),
        revisit=table.get("revisit", list_of(duration, at_least=0), default.revisit),
        requests=table.get("requests", budget, None),
        per_host_requests=table.get("per_host_requests", budget, None),
        bytes=table.get("bytes", size, None),
        per_host_bytes=table.get("per_host_bytes", size, None),
        minutes=table.get("minutes", number(at_least=0.01), None),
        per_host_minutes=table.get("per_host_minutes", number(at_least=0.01), None),
        authorities=table.get("authorities", list_of(text, at_least=0), ()),
        allow_private=table.get("allow_private", list_of(private_host, at_least=0), ()),
        max_redirects=table.get("max_redirects", whole(at_least=0), default.max_redirects),
        retries=table.get("retries", whole(at_least=0), default.retries),
        sitemap_days=table.get("sitemap_days", budget, None),
        sample=table.get("sample", number(at_least=0, at_most=1), default.sample),
        archives_obey_robots=table.get("archives_obey_robots", flag, default.archives_obey_robots),
        vantage=table.get("vantage", country_code, None),
    )
    table.close()
    if list(settings.revisit) != sorted(set(settings.revisit)):
        table.note("revisit", "expected ages that rise, each once")
    return settings


def backfill_settings(table: Table) -> BackfillSettings:
    """The table [backfill]."""
    default = BackfillSettings()
    settings = BackfillSettings(
        wayback=table.get("wayback", url, default.wayback).rstrip("/"),
        gdelt=table.get("gdelt", url, default.gdelt).rstrip("/"),
        gdelt_files=table.get("gdelt_files", url, default.gdelt_files).rstrip("/"),
        commoncrawl=table.get("commoncrawl", url, default.commoncrawl).rstrip("/"),
        commoncrawl_files=table.get("commoncrawl_files", url, default.commoncrawl_files).rstrip("/"),
        timemaps=tuple(base.rstrip("/") for base in table.get("timemaps", list_of(url, at_least=0), default.timemaps)),
        cdx_delay=table.get("cdx_delay", number(at_least=0, unit="seconds"), default.cdx_delay),
        gdelt_delay=table.get("gdelt_delay", number(at_least=0, unit="seconds"), default.gdelt_delay),
        range_bytes=table.get("range_bytes", size, default.range_bytes),
    )
    table.close()
    return settings


def publish_settings(table: Table) -> PublishSettings:
    """The table [publish]."""
    default = PublishSettings()
    settings = PublishSettings(
        full_text=table.get("full_text", one_of(FULL_TEXTS), default.full_text),
        title=table.get("title", text, None),
        licence=table.get("licence", text, None),
        correction_contact=table.get("correction_contact", contact, None),
        sql=table.get("sql", flag, default.sql),
        downloads=table.get("downloads", flag, default.downloads),
        mcp=table.get("mcp", flag, default.mcp),
        requests_a_minute=table.get("requests_a_minute", whole(at_least=0), default.requests_a_minute),
        trusted_proxies=table.get("trusted_proxies", list_of(network, at_least=0), ()),
    )
    table.close()
    return settings


def stamp_settings(table: Table) -> StampSettings:
    """The table [stamp]."""
    settings = StampSettings(
        url=table.get("url", url, None),
        authorities=table.get("authorities", list_of(text, at_least=0), ()),
        renew_days=table.get("renew_days", number(at_least=0, unit="days"), StampSettings().renew_days),
    )
    table.close()
    if settings.url is not None and not settings.authorities:
        table.note("authorities", "required beside 'url': the PEM file of the authority's root certificate, without "
                                  "which nobody can check its answers")
    return settings


def watch_settings(table: Table) -> WatchSettings:
    """The table [watch]."""
    default, days = WatchSettings(), number(at_least=0, unit="days")
    settings = WatchSettings(
        silence=table.get("silence", number(at_least=1, unit="usual intervals"), default.silence),
        failures=table.get("failures", number(at_least=0.01, at_most=1), default.failures),
        days=table.get("days", whole(at_least=1), default.days),
        disk_days=table.get("disk_days", days, default.disk_days),
        backup_days=table.get("backup_days", days, None),
        verify_days=table.get("verify_days", days, None),
        backup=table.get("backup", text, None),
        ping=table.get("ping", url, None),
    )
    table.close()
    return settings
