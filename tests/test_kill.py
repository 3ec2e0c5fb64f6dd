"""kill -9 at random moments of every command that writes: the archive in the end is the one of an undisturbed run."""

import io
import json
import random
import time
from pathlib import Path

import pytest
from public_rows import check_warcs, public_rows, settled
from stemma_testing import Stemma, topic_file
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter
from web_archives import SETTINGS, WAYBACK, Held, WebArchives

from crawlers.demo.server import LoopbackWeb, WebRequest, WebResponse
from crawlers.demo.topic import topic_text
from crawlers.demo.web import DemoWeb

SEED = 20240806


def topic(folder: Path, server: LoopbackWeb) -> None:
    """The demo's topic, slower, and with no second look within the test."""
    (folder / "authority.pem").write_bytes(server.authority_pem)
    text = topic_text("authority.pem").replace('revisit = ["0s"]', 'revisit = ["30d"]')
    text = text.replace("delay = 0.02", "delay = 0.1").replace("per_host = 4", "per_host = 1")
    (folder / "topic.toml").write_text(text, encoding="utf-8")


def killed_run(stemma: Stemma, chance: random.Random, *, kills: int, longest: float) -> list[int]:
    """`stemma run`, killed up to so many times, then left to end; the exit codes (-9: the kill met it alive)."""
    codes = []
    for _ in range(kills):
        process = stemma.start("run", "--topic", "topic.toml")
        # A later run has less left to do, so some of the moments are early ones.
        time.sleep(chance.uniform(0.2, longest) * chance.choice((1.0, 0.5, 0.2)))
        process.kill()
        codes.append(process.wait())
    stemma.run("run", "--topic", "topic.toml")
    return codes


def check(folder: Path, *, kills: int, chance: random.Random) -> None:
    web = DemoWeb()
    with LoopbackWeb(web.respond) as server:
        (calm, disturbed) = (Stemma(folder / name, server.proxy_url) for name in ("calm", "disturbed"))
        for stemma in (calm, disturbed):
            stemma.folder.mkdir(parents=True)
            topic(stemma.folder, server)
        started = time.monotonic()
        calm.run("run", "--topic", "topic.toml")
        longest = time.monotonic() - started
        codes = killed_run(disturbed, chance, kills=kills, longest=longest)
        for _ in range(20):  # a kill early in a crawl leaves the rest for the next: go on until nothing is left
            report = json.loads(disturbed.run("run", "--topic", "topic.toml", "--json").stdout)
            if dict(report[2]["counts"]).get("new", 0) == 0:
                break
    assert -9 in codes, (codes, longest)
    assert settled(disturbed.folder / "data" / "archive.db") == settled(calm.folder / "data" / "archive.db")
    data = disturbed.folder / "data"
    check_warcs(data / "warc")
    before = public_rows(data / "archive.db")
    disturbed.run("rebuild", "--topic", "topic.toml")
    assert public_rows(data / "archive.db") == before, "and a rebuild from its WARC files gives the same rows"


def test_a_run_that_is_killed_again_and_again_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    check(tmp_path, kills=8, chance=random.Random(SEED))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_two_hundred_kills(tmp_path: Path, seed: int) -> None:
    check(tmp_path, kills=20, chance=random.Random(seed))


def captured(stemma: Stemma, via: str) -> list[tuple[object, ...]]:
    """What came in from others, without the places in files."""
    query = "SELECT url, captured_at, payload_digest, status FROM capture WHERE via = ? ORDER BY 1, 2, 3"
    return [tuple(row) for row in stemma.database().execute(query, (via,))]


def brought_in(calm: Stemma, disturbed: Stemma, command: tuple[str, ...], *, via: str, kills: int) -> None:
    """What a command brings in from others is the same, once, however often it is killed."""
    chance, codes = random.Random(SEED), []
    started = time.monotonic()
    calm.run(*command)
    longest = time.monotonic() - started
    for _ in range(kills):
        process = disturbed.start(*command)
        time.sleep(chance.uniform(0.3, longest))
        process.kill()
        codes.append(process.wait())
        time.sleep(1.0)  # a turn of a backfill ends with who began it
    disturbed.run(*command)
    assert -9 in codes, (codes, longest)
    assert captured(disturbed, via) == captured(calm, via) != []
    check_warcs(disturbed.folder / "data" / "warc")
    before = public_rows(disturbed.folder / "data" / "archive.db")
    disturbed.run("rebuild", "--topic", "topic.toml")
    assert public_rows(disturbed.folder / "data" / "archive.db") == before


def body(number: int) -> bytes:
    return f"<html><body><h1>Report {number}</h1><p>A text on the Kursk region, {number}.</p></body></html>".encode() * 20


@pytest.mark.parametrize("kills", [3, pytest.param(40, marks=pytest.mark.soak)])
def test_an_import_that_is_killed_again_and_again_brings_all_in_once(tmp_path: Path, kills: int) -> None:
    with open(tmp_path / "foreign.warc.gz", "wb") as file:
        writer = WARCWriter(file, gzip=True)
        for number in range(600):
            record = writer.create_warc_record(
                f"https://news.example/{number}", "response", payload=io.BytesIO(body(number)),
                http_headers=StatusAndHeaders("200 OK", [("Content-Type", "text/html")], "HTTP/1.1"),
                warc_headers_dict={"WARC-Date": f"2024-08-06T14:{number // 60:02}:{number % 60:02}Z"},
            )
            writer.write_record(record)
            record.raw_stream.close()
    stemmas = [Stemma(tmp_path / name) for name in ("calm", "disturbed")]
    for stemma in stemmas:
        stemma.folder.mkdir()
        topic_file(stemma.folder, ["https://news.example/a"])
    command = ("import", "--topic", "topic.toml", "--via", "others", str(tmp_path / "foreign.warc.gz"))
    brought_in(*stemmas, command, via="others", kills=kills)


@pytest.mark.parametrize("kills", [3, pytest.param(40, marks=pytest.mark.soak)])
def test_a_backfill_that_is_killed_again_and_again_brings_all_in_once(tmp_path: Path, kills: int) -> None:
    held = [Held(f"202408{day:02}{hour:02}0000", f"http://www.news.example/{day}-{hour}", body(day * 100 + hour))
            for day in range(6, 16) for hour in range(6)]

    def live(request: WebRequest) -> WebResponse:
        del request
        return WebResponse(status=404)

    with LoopbackWeb(WebArchives(held=held, live=live, page_size=20)) as server:
        stemmas = [Stemma(tmp_path / name, server.proxy_url) for name in ("calm", "disturbed")]
        for stemma in stemmas:
            stemma.folder.mkdir()
            (stemma.folder / "authority.pem").write_bytes(server.authority_pem)
            topic_file(stemma.folder, ["http://www.news.example/a"], extra=SETTINGS)
        command = ("backfill", "--topic", "topic.toml", "--to", "2024-08-31", "--set", "crawl.delay=0.02")
        brought_in(*stemmas, command, via=WAYBACK, kills=kills)
