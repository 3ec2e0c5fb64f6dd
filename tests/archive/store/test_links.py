"""Witnesses, reuses, links and families in the database."""

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from sqlite3 import Connection

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.model import CopyLink, Evidence, Family, FamilyMember, InferredExemplar, Outgoing, Passage, Reuse
from archive.store import comparisons, kin, links
from archive.store.comparisons import KeptSketch, Read

ONE, TWO, THREE = "https://one.example/a", "https://two.example/b", "https://three.example/c"
REUSE = Reuse(relation="near-duplicate", left_coverage=0.9, right_coverage=0.8, order=1.0, passages=(
    Passage(left_start=0, left_end=50, right_start=3, right_end=55, words=9),
    Passage(left_start=60, left_end=90, right_start=70, right_end=99, words=6)))
METHOD = "winnow-1"
LINKED = (Outgoing(url=TWO, place="text", paragraph=1), Outgoing(url=THREE, place="credit", paragraph=None))


def copy_link(copy: str, exemplar: str) -> CopyLink:
    return CopyLink(copy=copy, exemplar=exemplar, relation="near-duplicate", copied=0.99, direction="decided",
                    direction_confidence=0.97,
                    evidence=(Evidence(kind="credit", favours=exemplar, weight=4.0, detail="its line “Суджа”"),))


def test_a_version_is_compared_once_by_each_method(conn: Connection, published: Callable[..., list[int]]) -> None:
    (version_id,) = published(ONE, "some text")
    assert comparisons.pending_witnesses(conn, method=METHOD) == [version_id]
    witness = comparisons.text(conn, version_id)
    assert (witness.version_id, witness.text) == (version_id, "some text")
    links.add_witness(conn, version_id, [], method=METHOD)
    assert comparisons.pending_witnesses(conn, method=METHOD) == []
    assert len(comparisons.pending_witnesses(conn, method="winnow-2")) == 1


def kept(version_id: int, keys: Iterable[int], *, language: str | None = None) -> Read:
    sketch = KeptSketch(version_id, language, 5.5, 1, 2, b"\x01\x00\x20")
    return Read(sketch=sketch, worth=dict.fromkeys(keys, 1.5))


def test_a_version_is_compared_with_those_of_other_articles_whose_turn_was_before(
    conn: Connection, published: Callable[..., list[int]]
) -> None:
    one, one_later = published(ONE, "first", "second")
    (two,) = published(TWO, "third")
    (three,) = published(THREE, "first")
    comparisons.add_readings(conn, [kept(version_id, {1}) for version_id in (one, one_later, two, three)])
    for version_id in (one, one_later):
        links.add_witness(conn, version_id, [], method=METHOD)

    def others(version_id: int) -> set[int]:
        return {sketch.version_id for sketch in comparisons.others(
            conn, (one, one_later, two, three, 77), article_id=comparisons.text(conn, version_id).article_id)}

    assert others(two) == {one, one_later, three}
    assert others(one) == {two, three}, "versions of one article are not compared"
    turns = comparisons.turns(conn, method=METHOD)
    assert [turns[version_id] for version_id in (one, one_later)] == [0, 0], "they were compared"
    assert [version_id for version_id in range(len(turns)) if turns[version_id]] == sorted([two, three])
    pending = comparisons.pending_witnesses(conn, method=METHOD)
    assert [turns[version_id] for version_id in pending] == [1, 2]
    assert sorted(comparisons.turns(conn, method="other"))[-4:] == [1, 2, 3, 4]
    assert comparisons.same_text(conn, comparisons.text(conn, three).body_digest) == {one, three}
    assert comparisons.sketches(conn, [two, 77]) == {two: kept(two, ()).sketch}


@given(
    st.dictionaries(st.integers(0, 12), st.floats(0.5, 12), max_size=12),
    st.dictionaries(st.integers(0, 15), st.sets(st.integers(0, 8)).map(sorted), max_size=15), st.floats(0.1, 30))
