"""Which of the texts that met are worth a close look."""

import struct
from itertools import product
from random import Random
from zlib import crc32

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from pipeline.copies.alignment import profile
from pipeline.copies.epoch import shipped
from pipeline.copies.indexing import indexed
from pipeline.copies.reading import read
from pipeline.copies.sifting import is_likely
from pipeline.copies.sketches import LEAST_WEIGHT, MOST_TOKENS, Sketch, Worth, sketch_of, worth_of
from pipeline.fingerprints import MEETING, TRANSLATED, keys

TEXT = (
    "The council of Sumy met on Tuesday to speak of the 14 villages that were left without power. Governor Artyukh told "
    "reporters that 2,300 people had moved to Romny and Konotop. The bridge at Zvannoe was hit by three missiles.\n\n"
    "In Lgov the trains stood for nine hours, said the dispatcher Marina Koval, who had counted 41 wagons of coal. "
    "Nobody was hurt, but the station of Rylsk stays closed until the end of the week, and 600 tickets were given back.")
OTHER = (
    "Farmers near Toulouse blocked two roads with their tractors on Friday. Their union wants 85 euros for a tonne of "
    "maize, and the minister Lefebvre offered 62. A court in Bordeaux will hear of the case of Daniel Roux next month.")
NAMES = [f"{one}{other}{end}" for one in ("Kor", "Lem", "Tor", "Vas") for other in ("ban", "dor", "mil", "pet", "rus")
         for end in ("sk", "vka")]


def sketch(text: str, language: str = "en") -> Sketch:
    reading = read(text, language)
    made = profile(indexed(reading), shipped())
    return sketch_of(made.index, made.weighed, worth_of(keys(reading, shipped()).values()))


def common(one: str, other: str) -> Worth:
    ours, theirs = keys(read(one, "en"), shipped()), keys(read(other, "en"), shipped())
    return worth_of(worth for key, worth in ours.items() if key in theirs)


def tokens(nats: float) -> Worth:
    return Worth(nats, rows=0, sentences=0)


def test_a_copy_an_excerpt_and_a_translation_are_likely_and_a_text_of_its_own_is_not() -> None:
    excerpt = f"{OTHER}\n\n{TEXT.split(chr(10) * 2)[0]}"
    for copy in (TEXT, TEXT.replace("Tuesday", "Monday"), excerpt):
        assert is_likely(sketch(TEXT), sketch(copy), common(TEXT, copy))
    assert is_likely(sketch(TEXT), sketch(TEXT, "uk"), tokens(TRANSLATED + 20))
    assert not is_likely(sketch(TEXT), sketch(OTHER), tokens(MEETING))


def test_the_same_names_in_another_order_are_no_copy() -> None:
    names = [f"{a}{b}{c}" for a in ("Kor", "Lem", "Tor") for b in ("ban", "dor", "mil") for c in ("sk", "vka", "gan")]
    told, other = (
        [f"Near the village of {one} were {number} soldiers of {other}." for one, other, number in zip(
            said[::2], said[1::2], numbers, strict=False)]
        for said, numbers in ((names, range(411, 440)), ([*names[::-3], *names[::-2]], range(439, 410, -1))))
    text, copy, turned = " ".join(told), " ".join(told[:-1]), " ".join(other)
    assert is_likely(sketch(text), sketch(copy), common(text, copy))
    assert not is_likely(sketch(text), sketch(turned), common(text, turned))


def test_what_two_long_texts_have_in_common_must_be_more() -> None:
    shared = "Near Lgov and Konotop Marina Koval spoke."
    words = ["".join(sounds).capitalize() for sounds in product("KPTRLMNS", "ao", "kptrlmns", "e", "kptrlmns", "i")]

    def with_more(sentences: int) -> bool:
        chosen = Random(1).sample(words, 4 * sentences)
        one, other = (" ".join([shared, *map("Near {} stood the men of {}.".format, names[::2], names[1::2])])
                      for names in (chosen[::2], chosen[1::2]))
        return is_likely(sketch(one), sketch(other), common(one, other))

    assert with_more(2)
    assert not with_more(80)


def drawn(tokens: int, common: int, language: str) -> tuple[Sketch, Sketch]:
    """Sketches of so many tokens, of which so many are common, in one order."""
    weights = bytes([80]) * tokens
    one, other = (Sketch(of, Worth(800.0, 20, 0), struct.pack(f"<{tokens}H", *told) + weights) for of, told in (
        ("en", range(tokens)), (language, [*range(common), *range(1_000 + common, 1_000 + tokens)])))
    return one, other


