"""Links, their directions and how sure they are."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.model import Moment, Outgoing, Passage, Reuse, Witness
from pipeline.descent.direction import ALONE, DECIDED, WEIGHTS, link, probability_first
from pipeline.extraction.dates import moment

START = datetime(2024, 8, 6, 12, tzinfo=UTC)


def witness(name: str, *, seen: float = 0, published: str | None = None, **changes: object) -> Witness:
    """A witness that was first seen some hours after the start."""
    return Witness(**{  # type: ignore[arg-type]
        "public_id": f"{name}-1", "article": f"https://{name}.com/story", "outlet": f"The {name.title()}",
        "host": f"www.{name}.com", "title": "T", "language": "en",
        "published": moment(published, basis="json-ld") if published else None,
        "first_seen": START + timedelta(hours=seen), "canonical": None, "credits": (),
    } | changes)


def reuse(words: int = 200, left: float = 0.9, right: float = 0.9, relation: str = "near-duplicate") -> Reuse:
    return Reuse(relation=relation, left_coverage=left, right_coverage=right, order=1.0, passages=(  # type: ignore[arg-type]
        Passage(left_start=0, left_end=9, right_start=0, right_end=9, words=words),))


MOMENTS = st.builds(
    lambda start, length: Moment(verbatim="", iso="", earliest=START + timedelta(minutes=start), offset=None, basis="",
                                 latest=START + timedelta(minutes=start + length)),
    st.integers(0, 500), st.one_of(st.just(0), st.integers(0, 500)),
)
WITNESSES = st.builds(
    lambda name, seen, published, credit, canonical: witness(
        name, seen=seen, published=published, credits=(credit,) if credit else (), canonical=canonical
    ),
    st.sampled_from(["aaaa", "bbbb"]),
    st.integers(0, 60),
    st.sampled_from([None, "2024-08-06", "2024-08-07T10:00:00Z", "2024-08-07T10:30:00Z", "2024-08-07T12:00:00"]),
    st.sampled_from([None, "Source: The Aaaa", "Source: bbbb.com", "Source: another"]),
    st.sampled_from([None, "https://aaaa.com/story?utm_source=x", "https://bbbb.com/story"]),
)


@given(MOMENTS, MOMENTS)
@settings(max_examples=300, deadline=None)
def test_the_probabilities_of_the_two_orders_add_up_to_one(one: Moment, other: Moment) -> None:
    first = probability_first(one, other)
    assert 0 <= first <= 1
    assert first + probability_first(other, one) == pytest.approx(1)


@given(MOMENTS, MOMENTS, st.integers(0, 300))
@settings(max_examples=200, deadline=None)
def test_a_later_time_is_no_likelier_to_be_first(one: Moment, other: Moment, minutes: int) -> None:
    later = replace(
        one, earliest=one.earliest + timedelta(minutes=minutes), latest=one.latest + timedelta(minutes=minutes)
    )
    assert probability_first(later, other) <= probability_first(one, other) + 1e-9


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((0, 0), (5, 5), 1.0),
        ((5, 5), (0, 0), 0.0),
        ((5, 5), (5, 5), 0.5),
        ((0, 10), (0, 10), 0.5),
        ((0, 10), (10, 20), 1.0),
        ((2, 2), (0, 10), 0.8),
        ((0, 10), (2, 2), 0.2),
        ((0, 10), (5, 15), 0.875),
        ((0, 20), (5, 15), 0.5),
        ((0, 10), (8, 10), 0.9),
    ],
)
def test_probability_first(one: tuple[int, int], other: tuple[int, int], expected: float) -> None:
    left, right = (
        Moment(
            verbatim="",
            iso="",
            earliest=START + timedelta(minutes=a),
            latest=START + timedelta(minutes=b),
            offset=None,
            basis="",
        )
        for a, b in (one, other)
    )
    assert probability_first(left, right) == pytest.approx(expected)


@given(WITNESSES, WITNESSES, st.floats(0.1, 1), st.floats(0.1, 1), st.sampled_from(["excerpt", "near-duplicate"]))
@settings(max_examples=300, deadline=None)
def test_a_link_is_the_same_whichever_side_is_given_first(
    one: Witness, other: Witness, left: float, right: float, relation: str
) -> None:
    other = replace(other, public_id="zzzz-1")
    found = reuse(left=left, right=right, relation=relation)
    made = link(one, other, found)
    assert made == link(other, one, found.turned())
    assert {made.copy, made.exemplar} == {one.public_id, other.public_id}
    assert (made.direction == "decided") == (made.direction_confidence >= DECIDED)
    assert 0 <= made.direction_confidence <= 1
    assert 0.5 <= made.copied <= 1
    if made.direction == "undecided":
        seen = {w.public_id: w.first_seen for w in (one, other)}
        assert seen[made.copy] >= seen[made.exemplar], "the later seen stands as the copy"


@pytest.mark.parametrize(("line", "names"), [
    ("This article was originally published by Frontier Courier.", True), ("Source: the frontier courier", True),
    ("Read it at https://www.courier.com/story", True), ("Source: courier.com.", True),
    ("Source: reportcourier.com", False), ("Source: courier.com.au", False), ("Source: my-courier.com", False),
    ("Source: Frontier Couriers", False), ("Source: somebody else", False),
])
def test_a_credit_line_decides_if_it_names_the_outlet_or_its_host(line: str, names: bool) -> None:
    exemplar = witness("courier", outlet="The Frontier Courier", seen=50)
    copy = witness("digest", credits=("Nothing here", line))
    made = link(exemplar, copy, reuse())
    named = [e.favours for e in made.evidence if e.kind == "credit" and "names The Frontier Courier" in e.detail]
    assert named == ([exemplar.public_id] if names else [])
    assert (made.exemplar == exemplar.public_id and made.direction_confidence > 0.9) is names


@pytest.mark.parametrize(("line", "outlet", "names"), [
    ("Originally published by The Kyiv Independent", "The Independent", False),
    ("Source: The New York Times", "The Times", False), ("Republished from Moscow Times", "The Times", False),
    ("With files from the Toronto Star", "The Star", False), ("Fonte: Daily Mail Online", "Mail Online", False),
    ("Source: Radio Free Europe/Radio Liberty", "Liberty", False), ("Source: The Times of Israel", "The Times", False),
    ("Source: Guardian Nigeria", "The Guardian", False), ("Джерело: Українська Правда", "Правда", False),
    ("Originally published by The Independent", "The Independent", True), ("Source: The Times, London", "The Times", True),
    ("By The Independent", "Independent", True), ("Via Independent", "The Independent", True),
    ("This story was first published by the Times in London.", "The Times", True),
    ("Published by the Guardian Monday", "The Guardian", True), ("Джерело: Правда", "Правда", True),
    ("Übersetzung: Die Straße", "Die Straße", True), ("Source: L’Express", "L'Express", True),
    ("SOURCE: THE INDEPENDENT", "The Independent", True), ("source: the independent", "The Independent", True),
])
def test_an_outlets_name_within_a_longer_one_is_not_its_name(line: str, outlet: str, names: bool) -> None:
    exemplar = witness("other", outlet=outlet)
    made = link(exemplar, witness("blog", credits=(line,)), reuse())
    assert any(f"names {outlet}" in e.detail for e in made.evidence) is names


@pytest.mark.parametrize("changes", [
    pytest.param({"outlet": "The Courier"}, id="one outlet under two names of the web"),
    pytest.param({"host": "blog.courier.com"}, id="one registered domain"),
])
def test_a_credit_line_that_names_the_pages_own_house_says_nothing(changes: dict[str, object]) -> None:
    one = witness("courier", outlet="The Courier")
    other = witness("mirror", credits=("This article was published by The Courier, courier.com",), **changes)
    assert link(one, other, reuse()).evidence == ()


def test_a_witness_without_host_or_outlet_is_named_by_no_line() -> None:
    nameless = witness("none", host="", outlet="")
    made = link(nameless, witness("digest", credits=("Source: anybody",)), reuse())
    assert [e.detail.split(":")[0] for e in made.evidence] == ["it credits somebody else"]


@pytest.mark.parametrize("lines", [
    pytest.param((("Source: anybody",), ("Source: another",)), id="both credit somebody"),
    pytest.param((("Source: third.com",), ()), id="a third one's address"),
])
def test_a_line_that_credits_somebody_says_nothing_where(lines: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    assert link(witness("aaaa", credits=lines[0]), witness("bbbb", credits=lines[1]), reuse()).evidence == ()


@pytest.mark.parametrize(("line", "outlet"), [
    pytest.param("(Reporting by Jane Doe; Editing by John Roe)", "The Local", id="staff"),
    pytest.param("The flooded school yard. Photo courtesy of the county sheriff", "The Local", id="a caption"),
    pytest.param("Report first ran in Monday's bulletin", "Reuters", id="an agency's own page"),
])
def test_who_dropped_a_line_of_the_house_is_not_the_exemplar(line: str, outlet: str) -> None:
    assert link(witness("honest", outlet=outlet, credits=(line,)), witness("scraper"), reuse()).evidence == ()


def test_a_credit_of_somebody_alone_decides_nothing_and_with_another_reason_it_does() -> None:
    honest, stripper = witness("honest", credits=("With material from partners",)), witness("stripper")
    made = link(honest, stripper, reuse())
    assert ([e.kind for e in made.evidence], made.direction) == (["credit"], "undecided")
    both = link(replace(honest, published=moment("2024-08-06T18:00:00Z", basis="json-ld")),
                replace(stripper, published=moment("2024-08-06T10:00:00Z", basis="json-ld")), reuse())
    assert (both.exemplar, both.direction) == ("stripper-1", "decided")


def test_an_agency_that_one_text_credits_speaks_for_its_having_come_by_wire() -> None:
    made = link(witness("aaaa", text="KYIV (Reuters) - The column crossed."), witness("bbbb", text="The column crossed."),
                reuse())
    assert [(e.kind, e.favours) for e in made.evidence] == [("agency", "bbbb-1")]


def test_a_declared_canonical_address_decides() -> None:
    copy = witness("digest", canonical="http://courier.com/story/?utm_source=digest")
    made = link(witness("courier", seen=99), copy, reuse())
    assert (made.copy, made.direction, [e.kind for e in made.evidence if e.favours == "courier-1"]) == \
        ("digest-1", "decided", ["canonical"])


COURIER = "https://courier.com/story"
TEXT = "An opening of the copy's own.\n\nThe column crossed the border.\n\nRead also what others wrote."
HELD = "Words of the other's own here\n\nThe column crossed the border.\n\nSome more that it alone has"
SHARED = Reuse(relation="near-duplicate", left_coverage=0.5, right_coverage=0.5, order=1.0, passages=(
    Passage(left_start=31, left_end=60, right_start=31, right_end=60, words=40),))


def linking(*links: Outgoing, **changes: object) -> Witness:
    return witness("digest", text=TEXT, outgoing=links, **changes)


@pytest.mark.parametrize(("place", "paragraph", "degree", "is_decided"), [
    ("credit", None, "in a credit line", True), ("text", 2, "in what is shared", True),
    ("text", 1, "in its text", True), ("text", 3, "in its text", True), ("list", 3, "in a list of links", False),
    ("text", 99, "in its text", True),
])
def test_a_text_that_links_to_the_other_knew_it(
    place: str, paragraph: int | None, degree: str, is_decided: bool
) -> None:
    copy = linking(Outgoing(url=COURIER, place=place, paragraph=paragraph))  # type: ignore[arg-type]
    exemplar = witness("courier", text=HELD)
    made = link(copy, exemplar, SHARED)
    assert made == link(exemplar, copy, SHARED.turned())
    (reason,) = made.evidence
    assert (reason.kind, reason.favours, reason.weight) == ("link", "courier-1", WEIGHTS["link", degree])
    assert reason.detail == f"its text links to {COURIER}, {degree}"
    assert (made.direction == "decided") is is_decided
    assert made.exemplar == "courier-1" or not is_decided


def test_of_several_links_the_strongest_counts_once() -> None:
    copy = linking(*(Outgoing(url=COURIER, place=place, paragraph=3) for place in ("list", "text", "text")))
    assert [e.weight for e in link(copy, witness("courier", text=HELD), SHARED).evidence] == [WEIGHTS["link", "in its text"]]


@pytest.mark.parametrize("exemplar", [
    pytest.param(witness("courier", article=COURIER + "/?utm_source=feed"), id="by its canonical address"),
    pytest.param(witness("courier", article="https://courier.com/p/7", addresses=("http://courier.com/story?fbclid=1",)),
                 id="by another of its addresses"),
])
def test_a_link_is_to_the_article_whatever_its_address(exemplar: Witness) -> None:
    copy = linking(Outgoing(url=COURIER, place="text", paragraph=1))
    assert [e.favours for e in link(copy, replace(exemplar, text=HELD), SHARED).evidence] == ["courier-1"]


def test_links_to_others_and_links_of_both_say_nothing() -> None:
    elsewhere = linking(Outgoing(url="https://courier.com/another", place="credit", paragraph=None))
    assert link(elsewhere, witness("courier", text=HELD), SHARED).evidence == ()
    back = witness("courier", text=HELD, outgoing=(Outgoing(url="https://digest.com/story", place="text", paragraph=1),))
    copy = linking(Outgoing(url=COURIER, place="credit", paragraph=None))
    assert link(copy, back, SHARED).evidence == (), "translations of one house link to each other"


def test_a_link_against_dates_that_are_hours_apart_decides_nothing() -> None:
    exemplar = witness("courier", text=HELD, published="2024-08-06T18:00:00Z")
    for place, direction in (("text", "undecided"), ("credit", "undecided"), ("list", "decided")):
        copy = linking(Outgoing(url=COURIER, place=place, paragraph=2),  # type: ignore[arg-type]
                       published="2024-08-06T10:00:00Z")
        made = link(copy, exemplar, SHARED)
        assert made.direction == direction
        assert made.exemplar == "digest-1" or direction == "undecided"


@pytest.mark.parametrize(("early", "late", "degree"), [
    ("2024-08-06T10:00:00Z", "2024-08-08T10:00:00Z", "a day"),
    ("2024-08-06T10:00:00Z", "2024-08-06T17:00:00Z", "six hours"),
    ("2024-08-06T10:00:00Z", "2024-08-06T12:00:00Z", "an hour"),
    ("2024-08-06T10:00:00Z", "2024-08-06T10:20:00Z", "minutes"), ("2024-08-06", "2024-08-12", "a day"),
    ("2024-08-06T10:00:00Z", "2024-08-06T10:00:00Z", None), ("2024-08-06", "2024-08-06", None),
    ("2024-08-06T10:00:00", "2024-08-06T10:30:00", None),
])
def test_the_earlier_published_is_favoured_by_the_gap(early: str, late: str, degree: str | None) -> None:
    one, other = witness("aaaa", published=early), witness("bbbb", published=late)
    for left, right in ((one, other), (other, one)):
        found = [(e.favours, e.weight) for e in link(left, right, reuse()).evidence if e.kind == "published"]
        expected = ALONE.get(("published", degree), WEIGHTS["published", degree]) if degree else 0
        assert found == ([("aaaa-1", expected)] if degree else [])


@pytest.mark.parametrize(("early", "late"), [
    ("2024-08-06T10:00:00Z", "2024-08-14T10:00:00Z"), ("2024-08-06", "2024-08-09"),
    ("2024-08-06T00:00:00Z", "2024-08-06"),
])
def test_dates_alone_decide_nothing_where_the_text_that_they_call_the_younger_was_seen_first(
    early: str, late: str
) -> None:
    forged, original = witness("forger", published=early, seen=3), witness("orig", published=late)
    made = link(forged, original, reuse(relation="identical"))
    assert (made.direction, made.direction_confidence < DECIDED) == ("undecided", True)


@pytest.mark.parametrize("seen", [0, 0.5, -40])
def test_days_apart_decide_alone_where_no_sighting_says_otherwise(seen: float) -> None:
    early, late = witness("early", published="2024-08-06", seen=seen), witness("late", published="2024-08-09")
    made = link(early, late, reuse(relation="translation"))
    assert (made.exemplar, made.direction) == ("early-1", "decided")
    assert made.direction_confidence >= DECIDED


def test_a_date_that_a_sighting_or_the_text_bears_out_decides() -> None:
    early, late = witness("aaaa", published="2024-08-05"), witness("bbbb", published="2024-08-09", seen=30)
    made = link(early, late, reuse())
    assert {e.kind: e.weight for e in made.evidence}["published"] == WEIGHTS["published", "a day"], "not alone"
    assert (made.exemplar, made.direction) == ("aaaa-1", "decided")


def test_no_reason_weighs_more_alone_than_beside_others() -> None:
    assert all(ALONE[key] <= WEIGHTS[key] for key in ALONE)


def test_a_date_that_was_only_guessed_weighs_less() -> None:
    early = witness("aaaa", published="2024-08-06T10:00:00Z")
    late = replace(witness("bbbb"), published=moment("2024-08-08T10:00:00Z", basis="htmldate"))
    (found,) = link(early, late, reuse()).evidence
    assert found.weight == WEIGHTS["published", "by a guess"] < WEIGHTS["published", "a day"]


def test_no_date_outweighs_a_credit() -> None:
    forged = witness("digest", published="2024-08-01T10:00:00Z", credits=("Source: courier.com",))
    made = link(witness("courier", published="2024-08-01T14:00:00Z"), forged, reuse())
    assert {e.kind for e in made.evidence} == {"published", "credit"}
    assert made.direction_confidence > 0.5
    assert made.copy == "digest-1" or made.direction == "undecided"


def test_a_copy_of_a_later_version_is_younger_than_that_version() -> None:
    second = witness("aaaa", seen=40, published="2024-08-06T12:00:00Z", unlike_until=START + timedelta(hours=30))
    before, after = (witness("bbbb", published=f"2024-08-0{day}T12:00:00Z") for day in (7, 9))
    for other, first in ((before, "bbbb-1"), (after, "aaaa-1")):
        assert [e.favours for e in link(second, other, reuse()).evidence if e.kind == "published"] == [first]


def test_overlapping_times_count_by_what_their_overlap_allows() -> None:
    (found,) = link(witness("aaaa", published="2024-08-06"), witness("bbbb", published="2024-08-07"), reuse()).evidence
    assert found.favours == "aaaa-1"
    assert 0 < found.weight <= 2.0


def test_a_common_owner_is_told_and_weighs_nothing() -> None:
    one, other = witness("aaaa", owner="Border Media"), witness("bbbb", owner="Border Media")
    made = link(one, other, reuse())
    assert [(e.kind, e.weight, e.detail) for e in made.evidence] == [("owner", 0.0, "both outlets belong to Border Media")]
    assert (made.direction, made.direction_confidence) == ("undecided", 0.5)
    for two in (replace(other, owner="Another"), replace(other, owner=None)):
        assert link(replace(one, owner=two.owner and one.owner), two, reuse()).evidence == ()


def test_what_cannot_be_told_is_undecided_and_says_so() -> None:
    made = link(witness("aaaa", seen=5), witness("bbbb"), reuse())
    assert (made.copy, made.exemplar, made.direction, made.direction_confidence) == (
        "aaaa-1",
        "bbbb-1",
        "undecided",
        0.5,
    )
    contrary = link(witness("aaaa", seen=0, published="2024-08-06T10:20:00Z"),
                    witness("bbbb", seen=5, published="2024-08-06T10:00:00Z"), reuse())
    assert (contrary.copy, contrary.direction) == ("bbbb-1", "undecided")
    assert contrary.direction_confidence < 0.5, "what is known speaks for the other way"


def test_dates_alone_do_not_part_two_texts_of_one_agency() -> None:
    wire = "KYIV (Reuters) - The column crossed the border."
    pair = [witness(name, text=wire, published=f"2024-08-06T1{hour}:00:00Z") for name, hour in (("aaaa", 0), ("bbbb", 3))]
    assert link(*pair, reuse()).direction == "undecided"
    assert link(*(replace(w, text="The column crossed the border.") for w in pair), reuse()).direction == "decided"
    made = link(replace(pair[0], published=None), replace(pair[1], outlet="Reuters"), reuse())
    assert (made.exemplar, made.direction) == ("bbbb-1", "decided"), "its own page goes before whoever credits it"


AP = "WASHINGTON (AP) - The column crossed the border."


@pytest.mark.parametrize("changes", [
    pytest.param({"published": moment("2024-08-06T15:00:00Z", basis="json-ld"), "seen": 30}, id="hours and a sighting later"),
    pytest.param({"text": AP + "\n\nAdvertisement\n\nShare on\n\nRead more", "seen": 60}, id="dressed"),
    pytest.param({"credits": ("Source: The Associated Press",), "seen": 60}, id="with a credit line more"),
])
def test_two_subscribers_of_one_agency_are_siblings(changes: dict[str, object]) -> None:
    one = witness("one", text=AP, published="2024-08-06T08:00:00Z")
    two = replace(witness("two", text=AP), **{  # type: ignore[arg-type]
        "first_seen": START + timedelta(hours=changes.pop("seen"))} | changes)  # type: ignore[arg-type]
    made = link(one, two, reuse())
    assert made == link(two, one, reuse().turned())
    assert made.direction == "undecided"
    assert all(e.weight == 0 for e in made.evidence), "who ran it first says nothing of who copied"
    assert ("wire", "both credit AP") in [(e.kind, e.detail) for e in made.evidence]


def test_a_subscribers_shortened_text_is_no_copy_of_the_longer_one() -> None:
    whole = AP + "\n\n" + "\n\n".join(f"Sentence number {n} of the report is this one." for n in range(20))
    one, two = witness("one", text=whole), witness("two", text=whole[:len(whole) // 2])
    end = len(two.text)
    shared = Reuse(relation="near-duplicate", left_coverage=0.5, right_coverage=1.0, order=1.0, passages=(
        Passage(left_start=0, left_end=end, right_start=0, right_end=end, words=100),))
    assert link(one, two, shared).direction == "undecided"
    assert link(*(replace(w, text=w.text.removeprefix("WASHINGTON (AP) - ")) for w in (one, two)),
                shared).direction == "decided", "without the agency in common it is one that was cut"


@pytest.mark.parametrize("changes", [
    {"canonical": "https://one.com/story"}, {"credits": ("Originally published by one.com",)},
])
def test_a_subscriber_that_names_the_other_is_its_copy(changes: dict[str, object]) -> None:
    made = link(witness("one", text=AP, seen=50), witness("two", text=AP, **changes), reuse())
    assert (made.exemplar, made.direction) == ("one-1", "decided")


@pytest.mark.parametrize("changes", [{"outlet": "AP News"}, {"host": "apnews.com"}, {"outlet": "The Associated Press"}])
def test_an_agencys_own_page_is_no_sibling(changes: dict[str, object]) -> None:
    made = link(witness("one", text=AP, seen=50, **changes), witness("two", text=AP), reuse())
    assert (made.exemplar, made.direction) == ("one-1", "decided")


def test_what_was_seen_before_the_other_says_that_it_was_published_weighs_more() -> None:
    seen = [link(witness("aaaa", seen=30, published=date), witness("bbbb"), reuse()).evidence
            for date in (None, "2024-08-07T12:00:00Z")]
    assert [(e.kind, e.favours) for (e,) in seen] == [("first seen", "bbbb-1")] * 2
    assert seen[0][0].weight < seen[1][0].weight
