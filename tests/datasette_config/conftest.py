"""A small archive, real down to its WARC records, with the hostile pages that a crawl brings home."""

import asyncio
import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from archive import events
from archive.digests import address_key, state_digest, text_digest
from archive.model import Capture, Exchange
from archive.store import catalogue, comparisons, open_database, texts, transaction
from archive.times import from_iso, to_digits, to_iso
from archive.topic import load_topic
from archive.warc import WarcWriter
from datasette_config import pages
from datasette_config.serving import application
from pipeline.copies.comparing import Desk, read
from pipeline.copies.epoch import shipped
from pipeline.copies.terms import own_tokens
from pipeline.fingerprints import method

SCRIPT = "<script>alert('stemma')</script>"
BIDI = "\u202ednuora gninrut\u202c"


@dataclass(frozen=True, kw_only=True)
class State:
    """An article in one state, and when captures found it so."""

    title: str
    paragraphs: Sequence[str]
    seen: Sequence[str]
    change: Sequence[str] = ("first",)
    byline: str | None = None
    html: str | None = None

    @property
    def text(self) -> str:
        return "\n\n".join(self.paragraphs)


@dataclass
class Builder:
    """Writes an archive row by row; what it returns are articles' keys."""

    data: Path
    conn: sqlite3.Connection = field(init=False)
    writer: WarcWriter = field(init=False)
    states: dict[tuple[str, int], State] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.conn = open_database(self.data / "archive.db", create=True)
        self.writer = WarcWriter(self.data / "warc", started_at=datetime(2024, 8, 6, tzinfo=UTC), software="tests")

    def close(self) -> None:
        """As at the end of an update: what searches count by is brought up to the rows."""
        self.writer.close()
        while pending := catalogue.pending(self.conn, limit=100):
            catalogue.renew(self.conn, pending)
        self.conn.close()

    def outlet(self, domain: str, name: str, *, country: str | None = None, owner: str | None = None) -> None:
        self.insert("outlets", domain=domain, outlet=name, country=country, owner=owner)

    def article(
        self, url: str, language: str | None, *states: State, published: Mapping[str, Any] | None = None,
        on_topic: bool = True, also_at: Sequence[str] = (), site_name: str | None = None,
        credits: Sequence[str] = (), terms: Sequence[str] = ("Kursk (title)", "Sudzha (text)"), address: str = "",
    ) -> str:
        """An article with its versions, documents, captures and sightings; `address` is where it answers."""
        key = address_key(url)
        article = self.insert("articles", url=url, key=key, domain=url.split("/")[2].removeprefix("www."),
                              on_topic=on_topic, address=address or url)
        for other in (url, *also_at):
            self.insert("addresses", url=other, article_id=article, is_read=True)
        for ordinal, state in enumerate(states, start=1):
            captures = [self.capture(url, state, at) for at in state.seen]
            first = captures[0][1]
            document = self.document(url, language, state, first, published=published, site_name=site_name,
                                     credits=credits, terms=terms)
            version = self.insert(
                "versions", article_id=article, ordinal=ordinal, document_id=document, title=state.title,
                public_id=f"{key}-{to_digits(first.captured_at)}-{first.payload_digest[5:13].lower()}",
                first_seen=to_iso(first.captured_at), last_seen=to_iso(captures[-1][1].captured_at),
                sightings=len(captures), change=json.dumps(state.change), is_latest=ordinal == len(states),
                text_id=texts.keep(self.conn, state.text),
            )
            for capture_id, _ in captures:
                self.insert("sightings", capture_id=capture_id, article_id=article, document_id=document,
                            version_id=version)
            self.states[key, ordinal] = state
        return key

    def capture(self, url: str, state: State, at: str) -> tuple[int, Capture]:
        """A WARC record and its row."""
        html = state.html or "<html><head><title>{}</title></head><body>{}</body></html>".format(
            state.title, "".join(f"<p>{p}</p>" for p in state.paragraphs))
        moment = from_iso(at)
        capture = self.writer.write(Exchange(
            url=url, fetched_at=moment, request_head=b"GET / HTTP/1.1\r\nHost: x", role="article",
            response_head=b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nX-Note: <b>bold</b>",
            body=html.encode(),
        ))
        self.conn.execute("INSERT OR IGNORE INTO warcs VALUES (?, 0)", (capture.record.path,))
        self.insert("observations", url=url, at=to_iso(capture.captured_at), role="article", outcome="new",
                    via=capture.via)
        row = self.insert(
            "captures", url=url, captured_at=to_iso(capture.captured_at), via=capture.via, role="article",
            status=capture.status, media_type=capture.media_type, charset=capture.charset,
            payload_digest=capture.payload_digest, payload_sha256=capture.payload_sha256,
            payload_length=capture.payload_length, is_revisit=False, path=capture.record.path,
            offset=capture.record.offset, length=capture.record.length,
        )
        return row, capture

    def document(
        self, url: str, language: str | None, state: State, capture: Capture, *, published: Mapping[str, Any] | None,
        site_name: str | None, credits: Sequence[str], terms: Sequence[str],
    ) -> int:
        stated = published["verbatim"] if published else None
        candidates = [["title", state.title, "json-ld headline"], ["title", state.title, "html title"]]
        candidates += [["published", stated, "json-ld datePublished"]] if stated else []
        rows = self.conn.execute(
            "SELECT document_id FROM documents WHERE payload_digest = ? AND url = ?", (capture.payload_digest, url))
        known = rows.fetchone()
        return int(known[0]) if known else self.insert(
            "documents", payload_digest=capture.payload_digest, url=url, charset="utf-8", extractor="stemma 1",
            title=state.title, byline=state.byline, authors=json.dumps([state.byline] if state.byline else []),
            published=json.dumps(published) if published else None, language=language, site_name=site_name,
            text_id=texts.keep(self.conn, state.text), credits=json.dumps(list(credits)),
            candidates=json.dumps(candidates),
            text_digest=text_digest(state.text), body_digest=text_digest(state.text), on_topic=True, score=7.5,
            terms=json.dumps(list(terms)),
            state_digest=state_digest(title=state.title, byline=state.byline, text=state.text),
        )

    def gone(self, url: str, at: str) -> None:
        self.insert("observations", url=url, at=at, role="article", outcome="gone", error="404 Not Found", via="stemma")

    def link(
        self, copy: str, exemplar: str, relation: str, pairs: Sequence[tuple[int, int]], *, copy_version: int = 1,
        exemplar_version: int = 1, confidence: float = 0.98, direction: str = "decided", sure: float = 0.95,
        coverage: tuple[float, float] = (0.94, 0.9), order: float = 1.0,
        evidence: Sequence[tuple[str, str, float, str]] = (),
    ) -> None:
        """A reuse of paragraphs, given as (copy's, exemplar's) places, and the link with its reasons."""
        sides = [(copy, copy_version), (exemplar, exemplar_version)]
        ids, names = zip(*(self.version(*side) for side in sides), strict=True)
        spans = [
            [*_span(self.states[sides[0]], mine), *_span(self.states[sides[1]], theirs),
             len(self.states[sides[0]].paragraphs[mine].split())]
            for mine, theirs in pairs
        ]
        turned = names[1] < names[0]
        self.insert(
            "reuses", left_id=ids[turned], right_id=ids[not turned], relation=relation,
            left_coverage=coverage[turned], right_coverage=coverage[not turned], order=order,
            words=sum(span[4] for span in spans),
            passages=json.dumps([[*span[2:4], *span[0:2], span[4]] if turned else span for span in spans]),
        )
        self.insert(
            "links", copy_id=ids[0], exemplar_id=ids[1], relation=relation, copied=confidence, direction=direction,
            direction_confidence=sure, evidence=json.dumps([
                {"kind": kind, "favours": names[1] if side == "exemplar" else names[0], "weight": weight,
                 "detail": detail} for kind, side, weight, detail in evidence]),
        )

    def family(self, parents: Mapping[str, str | None], *, inferred: str = "[]") -> str:
        """A family of articles, each with the one that it was made from; the first is the first exemplar."""
        root = next(iter(parents))
        public_id = self.version(root, 1)[1]
        family = self.insert("families", public_id=public_id, inferred=inferred)
        for key, parent in parents.items():
            self.insert("members", article_id=self.article_id(key), family_id=family,
                        version_id=self.version(key, 1)[0], parent_id=self.article_id(parent) if parent else None)
        return str(public_id)

    def compared(self) -> None:
        """The topic as a command keeps it, and the keys by which every version is found again."""
        topic = load_topic("kursk")
        events.append(self.data / "events.jsonl", events.Event(kind="topic", at=datetime(2024, 8, 6, tzinfo=UTC), data={
            "name": topic.name, "digest": topic.digest, "file": "kursk.toml", "text": topic.text}))
        epoch = shipped(own_tokens(topic))
        desk = Desk(self.conn, epoch, method(epoch.digest))
        for (version_id,) in self.conn.execute("SELECT version_id FROM versions").fetchall():
            comparisons.add_readings(self.conn, [read(desk, version_id)])
            self.insert("witnesses", version_id=version_id, method=method(epoch.digest))

    def version(self, key: str, ordinal: int) -> tuple[int, str]:
        row = self.conn.execute(
            "SELECT version_id, public_id FROM versions JOIN articles USING (article_id) WHERE key = ? AND ordinal = ?",
            (key, ordinal)).fetchone()
        return row["version_id"], row["public_id"]

    def article_id(self, key: str) -> int:
        return int(self.conn.execute("SELECT article_id FROM articles WHERE key = ?", (key,)).fetchone()[0])

    def insert(self, table: str, **values: Any) -> int:
        names = ", ".join(f'"{name}"' for name in values)
        marks = ", ".join("?" * len(values))
        cursor = self.conn.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))
        return int(cursor.lastrowid or 0)


