"""Texts that meet by how they open, whatever names they have."""

from importlib import import_module
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.store.comparisons import in_common
from pipeline import fingerprints
from pipeline.copies import vectors
from pipeline.copies.alignment import profile
from pipeline.copies.epoch import shipped, summed
from pipeline.copies.indexing import indexed
from pipeline.copies.openings import ARTICLES, MOST_ROTATIONS, NEAREST, ROTATIONS, keys, opening_of, rotations
from pipeline.copies.reading import read
from pipeline.fingerprints import ENCODED, MEETING, OPENING_WORTH, OPENINGS, meets
from pipeline.reuse import reuse

SAID = (
    "A teacher told the children that the river used to freeze every winter. The old bridge near the market was closed "
    "to lorries on that quiet morning. Nobody in the village remembered who had built the wooden mill beside it. "
    "Several farmers complained that the price of milk had fallen once again."
)
TOLD = (
    "Eine Lehrerin erzählte den Kindern, dass der Fluss früher jeden Winter zufror. Der alte Steg am Marktplatz blieb an "
    "jenem stillen Morgen für Lastwagen gesperrt. Niemand im Dorf wusste noch, wer die hölzerne Mühle daneben gebaut "
    "hatte. Mehrere Bauern klagten, dass der Milchpreis schon wieder gesunken sei."
)
ELSEWHERE = (
    "Die Zentralbank ließ den Leitzins unverändert und warnte vor steigenden Mieten. Ein Torwart hielt zwei Elfmeter.",
    "Wissenschaftler fanden im Eis eine Luftblase, die älter ist als jede bekannte. Der Zug fuhr erst am Nachmittag.",
    "Le ministère veut simplifier les formulaires fiscaux l'année prochaine. Le gardien a arrêté deux tirs.",
)
EPOCH = shipped()


class Hashed:
    """A made encoder: each sentence has a vector of its own, made of its letters; what `means` maps alike has one."""

    def __init__(self, means: dict[str, str] | None = None) -> None:
        self.means, self.seen = means or {}, list[str]()

    def encode(self, sentences: tuple[str, ...], /) -> Any:
        numpy = import_module("numpy")
        self.seen += sentences
        rows = [numpy.random.default_rng(list(self.means.get(one, one).encode())).normal(size=vectors.SIZE)
                for one in sentences]
        return numpy.array([row / numpy.linalg.norm(row) for row in rows], dtype="float32")


def opening_keys(text: str, language: str | None, made: Any, articles: int = 0) -> set[int]:
    epoch = summed(articles, {}, (), ())
    return {key for key, worth in keys(read(text, language), epoch, made).items() if worth == OPENING_WORTH}


@given(st.lists(st.sampled_from([SAID, TOLD, *ELSEWHERE]), min_size=1, max_size=6), st.sampled_from([0, 30_000]))
@settings(max_examples=20, deadline=None)
def test_the_keys_of_an_opening_are_its_own_whatever_came_before(texts: list[str], articles: int) -> None:
    pytest.importorskip("numpy")
    made = Hashed()
    found = [opening_keys(text, "de", made, articles) for text in texts]
    assert found == [opening_keys(text, "de", Hashed(), articles) for text in texts]
    assert all(len(one) == NEAREST for one in found)
    assert all(0 <= key < 2 * vectors.SIZE * rotations(articles) for one in found for key in one)


def test_the_keys_of_a_vector_are_the_same_on_every_machine() -> None:
    pytest.importorskip("numpy")

    class Ramp:
        def encode(self, sentences: tuple[str, ...], /) -> Any:
            numpy = import_module("numpy")
            return numpy.arange(-256, 256, dtype="float32")[None, :] / 3344

    assert sorted(opening_keys(SAID, "en", Ramp()))[:6] == [104, 548, 758, 1588, 2748, 3518]


