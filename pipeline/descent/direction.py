"""Two witnesses and what they share -> named evidence -> which was made from which, and how sure that is (pure).

A direction is the sum of reasons in log-odds. Each reason has a kind and a degree, and WEIGHTS has what it weighs, as
bench/train_direction.py printed it. What is absent is no evidence. Under DECIDED no direction is shown.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from archive.model import PARAGRAPH_BREAK, CopyLink, Evidence, Moment, Outgoing, Reuse, Witness
from archive.urls import canonical_url
from pipeline.descent.copy_traces import Reason, traces
from pipeline.descent.crediting import (
    agency_of,
    are_one_outlet,
    credited_agencies,
    is_agency,
    names,
    names_somebody,
    stated,
)

DECIDED = 0.8  # confidence from which a direction is shown
DECIDED_BY_WIRE = 0.95  # the same of two texts that credit one agency, of what speaks for copying at all
DATED = frozenset({"published", "first seen"})  # the kinds of evidence that are about time
# What two subscribers of one agency do not do to its text: the one knew the other, or has a translation's damage. Each
# cuts, dresses and dates it as it likes.
BEYOND_THE_WIRE = frozenset({"canonical", "credit", "link", "spaces", "untranslated", "capitals", "names", "fluency"})
MIN_SURE = 0.6  # below, overlapping dates say nothing
TRUSTED = 0.5  # share of a page's own readings that must agree with the date that was chosen
# By kind and degree, in log-odds; behind each how often it was right and wrong of 1,586 labelled pairs of which a third
# of the dates had been moved by up to three days. A weight stands for what the others leave to it.
WEIGHTS: dict[tuple[str, str], float] = {
    ("agency", "credited"): 0.73,  # 73 / 21
    ("capitals", "several"): 0.64,  # 27 / 10
    ("covered", "more"): 0.59,  # 42 / 19
    ("credit", "named"): 4.00,  # 159 / 0
    ("credit", "somebody"): 1.80,  # 145 / 10
    ("cut", "long"): 3.92,  # 178 / 0
    ("cut", "short"): 2.43,  # 109 / 4
    ("fluency", "clearly"): 0.52,  # 146 / 44
    ("fluency", "much"): 1.07,  # 146 / 36
    ("fluency", "slightly"): 0.58,  # 80 / 33
    ("headline", "labelled"): 2.38,  # 56 / 0
    ("headline", "order"): 0.08,  # 5 / 1
    ("headline", "sentence"): 0.32,  # 11 / 3
    ("lacks", "before"): 1.06,  # 23 / 2
    ("published", "a day"): 1.52,  # 367 / 120
    ("published", "an hour"): 2.83,  # 134 / 15
    ("published", "six hours"): 2.61,  # 267 / 42
    ("site lines", "several"): 2.50,  # 170 / 3
    ("size", "reworded and longer"): 1.20,  # 281 / 28
    ("size", "shorter"): 0.50,  # 59 / 7
    ("spaces", "doubled"): 3.68,  # 637 / 0
    ("untranslated", "few"): 1.43,  # 41 / 10
    ("untranslated", "many"): 3.64,  # 369 / 5
    # Set by hand: the labelled pairs have none of them, or too few.
    ("canonical", "named"): 4.0,
    ("first seen", "a day"): 1.0,
    ("first seen", "before it was published"): 2.0,
    # A link says that its text knew the other: surely, but an exemplar may also be edited to link to its copy ("our
    # story in the ..."). So none by itself outweighs dates that are hours apart, and one in a list decides nothing.
    ("link", "in a credit line"): 3.0,
    ("link", "in what is shared"): 2.5,
    ("link", "in its text"): 1.8,
    ("link", "in a list of links"): 0.5,
    ("names", "garbled"): 0.7,
    ("published", "by a guess"): 0.5,
    ("published", "likely"): 0.7,
    ("published", "minutes"): 1.2,  # a matter of clocks: by itself it decides nothing
    ("published", "surely"): 1.4,
}

# The same where it is the only reason that there is, if that is less: by how often it was right alone.
ALONE: dict[tuple[str, str], float] = {
    ("agency", "credited"): 0.44,
    ("covered", "more"): 0.40,
    ("credit", "somebody"): 1.20,
    ("fluency", "clearly"): 0.13,
    ("lacks", "before"): 0.27,
    ("published", "a day"): 0.99,
    ("published", "six hours"): 1.94,
    ("size", "reworded and longer"): 1.02,
    # Set by hand.
    ("published", "surely"): 1.2,  # the day that is said of the one ends as that of the other begins
}
SEEN_BEFORE = timedelta(hours=1)


def link(left: Witness, right: Witness, found: Reuse) -> CopyLink:
    """The copy link of two witnesses that share text; the same whichever is given first."""
    if right.public_id < left.public_id:
        return link(right, left, found.turned())
    named = [reason for reason in reasons(left, right, found) if WEIGHTS.get((reason.kind, reason.degree))]
    wire = common_wire(left, right, named)
    weights = weighed(named, are_wire=bool(wire))
    evidence = tuple(Evidence(kind=reason.kind, favours=reason.favours, weight=weight, detail=reason.detail)
                     for reason, weight in zip(named, weights, strict=True))
    evidence += _common(left, right, wire)
    odds = sum(e.weight if e.favours == left.public_id else -e.weight for e in evidence)
    confidence = _logistic(abs(odds))
    # By the pairs of which a third of the dates were moved, where most gaps of a day are such, .73; of the dates that
    # outlets give far fewer are wrong, and a copy is no less one for coming two days later than six hours later.
    if odds and not wire and _is_dated_apart(named, weights, left, right):
        confidence = max(confidence, DECIDED)
    least = least_sure(are_wire=bool(wire))
    if confidence >= least:
        exemplar, copy = (left, right) if odds > 0 else (right, left)
    else:
        exemplar, copy = sorted((left, right), key=lambda w: (w.first_seen, w.public_id))
        if (odds > 0) != (exemplar is left):
            confidence = 1 - confidence  # what speaks for the way it is shown, not for the other one
    return CopyLink(
        copy=copy.public_id, exemplar=exemplar.public_id, relation=found.relation, copied=found.copied,
        direction="decided" if confidence >= least else "undecided",
        direction_confidence=round(confidence, 4), evidence=evidence,
    )


def _common(left: Witness, right: Witness, wire: Sequence[str]) -> tuple[Evidence, ...]:
    """An agency or an owner of both: it speaks for no direction, and may be why they share text."""
    said = [("wire", f"both credit {', '.join(wire)}")] if wire else []
    if left.owner is not None and left.owner == right.owner:
        said.append(("owner", f"both outlets belong to {left.owner}"))
    return tuple(Evidence(kind=kind, favours=left.public_id, weight=0.0, detail=detail) for kind, detail in said)


def weighed(named: Sequence[Reason], *, are_wire: bool) -> list[float]:
    """What each reason weighs beside the others; one that does not count for siblings weighs nothing."""
    weights = [WEIGHTS[one.kind, one.degree] if counts(one, are_wire=are_wire) else 0.0 for one in named]
    if sum(map(bool, weights)) == 1:
        weights = [weight and min(weight, ALONE.get((one.kind, one.degree), weight))
                   for one, weight in zip(named, weights, strict=True)]
    return weights


def _is_dated_apart(named: Sequence[Reason], weights: Sequence[float], left: Witness, right: Witness) -> bool:
    """Whether all that speaks are dates a day or more apart, and nobody saw the text that they call the younger first.

    Whoever copies can date it back; what a crawler saw when cannot be.
    """
    seen = {left.public_id: right.first_seen - left.first_seen, right.public_id: left.first_seen - right.first_seen}
    return all((one.kind, one.degree) == ("published", "a day") and seen[one.favours] > -SEEN_BEFORE
               for one, weight in zip(named, weights, strict=True) if weight)


def counts(reason: Reason, *, are_wire: bool) -> bool:
    """Whether a reason speaks for a direction between two texts, which may be siblings under one agency."""
    return not are_wire or (reason.kind in BEYOND_THE_WIRE and reason.degree != "somebody")


def common_wire(left: Witness, right: Witness, named: Iterable[Reason]) -> tuple[str, ...]:
    """The agencies that two texts credit and neither is; none where one names the other as where it is from."""
    if any(one.kind == "canonical" or (one.kind, one.degree) == ("credit", "named") for one in named):
        return ()
    return tuple(name for name in sorted({*credited_agencies(left)} & {*credited_agencies(right)})
                 if not is_agency(left, name) and not is_agency(right, name))


def least_sure(*, are_wire: bool) -> float:
    """The confidence from which a direction is shown: more between siblings under one agency."""
    return DECIDED_BY_WIRE if are_wire else DECIDED


def reasons(left: Witness, right: Witness, found: Reuse) -> Iterator[Reason]:
    """All that speaks for either direction."""
    for copy, exemplar in ((left, right), (right, left)):
        yield from _canonical(copy, exemplar)
        yield from _credited(copy, exemplar)
        yield from _agency(copy, exemplar)
    yield from _linking(left, right, found)
    yield from _published(left, right)
    yield from _first_seen(left, right)
    yield from traces(left, right, found)


# ---- what a page says of the other

def _canonical(copy: Witness, exemplar: Witness) -> Iterator[Reason]:
    if copy.canonical and canonical_url(copy.canonical) == canonical_url(exemplar.article):
        yield Reason(kind="canonical", degree="named", favours=exemplar.public_id,
                     detail=f"its rel=canonical names {exemplar.article}")


def _credited(copy: Witness, exemplar: Witness) -> Iterator[Reason]:
    """A credit line that names the other; else one that names no address, where the other credits nobody."""
    if are_one_outlet(copy, exemplar):  # a page that names its own house says nothing of its other pages
        return
    for where, line in stated(copy):
        if names(line, exemplar):
            yield Reason(kind="credit", degree="named", favours=exemplar.public_id,
                         detail=f"its {where} names {exemplar.outlet}: “{line[:200]}”")
            return
    for name in credited_agencies(copy):
        if is_agency(exemplar, name):
            yield Reason(kind="credit", degree="named", favours=exemplar.public_id,
                         detail=f"it credits {name}, whose page the other is")
            return
    added = [line for line in copy.credits if names_somebody(line) and not names(line, copy)]
    if added and not exemplar.credits and agency_of(copy) is None:
        yield Reason(kind="credit", degree="somebody", favours=exemplar.public_id,
                     detail=f"it credits somebody else: “{added[-1][:200]}”")


def _linking(left: Witness, right: Witness, found: Reuse) -> Iterator[Reason]:
    """The text that links to the other; where each does, as translations by one house do, that says nothing."""
    ours = _best_link(left, right, [(p.left_start, p.left_end) for p in found.passages])
    theirs = _best_link(right, left, [(p.right_start, p.right_end) for p in found.passages])
    if ours and not theirs:
        yield _knew(right, ours)
    elif theirs and not ours:
        yield _knew(left, theirs)


def _knew(exemplar: Witness, degree: str) -> Reason:
    return Reason(kind="link", degree=degree, favours=exemplar.public_id,
                  detail=f"its text links to {exemplar.article}, {degree}")


LINK_DEGREES = ("in a credit line", "in what is shared", "in its text", "in a list of links")  # the strongest first


def _best_link(copy: Witness, exemplar: Witness, spans: Sequence[tuple[int, int]]) -> str | None:
    """Where a text links to the other, in the words of the strongest such place; None where it does not."""
    if not copy.outgoing:
        return None
    known = {canonical_url(url) for url in (exemplar.article, *exemplar.addresses)}
    degrees = {_link_degree(one, copy.text, spans) for one in copy.outgoing if one.url in known}
    return next((degree for degree in LINK_DEGREES if degree in degrees), None)


def _link_degree(one: Outgoing, text: str, spans: Sequence[tuple[int, int]]) -> str:
    if one.place != "text":
        return "in a credit line" if one.place == "credit" else "in a list of links"
    start = sum(len(p) + len(PARAGRAPH_BREAK) for p in text.split(PARAGRAPH_BREAK)[:(one.paragraph or 1) - 1])
    end = text.find(PARAGRAPH_BREAK, start)
    is_shared = any(a < (end if end >= 0 else len(text)) and start < b for a, b in spans)
    return "in what is shared" if is_shared else "in its text"


def _agency(copy: Witness, exemplar: Witness) -> Iterator[Reason]:
    """An agency that only the copy credits: it came by a wire, and the other may be what went over it."""
    theirs = credited_agencies(exemplar)
    added = [name for name in credited_agencies(copy) if name not in theirs]
    ours_or_theirs = any(is_agency(witness, name) for witness in (copy, exemplar) for name in added)
    if added and not (are_one_outlet(copy, exemplar) or ours_or_theirs):
        yield Reason(kind="agency", degree="credited", favours=exemplar.public_id,
                     detail=f"it credits {added[0]}, the other does not")


# ---- when it was there

def _published(left: Witness, right: Witness) -> Iterator[Reason]:
    """Which came first by the declared times: a clear gap by its length, else what the overlap of intervals allows."""
    one, other = _appeared(left), _appeared(right)
    if one is None or other is None:
        return
    first = probability_first(one, other)
    early, was, came, sure = (left, one, other, first) if first >= 0.5 else (right, other, one, 1 - first)
    if sure < MIN_SURE:
        return
    yield Reason(
        kind="published", degree=_gap(was, came, sure), favours=early.public_id,
        detail=f"published {was.iso} ({was.basis}), the other {came.iso} ({came.basis})",
    )


def _gap(early: Moment, late: Moment, sure: float) -> str:
    if not (_is_trusted(early) and _is_trusted(late)):
        return "by a guess"
    if late.earliest < early.latest:
        return "surely" if sure >= 0.9 else "likely"
    # From middle to middle: two days that are told without their hours lie days apart, not the hours between them.
    gap = _middle(late) - _middle(early)
    return next(name for least, name in GAPS if gap >= least)


def _middle(moment: Moment) -> datetime:
    return moment.earliest + (moment.latest - moment.earliest) / 2


GAPS = (
    (timedelta(days=1), "a day"), (timedelta(hours=6), "six hours"), (timedelta(hours=1), "an hour"),
    (timedelta(0), "minutes"),
)


def _is_trusted(moment: Moment) -> bool:
    return not moment.is_guess and moment.agreement >= TRUSTED


def _appeared(witness: Witness) -> Moment | None:
    """When a witness came to be: as published, a later version between two sightings."""
    if witness.unlike_until is None or witness.unlike_until > witness.first_seen:
        return witness.published
    return Moment(verbatim="", iso=_minute(witness.first_seen), earliest=witness.unlike_until,
                  latest=witness.first_seen, offset=0, basis="a later version, by its sightings")


def probability_first(one: Moment, other: Moment) -> float:
    """Probability that one time lies before another, each anywhere in its interval with the same likelihood."""
    a, b = one.earliest.timestamp(), one.latest.timestamp()
    c, d = other.earliest.timestamp(), other.latest.timestamp()
    if b <= c or d <= a:
        return 0.5 if (a, b) == (c, d) else float(b <= c)
    if a == b:
        return (d - a) / (d - c)
    if c == d:
        return (c - a) / (b - a)
    # Mean over one's interval of the share of the other's that lies after: a piecewise linear function, integrated.
    low, high = max(a, c), min(b, d)
    inside = ((d - low) ** 2 - (d - high) ** 2) / (2 * (d - c))
    return (max(0.0, min(b, c) - a) + inside) / (b - a)


def _first_seen(left: Witness, right: Witness) -> Iterator[Reason]:
    """A page that was seen before the other was, or before the other says that it was published."""
    early, late = sorted((left, right), key=lambda w: w.first_seen)
    if late.first_seen - early.first_seen < timedelta(days=1):
        return
    said = late.published
    held = said is not None and _is_trusted(said) and said.earliest > early.first_seen
    yield Reason(kind="first seen", degree="before it was published" if held else "a day", favours=early.public_id,
                 detail=f"first seen {_minute(early.first_seen)} UTC, the other {_minute(late.first_seen)} UTC")


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _logistic(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))