def _span(state: State, place: int) -> tuple[int, int]:
    start = sum(len(p) + 2 for p in state.paragraphs[:place])
    return start, start + len(state.paragraphs[place])


def moment(iso: str, *, verbatim: str | None = None, basis: str = "json-ld datePublished") -> dict[str, Any]:
    """A time of publication as documents hold it."""
    found = datetime.fromisoformat(iso)
    offset = found.utcoffset() or timedelta(0)
    at = to_iso(found)
    return {"verbatim": verbatim or iso, "earliest": at, "latest": at, "offset": int(offset.total_seconds() // 60),
            "basis": basis, "iso": iso}


def only_day(iso: str, *, basis: str = "url") -> dict[str, Any]:
    """A day in an unknown time zone, as documents hold it."""
    midnight = datetime.fromisoformat(f"{iso}T00:00:00+00:00")
    return {"verbatim": iso.replace("-", "/"), "earliest": to_iso(midnight - timedelta(hours=14)),
            "latest": to_iso(midnight + timedelta(hours=36)), "offset": None, "basis": basis, "iso": iso}


HERALD = (
    "Ukrainian troops crossed the border into Russia's Kursk region at dawn on Tuesday and had reached the outskirts "
    "of Sudzha by evening, two officers who took part said.",
    "“Nobody was waiting for us,” said one of them, a company commander who asked to be named only by his call sign. "
    "“We had prepared for a fight at the checkpoint, and the checkpoint was empty.”",
    "The gas metering station outside the town, the last through which Russian gas still flows to Europe across "
    "Ukraine, was undamaged on Tuesday night, according to its operator.",
    "Residents described a day of contradictory orders. Buses that had been promised for noon never came; by four "
    "o'clock people were leaving in their own cars along the road to Lgov.",
    "The governor asked the region's inhabitants to trust official sources only, and declared that the situation was "
    "under control.",
)
CORRECTED = (
    *HERALD[:2], HERALD[2].replace("undamaged", "working normally"), HERALD[3].replace("four o'clock", "three o'clock"),
    HERALD[4], "Correction: an earlier version of this article gave a wrong hour for the departure of residents.",
)
DIGEST = (
    "Ukrainian troops crossed the frontier into the Kursk region of Russia at dawn on Tuesday and had got to the "
    "outskirts of Sudzha by evening, two officers who took part said.",
    "“No one was waiting for us,” said one of them, a company commander who asked to be called only by his call sign. "
    "“We had prepared for a fight at the checkpoint, and the checkpoint was empty.”",
    "The gas metering station outside the town, the last through which Russian gas still flows to Europe across "
    "Ukraine, was undamaged on Tuesday night, according to its operator.",
    "We will keep this page updated as more comes in. Subscribe to our newsletter for the daily digest!",
)
UKRAINIAN = (
    "Українські військові перетнули кордон Курської області на світанку у вівторок і до вечора дійшли до околиць "
    "Суджі, розповіли двоє офіцерів, які брали участь в операції.",
    "«Нас ніхто не чекав», — сказав один із них, командир роти.",
    "Газовимірювальна станція під містом, за словами оператора, працювала у звичному режимі.",
)
RUSSIAN = (
    "Глава региона сообщил, что обстановка в Судже остаётся сложной, но контролируемой.",
    "Жители Курской области рассказывают о противоречивых приказах: автобусы, обещанные к полудню, так и не приехали.",
)
HOSTILE = (
    f"{SCRIPT} Kursk <img src=x onerror=alert(1)> \"quotes\" 'and' & ampersands &amp; entities.",
    f"A line that turns {BIDI} and one that never ends: {'endless' * 60}",
    "NEAR( AND OR NOT \" * ^ title:text {a b} -minus",
    "</textarea></style><svg onload=alert(2)>{{ 7 * 7 }}{% raw %}",
)


@dataclass(frozen=True, kw_only=True)
class Archive:
    """The built archive and the names that tests ask for."""

    data: Path
    herald: str
    digest: str
    mirror: str
    ukrainian: str
    russian: str
    hostile: str
    plain: str
    spanish: str
    family: str
    pair: str
    script: str = SCRIPT
    bidi: str = BIDI

    @property
    def database(self) -> Path:
        return self.data / "archive.db"


def build(data: Path) -> Archive:
    """The archive that all tests of the site read."""
    builder = Builder(data)
    try:
        with transaction(builder.conn):
            return _build(builder)
    finally:
        builder.close()


def _build(b: Builder) -> Archive:
    b.outlet("borderherald.example", "The Border Herald", country="GB", owner="Herald Group")
    b.outlet("eastwatchdigest.example", "East Watch Digest", country="US")
    b.outlet("visnyk.example", "Сумський вісник", country="UA")
    b.outlet("vesti.example", "Вести приграничья", country="RU")
    herald = b.article(
        "https://www.borderherald.example/2024/08/06/sudzha-crossing", "en",
        State(title="At the empty checkpoint: how the Kursk crossing began", paragraphs=HERALD, byline="Anna Reed",
              seen=["2024-08-06T21:10:00Z", "2024-08-07T06:00:00Z"]),
        State(title="At the empty checkpoint: how the Kursk crossing began", paragraphs=CORRECTED, byline="Anna Reed",
              seen=["2024-08-07T18:30:00Z", "2024-08-09T06:00:00Z"], change=("body", "correction")),
        published=moment("2024-08-06T21:40:00+01:00"),
        also_at=["https://www.borderherald.example/amp/2024/08/06/sudzha-crossing"],
    )
    b.insert("addresses", url="javascript:alert(1)", article_id=b.article_id(herald), is_read=True)
    digest = b.article(
        "https://eastwatchdigest.example/kursk-thrust", "en",
        State(title="The Kursk thrust: what we know", paragraphs=DIGEST, seen=["2024-08-07T09:12:00Z"]),
        published=only_day("2024-08-07"), credits=["via The Border Herald"],
    )
    mirror = b.article(
        "https://mirror.example/news?id=7", "en",
        State(title="Kursk thrust", paragraphs=DIGEST[:3], seen=["2024-08-08T05:00:00Z"]), site_name="Mirror News",
    )
    ukrainian = b.article(
        "https://visnyk.example/2024/08/06/pochatok", "uk",
        State(title="На порожньому блокпості: як почався рейд у Курську область", paragraphs=UKRAINIAN,
              seen=["2024-08-07T04:00:00Z"]),
        published=moment("2024-08-06T23:55:00+03:00"),
    )
    russian = b.article(
        "https://vesti.example/sudzha", "ru",
        State(title="Обстановка в Судже", paragraphs=RUSSIAN, seen=["2024-08-10T10:00:00Z"]),
        State(title="Обстановка в Судже: обновлено", paragraphs=RUSSIAN[:1], seen=["2024-08-11T10:00:00Z"],
              change=("headline", "body")),
        State(title="Обстановка в Судже: обновлено", paragraphs=RUSSIAN, seen=["2024-08-12T10:00:00Z"],
              change=("body",)),
        published=moment("2024-08-10T12:00:00+03:00", basis="opengraph"),
    )
    b.gone("https://vesti.example/sudzha", "2024-08-20T00:00:00.000Z")
    hostile = b.article(
        "https://hostile.example/a?b=<script>", "ar",
        State(title=f"{SCRIPT}{BIDI} \"breaking\" & <b>bold</b>", paragraphs=HOSTILE, byline="<i>Nobody</i>",
              seen=["2024-08-15T00:00:00Z"], html=f"<meta charset=utf-8>{SCRIPT}{BIDI}<h1>hostile</h1>"),
        site_name='"><script>x</script>', credits=[SCRIPT], terms=[SCRIPT],
    )
    plain = b.article(
        "https://other.example/seim", "en",
        State(title="Bridges over the Seim", seen=["2024-08-18T12:00:00Z"],
              paragraphs=["Engineers said on Sunday that the second bridge over the Seim could no longer be used."]),
        published=only_day("2024-08-18", basis="htmldate"), site_name="Other Courier",
        address="http://other.example/seim/",
    )
    spanish = b.article(
        "https://mirador.example/puentes", "es",
        State(title="Los puentes del Seim", seen=["2024-08-18T20:00:00Z"],
              paragraphs=["Los ingenieros dijeron el domingo que el segundo puente sobre el Seim ya no podía usarse."]),
        site_name="El Mirador",
    )
    b.article(
        "https://other.example/football", "en",
        State(title="Kursk lose at home", paragraphs=["A match report that is off the topic."],
              seen=["2024-08-19T00:00:00Z"]), on_topic=False,
    )
    b.compared()
    b.link(digest, herald, "near-duplicate", [(0, 0), (1, 1), (2, 2)], confidence=0.99, sure=0.996, evidence=[
        ("credit", "exemplar", 4.0, "its credit line names The Border Herald: “via The Border Herald”"),
        ("published", "exemplar", 2.0, "published 2024-08-06T21:40:00+01:00 (json-ld), the other 2024-08-07 (url)"),
        ("first seen", "copy", 0.5, "a reason of a kind that no version of this program knows"),
    ])
    b.link(mirror, digest, "identical", [(0, 0), (1, 1), (2, 2)], coverage=(1.0, 0.8), evidence=[
        ("first seen", "exemplar", 1.0, "first seen 2024-08-07 09:12 UTC, the other 2024-08-08 05:00 UTC")])
    b.link(ukrainian, herald, "translation", [(0, 0), (1, 1), (2, 2)], direction="undecided", sure=0.55,
           coverage=(0.9, 0.5), order=0.8, evidence=[])
    b.link(spanish, plain, "translation", [(0, 0)], coverage=(1.0, 1.0), evidence=[
        ("published", "exemplar", 1.0, SCRIPT)])
    family = b.family({herald: None, digest: herald, mirror: digest, ukrainian: None})
    pair = b.family({plain: None, spanish: plain},
                    inferred='[{"name": "Reuters", "kind": "agency", "witnesses": ["a-1", "b-1"]}]')
    return Archive(data=b.data, herald=herald, digest=digest, mirror=mirror, ukrainian=ukrainian, russian=russian,
                   hostile=hostile, plain=plain, spanish=spanish, family=family, pair=pair)


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return build(tmp_path_factory.mktemp("data"))


@dataclass(frozen=True)
class Site:
    """The real site without a network: one Datasette, one event loop."""

    datasette: Any
    loop: asyncio.AbstractEventLoop

    def get(self, path: str, **options: Any) -> Any:
        return self.loop.run_until_complete(self.datasette.client.get(path, **options))

    def post(self, path: str, **options: Any) -> Any:
        return self.loop.run_until_complete(self.datasette.client.post(path, **options))

    def json(self, path: str) -> Any:
        response = self.get(path)
        assert response.status_code == 200, response.text
        return response.json()


@contextmanager
def site_of(data: Path, **options: Any) -> Iterator[Site]:
    """The site of a data folder, closed behind the test."""
    loop = asyncio.new_event_loop()
    datasette = application(data, **options)
    try:
        yield Site(datasette, loop)
    finally:
        datasette.executor.shutdown()
        for database in datasette.databases.values():
            database.close()
        loop.close()


@pytest.fixture(scope="session")
def site(archive: Archive) -> Iterator[Site]:
    """A site on which tests may trace as often as they like."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "TRACES_A_MINUTE", 1_000_000)
        with site_of(archive.data, title="The incursion") as site:
            yield site


@pytest.fixture
def own_archive(tmp_path: Path) -> Archive:
    """An archive that a test may change."""
    return build(tmp_path)


@pytest.fixture
def own_site(own_archive: Archive) -> Iterator[Site]:
    with site_of(own_archive.data) as site:
        yield site


@pytest.fixture
def conn(archive: Archive) -> Iterator[sqlite3.Connection]:
    connection = open_database(archive.database)
    yield connection
    connection.close()


@pytest.fixture(scope="session", name="build")
def build_fixture() -> Any:
    """Builds the test's archive in a folder."""
    return build


@pytest.fixture(scope="session", name="site_of")
def site_of_fixture() -> Any:
    """The site of a folder, in a with statement."""
    return site_of


@pytest.fixture
def build_archive() -> Callable[[Path], Archive]:
    """Makes an archive of a test's own in a folder."""
    return build


@pytest.fixture
def serve_site() -> Callable[..., Any]:
    """Serves an archive of a test's own."""
    return site_of


SERVER = """
import json, sys
from pathlib import Path
from archive.topic_settings import PublishSettings
from datasette_config.serving import serve
settings = json.loads(sys.argv[2])
serve(Path(sys.argv[1]), port=0, publish=PublishSettings(**settings), announce=lambda url: print(url, flush=True))
"""


@pytest.fixture(scope="session")
def ask_served() -> Callable[..., list[int]]:
    """Asks a served site's path some times over a real connection; the statuses."""

    def ask(data: Path, settings: dict[str, Any], path: str, *, times: int, headers: dict[str, str]) -> list[int]:
        with subprocess.Popen([sys.executable, "-c", SERVER, str(data), json.dumps(settings)],
                              stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                address = server.stdout.readline().strip().rstrip("/")
                return [httpx.get(address + path, headers=headers, timeout=30).status_code for _ in range(times)]
            finally:
                server.send_signal(signal.SIGINT)
                server.wait(30)

    return ask
