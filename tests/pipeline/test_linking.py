"""When a new epoch is counted, what comparing costs where there is nothing to compare, and that batches change nothing."""

import os
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from itertools import count
from multiprocessing import spawn
from pathlib import Path
from queue import Queue
from sqlite3 import Connection
from threading import Thread

import pytest
from stemma_testing import FilledDemo

from archive import events
from archive.folder import open_archive
from archive.model import Passage, Reuse
from archive.store import comparisons, read_database, transaction
from archive.store.comparisons import Read
from archive.store.links import Shared
from archive.topic import load_topic
from pipeline import cores, linking
from pipeline.copies import comparing, epoch, vectors
from pipeline.linking import closest
from pipeline.work import Work

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def work(demo: FilledDemo, tmp_path: Path) -> Iterator[Work]:
    shutil.copytree(demo.data, tmp_path / "data", symlinks=True)
    topic = load_topic(str(demo.stemma.folder / "topic.toml"))
    with open_archive(tmp_path / "data", create=False) as archive:
        yield Work(archive, topic, lambda: NOW, lambda *_: None)


def epochs(work: Work) -> int:
    return len(events.read(work.archive.folder.events).of("epoch"))


def test_an_archive_that_has_grown_is_counted_and_compared_again_by_itself(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = comparisons.article_count(work.conn)
    assert linking.compare_witnesses(work).done == epochs(work) == 0, "the shipped table is enough for so few"
    monkeypatch.setattr(linking, "COUNTED_FROM", held + 1)
    assert linking.compare_witnesses(work).done == epochs(work) == 0
    monkeypatch.setattr(linking, "COUNTED_FROM", held)
    compared = linking.compare_witnesses(work)
    assert compared.done == work.conn.execute("SELECT count(*) FROM versions").fetchone()[0]
    kept = comparisons.last_epoch(work.conn)
    assert kept is not None
    assert (epochs(work), kept.articles) == (1, held)
    assert linking.compare_witnesses(work).done == 0, "it has not doubled since"
    assert epochs(work) == 1
    work.conn.execute("UPDATE epochs SET articles = :half", {"half": held // 2})
    linking.compare_witnesses(work)
    assert epochs(work) == 1, "what is counted is the epoch that there is"


def test_of_a_small_archive_furniture_alone_is_counted(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    held = comparisons.article_count(work.conn)
    monkeypatch.setattr(epoch, "FURNITURE_TEXTS", 2)
    assert linking.compare_witnesses(work).done == epochs(work) == 0, "nothing came in"
    work.conn.execute("DELETE FROM witnesses")
    compared = linking.compare_witnesses(work)
    kept = comparisons.last_epoch(work.conn)
    assert kept is not None
    told = epoch.unpacked(kept.packed, kept.digest)
    assert (epochs(work), kept.articles, told.articles, told.counts) == (1, held, 0, {})
    assert told.furniture
    assert told.weight("krnpl") == epoch.shipped().weight("krnpl")
    assert linking.compare_witnesses(work).done == 0 < compared.done
    work.conn.execute("DELETE FROM witnesses")
    work.conn.execute("DELETE FROM epochs")
    assert linking.compare_witnesses(work).done == compared.done
    assert (epochs(work), comparisons.last_epoch(work.conn)) == (1, kept), "as a rebuild finds it in the events"


def test_where_nothing_is_pending_no_epoch_is_unpacked(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    linking.reindex(work)
    linking.compare_witnesses(work)

    def unpacked(stored: bytes, digest: str) -> epoch.Epoch:
        raise AssertionError("it takes time, for nothing")

    monkeypatch.setattr(epoch, "unpacked", unpacked)
    assert linking.compare_witnesses(work).done == 0
    work.conn.execute("DELETE FROM witnesses")
    with pytest.raises(AssertionError, match="for nothing"):
        linking.compare_witnesses(work)


def test_counting_the_same_again_is_no_event(work: Work) -> None:
    first = linking.reindex(work)
    assert linking.reindex(work).counts == first.counts
    assert epochs(work) == 1


def test_the_same_is_found_in_batches_of_any_size_and_in_any_number_of_processes(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    monkeypatch.setattr(linking, "BATCHES", 1_000)
    for batch, pool_from, forgotten in ((400, 1_000, "sketches"), (1, 1_000, "sketches"), (1, 1_000, "witnesses"), (
            7, 1_000, "witnesses"), (400, 1_000, "witnesses"), (7, 1, "witnesses")):
        monkeypatch.setattr(linking, "FEWEST", batch)
        monkeypatch.setattr(comparing, "POOL_FROM", pool_from)
        work.conn.execute(f"DELETE FROM {forgotten}")  # ours; whose turn is later is not met by its old one
        work.conn.execute("DELETE FROM witnesses")
        report = linking.compare_witnesses(work)
        found.append((report.done, report.counts, [tuple(row) for row in work.conn.execute(
            "SELECT * FROM reuses ORDER BY left_id, right_id")]))
    assert found[0][2], "the bundled web has copies"
    assert found == [found[0]] * 6


def test_who_is_stopped_while_all_is_compared_anew_leaves_what_is_found_and_what_waits(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = work.conn.execute("SELECT count(*) FROM versions").fetchone()[0]
    linking.reindex(work)
    monkeypatch.setattr(linking, "FEWEST", 2)
    monkeypatch.setattr(linking, "BATCHES", held)
    add, batches = comparisons.add_readings, count(1)

    def stopped(conn: Connection, read: list[Read]) -> None:
        if next(batches) == held // 8:
            raise KeyboardInterrupt
        add(conn, read)

    monkeypatch.setattr(comparisons, "add_readings", stopped)
    with pytest.raises(KeyboardInterrupt):
        linking.compare_witnesses(work)
    named = comparisons.last_method(work.conn)
    searched = comparisons.searched(work.conn, method=named)
    assert 0 < searched.waiting < held / 2, "most are still found as they were compared before"
    unfound = "SELECT count(*) FROM witnesses LEFT JOIN sketches USING (version_id) WHERE nats IS NULL"
    assert work.conn.execute(unfound).fetchone()[0] == 0, "no text is said to be searched that has no keys"
    monkeypatch.undo()
    linking.compare_witnesses(work)
    assert comparisons.searched(work.conn, method=comparisons.last_method(work.conn)).waiting == 0


def test_the_keys_of_versions_that_went_go_though_nothing_is_compared(work: Work) -> None:
    work.conn.execute("DELETE FROM versions WHERE version_id = (SELECT max(version_id) FROM versions)")
    (gone,) = work.conn.execute("SELECT version_id FROM forgotten").fetchone()
    keys = "SELECT count(*) FROM fingerprints WHERE version_id = ?"
    assert work.conn.execute(keys, [gone]).fetchone()[0] > 0
    assert linking.compare_witnesses(work).done == 0
    assert work.conn.execute(keys, [gone]).fetchone()[0] == 0
    assert work.conn.execute("SELECT * FROM forgotten").fetchall() == []


def test_where_a_process_dies_one_goes_on_alone(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = work.conn.execute("SELECT count(*) FROM reuses").fetchone()[0]
    work.conn.execute("DELETE FROM witnesses")
    monkeypatch.setattr(comparing, "POOL_FROM", 10)
    monkeypatch.setattr(comparing, "_sit_down", os._exit)  # called with as many arguments the process fails to start
    assert linking.compare_witnesses(work).done == work.conn.execute("SELECT count(*) FROM versions").fetchone()[0]
    assert work.conn.execute("SELECT count(*) FROM reuses").fetchone()[0] == expected


def test_a_process_that_dies_before_it_was_told_the_epoch_keeps_nobody_waiting(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = {f"{number:x}": number for number in range(2, 100_000)}  # packed, it is more than a pipe holds
    stored = epoch.packed(replace(epoch.shipped(), articles=100_000, counts=counts))
    large = epoch.unpacked(stored)
    comparisons.add_epoch(work.conn, digest=large.digest, articles=large.articles, at=NOW, packed=stored)
    monkeypatch.setattr(comparing, "POOL_FROM", 1)
    monkeypatch.setattr(cores, "count", lambda: 2)
    monkeypatch.setattr(spawn, "get_command_line", lambda **_: [sys.executable, "-c", "pass"])
    ended = Queue[BaseException]()

    def run() -> None:
        database = work.archive.folder.database
        try:
            with comparing.running(read_database(database), database, large, "method", 2) as running:
                list(running(comparing.read, [1, 2]))
        except BaseException as error:
            ended.put(error)

    Thread(target=run, daemon=True).start()
    assert isinstance(ended.get(timeout=30), BrokenProcessPool)


def test_what_was_compared_without_the_extra_is_compared_anew_with_it_and_back_and_the_report_says_so(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Silent:
        def encode(self, sentences: tuple[str, ...], /) -> object:
            return import_module("numpy").zeros((len(sentences), vectors.SIZE))

    monkeypatch.setattr(vectors, "Remembering", Silent)
    held = work.conn.execute("SELECT count(*) FROM versions").fetchone()[0]
    monkeypatch.setattr(vectors, "installed", lambda: None)
    linking.compare_witnesses(work)
    before = reuses(work)
    assert linking.compare_witnesses(work).done == 0
    monkeypatch.setattr(vectors, "installed", lambda: vectors.NAME)
    report = linking.compare_witnesses(work)
    assert report.done == held
    assert dict(report.counts)["compared before without the extra vectors, now with it"] == held
    assert reuses(work) == before, "an encoder to which nothing is alike adds nothing and takes nothing"
    assert linking.compare_witnesses(work).done == 0
    monkeypatch.setattr(vectors, "installed", lambda: None)
    report = linking.compare_witnesses(work)
    assert report.done == held
    assert any("stemma-archive[vectors]" in said and counted == held for said, counted in report.counts)


def shared(one: str, other: str, words: int, *coverages: float) -> Shared:
    left, right = coverages
    return Shared(left_id=0, right_id=0, left_name=one, right_name=other, left_article=0, right_article=1, reuse=Reuse(
        relation="near-duplicate", left_coverage=left, right_coverage=right, order=1.0, passages=(
            Passage(left_start=0, left_end=9, right_start=0, right_end=9, words=words),)))


FIRST, SECOND, LAST = (f"aaaaaaaaaaaa-202408{day}080000-abcdefgh" for day in (10, 12, 20))
COPY, ITS_SECOND = (f"bbbbbbbbbbbb-202408{day}080000-abcdefgh" for day in (13, 21))


@pytest.mark.parametrize(("found", "chosen"), [
    pytest.param([shared(FIRST, COPY, 300, 0.7, 1), shared(LAST, COPY, 300, 0.9, 1)], 0,
                 id="a version that came after the copy covers more"),
    pytest.param([shared(FIRST, COPY, 300, 0.7, 1), shared(LAST, COPY, 303, 0.9, 1)], 0,
                 id="and has a word that was mended in both"),
    pytest.param([shared(FIRST, COPY, 300, 0.7, 1), shared(SECOND, COPY, 300, 0.9, 1)], 1,
                 id="one that was there before the copy and lacks what the copy lacks"),
    pytest.param([shared(FIRST, COPY, 300, 0.7, 1), shared(SECOND, COPY, 301, 0.7, 1)], 1,
                 id="one that was there before the copy and has its wording"),
    pytest.param([shared(FIRST, COPY, 300, 0.7, 1), shared(LAST, COPY, 500, 0.7, 1)], 1, id="the copy went on being read"),
    pytest.param([shared(FIRST, COPY, 300, 0.7, 1), shared(FIRST, ITS_SECOND, 300, 0.7, 1)], 0, id="the copy's first"),
])
def test_the_earliest_of_the_versions_that_share_as_much_is_linked(found: list[Shared], chosen: int) -> None:
    for some in (found, found[::-1]):
        assert closest(some) == found[chosen]


def test_outlets_of_one_owner_say_so_with_their_link(work: Work) -> None:
    with transaction(work.conn):
        work.conn.execute("""
            INSERT INTO outlets (domain, outlet, owner) SELECT domain, domain, 'Border Media' FROM articles WHERE true
            ON CONFLICT (domain) DO UPDATE SET owner = excluded.owner""")
        work.conn.execute("INSERT OR IGNORE INTO unlinked (article_id) SELECT article_id FROM articles")
    assert linking.link_families(work).done > 0
    told = [row["evidence"] for row in work.conn.execute("SELECT evidence FROM links")]
    assert told
    assert all("both outlets belong to Border Media" in evidence for evidence in told)


def reuses(work: Work) -> list[tuple[object, ...]]:
    return [tuple(row) for row in work.conn.execute(
        "SELECT left_id, right_id, relation, words, copied FROM reuses ORDER BY left_id, right_id")]
