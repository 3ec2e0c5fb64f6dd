"""Why a link is shown, in words."""

from dataclasses import replace
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.model import PARAGRAPH_BREAK, CopyLink, Evidence, Passage, Reuse
from pipeline.descent.explain import explained

COPY, EXEMPLAR = "aaaa-20250315120000-x", "bbbb-20250314120000-y"
FIRST = ("On Friday the last column left Sudzha, said Taras Melnychuk.", "They counted 10,940 shells and 3.5 tons of oil.",
         "The bridge was gone.", "Nobody spoke of it again.")
SECOND = ("An Opening line was added.", "Friday the last column has left Southzha, Taras Melnychuk said.",
          "There were 10.940 shells and 3,5 tons of oil.", "Anna Roe Contributed relationships.")
CREDIT = Evidence(kind="credit", favours=EXEMPLAR, weight=4.0, detail="its credit line names The Wire")
PUBLISHED = Evidence(kind="published", favours=EXEMPLAR, weight=2.5, detail="published 2025-03-14, the other 2025-03-15")


def text(paragraphs: tuple[str, ...]) -> str:
    return "\n\n".join(paragraphs)


def aligned(*pairs: tuple[int, int], left: tuple[str, ...] = SECOND, right: tuple[str, ...] = FIRST) -> Reuse:
    """Whole paragraphs, by their numbers."""
    def span(paragraphs: tuple[str, ...], n: int) -> tuple[int, int]:
        start = len(text(paragraphs[:n])) + (2 if n else 0)
        return start, start + len(paragraphs[n])

    passages = [(*span(left, a), *span(right, b)) for a, b in pairs]
    return Reuse(relation="rewrite", left_coverage=0.6, right_coverage=0.6, order=1.0, passages=tuple(
        Passage(left_start=a, left_end=b, right_start=c, right_end=d, words=8) for a, b, c, d in passages))


def link(**changes: object) -> CopyLink:
    return CopyLink(**{  # type: ignore[arg-type]
        "copy": COPY, "exemplar": EXEMPLAR, "relation": "rewrite", "copied": 0.99, "direction": "decided",
        "direction_confidence": 0.97, "evidence": (CREDIT, PUBLISHED)} | changes)


def test_everything_that_is_seen_is_said() -> None:
    assert explained(link(), aligned((1, 0), (2, 1)), text(SECOND), text(FIRST)) == (
        "The copy shares text with the other: 2 of 4 paragraphs align with it, in the same order.",
        "2 of 2 numbers agree.",
        "2 names stand in both.",
        "The name Sudzha/Southzha differs in spelling only.",
        "The copy ends with the credit line “Anna Roe Contributed relationships.”.",
        "The copy names where the text is from, so it may be a licensed or syndicated copy.",
        "The copy lacks 2 paragraphs of the other and adds 2.",
        "Of the two, the other is the earlier held copy, 97 % sure: its credit line names The Wire; published 2025-03-14, "
        "the copy 2025-03-15.",
    )


def test_the_sides_are_told_by_public_ids() -> None:
    turned = link(copy=EXEMPLAR, exemplar=COPY, evidence=())
    said = explained(turned, aligned((1, 0), (2, 1)), text(SECOND), text(FIRST))
    assert "The name Southzha/Sudzha differs in spelling only." in said
    assert not any("credit line" in sentence for sentence in said)


OTHERS = replace(CREDIT, favours=COPY)
OWNER = Evidence(kind="owner", favours=EXEMPLAR, weight=0.0, detail="both belong to Border Media")


def test_what_two_subscribers_have_in_common_is_said() -> None:
    wire = Evidence(kind="wire", favours=COPY, weight=0.0, detail="both credit AP")
    said = explained(link(evidence=(wire,), direction="undecided"), aligned((1, 0)), text(SECOND), text(FIRST))
    assert "Both credit AP, so each may have the text from there." in said


@pytest.mark.parametrize("direction", ["decided", "undecided"])
@pytest.mark.parametrize(("evidence", "whose"), [((CREDIT,), ["mine"]), ((OTHERS,), ["other"]), ((PUBLISHED,), []),
                                                 ((CREDIT, OTHERS), ["mine", "other"]), ((OWNER,), [])])
def test_a_credit_is_said_of_the_text_that_has_it(
    evidence: tuple[Evidence, ...], whose: list[str], direction: str
) -> None:
    said = explained(link(evidence=evidence, direction=direction), aligned((1, 0)), text(SECOND), text(FIRST))
    name = "The copy" if direction == "decided" else "The later seen text"
    expected = {"mine": f"{name} names where the text is from, so it may be a licensed or syndicated copy.",
                "other": "The other names where the text is from, so it may itself be a licensed or syndicated copy."}
    assert [sentence for sentence in said if "names where" in sentence] == [expected[one] for one in whose]
    assert ("Both outlets have one owner, so it may be the same house's text." in said) is (OWNER in evidence)


