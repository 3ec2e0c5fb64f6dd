"""Judgements in the database: which stands, on which versions, and whose links are to be decided again."""

from collections.abc import Callable
from datetime import UTC, datetime
from sqlite3 import Connection

import pytest

from archive.model import CaptureKey, Judgement, Verdict
from archive.store import comparisons, judgements, links

ONE, TWO, THREE = "https://one.example/a", "https://two.example/b", "https://three.example/c"
AT = datetime(2025, 3, 16, tzinfo=UTC)


@pytest.fixture
def three(conn: Connection, published: Callable[..., list[int]]) -> tuple[int, int, int]:
    """The versions of three articles."""
    return published(ONE, "one text")[0], published(TWO, "another text")[0], published(THREE, "another text")[0]


def judgement(conn: Connection, verdict: Verdict, copy: int, exemplar: int) -> Judgement:
    return Judgement(verdict=verdict, copy=judgements.capture_key(conn, copy), by="V", at=AT,
                     exemplar=judgements.capture_key(conn, exemplar))


def verdicts(conn: Connection, article_id: int) -> list[tuple[str, str, str, str]]:
    return [(one.verdict, one.copy, one.exemplar, one.relation) for one in judgements.standing(conn, article_id)]


def test_of_a_pair_the_last_stands_whichever_way_it_was_named(conn: Connection, three: tuple[int, int, int]) -> None:
    one, two, three_ = three
    said = {1: judgement(conn, "reject", one, two), 2: judgement(conn, "add", three_, two),
            3: judgement(conn, "confirm", two, one)}
    assert [judgements.replace(conn, said), judgements.replace(conn, said)] == [3, 0]
    article = comparisons.text(conn, two).article_id
    assert verdicts(conn, article) == [("add", f"{THREE}#1", f"{TWO}#1", "identical"),
                                       ("confirm", f"{TWO}#1", f"{ONE}#1", "rewrite")]
    assert verdicts(conn, comparisons.text(conn, one).article_id) == [("confirm", f"{TWO}#1", f"{ONE}#1", "rewrite")]
    assert judgements.replace(conn, said | {4: judgement(conn, "undo", one, two)}) == 1
    assert [row[0] for row in verdicts(conn, article)] == ["add"]
    assert [row["stands"] for row in conn.execute("SELECT stands FROM judgement ORDER BY ordinal")] == [0, 1, 0, 0]


def test_a_judgement_queues_its_two_articles(conn: Connection, three: tuple[int, int, int]) -> None:
    conn.execute("DELETE FROM unlinked")
    judgements.replace(conn, {1: judgement(conn, "add", three[0], three[2])})
    assert links.unlinked(conn) == sorted(comparisons.text(conn, version).article_id for version in (three[0], three[2]))


def test_a_judgement_on_what_is_not_held_waits(conn: Connection, three: tuple[int, int, int]) -> None:
    absent = CaptureKey(url="https://absent.example/", captured_at=AT, payload_digest="sha1:X")
    held = judgements.capture_key(conn, three[0])
    judgements.replace(conn, {1: Judgement(verdict="add", copy=absent, exemplar=held, by="V", at=AT)})
    assert verdicts(conn, comparisons.text(conn, three[0]).article_id) == []
    (row,) = conn.execute("SELECT copy, copy_url, exemplar, stands FROM judgement")
    assert tuple(row) == (None, "https://absent.example/", f"{ONE}#1", 1)


def test_a_file_that_was_mended_leaves_nothing_behind(conn: Connection, three: tuple[int, int, int]) -> None:
    one, two, three_ = three
    later = judgement(conn, "reject", one, two)
    judgements.replace(conn, {1: judgement(conn, "add", three_, two), 2: later})
    conn.execute("DELETE FROM unlinked")
    assert judgements.replace(conn, {1: later}) == 2
    assert [tuple(row) for row in conn.execute("SELECT ordinal, verdict FROM judgement")] == [(1, "reject")]
    assert len(links.unlinked(conn)) == 3
