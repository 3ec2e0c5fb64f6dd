"""Web archives and their indexes on loopback, with the misbehaviours of the real ones, each to be switched on.

Formats as the services send them: the Wayback Machine's CDX server and raw mementos, TimeMaps, GDELT's article lists
and bulk files, Common Crawl's index and its range requests, the monthly lists and files of its news crawl.
"""

import gzip
import hashlib
import io
import json
import re
import zipfile
from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import parse_qs, quote_plus, unquote_plus, urlsplit

from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawlers.demo.server import Delivery, WebRequest, WebResponse

WAYBACK, GDELT, BULK = "archive.example", "gdelt.example", "bulk.gdelt.example"
PYWB = "pywb.example"  # another archive, with its collection "coll"
INDEX, FILES = "index.commoncrawl.example", "data.commoncrawl.example"
COMMON_CRAWL = "commoncrawl.example"  # the registered domain of both, by which the captures name it
SETTINGS = f"""
[backfill]
wayback = "http://{WAYBACK}"
gdelt = "http://{GDELT}"
gdelt_files = "http://{BULK}"
commoncrawl = "http://{INDEX}"
commoncrawl_files = "http://{FILES}"
timemaps = ["http://{WAYBACK}/web/timemap/link"]
cdx_delay = 0.0
gdelt_delay = 0.0
"""


@dataclass(frozen=True)
class Held:
    """A capture that the archive holds."""

    at: str  # 14 digits
    url: str
    body: bytes
    status: int = 200
    media_type: str = "text/html"
    is_revisit: bool = False
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def digest(self) -> str:
        return b32encode(hashlib.sha1(self.body).digest()).decode()

    @property
    def urlkey(self) -> str:
        parts = urlsplit(self.url)
        host = ",".join(reversed((parts.hostname or "").removeprefix("www.").split(".")))
        return f"{host}){parts.path}".lower()


def news_name(at: str, serial: int = 1) -> str:
    """The name of a file of the news crawl, begun at a second (14 digits)."""
    return f"crawl-data/CC-NEWS/{at[:4]}/{at[4:6]}/CC-NEWS-{at}-{serial:05}.warc.gz"


def news_file(held: list[Held]) -> bytes:
    """A file as the news crawl writes it: warcinfo, then a request and its response for each page."""
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=True)

    def write(record: ArcWarcRecord) -> str:
        writer.write_record(record)
        record.raw_stream.close()
        return str(record.rec_headers["WARC-Record-ID"])

    write(writer.create_warcinfo_record("CC-NEWS.warc.gz", {"software": "StormCrawler", "operator": "Common Crawl"}))
    for one in held:
        fields = {"WARC-Date": f"{_moment(one.at):%Y-%m-%dT%H:%M:%SZ}"}
        asked = StatusAndHeaders("GET / HTTP/1.1", [("Host", urlsplit(one.url).hostname or "")], is_http_request=True)
        request = write(writer.create_warc_record(one.url, "request", http_headers=asked, warc_headers_dict=fields))
        head = StatusAndHeaders(f"{one.status} OK", [("Content-Type", f"{one.media_type}; charset=utf-8")], "HTTP/1.1")
        write(writer.create_warc_record(
            one.url, "response", payload=io.BytesIO(one.body), http_headers=head,
            warc_headers_dict=fields | {"WARC-Concurrent-To": request}))
    return buffer.getvalue()


def gkg_row(url: str, title: str | None, *, collection: str = "1") -> bytes:
    """A line of a GKG 2.1 file, of its 27 columns those that are read."""
    extras = f"<PAGE_LINKS>x</PAGE_LINKS><PAGE_TITLE>{title}</PAGE_TITLE>" if title is not None else ""
    host = urlsplit(url).hostname or ""
    return "\t".join(["20240806001500-1", "20240806001500", collection, host, url, *[""] * 21, extras]).encode()