@settings(max_examples=200, deadline=None)
def test_what_texts_have_in_common_is_what_each_of_their_keys_is_worth(
    worth: dict[int, float], held: dict[int, list[int]], least: float
) -> None:
    each = {text: [nats for key, nats in worth.items() if text in held.get(key, ())] for text in range(9)}
    assert comparisons.in_common(worth, held, least=least) == {
        text: nats for text, nats in each.items() if math.fsum(nats) >= least}
    openings = {key: 0.0 for key in range(20, 23)}  # worth nothing, so that no sum changes
    held |= {20: [0, 1, 2], 21: [1, 2], 22: [1]}
    assert comparisons.in_common(worth | openings, held, least=least, openings=2) == {
        text: nats for text, nats in each.items() if math.fsum(nats) >= least or text in (1, 2)}


def test_a_key_has_all_its_holders(
    conn: Connection, published: Callable[..., list[int]]
) -> None:
    ids = [published(url, f"text of {url}")[0] for url in (ONE, TWO, THREE)]
    comparisons.add_readings(conn, [kept(ids[0], {7, -7}), kept(ids[1], {7}), kept(ids[2], {9})])
    found = comparisons.holders(conn, {9, 7, -7, 8})
    assert found == {-7: [ids[0]], 7: ids[:2], 9: [ids[2]]}
    comparisons.forget(conn, [ids[0]])
    comparisons.add_readings(conn, [kept(ids[0], {9})])
    assert comparisons.holders(conn, {7, 9}) == {7: [ids[1]], 9: [ids[0], ids[2]]}, "keys of before are forgotten"


def test_a_version_that_goes_takes_its_keys_with_it_before_another_gets_its_number(
    conn: Connection, published: Callable[..., list[int]]
) -> None:
    one, two = published(ONE, "one")[0], published(TWO, "two")[0]
    comparisons.add_readings(conn, [kept(one, {7, 8}), kept(two, {7, 9})])
    conn.execute("DELETE FROM versions WHERE version_id = ?", [two])
    (three,) = published(THREE, "three")
    assert three == two, "SQLite gives the last number again"
    comparisons.forget(conn, [three])
    assert comparisons.holders(conn, {7, 8, 9}) == {7: [one], 8: [one]}
    comparisons.add_readings(conn, [kept(three, {5})])
    assert comparisons.holders(conn, {5, 7, 9}) == {5: [three], 7: [one]}
    comparisons.forget(conn, [one, three])
    assert comparisons.holders(conn, {5, 7, 8, 9}) == {}


def test_what_was_read_and_not_compared_when_a_program_ended_is_read_anew(
    conn: Connection, published: Callable[..., list[int]]
) -> None:
    (one,) = published(ONE, "one")
    comparisons.add_readings(conn, [kept(one, {7, 8})])
    comparisons.forget(conn, comparisons.pending_witnesses(conn, method=METHOD))
    comparisons.add_readings(conn, [kept(one, {8, 9})])
    assert comparisons.holders(conn, {7, 8, 9}) == {8: [one], 9: [one]}


def test_of_some_keys_each_version_has_those_that_it_has(conn: Connection, published: Callable[..., list[int]]) -> None:
    ids = [published(url, f"text of {url}")[0] for url in (ONE, TWO, THREE)]
    comparisons.add_readings(conn, [kept(ids[0], {7, -7}), kept(ids[1], {7}), kept(ids[2], {9})])
    assert comparisons.common_keys(conn, {7, -7, 8, 9}, set(ids[:2])) == {ids[0]: {7, -7}, ids[1]: {7}}


def test_texts_of_two_languages_meet_with_less(conn: Connection, published: Callable[..., list[int]]) -> None:
    ids = {url: published(url, f"text of {url}")[0] for url in (ONE, TWO, THREE)}
    for url, language in ((ONE, "uk"), (TWO, "en"), (THREE, None)):
        conn.execute("UPDATE documents SET language = ? WHERE document_id = (SELECT document_id FROM versions "
                     "WHERE version_id = ?)", (language, ids[url]))
        comparisons.add_readings(conn, [kept(ids[url], {1}, language=language)])
        links.add_witness(conn, ids[url], [], method=METHOD)

    def met(language: str | None, nats: float) -> set[int]:
        return set(comparisons.matching(conn, {1: nats}, language, method=METHOD, meeting=3.0, across=2.0))

    assert met("uk", 2.0) == {ids[TWO]}
    assert met("en", 2.0) == {ids[ONE]}
    assert met(None, 2.0) == set()
    assert met("uk", 1.9) == set()
    assert met("uk", 3.0) == set(ids.values())


