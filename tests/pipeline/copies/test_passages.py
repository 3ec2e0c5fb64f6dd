"""The passages whose wording two texts share."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.model import Passage
from pipeline.copies.passages import MIN_PASSAGE, kept
from pipeline.text import words

BLOCKS = st.lists(
    st.sampled_from(
        [
            *(" ".join(f"{letter}{n}" for n in range(14)) for letter in "abcd"),
            "“q1 q2 q3 q4 q5 q6 q7 q8 q9 q10 q11 q12 q13”",
            "x, y",
            "a0 a1 a2 a3 a4 a5 b0 b1 b2",
            "c3 C4 c5. C6 c7",
            "\n\n",
            "乌军越过边界进入",
        ]
    ),
    max_size=7,
).map(" ".join)
VOCABULARY = [f"word{n}" for n in range(2_000)]


def prose(seed: int, length: int) -> list[str]:
    chance = random.Random(seed)
    return [chance.choice(VOCABULARY) for _ in range(length)]


def shared(left: str, right: str) -> tuple[Passage, ...]:
    return kept(words(left), words(right))


@given(BLOCKS, BLOCKS)
@settings(max_examples=300, deadline=None)
def test_passages_cut_out_of_both_texts_what_agrees(left: str, right: str) -> None:
    found = shared(left, right)
    for passage in found:
        ours = [word.form for word in words(left[passage.left_start:passage.left_end])]
        theirs = [word.form for word in words(right[passage.right_start:passage.right_end])]
        assert MIN_PASSAGE <= passage.words <= min(len(ours), len(theirs))
        assert ours[:5] == theirs[:5]
        assert ours[-5:] == theirs[-5:]
        assert len(set(ours) & set(theirs)) >= 5
    assert list(found) == sorted(found, key=lambda p: (p.left_start, p.right_start))


def test_a_text_and_itself() -> None:
    text = " ".join(prose(1, 300))
    assert [(p.left_start, p.left_end, p.words) for p in shared(text, text)] == [(0, len(text), 300)]
    assert sum(p.words for p in shared(text, text.upper().replace(" ", ",\n"))) == 300


@given(st.integers(0, 10**6), st.lists(st.integers(0, 399), min_size=1, max_size=25))
@settings(max_examples=40, deadline=None)
def test_words_that_were_changed_end_no_passage(seed: int, places: list[int]) -> None:
    text = prose(seed, 400)
    edited = [f"changed{n}" if n in places else word for n, word in enumerate(text)]
    assert sum(p.words for p in shared(" ".join(text), " ".join(edited))) >= 400 - 10 * len(set(places))


@given(st.integers(0, 10**6), st.integers(MIN_PASSAGE, 120), st.integers(0, 200))
@settings(max_examples=40, deadline=None)
def test_an_excerpt_is_found_where_it_stands(seed: int, length: int, start: int) -> None:
    text = prose(seed, 400)
    excerpt = " ".join(text[start:start + length])
    other = " ".join(f"own{n}" for n in range(200))
    (passage,) = shared(" ".join(text), f"{other} {excerpt} {other}")
    assert passage.words == length
    assert " ".join(text)[passage.left_start:passage.left_end] == excerpt


def test_phrases_in_common_are_no_passage_however_many() -> None:
    phrases = [" ".join(prose(seed, MIN_PASSAGE - 1)) for seed in range(20)]
    left = " ".join(f"{phrase} " + " ".join(f"l{seed}x{n}" for n in range(20)) for seed, phrase in enumerate(phrases))
    right = " ".join(f"{phrase} " + " ".join(f"r{seed}x{n}" for n in range(20)) for seed, phrase in enumerate(phrases))
    assert shared(left, right) == ()


def test_no_word_serves_twice() -> None:
    block = " ".join(prose(5, 50))
    assert sum(p.words for p in shared(f"{block} {block} {block}", block)) == 50


def test_a_text_without_spaces_is_compared_by_its_characters() -> None:
    chance = random.Random(7)
    text = "".join(chr(chance.randrange(0x4E00, 0x9000)) for _ in range(200))
    assert sum(p.words for p in shared("甲" + text, text[:100] + "乙" + text[100:])) == 200


def interleaved(word: str) -> str:
    return (f"{word} " * 40 + "x ") * 2_500


@pytest.mark.parametrize(("left", "right"), [
    pytest.param("word " * 100_000, "word " * 100_000, id="one word"),
    pytest.param("word " * 100_000, "word " * 50_000, id="one word and half of it"),
    pytest.param("word " * 100_000, interleaved("word"), id="one word, interrupted"),
    pytest.param("a b " * 50_000, "b a a " * 33_000, id="two words"),
    pytest.param("乌军越过边界进入库尔斯克州" * 7_000, "军越过边界进入库尔斯克州乌" * 7_000, id="characters"),
    pytest.param("x" * 1_000_000, "x" * 1_000_000, id="one long word"),
])
def test_repetition_ends_in_time(left: str, right: str) -> None:
    ours, theirs = words(left), words(right)
    started = time.process_time()
    kept(ours, theirs)
    assert time.process_time() - started < 2


def test_a_megabyte_in_other_order_ends_in_time() -> None:
    text = prose(11, 120_000)
    blocks = [" ".join(text[n:n + 40]) + " q" * 20 for n in range(0, len(text), 40)]
    random.Random(3).shuffle(blocks)
    ours, theirs = words(" ".join(text)), words(" ".join(blocks))
    for right in (theirs, words(" ".join(sorted(blocks)))):
        started = time.process_time()
        assert kept(ours, right)
        assert time.process_time() - started < 4
