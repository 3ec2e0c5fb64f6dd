"""Backfill from an emulated Wayback Machine: the real command against the misbehaviours of the real service."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from public_rows import public_rows
from stemma_testing import Stemma, topic_file
from web_archives import COMMON_CRAWL, FILES, INDEX, SETTINGS, WAYBACK, Held, WebArchives

from archive.digests import payload_digest
from crawlers.demo.server import LoopbackWeb, WebRequest, WebResponse

Serve = Callable[[Callable[[WebRequest], WebResponse]], tuple[LoopbackWeb, Stemma]]
Archive = Callable[..., tuple[LoopbackWeb, Stemma, WebArchives]]
STORY = "http://www.news.example/2024/08/story"
BACKFILL = ("backfill", "--topic", "topic.toml")


def text(what: str) -> bytes:
    lines = ("in the Kursk region", "while the villages behind the border emptied within hours",
             "and the governor asked the inhabitants of nine districts to leave", "as columns crossed near Sudzha",
             "where a pipeline's metering station lies", "so the general staff said in its evening report")
    body = "".join(f"<p>{what}, {line}, according to people who were there on that day.</p>" for line in lines)
    head = f"<html><head><title>{what}</title></head><body><h1>{what}</h1>"
    return f"{head}<article>{body}</article></body></html>".encode()


FIRST, SECOND, LIVE = text("Troops advance"), text("Troops advance further"), text("Troops hold Sudzha")


def live(request: WebRequest) -> WebResponse:
    if request.path == "/robots.txt":
        return WebResponse(status=404)
    return WebResponse(headers=(("Content-Type", "text/html; charset=utf-8"),), body=LIVE)


def held() -> list[Held]:
    return [
        Held("20240806142233", STORY, FIRST),
        Held("20240806190102", STORY, FIRST, is_revisit=True),
        Held("20240809080000", "http://www.news.example:80/2024/08/story", SECOND),
        Held("20240809080000", "http://news.example/old", b"", status=301),
        Held("20240810080000", "http://news.example/photo.jpg", b"jpeg", media_type="image/jpeg"),
        Held("20240811080000", "http://news.example/", text("The front page")),
        Held("20250601080000", STORY, text("Too late")),
    ]


@pytest.fixture
def archive(serve: Serve, tmp_path: Path) -> Archive:
    def started(*, topic: str = "", **traps: object) -> tuple[LoopbackWeb, Stemma, WebArchives]:
        web = WebArchives(**({"held": held(), "live": live} | traps))  # type: ignore[arg-type]
        server, stemma = serve(web)
        topic_file(tmp_path, [STORY], extra=topic + SETTINGS)
        return server, stemma, web

    return started


def asked(server: LoopbackWeb, start: str) -> list[str]:
    return [line.path for line in server.log if line.host == WAYBACK and line.path.startswith(start)]


def mementos(stemma: Stemma) -> list[tuple[str, str]]:
    query = "SELECT url, captured_at FROM capture WHERE via = ? ORDER BY captured_at"
    rows = stemma.database().execute(query, [WAYBACK])
    return [(row["url"], row["captured_at"]) for row in rows]


EXPECTED = [(STORY, "2024-08-06T14:22:33.000Z"), (STORY, "2024-08-09T08:00:00.000Z")]


def test_two_archived_versions_stand_before_the_live_one(archive: Archive) -> None:
    server, stemma, _ = archive()
    stemma.run(*BACKFILL)
    assert mementos(stemma) == EXPECTED
    assert len(asked(server, "/web/")) == 2
    stemma.run("run", "--topic", "topic.toml")
    rows = stemma.database().execute("SELECT ordinal, title, first_seen FROM version ORDER BY ordinal").fetchall()
    titles = [row["title"] for row in rows]
    assert titles == ["Troops advance", "Troops advance further", "Troops hold Sudzha"]
    assert [row["first_seen"] for row in rows][:2] == [at for _, at in EXPECTED]
    before = public_rows(stemma.folder / "data" / "archive.db")
    stemma.run("rebuild", "--topic", "topic.toml")
    assert public_rows(stemma.folder / "data" / "archive.db") == before, "a rebuild gives the same rows"
    requests = len(server.log)
    stemma.run(*BACKFILL)
    assert len(asked(server, "/web/")) == 2, "after a rebuild the index is asked again, and no page is fetched twice"
    assert mementos(stemma) == EXPECTED
    requests = len(server.log)
    stemma.run(*BACKFILL)
    assert len(server.log) == requests + 1, "a backfill that was finished asks only whether there are new crawls"


def test_the_result_is_the_same_whichever_came_first(serve: Serve, tmp_path: Path) -> None:
    rows = []
    for order in (("backfill", "crawl"), ("crawl", "backfill")):
        folder = tmp_path / "-".join(order)
        folder.mkdir()
        server, behind = serve(WebArchives(held=[*held(), Held("20240901000000", STORY, LIVE)], live=live))
        (folder / "authority.pem").write_bytes(server.authority_pem)
        topic_file(folder, [STORY], extra=SETTINGS)
        stemma = Stemma(folder, behind.proxy)
        for command in order:
            stemma.run(command, "--topic", "topic.toml")
            stemma.run("update", "--topic", "topic.toml")
        rows.append(public_rows(folder / "data" / "archive.db", times=False))
    assert rows[0] == rows[1]
    assert len(rows[0]["version"]) == 3
    assert sum('"outcome": "unchanged"' in row for row in rows[0]["observation"]) == 1, "the live look after the third"


def test_a_dry_run_fetches_no_page_and_says_how_much_there_is(archive: Archive) -> None:
    server, stemma, _ = archive()
    *_, report = json.loads(stemma.run(*BACKFILL, "--dry-run", "--json").stdout)
    assert report["counts"]["pages to fetch"] == 2
    assert report["counts"]["bytes to fetch"] == len(FIRST) // 3 + len(SECOND) // 3
    assert report["counts"]["bytes free on the disk"] > 0
    assert asked(server, "/web/") == []
    questions = len(asked(server, "/cdx/"))
    stemma.run(*BACKFILL)
    assert (len(asked(server, "/cdx/")), len(asked(server, "/web/"))) == (questions, 2), "nothing is asked twice"


@pytest.mark.parametrize("traps", [
    pytest.param({"doubled_lines": True}, id="every row twice"),
    pytest.param({"page_size": 1}, id="resume keys"),
    pytest.param({"page_size": 1, "as_text": True}, id="text with resume keys"),
    pytest.param({"too_much_days": 2}, id="504 for long spans"),
    pytest.param({"busy": [(429, (("Retry-After", "1"),)), (503, (("Retry-After", "0"),))]}, id="429 and 503"),
    pytest.param({"twice_compressed": True}, id="compressed twice over one declaration"),
])
def test_misbehaviours_of_the_index_and_the_archive_change_nothing(archive: Archive, traps: dict[str, object]) -> None:
    _, stemma, _ = archive(**traps)
    stemma.run(*BACKFILL, "--to", "2024-08-31")
    assert mementos(stemma) == EXPECTED
    stemma.run("update", "--topic", "topic.toml")
    titles = [row[0] for row in stemma.database().execute("SELECT title FROM version ORDER BY ordinal")]
    assert titles == ["Troops advance", "Troops advance further"]


def test_a_cut_off_answer_is_asked_for_again_by_the_next_backfill(archive: Archive) -> None:
    _, stemma, _ = archive(cut_answers=1)
    stemma.run(*BACKFILL, "--to", "2024-08-31")
    assert mementos(stemma) == []
    stemma.run(*BACKFILL, "--to", "2024-08-31")
    assert mementos(stemma) == EXPECTED


def test_a_host_that_the_archive_does_not_show_is_settled_with_its_reason(archive: Archive) -> None:
    _, stemma, _ = archive(excluded=frozenset({"news.example"}))
    stemma.run(*BACKFILL, "--to", "2024-08-31")
    rows = stemma.database().execute("SELECT state, reason FROM slices WHERE service = 'wayback'").fetchall()
    assert [row["state"] for row in rows] == ["refused"]
    assert "AdministrativeAccessControlException" in rows[0]["reason"]


def test_the_time_of_a_capture_is_the_archives_own_word_and_its_errors_are_no_captures(archive: Archive) -> None:
    web_held = [*held(), Held("20240820000000", STORY, text("Broken")), Held("20240821000000", STORY, text("Absent"))]
    _, stemma, _ = archive(
        held=web_held, nearest={"20240821000000": "20240809080000"}, broken=frozenset({"20240820000000"})
    )
    stemma.run(*BACKFILL, "--to", "2024-08-31")
    assert mementos(stemma) == EXPECTED
    states = {row["captured_at"][:10]: row["state"] for row in stemma.database().execute("SELECT * FROM mementos")}
    assert states["2024-08-20"] == "missing"
    assert states["2024-08-21"] == "kept"


def test_what_a_site_forbids_is_not_taken_from_archives_unless_the_topic_says_so(archive: Archive) -> None:
    def forbids(request: WebRequest) -> WebResponse:
        rules = WebResponse(body=b"User-agent: *\nDisallow: /2024/\n")
        return rules if request.path == "/robots.txt" else live(request)

    server, stemma, _ = archive(live=forbids)
    *_, report = json.loads(stemma.run(*BACKFILL, "--to", "2024-08-31", "--dry-run", "--json").stdout)
    assert (report["counts"]["pages to fetch"], report["counts"]["bytes to fetch"]) == (0, 0)
    anyhow = ("--set", "crawl.archives_obey_robots=false")
    *_, report = json.loads(stemma.run(*BACKFILL, "--to", "2024-08-31", "--dry-run", "--json", *anyhow).stdout)
    assert report["counts"]["pages to fetch"] == 2
    stemma.run(*BACKFILL, "--to", "2024-08-31")
    assert asked(server, "/web/") == []
    stemma.run(*BACKFILL, "--to", "2024-08-31", "--set", "crawl.archives_obey_robots=false")
    assert mementos(stemma) == EXPECTED


def test_a_killed_backfill_goes_on_where_it_stopped(archive: Archive) -> None:
    many = [Held(f"202408{day:02}120000", f"http://www.news.example/{day}", text(f"Day {day}")) for day in range(6, 30)]
    server, stemma, _ = archive(held=many, topic="", page_size=5)
    process = stemma.start(*BACKFILL, "--to", "2024-08-31", "--set", "crawl.delay=0.05")
    deadline = time.monotonic() + 60
    while len(asked(server, "/web/")) < 8 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(1.0)  # its turn ends with it
    assert 8 <= len(asked(server, "/web/")) < len(many)
    stemma.run(*BACKFILL, "--to", "2024-08-31")
    assert [at[:10] for _, at in mementos(stemma)] == [f"2024-08-{day:02}" for day in range(6, 30)]
    assert len(asked(server, "/web/")) <= len(many) + 4, "only what was under way is asked for again"


def test_an_hourly_run_waits_for_a_turn_and_gets_its_own(archive: Archive) -> None:
    many = [Held(f"202408{day:02}120000", f"http://www.news.example/{day}", text(f"Day {day}")) for day in range(6, 20)]
    server, stemma, _ = archive(held=many)
    process = stemma.start(*BACKFILL, "--to", "2024-08-31", "--set", "crawl.delay=0.2")
    deadline = time.monotonic() + 60
    while not asked(server, "/web/") and time.monotonic() < deadline:
        time.sleep(0.02)
    stemma.run("crawl", "--topic", "topic.toml")
    assert process.wait(60) == 0
    assert len(mementos(stemma)) == len(many)
    query = "SELECT count(*) FROM capture WHERE url = ? AND via = 'stemma'"
    assert stemma.database().execute(query, [STORY]).fetchone()[0] == 1


def test_an_unknown_source_is_a_mistake_of_the_command(archive: Archive) -> None:
    _, stemma, _ = archive()
    assert "no source is called 'lsit'" in stemma.run(*BACKFILL, "--source", "lsit", code=2).stderr


def test_gdelt_announces_articles_in_spans_short_enough_for_its_cap(archive: Archive) -> None:
    articles = [{"url": f"http://other.example/{n}", "title": "Бої в Курській області : \x01що відомо",
                 "seendate": f"202408{6 + n % 20:02}T{n % 24:02}3000Z"} for n in range(300)]
    _, stemma, _ = archive(articles=articles, held=[])
    stemma.run(*BACKFILL, "--to", "2024-08-31")
    conn = stemma.database()
    query = "SELECT DISTINCT title FROM discovery WHERE source = 'gdelt'"
    assert [row["title"] for row in conn.execute(query)] == ["Бої в Курській області : що відомо"]
    assert conn.execute("SELECT count(*) FROM discovery WHERE source = 'gdelt'").fetchone()[0] == 300
    states = {row["state"] for row in conn.execute("SELECT state FROM slices WHERE service = 'gdelt'")}
    assert states == {"done", "split"}
    before = public_rows(stemma.folder / "data" / "archive.db", views=("discovery",))
    stemma.run("rebuild", "--topic", "topic.toml")
    assert public_rows(stemma.folder / "data" / "archive.db", views=("discovery",)) == before


def test_gdelts_errors_in_plain_text_are_told_and_tried_again(archive: Archive) -> None:
    _, stemma, web = archive(held=[], gdelt_says=b"Please limit requests to one every 5 seconds or contact us.")
    assert "Please limit requests" in stemma.run(*BACKFILL, "--to", "2024-08-31").stdout
    web.gdelt_says = b"Your query was too short or too long.\n"
    stemma.run(*BACKFILL, "--to", "2024-08-31")
    (row,) = stemma.database().execute("SELECT * FROM slices WHERE service = 'gdelt'")
    assert (row["state"], row["reason"]) == ("pending", "GDELT says: Your query was too short or too long.")


def test_common_crawls_records_come_by_byte_ranges_under_their_own_times(archive: Archive) -> None:
    crawls = {"CC-MAIN-2024-33": ("20240803000000", "20240816000000"), "CC-MAIN-2026-01": ("20260101000000",) * 2}
    pages = [Held("20240807000000", STORY, FIRST), Held("20240808000000", f"{STORY}/2", SECOND),
             Held("20240809000000", "http://elsewhere.example/x", b"x"), Held("20240810000000", STORY, b"", status=404)]
    server, stemma, _ = archive(held=pages, crawls=crawls, wayback_is_empty=True)
    stemma.run(*BACKFILL)
    rows = stemma.database().execute(
        "SELECT url, captured_at, payload_digest FROM capture WHERE via = ? ORDER BY captured_at", [COMMON_CRAWL])
    assert [tuple(row) for row in rows] == [
        (STORY, "2024-08-07T00:00:00.000Z", payload_digest(FIRST)),
        (f"{STORY}/2", "2024-08-08T00:00:00.000Z", payload_digest(SECOND)),
    ]
    query = "SELECT count(*) FROM captures WHERE url LIKE ?"
    assert stemma.database().execute(query, [f"http://{FILES}/crawl-data/%"]).fetchone()[0] == 0, "kept once"
    views = ("capture", "observation")
    before = public_rows(stemma.folder / "data" / "archive.db", views=views)
    stemma.run("rebuild", "--topic", "topic.toml")
    assert public_rows(stemma.folder / "data" / "archive.db", views=views) == before
    ranges = [line for line in server.log if line.status == 206]
    stemma.run(*BACKFILL)
    assert [line for line in server.log if line.status == 206] == ranges, "what is held is not fetched again"


def test_common_crawls_index_read_to_its_end_leaves_no_failure(archive: Archive) -> None:
    crawls = {"CC-MAIN-2024-33": ("20240803000000", "20240816000000"),
              "CC-MAIN-2024-38": ("20240903000000", "20240916000000")}
    server, stemma, _ = archive(held=[Held("20240807000000", STORY, FIRST)], crawls=crawls, wayback_is_empty=True)
    stemma.run(*BACKFILL, "--to", "2024-09-30")
    rows = stemma.database().execute("SELECT state FROM slices WHERE service = 'commoncrawl'").fetchall()
    assert [row["state"] for row in rows] == ["done", "done"]
    assert 404 in [line.status for line in server.log if line.host == INDEX and "-index?" in line.path]
    assert 400 not in [line.status for line in server.log if line.host == INDEX], "no page after the last is asked for"
    failures = stemma.database().execute("SELECT subject, reason FROM failures WHERE subject LIKE ?", [f"%{INDEX}%"])
    assert [tuple(row) for row in failures] == []