def test_texts_of_two_languages_meet_by_keys_that_are_worth_nothing_if_they_have_enough_of_them(
    conn: Connection, published: Callable[..., list[int]]
) -> None:
    ids = {url: published(url, f"text of {url}")[0] for url in (ONE, TWO, THREE)}
    keys = {ONE: {1, 2, 3, -1}, TWO: {1, 2, 3, -1}, THREE: {1, 2}}
    for url, language in ((ONE, "uk"), (TWO, "en"), (THREE, "en")):
        conn.execute("UPDATE documents SET language = ? WHERE document_id = (SELECT document_id FROM versions "
                     "WHERE version_id = ?)", (language, ids[url]))
        comparisons.add_readings(conn, [kept(ids[url], keys[url], language=language)])
        links.add_witness(conn, ids[url], [], method=METHOD)
    worth = {1: 0.0, 2: 0.0, 3: 0.0, -1: 1.5}

    def met(language: str | None, openings: int | None) -> dict[int, list[float]]:
        found = comparisons.matching(
            conn, worth, language, method=METHOD, meeting=9.0, across=3.0, openings=openings)
        return {version_id: list(each) for version_id, each in found.items()}

    assert met("de", 3) == {ids[ONE]: [1.5], ids[TWO]: [1.5]}, "told with all that is worth something"
    assert met("uk", 2) == {ids[TWO]: [1.5], ids[THREE]: []}
    assert met("en", 2) == {ids[ONE]: [1.5]}, "never those of one language"
    assert met(None, 2) == met("de", None) == {}


def test_the_epoch_that_was_counted_last_counts_also_if_it_was_counted_before(conn: Connection) -> None:
    assert comparisons.last_epoch(conn) is None
    for digest in ("one", "two", "one"):
        comparisons.add_epoch(conn, digest=digest, articles=3, at=datetime(2026, 1, 1, tzinfo=UTC), packed=digest.encode())
    assert comparisons.last_epoch(conn) == comparisons.KeptEpoch(digest="one", articles=3, packed=b"one")


def test_what_two_versions_share_comes_back(conn: Connection, published: Callable[..., list[int]]) -> None:
    (one,), (two,) = published(ONE, "first"), published(TWO, "second")
    conn.execute("DELETE FROM unlinked")
    links.add_witness(conn, two, [(one, two, REUSE)], method=METHOD)
    (first,), (second,) = conn.execute("SELECT article_id FROM articles ORDER BY article_id").fetchall()
    assert links.unlinked(conn) == [first, second], "both sides are to be linked"
    for article_id in (first, second):
        (shared,) = links.reuses_of(conn, article_id)
        assert (shared.left_id, shared.right_id, shared.reuse) == (one, two, REUSE)
        assert (shared.left_article, shared.right_article) == (first, second)
        assert (shared.left_name, shared.right_name) == (ONE + "#1", TWO + "#1")
    comparisons.add_readings(conn, [kept(one, {5})])
    assert links.reuses_of(conn, first) == [], "new keys forget what was shared"


def test_a_witness_has_what_speaks_for_its_age_and_origin(
    conn: Connection, published: Callable[..., list[int]]
) -> None:
    (version_id,) = published(ONE, "four words of text", site_name="The One", credits=("Source: Two",),
                              outgoing=LINKED)
    witness = links.witness(conn, version_id)
    assert (witness.public_id, witness.article, witness.host) == (ONE + "#1", ONE, "one.example")
    assert (witness.outgoing, witness.addresses) == (LINKED, (ONE,))
    assert (witness.outlet, witness.credits, witness.text) == ("The One", ("Source: Two",), "four words of text")
    conn.execute("INSERT INTO outlets VALUES ('one.example', 'One of the topic file', NULL, NULL)")
    assert links.witness(conn, version_id).outlet == "One of the topic file"


