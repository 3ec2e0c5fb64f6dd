"""What of a text is shown to everyone."""

import random

from hypothesis import given
from hypothesis import strategies as st

from archive.model import PARAGRAPH_BREAK, ChangedPassage, Passage
from pipeline.sharing import excerpts
from pipeline.sharing.excerpts import Quoting, quoted

SENTENCES = [f"{n * n} sentences before number {n} tell of the bridge over the river in some words." for n in range(60)]
TEXT = PARAGRAPH_BREAK.join(" ".join(SENTENCES[n:n + 3]) for n in range(0, 60, 3))


def passage(left: int, right: int, length: int = 400, words: int = 60) -> Passage:
    return Passage(left_start=left, left_end=left + length, right_start=right, right_end=right + length, words=words)


def test_a_text_is_quoted_from_its_beginning_to_the_end_of_a_sentence() -> None:
    shown = quoted(TEXT).excerpt(TEXT)
    assert shown == PARAGRAPH_BREAK.join([TEXT[:quoted(TEXT).spans[0][1]], "[…]"])
    assert shown.removesuffix("\n\n[…]").endswith("words.")
    assert 200 < len(shown) <= excerpts.BEGINNING + 6


def test_of_a_short_text_no_more_than_half_is_shown() -> None:
    text = "A bridge was hit at dawn, the governor of the region said. Nobody was hurt in the attack on it."
    assert quoted(text).excerpt(text) == "A bridge was hit at dawn, the governor of the\n\n[…]"


def test_passages_of_two_texts_lie_in_their_excerpts_where_they_say() -> None:
    other = "An introduction of its own. " + TEXT
    shift = len(other) - len(TEXT)
    quoting = Quoting()
    shared = [passage(1000, 1000 + shift), passage(2000, 2000 + shift, words=70)]
    quoting.grant((1, TEXT), (2, other), shared)
    left, right = quoting.texts[1].excerpt(TEXT), quoting.texts[2].excerpt(other)
    moved = quoting.aligned((1, TEXT), (2, other), shared)
    assert len(moved) == excerpts.PASSAGES
    for found in moved:
        quotation = left[found.left_start:found.left_end]
        assert quotation == right[found.right_start:found.right_end]
        assert any(quotation in TEXT[passed.left_start:passed.left_end] for passed in shared)
        assert excerpts.SAME < len(quotation) <= excerpts.QUOTATION
    assert left.count("[…]") > 1


def test_however_many_texts_share_words_with_one_the_cap_holds() -> None:
    quoting = Quoting()
    for number in range(2, 200):
        start = 37 * number % (len(TEXT) - 500)
        quoting.grant((1, TEXT), (number, TEXT), [passage(start, start)])
    assert quoting.texts[1].shown <= excerpts.BEGINNING + excerpts.QUOTATIONS * excerpts.QUOTATION


def test_many_copies_of_a_text_do_not_give_it_away_together() -> None:
    """Each copy lacks some sentences, so that every pair shares other passages."""
    chance = random.Random(1)
    copies = {n: [s for s in SENTENCES if chance.random() < 0.8] for n in range(60)}
    texts = {n: " ".join(sentences) for n, sentences in copies.items()}
    quoting = Quoting()
    for one in texts:
        for other in range(one):
            quoting.grant((one, texts[one]), (other, texts[other]), shared(copies[one], copies[other]))
    shown = " ".join(quoting.of(n, text).excerpt(text) for n, text in texts.items())
    assert sum(sentence in shown for sentence in SENTENCES) <= len(SENTENCES) / 3


def shared(left: list[str], right: list[str]) -> list[Passage]:
    """Runs of sentences that two lists have in common, as passages of the texts that they make."""
    places = {sentence: place for place, sentence in enumerate(right)}
    runs: list[list[tuple[int, int]]] = []
    for place, sentence in enumerate(left):
        other = places.get(sentence)
        if other is None:
            continue
        if runs and runs[-1][-1] == (place - 1, other - 1):
            runs[-1].append((place, other))
        else:
            runs.append([(place, other)])

    def start(sentences: list[str], place: int) -> int:
        return sum(len(sentence) + 1 for sentence in sentences[:place])

    return [Passage(
        left_start=start(left, run[0][0]), left_end=start(left, run[-1][0] + 1) - 1,
        right_start=start(right, run[0][1]), right_end=start(right, run[-1][1] + 1) - 1, words=13 * len(run))
        for run in runs]


def test_of_a_text_that_is_shown_whole_nothing_is_cut() -> None:
    quoting = Quoting()
    both = [passage(1000, 1000)]
    assert quoting.aligned((1, TEXT), (2, TEXT), both, whole={1, 2}) == tuple(both)
    quoting.grant((1, TEXT), (3, TEXT), both, whole={1})
    moved, *_ = quoting.aligned((1, TEXT), (3, TEXT), both, whole={1})
    assert 1 not in quoting.texts
    assert TEXT[moved.left_start:moved.left_end] == quoting.texts[3].excerpt(TEXT)[moved.right_start:moved.right_end]


def test_an_edit_is_told_in_short() -> None:
    edit = ChangedPassage(part="body", earlier=3, later=4, was="", now=TEXT, is_notice=True)
    told = excerpts.changes([edit] * 9)
    assert len(told) == excerpts.CHANGES
    assert all(len(one.now) <= excerpts.QUOTATION + 1 and one.later is None and one.is_notice for one in told)


@given(st.text(max_size=2000), st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 300)), max_size=8))
def test_what_is_shown_lies_in_the_text_and_the_excerpt_alike(text: str, stretches: list[tuple[int, int]]) -> None:
    shown = quoted(text)
    for start, length in stretches:
        span = (min(start, len(text)), min(start + length, len(text)))
        if span[0] < span[1] and shown.grants(span):
            shown.grant(span)
            excerpt = shown.excerpt(text)
            place = shown.place(span)
            assert excerpt[place[0]:place[1]] == text[span[0]:span[1]]
    assert shown.shown <= max(len(text) * excerpts.SHARE, 0)
