"""What people decide on two texts: shown as such, kept through rebuilds, taken back."""

import asyncio
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from public_rows import public_rows
from stemma_testing import FilledDemo, Stemma

from archive import events, judgements
from archive.events import Event
from archive.model import CaptureKey, CopyLink, Evidence, Judgement, Standing, Verdict
from datasette_config.serving import application
from pipeline.descent.judgements import SURE, judged

AT = datetime(2025, 3, 15, 12, tzinfo=UTC)
A, B, C = (f"{key * 12}-20250315120000-abcdefgh" for key in "abc")
LATER_A = "aaaaaaaaaaaa-20250316120000-hgfedcba"
EVIDENCE = (Evidence(kind="published", favours=B, weight=2.0, detail="published 2025-03-14"),)


def link(copy: str, exemplar: str) -> CopyLink:
    return CopyLink(copy=copy, exemplar=exemplar, relation="near-duplicate", copied=0.9, direction="undecided",
                    direction_confidence=0.6, evidence=EVIDENCE)


def standing(verdict: Verdict, copy: str, exemplar: str, note: str | None = None) -> Standing:
    return Standing(verdict=verdict, copy=copy, exemplar=exemplar, relation="rewrite", by="Vera Lens", at=AT, note=note)


def test_a_rejected_link_is_gone_and_no_other() -> None:
    assert judged([link(A, B), link(A, C)], [standing("reject", B, A)]) == [link(A, C)]
    assert judged([link(A, C)], [standing("reject", B, A)]) == [link(A, C)]


@pytest.mark.parametrize(("verdict", "copy", "exemplar"), [("confirm", A, B), ("confirm", B, A), ("reverse", B, A)])
def test_a_confirmed_or_reversed_link_has_the_direction_that_was_given(verdict: Verdict, copy: str, exemplar: str) -> None:
    (found,) = judged([link(A, B)], [standing(verdict, copy, exemplar, note="I asked the editor")])
    assert (found.copy, found.exemplar, found.direction) == (copy, exemplar, "decided")
    assert found.copied == found.direction_confidence == SURE
    assert found.evidence[0].kind == "judgement"
    assert found.evidence[0].favours == exemplar
    assert "by Vera Lens on 2025-03-15: “I asked the editor”" in found.evidence[0].detail
    assert found.evidence[1:] == EVIDENCE
    assert found.relation == "near-duplicate"


def test_a_judgement_is_on_two_articles_whichever_of_their_versions_are_linked() -> None:
    (found,) = judged([link(A, B)], [standing("reverse", B, LATER_A)])
    assert (found.copy, found.exemplar) == (B, A)


@pytest.mark.parametrize("verdict", ["add", "confirm", "reverse"])
def test_what_a_person_vouches_for_is_linked_also_where_the_program_finds_nothing(verdict: Verdict) -> None:
    (found,) = judged([], [standing(verdict, A, C)])
    assert (found.copy, found.exemplar, found.relation, found.copied) == (A, C, "rewrite", SURE)
    assert [reason.kind for reason in found.evidence] == ["judgement"]


@given(st.lists(st.sampled_from([standing(v, *ends) for v in ("confirm", "reject", "reverse", "add")
                                 for ends in ((A, B), (C, A))]), unique_by=lambda one: frozenset((one.copy, one.exemplar))))
def test_judging_twice_changes_no_direction_and_adds_no_link(decided: list[Standing]) -> None:
    once = judged([link(A, B)], decided)
    twice = judged(once, decided)
    assert [(one.copy, one.exemplar) for one in twice] == [(one.copy, one.exemplar) for one in once]


KEYS = st.builds(CaptureKey, url=st.text(), captured_at=st.just(AT), payload_digest=st.text())


@given(st.builds(Judgement, verdict=st.sampled_from(["confirm", "undo"]), copy=KEYS, exemplar=KEYS,
                 by=st.text(min_size=1), at=st.just(AT), note=st.none() | st.text(min_size=1)))
def test_a_judgement_comes_back_from_its_event(judgement: Judgement) -> None:
    assert judgements.from_event(judgements.to_event(judgement)) == judgement


