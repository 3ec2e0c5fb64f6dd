"""Two texts side by side lose nothing of either."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from archive.model import Passage
from datasette_config.alignment import aligned, passage_row

words = st.lists(st.sampled_from(["the", "army", "Sudzha", "Суджа", ",", ".", "\n\n", "of", "border"]), max_size=30)
texts = words.map(" ".join).map(lambda text: text.replace(" \n\n ", "\n\n").strip())


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


def test_a_text_with_other_paragraph_breaks_has_marks_on_words_that_differ_only() -> None:
    left, right = "The army came. It left the border.", "The army came.\n\nIt crossed the border."
    row = passage_row(left, right, Passage(left_start=0, left_end=len(left), right_start=0, right_end=len(right), words=7),
                      number=1, word_by_word=True)
    assert [s.text.strip() for s in row.left if s.change == "removed"] == ["left"]
    assert [s.text.strip() for s in row.right if s.change == "added"] == ["crossed"]
