"""A diff loses nothing of either text, and stays readable."""

from collections import Counter
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.model import Passage
from datasette_config.alignment import aligned
from datasette_config.diff import Paragraph, Skipped, changes, diff, word_diff

words = st.lists(st.sampled_from(["the", "army", "Sudzha", "Суджа", ",", ".", "\n\n", "of", "border"]), max_size=30)
texts = words.map(" ".join).map(lambda text: text.replace(" \n\n ", "\n\n").strip())


def sides(paragraphs: tuple[Paragraph, ...]) -> tuple[str, str]:
    """The words of both texts, from what a diff shows."""
    stretches = [s for p in paragraphs for s in p.stretches]
    earlier = " ".join(s.text for s in stretches if s.change != "added")
    later = " ".join(s.text for s in stretches if s.change != "removed")
    return "".join(earlier.split()), "".join(later.split())


@given(texts, texts)
def test_a_diff_holds_both_texts_whole(earlier: str, later: str) -> None:
    assert sides(diff(earlier, later)) == ("".join(earlier.split()), "".join(later.split()))


@given(texts)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert all(p.change == "same" for p in diff(text, text))


@pytest.mark.parametrize(("earlier", "later", "shown"), [
    pytest.param("left at four o'clock", "left at three o'clock", "left at [-four-]{+three+} o'clock", id="a word"),
    pytest.param("a b c", "a x y c", "a [-b-]{+x y+} c", id="a space between two changes changes with them"),
    pytest.param("a b", "a  b", "a  b", id="white space is no change"),
    pytest.param("end", "end.", "end{+.+}", id="punctuation is a word"),
    pytest.param("", "new", "{+new+}", id="from nothing"),
])
def test_words(earlier: str, later: str, shown: str) -> None:
    marks = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    assert "".join(marks[s.change].format(s.text) for s in word_diff(earlier, later)) == shown


def test_unlike_paragraphs_are_removed_and_added_whole() -> None:
    found = diff("One thing.\n\nKeep.", "Quite another matter.\n\nKeep.")
    assert [p.change for p in found] == ["added", "removed", "same"]


def test_changes_count_what_stayed() -> None:
    shown = changes(diff("a b c\n\nsame\n\nsame too", "a b d\n\nsame\n\nsame too"))
    assert [p.change if isinstance(p, Paragraph) else p for p in shown] == ["changed", Skipped(paragraphs=2)]


def test_hostile_texts_do_not_hold_up_the_page() -> None:
    one, other = "a b " * 20_000, "b a a " * 20_000
    started = monotonic()
    diff(one, other)
    diff("x\n\ny\n\n" * 3_000, "y\n\nx\n\nz\n\n" * 3_000)
    assert monotonic() - started < 20


@given(texts, texts, st.lists(st.tuples(*[st.integers(0, 60)] * 4), max_size=5))
def test_side_by_side_shows_both_texts_whole(left: str, right: str, spans: list[tuple[int, int, int, int]]) -> None:
    passages = [
        Passage(left_start=min(a, b, len(left)), left_end=min(max(a, b), len(left)), right_start=min(c, d, len(right)),
                right_end=min(max(c, d), len(right)), words=1)
        for a, b, c, d in spans
    ]
    rows = aligned(left, right, passages, word_by_word=False)
    for side, text in (("left", left), ("right", right)):
        shown = "".join(s.text for row in rows for s in getattr(row, side))
        assert Counter("".join(shown.split())) >= Counter("".join(text.split()))


def test_passages_that_changed_places_keep_their_gaps() -> None:
    left, right = "first second LEFT", "RIGHT second middle first"
    rows = aligned(left, right, [
        Passage(left_start=0, left_end=5, right_start=20, right_end=25, words=1),
        Passage(left_start=6, left_end=12, right_start=6, right_end=12, words=1),
    ], word_by_word=False)
    shown = [(r.kind, "".join(s.text for s in r.left), "".join(s.text for s in r.right)) for r in rows]
    assert shown == [("gap", "", "middle"), ("passage", "first", "first"), ("gap", "", "RIGHT"),
                     ("passage", "second", "second"), ("gap", "LEFT", "")]
