"""A full disk, a clock that jumps, two runs at once, a locked database: nothing lost, nothing doubled, all files sound.

In the end the archive is the one of an undisturbed run. Short samples here; many more by `make soak`.
"""

import hashlib
import json
import random
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Lock
from typing import Any

import pytest
from public_rows import check_warcs, public_rows, settled
from stemma_testing import Stemma, topic_file

from crawlers.demo.server import LoopbackWeb, WebRequest, WebResponse

SITE = "http://news.example"
PAGES = 24
HOUR, DAY, YEAR = 3_600.0, 86_400.0, 366 * 86_400.0
_WORDS = ("troops border village river bridge column artillery drone shelter convoy railway school hospital engineer "
          "ministry spokesman governor evacuation refugee brigade ammunition trench counterattack settlement").split()
Serve = Callable[[Callable[[WebRequest], WebResponse]], tuple[LoopbackWeb, Stemma]]


def article(number: int) -> bytes:
    """A page of 25 kB that hardly compresses; every sixth has the text of the one before."""
    words = random.Random(number - 1 if number % 6 == 5 else number)
    text = "".join(f"<p>In the Kursk region the {' '.join(words.choices(_WORDS, k=40))}.</p>" for _ in range(6))
    noise = "".join(hashlib.sha256(f"{number} {n}".encode()).hexdigest() for n in range(400))
    return (f"<html><head><title>Report {number}</title></head><body><h1>Report {number} from Kursk</h1>"
            f"<article>{text}</article><script>var noise = '{noise}'</script></body></html>").encode()


def respond(request: WebRequest) -> WebResponse:
    """A feed of articles that do not change."""
    if request.path == "/feed":
        items = "".join(f"<item><title>Report {n} from Kursk</title><link>{SITE}/{n}</link></item>" for n in range(PAGES))
        return WebResponse(headers=(("Content-Type", "application/rss+xml"),),
                           body=f'<rss version="2.0"><channel>{items}</channel></rss>'.encode())
    if request.path[1:].isdigit():
        return WebResponse(headers=(("Content-Type", "text/html; charset=utf-8"),), body=article(int(request.path[1:])))
    return WebResponse(status=404)


