"""What making a copy leaves behind."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archive.model import Passage, Reuse, Witness
from pipeline.descent.copy_traces import is_chrome, traces

STORY = """Ukrainian soldiers crossed the border on Tuesday, the mayor of Sudzha said.
He told reporters that two villages were without power and that the road to Kursk was closed.
Officials in Moscow said that the army had stopped the column before noon.
The governor asked people to stay at home and to keep away from the windows.
By the evening the shops in the town had closed, and the trains had been stopped."""


def witness(name: str, text: str, *, language: str = "en", title: str = "T") -> Witness:
    return Witness(
        public_id=name, article=f"https://{name}.com/a", outlet=name, host=f"{name}.com", title=title,
        language=language, published=None, first_seen=datetime(2024, 8, 6, tzinfo=UTC), canonical=None, credits=(),
        text=text,
    )


def shared(copy: str, exemplar: str, *spans: tuple[int, int, int, int]) -> Reuse:
    spans = spans or ((0, len(copy), 0, len(exemplar)),)
    return Reuse(
        relation="near-duplicate", left_coverage=sum(b - a for a, b, _, _ in spans) / max(1, len(copy)),
        right_coverage=sum(d - c for _, _, c, d in spans) / max(1, len(exemplar)), order=1.0,
        passages=tuple(Passage(left_start=a, left_end=b, right_start=c, right_end=d, words=50) for a, b, c, d in spans),
    )


def told(copy: Witness, exemplar: Witness, found: Reuse | None = None) -> list[tuple[str, str, str]]:
    reasons = list(traces(copy, exemplar, found or shared(copy.text, exemplar.text)))
    turned = list(traces(exemplar, copy, (found or shared(copy.text, exemplar.text)).turned()))
    assert sorted(map(repr, reasons)) == sorted(map(repr, turned)), "the same whichever is given first"
    return [(reason.kind, reason.degree, reason.favours) for reason in reasons]


def test_two_equal_texts_tell_nothing() -> None:
    assert told(witness("copy", STORY), witness("source", STORY)) == []


def test_a_copy_that_stops_in_the_middle_was_cut() -> None:
    cut = STORY[:200]
    found = told(witness("copy", cut), witness("source", STORY), shared(cut, STORY, (0, 200, 0, 200)))
    assert ("cut", "long", "source") in found
    assert all(favours == "source" for _, _, favours in found)


def test_lines_of_a_site_around_the_text_are_no_part_of_it_and_speak_for_a_copy() -> None:
    dressed = f"Reading time: 5 minutes\nAdvertisement\n{STORY}\nLeave a Reply\nAll rights reserved."
    start = dressed.index("Ukrainian")
    found = shared(dressed, STORY, (start, start + len(STORY), 0, len(STORY)))
    assert told(witness("copy", dressed), witness("source", STORY), found) == [("site lines", "several", "source")]


@pytest.mark.parametrize(("title", "degree"), [
    ("UPDATE: Soldiers cross the border", "labelled"),
    ("Officials in Moscow said that the army had stopped the column", "sentence"),
])
def test_a_headline_that_was_made_from_the_others_or_from_the_text(title: str, degree: str) -> None:
    source = witness("source", STORY, title="Soldiers cross the border")
    assert told(witness("copy", STORY, title=title), source) == [("headline", degree, "source")]


def test_a_headline_in_an_order_that_the_text_does_not_use() -> None:
    copy = witness("copy", STORY, title="closed Kursk to road The")
    assert told(copy, witness("source", STORY, title="The road to Kursk closed")) == [("headline", "order", "source")]


def test_doubled_spaces_are_left_where_words_were_lost() -> None:
    assert ("spaces", "doubled", "source") in told(
        witness("copy", STORY.replace("that", "").replace("  two", "  two")), witness("source", STORY))


def test_words_of_the_other_language_were_left_untranslated() -> None:
    french = "La fin des trottinettes en libre-service à Montréal, selon le quotidien, a surpris les utilisateurs."
    english = "The end of the trottinettes in free-service to Montréal, by the quotidien, has surprised the utilisateurs."
    found = told(witness("copy", english), witness("source", french, language="fr"))
    assert found == [("untranslated", "many", "source")]
    assert told(witness("copy", english), witness("source", french, language="xx")) == []


def test_unusual_english_speaks_for_a_copy_that_went_through_another_language() -> None:
    odd = """Soldiers Ukrainian have crossed of the border the Tuesday, has said the mayor of Sudzha.
It has said to the reporters that two villages were without of current and that the street for Kursk was closed.
Officials to Moscow have said which the army had arrested the column in front of midday.
The governor has asked to the people of to stay in house and of to hold itself far of the windows.
In the evening the shops in the city had closed, and the trains had been arrested."""
    assert ("fluency", "much", "source") in told(witness("copy", odd), witness("source", STORY))


def test_a_name_that_is_spelt_in_a_second_way() -> None:
    source = "We saw Ukraine and he left Ukraine when all of Ukraine slept."
    assert ("names", "garbled", "source") in told(
        witness("copy", source.replace("all of Ukraine", "all of Ucraine")), witness("source", source))
    assert told(witness("copy", source.replace("all of Ukraine", "all of Ukrainian")), witness("source", source)) == []


@pytest.mark.parametrize(("line", "is_it"), [
    ("Reading time: 5 minutes", True), ("3 min read", True), ("Читайте также: о другом", True), ("Werbung", True),
    ("Your email address will not be published.", True), ("He told reporters of the fires.", False),
    ("Share on Facebook " + "x" * 300, False), ("", False),
])
def test_lines_that_a_site_puts_around_a_text(line: str, is_it: bool) -> None:
    assert is_chrome(line) is is_it


TEXTS = st.lists(st.sampled_from([*STORY.split("\n"), "Advertisement", "Tags: news", "Source: X", "", " ", "…", "日本"])
                 ).map("\n".join)


@given(TEXTS, TEXTS, st.sampled_from(["en", "fr", None]), st.lists(st.tuples(*[st.integers(0, 400)] * 4), max_size=4))
@example(STORY.split("\n")[-1], "\n".join([STORY.split("\n")[0]] * 3), "en", [(0, 74, 1, 131), (0, 2, 0, 0)])
@settings(max_examples=200, deadline=None)
def test_any_two_texts_tell_the_same_from_both_sides(
    one: str, other: str, language: str | None, spans: list[tuple[int, int, int, int]]
) -> None:
    passages = tuple((min(a, b), max(a, b), min(c, d), max(c, d)) for a, b, c, d in spans)
    told(witness("copy", one), witness("source", other, language=language), shared(one, other, *passages))