def test_all_other_keys_and_their_worth_are_as_without_the_extra() -> None:
    pytest.importorskip("numpy")
    for text, language in ((SAID, "en"), (TOLD, "de"), ("", "de")):
        reading = read(text, language)
        plain, told = fingerprints.keys(reading, EPOCH), keys(reading, EPOCH, Hashed())
        assert keys(reading, EPOCH, None) == plain
        assert {key: worth for key, worth in told.items() if worth} == plain
        assert sum(told.values()) == sum(plain.values())


def test_only_texts_of_few_numbers_and_a_known_language_are_encoded_by_their_first_sentence() -> None:
    pytest.importorskip("numpy")
    made = Hashed()
    assert not opening_keys(SAID + " He counted 12 cows, 31 sheep, 7 horses and 54 geese.", "en", made)
    assert not opening_keys(SAID, None, made)
    assert not opening_keys("Yes. No.", "en", made)
    assert made.seen == []
    assert opening_keys(SAID + " He counted 12 cows, 31 sheep and 7 horses.", "en", made)
    assert made.seen == [SAID.split(" The old")[0]]


def test_a_site_s_own_line_opens_no_text() -> None:
    line = "Subscribe to our letter and read every day what the others do not tell you."
    reading = read(f"{line}\n{SAID}", "en")
    assert opening_of(reading, EPOCH) == line
    assert opening_of(reading, summed(0, {}, [reading.sentences[0].key], ())) == SAID.split(" The old")[0]


def test_rotations_grow_with_the_articles_that_the_epoch_counted() -> None:
    assert [rotations(articles) for articles in (0, ARTICLES, ARTICLES + 1, 2 * ARTICLES, 2 * ARTICLES + 1)] == [
        ROTATIONS, ROTATIONS, 2 * ROTATIONS, 2 * ROTATIONS, 4 * ROTATIONS]
    assert rotations(10**9) == MOST_ROTATIONS


def test_texts_of_two_languages_meet_by_their_openings_and_never_those_of_one() -> None:
    assert meets(0.0, "en", "de", encoded=True, openings=OPENINGS)
    assert not meets(0.0, "en", "de", encoded=True, openings=OPENINGS - 1)
    for one, other in (("de", "de"), ("de", None), (None, None)):
        assert not meets(MEETING - 0.1, one, other, encoded=True, openings=10 * OPENINGS)


def test_common_keys_of_openings_are_counted_apart_from_what_others_are_worth() -> None:
    worth = dict.fromkeys(range(OPENINGS), OPENING_WORTH) | {-1: 3.0, -2: 4.0}
    held = {key: [1, 2] for key in range(OPENINGS - 1)} | {OPENINGS - 1: [2], -1: [2, 3], -2: [3]}
    assert in_common(worth, held, least=5.0, openings=OPENINGS) == {2: [3.0], 3: [3.0, 4.0]}
    assert in_common(worth, held, least=5.0) == {3: [3.0, 4.0]}


def shared(one: str, other: str, meeting: float, made: Any) -> bool:
    left, right = (profile(indexed(read(text, language)), EPOCH) for text, language in ((one, "en"), (other, "de")))
    return reuse(left, right, meeting=meeting, made=made) is not None


def test_who_met_by_openings_alone_is_linked_by_meaning_alone() -> None:
    pytest.importorskip("numpy")
    pairs = zip(read(SAID).sentences, read(TOLD).sentences, strict=True)
    made = Hashed({TOLD[theirs.start:theirs.end]: SAID[ours.start:ours.end] for ours, theirs in pairs})
    assert shared(SAID, TOLD, 0.0, made)
    assert not shared(SAID, TOLD, ENCODED, made), "names and numbers that say no are believed"
    assert not shared(SAID, TOLD, 0.0, Hashed())
    assert not shared(SAID, TOLD, 0.0, None)


@pytest.mark.skipif(not vectors.installed(), reason="the extra 'vectors' is not installed")
def test_a_translation_without_names_meets_its_source() -> None:
    made = vectors.Remembering()
    ours = opening_keys(SAID, "en", made)
    assert len(ours & opening_keys(TOLD, "de", made)) >= OPENINGS
    for other in ELSEWHERE:
        assert len(ours & opening_keys(other, "de", made)) < OPENINGS