@pytest.mark.parametrize(("by", "data", "said"), [
    ("V", {"verdict": "maybe"}, "one of confirm"), (None, {"verdict": "add"}, "nobody's"),
    ("V", {"verdict": "add", "copy": "x"}, "by url, captured_at and payload_digest"),
    ("V", {"verdict": "add", "copy": {"url": "x", "captured_at": "now", "payload_digest": "y"}}, "isoformat"),
])
def test_an_event_that_is_no_judgement_says_why(by: str | None, data: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        judgements.from_event(Event(kind="judgement", at=AT, by=by, data=data))


@pytest.fixture
def stemma(demo: FilledDemo, tmp_path: Path) -> Stemma:
    """The command over a copy of the demo's archive."""
    shutil.copytree(demo.stemma.folder, tmp_path / "copy", symlinks=True)
    return Stemma(tmp_path / "copy")


Judge = Callable[..., dict[str, object]]


@pytest.fixture
def judge(stemma: Stemma) -> Judge:
    def said(one: str, other: str, verdict: str, *words: str, code: int = 0) -> dict[str, object]:
        done = stemma.run("judge", one, other, verdict, "--by", "Vera Lens", *words, "--topic", "topic.toml", "--json",
                          code=code)
        return {} if code else dict(json.loads(done.stdout))

    return said


def shown(stemma: Stemma, sql: str) -> list[tuple[object, ...]]:
    conn = stemma.database()
    rows = [tuple(row) for row in conn.execute(sql)]
    conn.close()
    return rows


LINK = "SELECT copy_url, exemplar_url FROM copy_link WHERE direction = 'decided' ORDER BY direction_confidence, 1, 2 LIMIT 1"


def test_a_judgement_is_shown_kept_through_a_rebuild_and_taken_back(stemma: Stemma, judge: Judge) -> None:
    before = public_rows(stemma.folder / "data/archive.db", views=("copy_link", "family", "witness"))
    ((copy, exemplar),) = shown(stemma, LINK)
    pair = f"FROM copy_link WHERE '{copy}' IN (copy_url, exemplar_url) AND '{exemplar}' IN (copy_url, exemplar_url)"

    judge(str(copy), str(exemplar), "reverse", "--note", "They told me so")
    ((now, reasons),) = shown(stemma, f"SELECT copy_url, evidence {pair}")
    assert now == exemplar
    assert "reversed by Vera Lens" in str(reasons)
    assert "They told me so" in str(reasons)

    judge(str(copy), str(exemplar), "reject")
    assert shown(stemma, f"SELECT 1 {pair}") == []
    assert shown(stemma, "SELECT verdict, stands, judged_by FROM judgement ORDER BY ordinal") == [
        ("reverse", 0, "Vera Lens"), ("reject", 1, "Vera Lens")]
    rejected = public_rows(stemma.folder / "data/archive.db")
    stemma.run("rebuild", "--topic", "topic.toml")
    assert public_rows(stemma.folder / "data/archive.db") == rejected

    (public_id,) = shown(stemma, f"SELECT latest FROM article WHERE url = '{copy}'")[0]
    judge(str(public_id), str(exemplar), "undo")
    assert public_rows(stemma.folder / "data/archive.db", views=("copy_link", "family", "witness")) == before
    kinds = [event.kind for event in events.read(stemma.folder / "data/events.jsonl").events]
    assert kinds.count("judgement") == 3


UNLINKED = """
    SELECT a.url, b.url FROM article a, article b
    WHERE a.family IS NULL AND b.family IS NULL AND a.url < b.url AND a.language <> b.language LIMIT 1
"""


def test_the_site_shows_whose_judgement_a_link_is_also_where_no_text_is_aligned(stemma: Stemma, judge: Judge) -> None:
    ((copy, exemplar),) = shown(stemma, UNLINKED)
    found = judge(str(copy), str(exemplar), "add", "--note", "Sentence by sentence")
    ((key, family),) = shown(stemma, f"SELECT key, family FROM article WHERE url = '{copy}'")
    loop = asyncio.new_event_loop()
    datasette = application(stemma.folder / "data")

    def get(path: str) -> str:
        response = loop.run_until_complete(datasette.client.get(path))
        assert response.status_code == 200, response.text
        return str(response.text)

    try:
        page = get(f"/article/{key}")
        assert "Judged: <bdi>added by Vera Lens on" in page
        assert "Sentence by sentence" in page
        assert "added by Vera Lens" in get(f"/family/{family}")
        get(f"/compare?left={found['copy']}&right={found['exemplar']}")
        assert "added by Vera Lens" in get(f"/article/{key}.json")
        assert "Vera Lens" in get("/archive/judgement")
    finally:
        datasette.executor.shutdown()
        for database in datasette.databases.values():
            database.close()
        loop.close()


def test_a_link_that_a_person_adds_makes_a_family(stemma: Stemma, judge: Judge) -> None:
    ((copy, exemplar),) = shown(stemma, UNLINKED)
    found = judge(str(copy), str(exemplar), "add", "--note", "Sentence by sentence")
    assert isinstance(found["link"], dict)
    assert (found["link"]["relation"], found["link"]["direction"]) == ("translation", "decided")
    assert shown(stemma, f"SELECT parent_url FROM witness WHERE url = '{copy}'") == [(exemplar,)]
    kept = public_rows(stemma.folder / "data/archive.db")
    stemma.run("rebuild", "--topic", "topic.toml")
    assert public_rows(stemma.folder / "data/archive.db") == kept


def test_what_cannot_be_judged_is_said_in_a_sentence_and_nothing_is_kept(stemma: Stemma) -> None:
    ((copy, exemplar),) = shown(stemma, LINK)
    ((one, other),) = shown(stemma, UNLINKED)
    for words, said in (
        ((copy, "https://nowhere.example/x", "confirm"), "stemma capture"), ((copy, copy, "reject"), "are one article"),
        ((one, other, "reverse"), "are not linked"), ((copy, exemplar, "add"), "linked already"),
        ((copy, exemplar, "undo"), "nothing to take back"),
    ):
        error = stemma.run("judge", *map(str, words), "--by", "V", "--topic", "topic.toml", code=2).stderr
        assert said in error
        assert len(error.strip().splitlines()) == 1
    stemma.run("judge", str(copy), str(exemplar), "confirm", "--topic", "topic.toml", code=2)  # by nobody
    assert events.read(stemma.folder / "data/events.jsonl").of("judgement") == ()
    assert shown(stemma, "SELECT * FROM judgement") == []


def test_a_link_is_confirmed_in_the_order_of_the_arguments_or_not_at_all(stemma: Stemma, judge: Judge) -> None:
    ((copy, exemplar),) = shown(stemma, LINK)
    error = stemma.run("judge", str(exemplar), str(copy), "confirm", "--by", "V", "--topic", "topic.toml", code=2).stderr
    assert "name the copy first to confirm that, or say 'reverse'" in error
    assert shown(stemma, "SELECT * FROM judgement") == []
    judge(str(exemplar), str(copy), "reverse")
    judge(str(exemplar), str(copy), "confirm")
    assert shown(stemma, f"SELECT copy_url FROM copy_link WHERE '{copy}' IN (copy_url, exemplar_url) AND "
                         f"'{exemplar}' IN (copy_url, exemplar_url)") == [(exemplar,)]


def test_nobody_can_say_that_a_text_was_made_from_itself(stemma: Stemma, judge: Judge) -> None:
    urls = [str(url) for (url,) in shown(stemma, "SELECT url FROM article WHERE family IS NULL ORDER BY url LIMIT 3")]
    a, b, c = urls
    judge(a, b, "add")
    judge(b, c, "add")
    error = stemma.run("judge", c, a, "add", "--by", "V", "--topic", "topic.toml", code=2).stderr
    keys = dict(shown(stemma, "SELECT url, key FROM article"))
    assert f"{keys[a]} was made from {keys[c]} by way of {keys[b]}, so {keys[c]} cannot be made from it" in error
    assert "undo" in error
    judge(b, a, "reverse")  # of one pair the last counts: no circle with itself
    judge(b, a, "undo")
    judge(c, a, "add")
    assert shown(stemma, f"SELECT url, parent_url FROM witness WHERE url IN ('{a}', '{b}', '{c}') ORDER BY url") == [
        (a, None), (b, c), (c, a)]


def test_a_damaged_line_is_a_failure_by_its_number_and_hinders_nothing(stemma: Stemma, judge: Judge) -> None:
    ((copy, exemplar),) = shown(stemma, LINK)
    with open(stemma.folder / "data/events.jsonl", "ab") as file:
        file.write(b'{"kind": "judgement", "at": "2025-03-15T12:00:00Z", "by": "V", "verdict": "x"}\n{"kind": "judg')
    judge(str(copy), str(exemplar), "confirm")
    stemma.run("update", "--topic", "topic.toml")
    assert [row[0] for row in shown(stemma, "SELECT subject FROM failures WHERE stage = 'events' ORDER BY 1")] == [
        "events.jsonl judgement 1", "events.jsonl line 5"]
    assert shown(stemma, "SELECT verdict, stands FROM judgement") == [("confirm", 1)]
    file = stemma.folder / "data/events.jsonl"
    file.write_bytes(b"\n".join(line for line in file.read_bytes().split(b"\n") if b'"x"' not in line and line != b'{"kind": "judg'))
    stemma.run("update", "--topic", "topic.toml")
    assert shown(stemma, "SELECT subject FROM failures WHERE stage = 'events'") == [], "restored from a backup"