def test_links_and_families_come_back_and_are_replaced_as_a_whole(
    conn: Connection, published: Callable[..., list[int]]
) -> None:
    for url in (ONE, TWO, THREE):
        published(url, f"text of {url}")
    ids = [row[0] for row in conn.execute("SELECT article_id FROM articles ORDER BY article_id")]
    found = [copy_link(TWO + "#1", ONE + "#1"), copy_link(THREE + "#1", TWO + "#1")]
    for article_id, link in zip(ids[1:], found, strict=True):
        links.set_links(conn, article_id, [link, *(found[1:] if link is found[0] else found[:1])])
    assert sorted(links.links_between(conn, ids), key=lambda link: link.exemplar) == found
    assert links.connected(conn, ids[:1]) == set(ids)
    assert sorted(links.witnesses(conn, found)) == sorted([ONE + "#1", TWO + "#1", THREE + "#1"])

    family = Family(public_id=ONE + "#1", members=(
        FamilyMember(witness=ONE + "#1", parent=None), FamilyMember(witness=TWO + "#1", parent=ONE + "#1"),
        FamilyMember(witness=THREE + "#1", parent=TWO + "#1")))
    links.set_families(conn, ids, [family])
    assert links.unlinked(conn) == []
    shown = [tuple(row) for row in conn.execute("SELECT family, url, parent_url FROM witness ORDER BY article_id")]
    assert shown == [(ONE + "#1", ONE, None), (ONE + "#1", TWO, ONE), (ONE + "#1", THREE, TWO)]

    wire = InferredExemplar(name="Reuters", kind="agency", witnesses=(ONE + "#1", TWO + "#1"))
    links.set_families(conn, ids, [replace(family, inferred=(wire,))])
    assert kin.inferred(conn, ONE + "#1") == (wire,)
    links.set_families(conn, ids, [family])
    assert kin.inferred(conn, ONE + "#1") == ()

    links.set_links(conn, ids[0], [])
    assert links.links_between(conn, ids) == found[1:]
    links.set_families(conn, ids, [])
    links.drop_empty_families(conn)
    assert conn.execute("SELECT count(*) FROM families").fetchone()[0] == 0


@pytest.mark.parametrize("turned", [False, True])
def test_a_link_shows_the_coverage_of_its_own_sides(
    conn: Connection, published: Callable[..., list[int]], turned: bool
) -> None:
    (one,), (two,) = published(ONE, "first"), published(TWO, "second")
    links.add_witness(conn, two, [(one, two, REUSE)], method=METHOD)
    names = (ONE + "#1", TWO + "#1") if turned else (TWO + "#1", ONE + "#1")
    links.set_links(conn, 1, [copy_link(*names)])
    row = conn.execute("SELECT copy_coverage, exemplar_coverage, words FROM copy_link").fetchone()
    assert tuple(row) == ((0.9, 0.8, 15) if turned else (0.8, 0.9, 15))


def test_a_version_that_goes_takes_its_links_and_place_with_it(
    conn: Connection, published: Callable[..., list[int]]
) -> None:
    (one,), (two,) = published(ONE, "first"), published(TWO, "second")
    links.add_witness(conn, two, [(one, two, REUSE)], method=METHOD)
    links.set_links(conn, 1, [copy_link(TWO + "#1", ONE + "#1")])
    links.set_families(conn, [1, 2], [Family(public_id=ONE + "#1", members=(
        FamilyMember(witness=ONE + "#1", parent=None), FamilyMember(witness=TWO + "#1", parent=ONE + "#1")))])
    conn.execute("DELETE FROM versions WHERE version_id = ?", (one,))
    for table in ("links", "reuses"):
        assert conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0
    assert [row["article_id"] for row in conn.execute("SELECT article_id FROM members")] == [2]
    assert conn.execute("PRAGMA foreign_key_check").fetchall() == []
