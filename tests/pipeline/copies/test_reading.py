"""Texts as sentences with their places."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.copies.alignment import profile
from pipeline.copies.epoch import shipped
from pipeline.copies.indexing import indexed
from pipeline.copies.reading import MAX_SENTENCES, NAME, QUOTED, read
from pipeline.copies.sketches import Worth, sketch_of


@given(st.text(st.sampled_from("ab Ю乌. !?\n“”«1,'’\u00a0"), max_size=300) | st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_sentences_lie_in_order_within_the_text_and_end_in_no_white_space(text: str) -> None:
    sentences = read(text).sentences
    end = 0
    for sentence in sentences:
        assert end <= sentence.start < sentence.end <= len(text)
        assert text[sentence.start:sentence.end].strip()
        assert len(sentence.tokens) == len(sentence.marks) <= sentence.words
        end = sentence.end


@given(st.text(st.sampled_from("ab Ю乌. !?\n“”«1,'’\u00a0\ud800"), max_size=300) | st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_an_index_has_what_the_reading_has_and_a_sketch_of_it_no_more(text: str) -> None:
    reading = read(text, "uk")
    index = indexed(reading)
    weighed = profile(index, shipped()).weighed
    sketch = sketch_of(index, weighed, Worth(123.25, 3, 4))
    assert len(sketch.tokens) == len(sketch.weights) == len(set(sketch.tokens)) <= len(index.tokens)
    assert set(sketch.weights) <= set(weighed.weights)
    assert (set(index.distinct), index.whole) == (reading.distinct, reading.whole)


def test_names_numbers_and_quotations_are_marked() -> None:
    (one, other) = read("On Monday Sudzha fell with 1,200 men inside. He said “no way back for Moscow” to them.").sentences
    marked = dict(zip(one.tokens, one.marks, strict=True))
    assert (marked["sts"], marked["#1200"]) == (NAME, 0)
    assert dict(zip(other.tokens, other.marks, strict=True))["mskf"] == NAME | QUOTED


def test_a_title_and_its_name_are_one_sentence_with_what_goes_before() -> None:
    text = "The motion was put to the chamber by Sen. Rand Paul. Nobody in the whole chamber voted for it."
    assert [text[s.start:s.end] for s in read(text).sentences] == [
        "The motion was put to the chamber by Sen. Rand Paul.", "Nobody in the whole chamber voted for it."]


@pytest.mark.parametrize("text", [
    "word " * 200_000, "A. " * 300_000, "\n" * 1_000_000, "“" * 300_000, "1," * 400_000, "x" * 1_000_000,
    "Aa bb cc dd ee ff gg hh. " * 40_000, "乌" * 300_000,
])
def test_a_megabyte_of_rubbish_is_read_in_time(text: str) -> None:
    started = time.process_time()
    assert len(read(text).sentences) <= MAX_SENTENCES
    assert time.process_time() - started < 4