def test_an_undecided_link_calls_nobody_a_copy() -> None:
    said = explained(link(direction="undecided", direction_confidence=0.6, evidence=()), aligned((1, 0)), text(SECOND), text(FIRST))
    assert said[0] == "The later seen text shares text with the other: 1 of 4 paragraphs align with it, as a whole."
    assert said[-1] == "Which of the two came first is not decided."
    assert not any("The copy" in sentence for sentence in said)


def test_numbers_that_conflict_are_named() -> None:
    left, right = ("There were 12 tanks and 500 men.",), ("There were 12 tanks and 600 men.",)
    said = explained(link(evidence=()), aligned((0, 0), left=left, right=right), text(left), text(right))
    assert "1 of 2 numbers agree (500 for 600)." in said


def test_paragraphs_in_another_order_are_counted() -> None:
    said = explained(link(evidence=()), aligned((1, 1), (2, 0)), text(SECOND), text(FIRST))
    assert said[0].endswith("2 of 4 paragraphs align with it, 1 of them in the same order.")


def test_a_passage_over_several_paragraphs_aligns_each() -> None:
    same = text(FIRST)
    whole = Reuse(relation="near-duplicate", left_coverage=1.0, right_coverage=1.0, order=1.0, passages=(
        Passage(left_start=0, left_end=len(same), right_start=0, right_end=len(same), words=30),))
    said = explained(link(evidence=()), whole, same, same)
    assert said[0].endswith("4 of 4 paragraphs align with it, in the same order.")
    assert not any("lacks" in sentence or "adds" in sentence for sentence in said)


@pytest.mark.parametrize(("kind", "said"), [("owner", "one owner"), ("agency", "licensed or syndicated"), ("canonical", "licensed")])
def test_what_is_owned_or_credited_is_called_so(kind: str, said: str) -> None:
    evidence = (Evidence(kind=kind, favours=EXEMPLAR, weight=1.0, detail="x"),)
    assert any(said in sentence for sentence in explained(link(evidence=evidence), aligned((1, 0)), text(SECOND), text(FIRST)))


def test_a_link_that_only_a_person_vouches_for_says_so() -> None:
    evidence = (Evidence(kind="judgement", favours=EXEMPLAR, weight=4.6, detail="added by Vera Lens on 2025-03-16"),)
    said = explained(link(evidence=evidence, direction_confidence=0.99), None, text(SECOND), text(FIRST))
    assert said[0] == "The copy is said to share text with the other; no passages of the two are aligned."
    assert "A person judged the link: added by Vera Lens on 2025-03-16." in said


def test_identical_texts_are_called_the_same() -> None:
    same, found = link(relation="identical"), replace(aligned((0, 0)), relation="identical")
    assert explained(same, found, text(FIRST), text(FIRST))[0].endswith("the same, word for word.")
    credited = f"{text(FIRST)}{PARAGRAPH_BREAK}Source: Frontier Courier"
    assert explained(same, found, text(FIRST), credited)[0].endswith("the same, word for word, but for lines of credit.")


SPANS = st.builds(
    lambda a, b, c, d: Passage(left_start=a, left_end=a + b, right_start=c, right_end=c + d, words=5),
    *(st.integers(0, 150),) * 4)


@given(st.lists(SPANS, max_size=5), st.text(max_size=200), st.text(max_size=200),
       st.sampled_from(["decided", "undecided"]), st.booleans())
@settings(deadline=None)
def test_no_passages_break_it_and_no_word_is_unfair(
    passages: list[Passage], left: str, right: str, direction: str, turned: bool
) -> None:
    reuse = Reuse(relation="rewrite", left_coverage=0.5, right_coverage=0.5, order=0.5, passages=tuple(passages))
    ends = {"copy": EXEMPLAR, "exemplar": COPY} if turned else {}
    said = explained(link(direction=direction, **ends), reuse, left, right)
    assert len(said) >= 2
    ours = " ".join(said).replace(left, "").replace(right, "").lower()
    assert not any(word in ours for word in ("stolen", "original", "plagiar"))


def test_a_passage_of_a_megabyte_is_explained_in_seconds() -> None:
    left = " ".join(f"and Nam{chr(97 + n % 26) * (n % 9)}{chr(97 + n // 26 % 26)} {n:,}" for n in range(60_000))
    right = left.replace("Nam", "Nem")
    whole = Reuse(relation="rewrite", left_coverage=1.0, right_coverage=1.0, order=1.0, passages=(
        Passage(left_start=0, left_end=len(left), right_start=0, right_end=len(right), words=120_000),))
    started = process_time()
    said = explained(link(), whole, left, right)
    assert process_time() - started < 20
    assert any("differ in spelling only" in sentence for sentence in said)


@pytest.mark.parametrize(("favours", "said"), [
    (EXEMPLAR, "The copy links to the other, in what is shared."), (COPY, "The other links to this one, in what is shared."),
])
def test_a_link_from_the_one_to_the_other_is_said(favours: str, said: str) -> None:
    linked = Evidence(kind="link", favours=favours, weight=2.5,
                      detail="its text links to https://wire.example.org/a,b, in what is shared")
    assert said in explained(link(evidence=(linked,)), aligned((1, 0), (2, 1)), text(SECOND), text(FIRST))
