"""A diff loses nothing of either text, and stays readable."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.digests import normalised
from archive.model import ChangedPassage
from pipeline.diff import Paragraph, Skipped, changed_passages, changes, diff, word_diff

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
    started = process_time()
    diff(one, other)
    diff("x\n\ny\n\n" * 3_000, "y\n\nx\n\nz\n\n" * 3_000)
    assert process_time() - started < 20


def passage(was: str, now: str, earlier: int | None, later: int | None) -> ChangedPassage:
    return ChangedPassage(part="body", was=was, now=now, earlier=earlier, later=later)


@pytest.mark.parametrize(("earlier", "later", "expected"), [
    pytest.param("One.\n\nTwo.", "One.\n\nTwo.", [], id="nothing"),
    pytest.param("He held 45 men.", "He held 57 men.", [passage("45", "57", 1, 1)], id="a number"),
    pytest.param("He held 45 men in May.", "He held 57 men in June.",
                 [passage("45", "57", 1, 1), passage("May", "June", 1, 1)], id="two words of one paragraph"),
    pytest.param("One two three.", "One two three.\n\nNew words entirely.",
                 [passage("", "New words entirely.", None, 2)], id="a paragraph more"),
    pytest.param("Lost words entirely.\n\nOne two three.", "One two three.",
                 [passage("Lost words entirely.", "", 1, None)], id="a paragraph less"),
    pytest.param("“So it is” – he said.", '"So it is" - he said.', [], id="typography is no change"),
    pytest.param("“So it is” – he said.", '"So it was" - he said.', [passage("is” –", 'was" -', 1, 1)],
                 id="but beside another change"),
])
def test_changed_passages(earlier: str, later: str, expected: list[ChangedPassage]) -> None:
    assert list(changed_passages(earlier, later)) == expected


@given(texts, texts)
def test_texts_that_differ_have_a_changed_passage_and_its_words_stand_where_it_says(earlier: str, later: str) -> None:
    found = changed_passages(earlier, later)
    assert bool(found) == (normalised(earlier) != normalised(later)) or earlier.count("\n\n") != later.count("\n\n")
    old, new = earlier.split("\n\n"), later.split("\n\n")
    for one in found:
        assert one.earlier is None or one.was in old[one.earlier - 1]
        assert one.later is None or one.now in new[one.later - 1]
        assert one.earlier or one.later
        assert normalised(one.was) != normalised(one.now)
