"""Two texts side by side lose nothing of either."""

from collections import Counter
from time import monotonic

from hypothesis import given
from hypothesis import strategies as st

from archive.model import Passage
from datasette_config.agreeing import agreeing
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


def marked(left: str, right: str) -> tuple[list[str], list[str]]:
    ours, theirs = agreeing(left, right)
    assert "".join(words.text for words in ours) == left
    assert "".join(words.text for words in theirs) == right
    return [w.text for w in ours if w.change == "shared"], [w.text for w in theirs if w.change == "shared"]


def test_of_a_translation_the_names_and_numbers_that_stand_in_both_are_marked() -> None:
    assert marked(
        "6 серпня 2024 року бригади перейшли із сусідньої області до Курської. Суджа впала, кажуть у Києві.",
        "On Aug. 6, 2024, brigades crossed into the Kursk region. Officials in Kyiv say that Sudzha fell; States and 9 men.",
    ) == (["6", "2024", "Курської", "Суджа", "Києві"], ["6", "2024", "Kursk", "Kyiv", "Sudzha"])


def test_a_possessive_is_its_name() -> None:
    assert marked("The men of Moscow left.", "All of Moscow's men left.") == (["Moscow"], ["Moscow's"])


def test_a_word_with_its_capital_from_the_sentence_it_begins_is_no_name_in_both() -> None:
    assert marked("Before noon they left.", "Before dawn they came.") == ([], [])


def test_a_passage_of_endless_spellings_of_one_name_is_marked_in_no_time() -> None:
    spelled = " ".join(f"x S{'a' * (n % 70)}d{'u' * (n // 70)}zh" for n in range(4_900))
    started = monotonic()
    agreeing(spelled, spelled.replace("zh", "z"))
    assert monotonic() - started < 5


@given(texts, texts)
def test_marking_what_agrees_loses_nothing(left: str, right: str) -> None:
    marked(left, right)
