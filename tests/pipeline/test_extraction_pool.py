"""Extraction on all cores: a page that takes its process with it is one failure, and costs no other page."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from crashing import extract_or_die
from stemma_testing import FilledDemo

from archive.folder import open_archive
from archive.model import RecordRef
from archive.store.documents import PendingPayload
from archive.topic import load_topic
from pipeline import extract, steps
from pipeline.steps import POOL_FROM, extracted
from pipeline.work import Work


@pytest.mark.parametrize("deadly", [{3}, {0, POOL_FROM + 4}, set()], ids=["one", "first and last", "none"])
def test_a_page_that_ends_its_process_is_a_reason_and_all_others_are_read(tmp_path: Path, deadly: set[int]) -> None:
    pending = [
        PendingPayload(
            url=f"http://news.example/{'die' if n in deadly else 'page'}/{n}", charset=None, payload_digest=f"sha1:{n}",
            content_encoding=None, media_type=None, record=RecordRef(path="x", offset=n, length=1),
        )
        for n in range(POOL_FROM + 5)
    ]
    found = list(extracted(tmp_path, pending, extract_or_die))
    assert [payload for payload, _ in found] == pending
    assert {n for n, (_, reason) in enumerate(found) if "ended on this page" in str(reason)} == deadly
    assert all(reason == f"read {payload.url}" for n, (payload, reason) in enumerate(found) if n not in deadly)


def test_payloads_are_read_in_rounds_and_one_that_fails_is_not_asked_for_again(
    demo: FilledDemo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic, read = load_topic(str(demo.stemma.folder / "topic.toml")), []
    monkeypatch.setattr(steps, "POOL_FROM", 1_000)
    kept = steps._extract_one
    for size in (1_000, 7, 1):
        monkeypatch.setattr(steps, "ROUND", size)
        monkeypatch.setattr(extract, "EXTRACTOR", f"newer-{size}")
        monkeypatch.setattr(steps, "_extract_one", lambda job: (
            "too new" if job[1].payload_digest < "sha1:C" else kept(job)))
        shutil.copytree(demo.data, tmp_path / str(size), symlinks=True)
        with open_archive(tmp_path / str(size), create=False) as archive:
            work = Work(archive, topic, lambda: datetime(2026, 1, 1, tzinfo=UTC), lambda *_: None)
            report = steps.extract_pending(work)
            assert steps.extract_pending(work).done == 0
            read.append((report.done, report.failed, report.counts, {tuple(row) for row in work.conn.execute(
                "SELECT url, payload_digest, text_digest FROM documents WHERE extractor = ?", (f"newer-{size}",))}))
    assert read[0][0] > 40
    assert dict(read[0][1])["too new"] > 1
    assert read == [read[0]] * 3
