"""Which of the texts that met are worth a close look."""

from math import fsum

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.copies.alignment import profile
from pipeline.copies.epoch import shipped
from pipeline.copies.indexing import Sketch, indexed, sketch_of
from pipeline.copies.reading import read
from pipeline.copies.sifting import is_likely, is_likely_by_keys
from pipeline.fingerprints import MEETING, TRANSLATED, keys

TEXT = (
    "The council of Sumy met on Tuesday to speak of the 14 villages that were left without power. Governor Artyukh told "
    "reporters that 2,300 people had moved to Romny and Konotop. The bridge at Zvannoe was hit by three missiles.\n\n"
    "In Lgov the trains stood for nine hours, said the dispatcher Marina Koval, who had counted 41 wagons of coal. "
    "Nobody was hurt, but the station of Rylsk stays closed until the end of the week, and 600 tickets were given back.")
OTHER = (
    "Farmers near Toulouse blocked two roads with their tractors on Friday. Their union wants 85 euros for a tonne of "
    "maize, and the minister Lefebvre offered 62. A court in Bordeaux will hear of the case of Daniel Roux next month.")


def sketch(text: str, language: str = "en") -> Sketch:
    reading = read(text, language)
    made = profile(indexed(reading), shipped())
    return sketch_of(made.index, made.weighed, fsum(keys(reading, shipped()).values()))


def meeting(one: str, other: str) -> float:
    ours, theirs = keys(read(one, "en"), shipped()), keys(read(other, "en"), shipped())
    return fsum(worth for key, worth in ours.items() if key in theirs)


def test_a_copy_an_excerpt_and_a_translation_are_likely_and_a_text_of_its_own_is_not() -> None:
    excerpt = f"{OTHER}\n\n{TEXT.split(chr(10) * 2)[0]}"
    for copy in (TEXT, TEXT.replace("Tuesday", "Monday"), excerpt):
        assert is_likely(sketch(TEXT), sketch(copy), meeting(TEXT, copy))
    assert is_likely(sketch(TEXT), sketch(TEXT, "uk"), TRANSLATED + 20)
    assert not is_likely(sketch(TEXT), sketch(OTHER), MEETING)


def test_the_same_names_in_another_order_are_no_copy() -> None:
    names = [f"{a}{b}{c}" for a in ("Kor", "Lem", "Tor") for b in ("ban", "dor", "mil") for c in ("sk", "vka", "gan")]
    sentences = [f"Near the village of {one} were {number} soldiers of {other}." for number, (one, other) in enumerate(
        zip(names[::2], names[1::2], strict=False), start=411)]
    turned = sentences[::2][::-1] + sentences[1::2][::-1]
    told, copy, other = " ".join(sentences), " ".join(sentences[:-1]), " ".join(turned)
    assert is_likely(sketch(told), sketch(copy), 50)
    assert not is_likely(sketch(told), sketch(other), 50)


def test_what_two_long_texts_have_in_common_must_be_more() -> None:
    assert is_likely_by_keys(("en", 200), ("en", 200), MEETING)
    assert not is_likely_by_keys(("en", 2_000), (None, 2_000), MEETING)


def test_where_vectors_decide_any_two_languages_may_share_text() -> None:
    assert not is_likely(sketch(TEXT), sketch(OTHER, "fr"), TRANSLATED)
    assert is_likely(sketch(TEXT), sketch(OTHER, "fr"), TRANSLATED, encoded=True)
    assert not is_likely(sketch(TEXT), sketch(OTHER), MEETING, encoded=True)


@given(st.text(max_size=300), st.text(max_size=300), st.floats(0, 1e6))
@settings(max_examples=100, deadline=None)
def test_it_is_the_same_whichever_is_given_first_and_any_text_is_taken(one: str, other: str, nats: float) -> None:
    assert is_likely(sketch(one), sketch(other), nats) == is_likely(sketch(other), sketch(one), nats)