def topic(folder: Path, authority: bytes) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "authority.pem").write_bytes(authority)
    topic_file(folder, feeds=[f"{SITE}/feed"])
    text = (folder / "topic.toml").read_text().replace('revisit = ["0s"]', 'revisit = ["1h", "30d"]')
    (folder / "topic.toml").write_text(text)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The rows of an undisturbed run."""
    folder = tmp_path_factory.mktemp("calm")
    with LoopbackWeb(respond) as server:
        topic(folder, server.authority_pem)
        stemma = Stemma(folder, server.proxy_url)
        stemma.run("run", "--topic", "topic.toml")
    found = settled(stemma.folder / "data" / "archive.db")
    assert len(found["article"]) == PAGES
    assert found["copy_link"]
    return found


def check_sound(stemma: Stemma, wanted: dict[str, list[str]]) -> None:
    """Nothing lost, nothing doubled, every file sound, and a rebuild gives the same."""
    data = stemma.folder / "data"
    assert settled(data / "archive.db") == wanted
    check_warcs(data / "warc")
    before = public_rows(data / "archive.db")
    stemma.run("rebuild", "--topic", "topic.toml")
    assert public_rows(data / "archive.db") == before


# A full disk.


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Callable[[int], None]]:
    """A disk of so many bytes in a folder; what it gives makes it larger."""
    folder.mkdir(parents=True)
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a small disk takes the right to mount one (run as root)")
    try:
        yield lambda larger: subprocess.run(["mount", "-o", f"remount,size={larger}", folder], check=True) and None
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fails_with_a_sentence(stemma: Stemma, *words: str) -> str:
    """The command ends with exit code 1 and says why in a line, without a traceback."""
    said = stemma.run(*words, "--topic", "topic.toml", code=1).stderr
    assert "Traceback" not in said
    assert "space" in said or "full" in said or "No space" in said, said
    return said


def check_full_disk(folder: Path, size: int, wanted: dict[str, list[str]]) -> None:
    with LoopbackWeb(respond) as server, small_disk(folder / "data", size) as make_larger:
        topic(folder, server.authority_pem)
        stemma = Stemma(folder, server.proxy_url)
        for _ in range(2):
            fails_with_a_sentence(stemma, "run")
        make_larger(64_000_000)
        stemma.run("run", "--topic", "topic.toml")
        check_sound(stemma, wanted)


@pytest.mark.parametrize("size", [450_000, 1_000_000])
def test_a_disk_that_fills_up_costs_nothing_once_it_has_room(
    tmp_path: Path, calm: dict[str, list[str]], size: int
) -> None:
    check_full_disk(tmp_path, size, calm)


@pytest.mark.soak
@pytest.mark.parametrize("size", range(40_000, 1_400_000, 40_000))
def test_a_disk_that_fills_up_at_any_moment(tmp_path: Path, calm: dict[str, list[str]], size: int) -> None:
    check_full_disk(tmp_path, size, calm)


@pytest.mark.parametrize("room", [0, 100_000])
def test_a_disk_that_fills_up_before_an_update_or_an_event(
    tmp_path: Path, calm: dict[str, list[str]], room: int
) -> None:
    with LoopbackWeb(respond) as server, small_disk(tmp_path / "data", 16_000_000):
        topic(tmp_path, server.authority_pem)
        stemma = Stemma(tmp_path, server.proxy_url)
        stemma.run("crawl", "--topic", "topic.toml")
        fill(tmp_path / "data", room)
        fails_with_a_sentence(stemma, "update")
        with open(tmp_path / "topic.toml", "a", encoding="utf-8") as file:
            file.write("# another digest, so there is an event to keep\n")
        if not room:
            fails_with_a_sentence(stemma, "crawl")
        (tmp_path / "data" / "filler").unlink()
        stemma.run("run", "--topic", "topic.toml")
        check_sound(stemma, calm)
        kinds = [json.loads(line)["kind"] for line in (tmp_path / "data" / "events.jsonl").read_text().splitlines()]
        assert [kind for kind in kinds if kind == "topic"] == ["topic", "topic"]
        assert sorted(set(kinds)) == ["key", "log-begun", "topic"], "the log was begun once, when there was room"
        assert len(kinds) == 4


def fill(folder: Path, room: int) -> None:
    """A file that leaves so many bytes."""
    with open(folder / "filler", "wb", buffering=0) as file:
        with suppress(OSError):
            while True:
                file.write(b"x" * 4_096)
        file.truncate(max(0, file.tell() - room))


# A clock that jumps.


def at(stemma: Stemma, *jumps: tuple[int, float]) -> Stemma:
    """The command by a clock that is wrong by so many seconds from a reading on."""
    return Stemma(stemma.folder, stemma.proxy, altered={"CLOCK": json.dumps(jumps)})


def test_a_clock_that_jumps_overwrites_nothing_and_neither_stops_nor_hammers(serve: Serve) -> None:
    asked: list[str] = []

    def handler(request: WebRequest) -> WebResponse:
        asked.append(request.path)
        if request.path == "/robots.txt":
            return WebResponse(body=b"User-agent: *\nAllow: /\n")
        if request.path == "/0":  # changes at each look
            changed = article(0).replace(b"</article>", b"<p>Update %d from Kursk.</p></article>" % len(asked))
            return WebResponse(headers=(("Content-Type", "text/html; charset=utf-8"),), body=changed)
        return respond(request)

    server, stemma = serve(handler)
    topic(stemma.folder, server.authority_pem)
    line = ("run", "--topic", "topic.toml")

    def looked(*jumps: tuple[int, float]) -> tuple[int, int]:
        """Requests for rules, and for articles, of one run."""
        asked.clear()
        at(stemma, *jumps).run(*line)
        return asked.count("/robots.txt"), len([path for path in asked if path[1:].isdigit()])

    assert looked() == (1, PAGES)
    assert looked() == (0, 0), "within the hour nothing is due"
    assert looked((0, YEAR)) == (1, PAGES), "forward by a year: all is due, once"
    assert looked((0, YEAR)) == (0, 0), "and no more"
    assert looked((0, 2 * HOUR), (30, 2 * HOUR - DAY)) == (0, PAGES), "put right, and wrong again in mid-crawl: due"
    assert looked((0, 3 * HOUR)) in ((0, 0), (0, 1)), "but the page that was edited, by the wrong clock a day before"
    assert looked((0, -2 * DAY)) == (1, PAGES), "back by days: what lies ahead is no rule and no look, once"
    assert looked((0, -2 * DAY)) == (0, 0), "and no more"
    assert looked((0, 40 * DAY)) == (1, PAGES), "and the schedule goes on"

    conn = stemma.database()
    captures = conn.execute("SELECT count(*) FROM capture WHERE role != 'list'").fetchone()[0]
    assert check_warcs(stemma.folder / "data" / "warc") == captures, "no capture took another's place"
    seen = [row["first_seen"] for row in conn.execute(f"SELECT first_seen FROM version WHERE url = '{SITE}/0' ORDER BY ordinal")]
    assert seen == sorted(seen)
    assert len(seen) > 3
    conn.close()
    before = public_rows(stemma.folder / "data" / "archive.db")
    stemma.run("rebuild", "--topic", "topic.toml")
    assert public_rows(stemma.folder / "data" / "archive.db") == before


# Two at once, and a locked database.


def test_of_two_runs_at_once_the_second_is_told_and_changes_nothing(serve: Serve, calm: dict[str, list[str]]) -> None:
    asked_for, go_on = Event(), Event()

    def handler(request: WebRequest) -> WebResponse:
        if request.path == "/3":
            asked_for.set()
            go_on.wait(20)
        return respond(request)

    server, stemma = serve(handler)
    topic(stemma.folder, server.authority_pem)
    first = stemma.start("run", "--topic", "topic.toml", "--set", "crawl.timeout=60")
    assert asked_for.wait(30)
    for command in ("crawl", "update", "rebuild"):
        said = stemma.run(command, "--topic", "topic.toml", code=3).stderr
        assert f"process {first.pid}" in said
    assert stemma.run("run", "--topic", "topic.toml", code=3).stderr == "", "cron's line waits in silence"
    go_on.set()
    assert first.wait(60) == 0
    assert [line.path for line in server.log].count("/3") == 1
    check_sound(stemma, calm)


def test_a_reader_holds_up_nothing(serve: Serve, calm: dict[str, list[str]]) -> None:
    server, stemma = serve(respond)
    topic(stemma.folder, server.authority_pem)
    stemma.run("init", "--topic", "topic.toml")
    reader = stemma.database()
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM captures").fetchone()
    patient = Stemma(stemma.folder, stemma.proxy, altered={"BUSY_MS": "500"})
    patient.run("run", "--topic", "topic.toml")
    assert reader.execute("SELECT count(*) FROM captures").fetchone()[0] == 0, "it sees what it began with"
    reader.close()
    check_sound(stemma, calm)


class Writer:
    """Takes the database for itself when a page is asked for, in the thread that answers; `free` gives it back."""

    def __init__(self, page: str) -> None:
        self.page = page
        self.database: Path | None = None
        self._lock = Lock()
        self._held: sqlite3.Connection | None = None

    def __call__(self, request: WebRequest) -> WebResponse:
        with self._lock:
            if request.path == self.page and self.database is not None and self._held is None:
                self.take()
        return respond(request)

    def take(self) -> None:
        assert self.database is not None
        self._held = sqlite3.connect(self.database, timeout=20, check_same_thread=False, isolation_level=None)
        self._held.execute("BEGIN IMMEDIATE")

    def free(self) -> None:
        held, self._held, self.database = self._held, None, None
        if held is not None:
            held.execute("ROLLBACK")
            held.close()


def check_locked(serve: Serve, page: str, wanted: dict[str, list[str]]) -> None:
    writer = Writer(page)
    server, stemma = serve(writer)
    topic(stemma.folder, server.authority_pem)
    stemma.run("init", "--topic", "topic.toml")
    writer.database = stemma.folder / "data" / "archive.db"
    impatient = Stemma(stemma.folder, stemma.proxy, altered={"BUSY_MS": "300"})
    done = impatient.run("run", "--topic", "topic.toml", code=1)
    assert "Traceback" not in done.stderr
    assert "database is locked" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    writer.free()
    stemma.run("run", "--topic", "topic.toml")
    check_sound(stemma, wanted)


@pytest.mark.parametrize("page", ["/feed", "/7"])
def test_a_long_writer_ends_a_run_with_a_sentence_and_nothing_is_lost(
    serve: Serve, calm: dict[str, list[str]], page: str
) -> None:
    check_locked(serve, page, calm)


@pytest.mark.soak
@pytest.mark.parametrize("page", ["/robots.txt", *(f"/{n}" for n in range(PAGES))])
def test_a_long_writer_at_any_moment(serve: Serve, calm: dict[str, list[str]], page: str) -> None:
    check_locked(serve, page, calm)


def test_a_database_that_is_locked_from_the_start_is_said_in_a_sentence(
    serve: Serve, calm: dict[str, list[str]]
) -> None:
    writer = Writer("/none")
    server, stemma = serve(writer)
    topic(stemma.folder, server.authority_pem)
    stemma.run("crawl", "--topic", "topic.toml")
    writer.database = stemma.folder / "data" / "archive.db"
    writer.take()
    impatient = Stemma(stemma.folder, stemma.proxy, altered={"BUSY_MS": "300"})
    for command in ("update", "crawl", "run"):
        said: Any = impatient.run(command, "--topic", "topic.toml", code=1).stderr
        assert "database is locked" in said
        assert "Traceback" not in said
    writer.free()
    stemma.run("run", "--topic", "topic.toml")
    check_sound(stemma, calm)
