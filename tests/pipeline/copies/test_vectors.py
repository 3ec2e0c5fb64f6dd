"""Translations that show in what their sentences mean, not in names and numbers."""

import math
from importlib import import_module
from typing import Any

import pytest

from archive.model import Reuse
from pipeline import reuse as reusing
from pipeline.copies import vectors
from pipeline.copies.alignment import profile
from pipeline.copies.epoch import shipped
from pipeline.copies.indexing import Index, indexed
from pipeline.copies.meaning import confidence, meant
from pipeline.copies.reading import read
from pipeline.fingerprints import ENCODED, TRANSLATED, meets, method
from pipeline.reuse import COPIED, reuse

SAID = (
    "The old bridge near the market was closed to lorries on that quiet morning",
    "Nobody in the village remembered who had built the wooden mill beside it",
    "A teacher told the children that the river used to freeze every winter",
    "Several farmers complained that the price of milk had fallen once again",
    "The choir sang for an hour before the rain drove everybody indoors",
    "In the evening a baker gave away the bread that he could not sell",
)
TOLD = (
    "Der alte Steg am Marktplatz blieb an jenem stillen Morgen für Lastwagen gesperrt",
    "Niemand im Dorf wusste noch, wer die hölzerne Mühle daneben gebaut hatte",
    "Eine Lehrerin erzählte den Kindern, dass der Fluss früher jeden Winter zufror",
    "Mehrere Bauern klagten, dass der Milchpreis schon wieder gesunken sei",
    "Der Chor sang eine Stunde lang, bis der Regen alle in die Häuser trieb",
    "Am Abend verschenkte ein Bäcker das Brot, das er nicht verkaufen konnte",
)
ELSEWHERE = (
    "Der Zug nach Süden fuhr erst am Nachmittag wieder, weil ein Signal ausgefallen war",
    "Wissenschaftler fanden im Eis eine Luftblase, die älter ist als jede bekannte",
    "Die Zentralbank ließ den Leitzins unverändert und warnte vor steigenden Mieten",
    "Ein Torwart hielt zwei Elfmeter und wurde von den Fans auf Schultern getragen",
    "Das Ministerium will die Formulare für Steuern im nächsten Jahr vereinfachen",
    "Forscher zählten auf der Insel mehr Robben als in den zehn Jahren davor",
)
EPOCH = shipped()


def text(sentences: tuple[str, ...]) -> str:
    return ". ".join(sentences) + "."


def index(sentences: tuple[str, ...], language: str) -> Index:
    return indexed(read(text(sentences), language))


class Pairs:
    """A made encoder: a sentence of SAID and the one of TOLD at its place have one vector, every other its own."""

    def encode(self, sentences: tuple[str, ...], /) -> Any:
        numpy = import_module("numpy")
        known = {one[:30]: number for told in (SAID, TOLD) for number, one in enumerate(told)}
        rows = numpy.zeros((len(sentences), vectors.SIZE), dtype="float32")
        for row, sentence in enumerate(sentences):
            rows[row, known.get(sentence[:30], 100 + len(sentence))] = 1.0
        return rows


def shared(left: tuple[str, ...], right: tuple[str, ...], languages: tuple[str, str], made: Any) -> Reuse | None:
    one, other = (profile(index(told, language), EPOCH) for told, language in zip((left, right), languages, strict=True))
    return reuse(one, other, meeting=ENCODED, made=made)


@pytest.fixture
def _unsure(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if names and numbers left every pair open."""
    monkeypatch.setattr(reusing, "UNSURE", 0.0)


@pytest.mark.usefixtures("_unsure")
def test_a_translation_without_names_is_found_by_the_order_of_what_it_means() -> None:
    found = shared(SAID, TOLD, ("en", "de"), Pairs())
    assert found is not None
    assert (found.relation, found.left_coverage, found.right_coverage) == ("translation", 1.0, 1.0)
    assert found.copied >= COPIED
    turned = shared(TOLD, SAID, ("de", "en"), Pairs())
    assert turned is not None
    assert turned == found.turned(), "whichever is given first"
    assert shared(SAID, TOLD, ("en", "de"), None) is None, "without the extra it is not"


@pytest.mark.usefixtures("_unsure")
def test_the_same_told_in_another_order_is_no_translation() -> None:
    assert shared(SAID, TOLD[::-1], ("en", "de"), Pairs()) is None
    assert shared(SAID, TOLD[1::2] + TOLD[::2], ("en", "de"), Pairs()) is None
    assert shared(SAID, ELSEWHERE, ("en", "de"), Pairs()) is None


class Refusing:
    def encode(self, sentences: tuple[str, ...], /) -> Any:
        raise AssertionError("it takes time")


def test_where_names_and_numbers_decide_nothing_is_encoded() -> None:
    assert shared(SAID, ELSEWHERE, ("en", "de"), Refusing()) is None
    assert shared(SAID, SAID, ("en", "en"), Refusing()) is not None
    assert shared(SAID, TOLD, ("en", "en"), Refusing()) is None, "one language, by what it says of itself"


def test_texts_without_sentences_mean_nothing() -> None:
    assert meant(index((), "en"), index(TOLD, "de"), Pairs()).chain == ()
    assert confidence(meant(index((), "en"), index(("Ja",), "de"), Pairs())) < COPIED


def test_what_is_encoded_of_a_text_is_bounded() -> None:
    seen: list[tuple[str, ...]] = []

    class Seeing(Pairs):
        def encode(self, sentences: tuple[str, ...], /) -> Any:
            seen.append(sentences)
            return super().encode(sentences)

    long = tuple(f"Sentence {number} of a long text that has " + "x" * 1_000 for number in range(200))
    meant(index(long, "en"), index(TOLD, "de"), Seeing())
    assert [len(sentences) for sentences in seen] == [vectors.MOST_SENTENCES, len(TOLD)]
    assert max(map(len, seen[0])) <= vectors.MOST_CHARACTERS


def test_what_is_compared_with_the_extra_has_another_method_and_meets_with_less() -> None:
    assert method("digest", encoder=vectors.NAME) != method("digest")
    assert meets(ENCODED, "uk", "en", encoded=True)
    assert not meets(ENCODED, "uk", "en")
    assert not meets(TRANSLATED, "uk", "uk", encoded=True)


@pytest.mark.skipif(not vectors.installed(), reason="the extra 'vectors' is not installed")
@pytest.mark.usefixtures("_unsure")
def test_the_package_brings_a_translation_near_its_source() -> None:
    made = vectors.Remembering()
    rows = made.encode(SAID)
    assert rows.shape == (len(SAID), vectors.SIZE)
    assert all(math.isclose(float((row * row).sum()), 1.0, abs_tol=0.01) for row in rows)
    found = shared(SAID, TOLD, ("en", "de"), made)
    assert found is not None
    assert found.relation == "translation"
    assert shared(SAID, ELSEWHERE, ("en", "de"), made) is None
    assert shared(SAID, TOLD[::-1], ("en", "de"), made) is None
