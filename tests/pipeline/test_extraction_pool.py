"""Extraction on all cores: a page that takes its process with it is one failure, and costs no other page."""

from pathlib import Path

import pytest
from crashing import extract_or_die

from archive.model import RecordRef
from archive.store.documents import PendingPayload
from pipeline.steps import POOL_FROM, extracted


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