def gkg_zip(*rows: bytes, name: str = "a.gkg.csv") -> bytes:
    """A GKG file as it is served."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr(name, b"".join(row + b"\n" for row in rows))
    return buffer.getvalue()


def bulk_line(name: str, content: bytes) -> bytes:
    """A line of a master list."""
    digest = hashlib.md5(content).hexdigest()
    return f"{len(content)} {digest} http://data.gdeltproject.org/gdeltv2/{name}\n".encode()


@dataclass
class WebArchives:
    """A handler for LoopbackWeb: archives at their hosts, the `live` handler at every other."""

    held: list[Held]
    live: Callable[[WebRequest], WebResponse]
    page_size: int = 1_000
    doubled_lines: bool = False  # every row comes twice
    too_much_days: int | None = None  # spans longer than this are answered 504
    busy: list[tuple[int, tuple[tuple[str, str], ...]]] = field(default_factory=list)  # answers before the first real
    excluded: frozenset[str] = frozenset()  # hosts that the archive does not show
    cut_answers: int = 0  # so many answers end in the middle
    as_text: bool = False
    wayback_is_empty: bool = False
    in_pywb: list[Held] = field(default_factory=list)
    timemap_page: int | None = None  # mementos of one TimeMap, which then leads to the next, and back to itself
    nearest: dict[str, str] = field(default_factory=dict)  # timestamp asked for -> the one that it is sent on to
    broken: frozenset[str] = frozenset()  # timestamps answered with the archive's own error, and status 200
    twice_compressed: bool = False
    articles: list[dict[str, str]] = field(default_factory=list)  # of GDELT
    cap: int = 250
    gdelt_says: bytes | None = None  # instead of JSON, with status 200
    crawls: dict[str, tuple[str, str]] = field(default_factory=dict)  # of Common Crawl: id -> first and last moment
    news: dict[str, bytes] = field(default_factory=dict)  # files of the news crawl; months without one have no list
    gone: frozenset[str] = frozenset()  # files that the lists still name
    bulk: dict[str, bytes] = field(default_factory=dict)  # GDELT's bulk files and their lists, by their names
    ignores_ranges: bool = False
    cut_ranges: int = 0  # so many parts of files end in the middle
    ranges: list[tuple[str, int, int]] = field(default_factory=list)  # that were asked for: path, first and last byte
    files: dict[str, tuple[bytes, list[tuple[Held, int, int]]]] = field(default_factory=dict)

    def __call__(self, request: WebRequest) -> WebResponse:
        if request.host == WAYBACK:
            return self._wayback(request)
        if request.host == PYWB:
            return self._pywb(request.path)
        if request.host == BULK:
            name = request.path.removeprefix("/gdeltv2/")
            return self._part(request, self.bulk[name]) if name in self.bulk else WebResponse(status=404)
        if request.host == GDELT:
            return self._gdelt(request)
        if request.host in (INDEX, FILES):
            return self._common_crawl(request)
        return self.live(request)

    def _wayback(self, request: WebRequest) -> WebResponse:
        path = request.path
        if path.startswith("/cdx/search/cdx?"):
            return self._cdx({name: values for name, values in parse_qs(path.partition("?")[2]).items()})
        if match := re.fullmatch(r"/web/(\d{14})id_/(.+)", path):
            return self._memento(match[1], match[2], self.held)
        if match := re.fullmatch(r"/web/timemap/link/(?:page(\d+)/)?(.+)", path):
            return self._timemap(match[2], int(match[1] or 0))
        return WebResponse(status=404, body=b"not here")

    def _pywb(self, path: str) -> WebResponse:
        if match := re.fullmatch(r"/coll/(\d{14})id_/(.+)", path):
            return self._memento(match[1], match[2], self.in_pywb)
        url = path.removeprefix("/coll/timemap/link/")
        found = sorted((held for held in self.in_pywb if held.url == url), key=lambda held: held.at)
        if not found:
            return WebResponse(status=404, body=b"<html>no captures</html>")
        base = f"http://{PYWB}/coll"
        lines = [f'<{base}/timemap/link/{url}>; rel="self"; type="application/link-format"', f'<{base}/{url}>; rel="timegate"',
                 f'<{url}>; rel="original"', *(_memento_link(base, held, '; collection="coll"') for held in found)]
        return WebResponse(headers=(("Content-Type", "application/link-format"),), body=",\n".join(lines).encode())

    def _cdx(self, query: dict[str, list[str]]) -> WebResponse:
        if self.busy:
            status, headers = self.busy.pop(0)
            return WebResponse(status=status, headers=headers, body=b"<html>busy</html>")
        host = query["url"][0].split("/")[0]
        if host in self.excluded:
            return WebResponse(status=403, body=b"org.archive.wayback.exception.AdministrativeAccessControlException: "
                               b"Blocked Site Error")
        first, last = query["from"][0], query["to"][0]
        if self.too_much_days is not None and (_moment(last) - _moment(first)).days > self.too_much_days:
            return WebResponse(status=504, reason="Gateway Time-out", body=b"<html>504</html>")
        rows = [row for row in map(self._row, sorted(self.held, key=lambda h: (h.urlkey, h.at)))
                if not self.wayback_is_empty and first <= row[1] <= last and (urlsplit(row[2]).hostname or "").removeprefix("www.") == host
                and all(_passes(row, rule) for rule in query.get("filter", []))]
        if query.get("collapse") == ["digest"]:
            rows = [row for n, row in enumerate(rows) if not n or (rows[n - 1][0], rows[n - 1][5]) != (row[0], row[5])]
        if "resumeKey" in query:
            rows = [row for row in rows if f"{row[0]} {row[1]}" > unquote_plus(query["resumeKey"][0])]
        shown = rows[:self.page_size]
        key = quote_plus(f"{shown[-1][0]} {shown[-1][1]}") if len(rows) > len(shown) else None
        shown = [row for row in shown for _ in range(2 if self.doubled_lines else 1)]
        body = _as_text(shown, key) if self.as_text else _as_json(shown, key)
        if self.cut_answers:
            self.cut_answers -= 1
            body = body[:len(body) // 2]
        return WebResponse(headers=(("Content-Type", "application/json"),), body=body)

    def _row(self, held: Held) -> list[str]:
        seen = ("warc/revisit", "-") if held.is_revisit else (held.media_type, str(held.status))
        return [held.urlkey, held.at, held.url, *seen, held.digest, str(len(held.body) // 3)]

    def _memento(self, at: str, url: str, of: list[Held]) -> WebResponse:
        if at in self.nearest:
            where = f"http://{WAYBACK}/web/{self.nearest[at]}id_/{url}"
            return WebResponse(status=302, reason="Found", headers=(
                ("Location", where), ("x-archive-redirect-reason", f"found capture at {self.nearest[at]}")))
        if at in self.broken:
            return WebResponse(headers=(("X-Archive-Wayback-Runtime-Error", "NotAvailable"),), body=b"<html>sorry")
        plain = url.replace(":80/", "/")
        found = next((held for held in of if (held.at, held.url.replace(":80/", "/")) == (at, plain)), None)
        if found is None:
            return WebResponse(status=404, body=b"<html>The Wayback Machine has not archived that URL.</html>")
        body = gzip.compress(gzip.compress(found.body, mtime=0), mtime=0) if self.twice_compressed else found.body
        coding = (("Content-Encoding", "gzip"),) if self.twice_compressed else ()
        return WebResponse(status=found.status, headers=(
            ("Content-Type", f"{found.media_type}; charset=utf-8"), ("x-archive-src", "a.warc.gz"), *coding,
            ("Memento-Datetime", format_datetime(_moment(at), usegmt=True)), *found.headers), body=body)

    def _timemap(self, url: str, page: int) -> WebResponse:
        found = sorted((held for held in self.held if held.url == url), key=lambda held: held.at)
        if not found:
            return WebResponse(status=404, body=b"<html>no captures</html>")
        size = self.timemap_page or len(found)
        shown, base = found[page * size:(page + 1) * size], f"http://{WAYBACK}/web"
        kind = 'type="application/link-format"'
        here = f"{base}/timemap/link/page{page}/{url}" if page else f"{base}/timemap/link/{url}"
        lines = [f'<{url}>; rel="original"', f'<{here}>; rel="self"; {kind}; from="{_http_date(found[0].at)}"']
        if len(found) > (page + 1) * size:
            lines.append(f'<{base}/timemap/link/page{page + 1}/{url}>; rel="timemap"; {kind}')
        if page:
            lines.append(f'<{base}/timemap/link/{url}>; rel="timemap"; {kind}')
        lines += [_memento_link(base, held) for held in shown]
        return WebResponse(headers=(("Content-Type", "application/link-format"),), body=",\n".join(lines).encode())

    def _gdelt(self, request: WebRequest) -> WebResponse:
        if not request.path.startswith("/api/v2/doc/doc?"):
            return WebResponse(status=404)
        if self.gdelt_says is not None:
            return WebResponse(headers=(("Content-Type", "text/html"),), body=self.gdelt_says)
        query = parse_qs(request.path.partition("?")[2])
        first, last = query["startdatetime"][0], query["enddatetime"][0]
        found = [article for article in self.articles if first <= re.sub(r"\D", "", article["seendate"]) <= last]
        if not found:
            return WebResponse(headers=(("Content-Type", "application/json"),), body=b"{}")
        # as GDELT does, control characters stand raw in its JSON
        body = json.dumps({"articles": found[:self.cap]}, ensure_ascii=False).replace("\\u0001", "\x01")
        return WebResponse(headers=(("Content-Type", "application/json"),), body=body.encode())

    def _common_crawl(self, request: WebRequest) -> WebResponse:
        if request.host == INDEX and request.path == "/collinfo.json":
            listed = [{"id": name, "from": first, "to": last} for name, (first, last) in self.crawls.items()]
            return WebResponse(headers=(("Content-Type", "application/json"),), body=json.dumps(listed).encode())
        query = parse_qs(request.path.partition("?")[2])
        if query.get("showNumPages") == ["true"]:  # as the real one, a page also for a host of which it has nothing
            return WebResponse(body=b'{"pages": 1, "pageSize": 5, "blocks": 1}')
        if "page" in query and query["page"] != ["0"]:
            return WebResponse(status=400, body=b'{"message": "Page 1 invalid: First Page is 0, Last Page is 0"}')
        if request.host == INDEX and (match := re.match(r"/(CC-MAIN-[\d-]+)-index\?", request.path)):
            return self._index(match[1], parse_qs(request.path.partition("?")[2]))
        if request.host == FILES and request.path.startswith("/crawl-data/CC-NEWS/"):
            return self._news(request)
        if request.host == FILES and (span := re.fullmatch(r"bytes=(\d+)-(\d+)", request.header("Range") or "")):
            whole = self.warc(request.path.split("/")[2])[0]
            start, end = int(span[1]), int(span[2]) + 1
            return WebResponse(status=206, reason="Partial Content", body=whole[start:end], headers=(
                ("Content-Range", f"bytes {start}-{end - 1}/{len(whole)}"),))
        return WebResponse(status=404)

    def _news(self, request: WebRequest) -> WebResponse:
        path = request.path.removeprefix("/")
        if path.endswith("/warc.paths.gz"):
            names = [name for name in self.news if name.startswith(path.removesuffix("warc.paths.gz"))]
            body = gzip.compress("".join(f"{name}\n" for name in names).encode(), mtime=0)
            return WebResponse(body=body) if names else WebResponse(status=404, body=b"<Error>NoSuchKey</Error>")
        if path not in self.news or path in self.gone:
            return WebResponse(status=404, body=b"<Error>NoSuchKey</Error>")
        return self._part(request, self.news[path])

    def _part(self, request: WebRequest, whole: bytes) -> WebResponse:
        """A file, or the part of it that is asked for."""
        span = re.fullmatch(r"bytes=(\d+)-(\d+)", request.header("Range") or "")
        if span is None or self.ignores_ranges:
            return WebResponse(body=whole)
        start, end = int(span[1]), int(span[2]) + 1
        self.ranges.append((request.path, start, end))
        if start >= len(whole):
            return WebResponse(status=416, headers=(("Content-Range", f"bytes */{len(whole)}"),))
        body = whole[start:end]
        self.cut_ranges -= 1
        delivery: Delivery = "whole" if self.cut_ranges < 0 else "hang-up"
        return WebResponse(status=206, reason="Partial Content", body=body, delivery=delivery, headers=(
            ("Content-Range", f"bytes {start}-{start + len(body) - 1}/{len(whole)}"),))

    def _index(self, crawl: str, query: dict[str, list[str]]) -> WebResponse:
        host = query["url"][0].split("/")[0]
        lines = []
        for held, offset, length in self.warc(crawl)[1]:
            if (urlsplit(held.url).hostname or "").removeprefix("www.") == host:
                lines.append(json.dumps({
                    "urlkey": held.urlkey, "timestamp": held.at, "url": held.url, "mime": held.media_type,
                    "mime-detected": held.media_type, "status": str(held.status), "digest": held.digest,
                    "length": str(length), "offset": str(offset), "filename": f"crawl-data/{crawl}/a.warc.gz"}))
        if not lines:
            return WebResponse(status=404, body=json.dumps({"message": f"No Captures found for: {host}/*"}).encode())
        return WebResponse(headers=(("Content-Type", "text/x-ndjson"),), body="\n".join(lines).encode() + b"\n")

    def warc(self, crawl: str) -> tuple[bytes, list[tuple[Held, int, int]]]:
        """The one file of a crawl, the same at every call, and where each of its captures lies."""
        if crawl in self.files:
            return self.files[crawl]
        first, last = self.crawls[crawl]
        buffer, places = io.BytesIO(), []
        writer = WARCWriter(buffer, gzip=True)
        for held in self.held:
            if first <= held.at <= last:
                start = buffer.tell()
                head = StatusAndHeaders(f"{held.status} OK", [("Content-Type", f"{held.media_type}; charset=utf-8")], "HTTP/1.1")
                record = writer.create_warc_record(
                    held.url, "response", payload=io.BytesIO(held.body), http_headers=head,
                    warc_headers_dict={"WARC-Date": f"{_moment(held.at):%Y-%m-%dT%H:%M:%SZ}"})
                writer.write_record(record)
                record.raw_stream.close()
                places.append((held, start, buffer.tell() - start))
        self.files[crawl] = (buffer.getvalue(), places)
        return self.files[crawl]


def _memento_link(base: str, held: Held, more: str = "") -> str:
    return f'<{base}/{held.at}/{held.url}>; rel="memento"; datetime="{_http_date(held.at)}"{more}'


def _http_date(digits: str) -> str:
    return format_datetime(_moment(digits), usegmt=True)


def _passes(row: list[str], rule: str) -> bool:
    name, _, pattern = rule.partition(":")
    fields = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]
    negated, name = name.startswith("!"), name.lstrip("!")
    return (re.fullmatch(pattern, row[fields.index(name)]) is not None) != negated


def _as_json(rows: list[list[str]], key: str | None) -> bytes:
    header = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]
    tail: list[list[str]] = [[], [key]] if key else []
    return json.dumps([header, *rows, *tail] if rows else []).encode()


def _as_text(rows: list[list[str]], key: str | None) -> bytes:
    return ("".join(" ".join(row) + "\n" for row in rows) + (f"\n{key}\n" if key else "")).encode()


def _moment(digits: str) -> datetime:
    return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
