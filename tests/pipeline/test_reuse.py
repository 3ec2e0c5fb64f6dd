"""What two texts share."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.model import Reuse
from pipeline.reuse import MIN_PASSAGE, MIN_WORDS, reuse
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


def shared(left: str, right: str, *, identical: bool = False) -> Reuse | None:
    return reuse(words(left), words(right), identical=identical)


def must_share(left: str, right: str, *, identical: bool = False) -> Reuse:
    found = shared(left, right, identical=identical)
    assert found is not None
    return found


@given(BLOCKS, BLOCKS, st.booleans())
@settings(max_examples=300, deadline=None)
def test_the_same_is_found_whichever_text_is_given_first(left: str, right: str, identical: bool) -> None:
    found, turned = shared(left, right, identical=identical), shared(right, left, identical=identical)
    assert (found.turned() if found else None) == turned


@given(BLOCKS, BLOCKS)
@settings(max_examples=300, deadline=None)
def test_passages_cut_out_of_both_texts_what_agrees(left: str, right: str) -> None:
    found = shared(left, right, identical=True)
    if found is None:
        assert not words(left) or not words(right)
        return
    for passage in found.passages:
        ours = [word.form for word in words(left[passage.left_start:passage.left_end])]
        theirs = [word.form for word in words(right[passage.right_start:passage.right_end])]
        assert MIN_PASSAGE <= passage.words <= min(len(ours), len(theirs))
        assert ours[:5] == theirs[:5]
        assert ours[-5:] == theirs[-5:]
        assert len(set(ours) & set(theirs)) >= 5
    plain = shared(left, right)
    assert plain is None or (plain.passages == found.passages and found.words >= MIN_WORDS)
    assert plain is None or (0 < plain.left_coverage <= 1 and 0 < plain.right_coverage <= 1)
    assert 0 < found.order <= 1
    assert list(found.passages) == sorted(found.passages, key=lambda p: (p.left_start, p.right_start))


def test_a_text_and_itself() -> None:
    text = " ".join(prose(1, 300))
    found = must_share(text, text, identical=True)
    assert (found.relation, found.left_coverage, found.right_coverage, found.order) == ("identical", 1.0, 1.0, 1.0)
    assert [(p.left_start, p.left_end, p.words) for p in found.passages] == [(0, len(text), 300)]
    assert must_share(text, text.upper().replace(" ", ",\n")).relation == "near-duplicate"


def test_identical_texts_are_so_whatever_their_length() -> None:
    assert must_share("Two tanks.", "two tanks", identical=True).relation == "identical"
    assert shared("Two tanks.", "two tanks") is None


@given(st.integers(0, 10**6), st.lists(st.integers(0, 399), min_size=1, max_size=25))
@settings(max_examples=40, deadline=None)
def test_a_text_in_which_some_words_were_changed_is_a_near_duplicate(seed: int, places: list[int]) -> None:
    text = prose(seed, 400)
    edited = [f"changed{n}" if n in places else word for n, word in enumerate(text)]
    found = must_share(" ".join(text), " ".join(edited))
    assert found.relation == "near-duplicate"
    assert found.order == 1.0
    assert found.words >= 400 - 10 * len(set(places))


@given(st.integers(0, 10**6), st.integers(MIN_WORDS, 120), st.integers(0, 200))
@settings(max_examples=40, deadline=None)
def test_an_excerpt_of_forty_words_is_found_where_it_stands(seed: int, length: int, start: int) -> None:
    text = prose(seed, 400)
    excerpt = " ".join(text[start:start + length])
    other = " ".join(f"own{n}" for n in range(200))
    found = must_share(" ".join(text), f"{other} {excerpt} {other}")
    assert found.relation == "excerpt"
    (passage,) = found.passages
    assert passage.words == length
    assert " ".join(text)[passage.left_start:passage.left_end] == excerpt
    assert found.left_coverage == pytest.approx(length / 400, abs=1e-4)


@pytest.mark.parametrize("length", [0, 1, 5, MIN_WORDS - 1])
def test_fewer_common_words_are_no_link(length: int) -> None:
    common = " ".join(prose(1, length))
    own, other = (" ".join(f"{side}{n}" for n in range(100)) for side in "lr")
    assert shared(f"{own} {common} {own}", f"{other} {common} {other}") is None


def test_phrases_in_common_are_no_link_however_many() -> None:
    phrases = [" ".join(prose(seed, MIN_PASSAGE - 1)) for seed in range(20)]
    left = " ".join(f"{phrase} " + " ".join(f"l{seed}x{n}" for n in range(20)) for seed, phrase in enumerate(phrases))
    right = " ".join(f"{phrase} " + " ".join(f"r{seed}x{n}" for n in range(20)) for seed, phrase in enumerate(phrases))
    assert shared(left, right) is None


def test_a_statement_that_both_quote_is_no_link_and_one_that_one_took_over_is() -> None:
    statement = " ".join(prose(3, 80))
    own, other = (" ".join(f"{side}{n}" for n in range(100)) for side in "lr")
    assert shared(f"{own} “{statement}” {own}", f"{other} «{statement}» {other}") is None
    assert shared(f"{own} “{statement}” {own}", f"{other} {statement} {other}") is not None
    assert shared(f"{own} {statement} {own}", f"{other} “{statement}” {other}") is not None


def test_parts_in_another_order_are_told_by_the_order() -> None:
    parts = [" ".join(prose(seed, 40)) for seed in range(4)]
    gaps = [" ".join(f"g{side}x{n}" for n in range(20)) for side in range(8)]
    left = " ".join(part + " " + gap for part, gap in zip(parts, gaps[:4], strict=True))
    right = " ".join(part + " " + gap for part, gap in zip(reversed(parts), gaps[4:], strict=True))
    found = must_share(left, right)
    assert (len(found.passages), found.order) == (4, 0.25)
    assert must_share(left, left).order == 1.0


def test_no_word_serves_twice() -> None:
    block = " ".join(prose(5, 50))
    found = must_share(f"{block} {block} {block}", block)
    assert found.words == 50
    assert (found.left_coverage, found.right_coverage) == (0.3333, 1.0)


@pytest.mark.parametrize(("left", "right"), [("", ""), ("", "text"), ("one", "one"), ("…", "—")])
def test_next_to_nothing_shares_nothing(left: str, right: str) -> None:
    assert shared(left, right) is None


def test_a_text_without_spaces_is_compared_by_its_characters() -> None:
    chance = random.Random(7)
    text = "".join(chr(chance.randrange(0x4E00, 0x9000)) for _ in range(200))
    found = must_share("甲" + text, text[:100] + "乙" + text[100:])
    assert found.relation == "near-duplicate"
    assert found.words == 200


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
    started = time.monotonic()
    reuse(ours, theirs)
    assert time.monotonic() - started < 2


def test_a_megabyte_in_other_order_ends_in_time() -> None:
    text = prose(11, 120_000)
    blocks = [" ".join(text[n:n + 40]) + " q" * 20 for n in range(0, len(text), 40)]
    random.Random(3).shuffle(blocks)
    ours, theirs = words(" ".join(text)), words(" ".join(blocks))
    for right in (theirs, words(" ".join(sorted(blocks)))):
        started = time.monotonic()
        assert reuse(ours, right) is not None
        assert time.monotonic() - started < 4