@pytest.mark.parametrize(("tokens", "common", "language", "likely"), [
    pytest.param(240, 29, "uk", True, id="a token more than chance brings"),
    pytest.param(240, 28, "uk", False, id="as many as chance brings"),
    pytest.param(301, 28, "uk", True, id="not said of a long text"),
    pytest.param(240, 27, "en", True, id="of one language"),
    pytest.param(240, 26, "en", False, id="of one language, fewer"),
])
def test_what_is_no_more_than_chance_brings_is_left(tokens: int, common: int, language: str, likely: bool) -> None:
    one, other = drawn(tokens, common, language)
    assert is_likely(one, other, Worth(300.0, 12, 0)) is likely


def test_an_excerpt_in_translation_is_found_in_a_long_text() -> None:
    words = ["".join(sounds).capitalize() for sounds in product("KPTRLMNS", "ao", "kptrlmns", "e", "kptrlmns", "i")]
    chosen = Random(2).sample(words, 620)
    shared, ours, theirs = chosen[:20], chosen[20:320], chosen[320:]
    one, other = (" ".join(f"Near {a} stood the men of {b}." for a, b in zip(names[::2], names[1::2], strict=True))
                  for names in ([*ours[:100], *shared, *ours[100:]], [*theirs[:200], *shared, *theirs[200:]]))
    assert is_likely(sketch(one), sketch(other, "uk"), common(one, other))


def test_tokens_are_kept_with_their_lower_byte_first() -> None:
    assert list(Sketch("en", Worth(1.0, 0, 0), bytes([0x34, 0x12, 80])).tokens) == [0x1234]


def test_where_vectors_decide_any_two_languages_may_share_text() -> None:
    assert not is_likely(sketch(TEXT), sketch(OTHER, "fr"), tokens(TRANSLATED))
    assert is_likely(sketch(TEXT), sketch(OTHER, "fr"), tokens(TRANSLATED), encoded=True)
    assert not is_likely(sketch(TEXT), sketch(OTHER), tokens(MEETING), encoded=True)


@given(st.permutations(NAMES), st.permutations(NAMES), st.integers(0, 40), st.booleans())
@settings(max_examples=200, deadline=None)
def test_it_is_the_same_whichever_is_given_first(ours: list[str], theirs: list[str], kept: int, across: bool) -> None:
    one, other = (". ".join(f"Near {name} stood men of {name[::-1]}" for name in names)
                  for names in (ours, [*ours[:kept], *theirs[kept:]]))
    first, second = sketch(one), sketch(other, "uk" if across else "en")
    event(f"likely: {is_likely(first, second, common(one, other))}")
    assert is_likely(first, second, common(one, other)) == is_likely(second, first, common(other, one))


@given(st.text(max_size=300), st.text(max_size=300), st.floats(0, 1e6))
@settings(max_examples=100, deadline=None)
def test_any_text_is_taken(one: str, other: str, nats: float) -> None:
    said = tokens(nats)
    assert is_likely(sketch(one), sketch(other), said) == is_likely(sketch(other), sketch(one), said)


def test_two_sentences_word_for_word_are_always_looked_at() -> None:
    other = " ".join(f"The {name} of {name[::-1]} stayed with {name}s near {name}o." for name in NAMES)
    assert is_likely(sketch(TEXT), sketch(other), Worth(24.0, 0, 2))
    assert not is_likely(sketch(TEXT), sketch(other), Worth(24.0, 0, 1))
    assert not is_likely(sketch(TEXT), sketch(other, "uk"), Worth(24.0, 0, 2)), "in a translation that is chance"


def test_a_sketch_has_the_heaviest_tokens_of_a_long_text_in_their_order() -> None:
    words = ["".join(sounds) for sounds in product("kp", "ao", "kpmr", "e", "lmnt", "i", "frst", "u", "klmn")]
    text = " ".join([*words, *(f"{word.title()} {number}" for number, word in enumerate(words, start=50_000))])
    index = indexed(read(text, "en"))
    weights = profile(index, shipped()).weighed.weights
    whole = {crc32(token.encode()) & 0xFFFF: weight for token, weight in
             reversed(list(zip(index.tokens, weights, strict=True))) if weight >= LEAST_WEIGHT}
    made = sketch(text)
    assert len(whole) > MOST_TOKENS == len(made.tokens) == len(set(made.tokens))
    assert min(made.weights) >= max(weight for token, weight in whole.items() if token not in made.at)
    in_order = [token for token in reversed(whole) if token in made.at]
    assert list(made.tokens) == in_order
    assert [whole[token] for token in made.tokens] == list(made.weights)
