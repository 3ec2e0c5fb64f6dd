"""Two profiles -> whether one text was copied from the other, and what they share (pure).

The confidence is a logistic model over the named features of their alignment, one for texts of one language and one
for translations. Its weights were fitted by `bench/train_reuse.py` to pairs of real texts with known copies.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

from archive.model import Passage, Relation, Reuse
from pipeline.copies import meaning
from pipeline.copies.alignment import FEATURES, Alignment, Cell, Profile, align, profile
from pipeline.copies.own_words import Own, Stretch, boxes, dense, own_words
from pipeline.copies.passages import kept
from pipeline.copies.vectors import Encoder
from pipeline.copies.weights import SAME_LANGUAGE, TRANSLATION
from pipeline.fingerprints import ENCODED, SENTENCE_WORTH
from pipeline.text import words

COPIED = 0.8  # confidence from which two texts are linked
UNSURE = 0.02  # from which two texts of two languages are asked by meaning: 1.2 % of those that meet
MIN_WORDS = 40  # that make a link of a single passage
MIN_PASSAGES = 2
# A stretch of this many sentences and words, some of them not quoted, stands in two texts word for word: it was copied,
# whatever else the texts say; and this is how sure that is.
STRETCH_SENTENCES, STRETCH_WORDS, STRETCH_OWN = 2, 50, 10
STRETCH = 0.97
# Two reporters who write down one statement share it, and no text: below so many aligned words outside quotations,
# and so much of what either text does not quote, there is no copy; but where one text is the statement.
MIN_OWN, MOSTLY, ALL = 20, 0.4, 0.75
MIN_RUN = 2  # pairs of sentences near each other in a translation: facts that two reports tell stand apart
NEAR_DUPLICATE = 0.75  # of the words of both sides
SAME_SITE_COVERAGE, SAME_SITE_WORDS = 0.9, 80  # pages of one site share boxes and templates, so they need more
WORDED_ALIKE = 0.6  # of what is aligned: below, it is a rewriting


_words = lru_cache(maxsize=32)(words)  # a text that was copied is compared with each of its copies


def reuse(
    left: Profile, right: Profile, *, meeting: float, identical: bool = False, made: Encoder | None = None
) -> Reuse | None:
    """What two texts share; None where that is too little to say that one was copied.

    `meeting` is the worth of the keys that both have (`pipeline.fingerprints`). `identical` texts (one digest of the
    body) are so whatever they are made of. Where that leaves it open whether one translates the other, what their
    sentences mean decides, if there is an encoder (`copies.vectors`). Whichever is given first, the same is found.
    """
    if right.index.text < left.index.text:
        found = reuse(right, left, meeting=meeting, identical=identical, made=made)
        return found.turned() if found is not None else None
    if identical:
        return _identical(left, right)
    alignment = align(left, right, meeting)
    copied = confidence(left, right, alignment)
    if copied >= COPIED and _same_language(left, right):
        ours, theirs = boxes(left, right)
        if ours:
            left, right = (profile(text.index, text.epoch, boxes=box) for text, box in ((left, ours), (right, theirs)))
            alignment = align(left, right, max(0.0, meeting - len(ours) * SENTENCE_WORTH))
            copied = confidence(left, right, alignment)
    if not is_told(left, right, alignment, copied):
        if made is None or _same_language(left, right) or (copied < UNSURE and meeting >= ENCODED):
            return None  # those of which names and numbers say no; who met by openings alone has next to none
        return _meant(left, right, made)
    found = _shared(left, right, alignment, copied)
    return found if _is_enough(found) else None


def _meant(left: Profile, right: Profile, made: Encoder) -> Reuse | None:
    """A translation that shows in what its sentences mean; None where it does not."""
    by_meaning = meaning.meant(left.index, right.index, made)
    copied = meaning.confidence(by_meaning)
    if copied < COPIED:
        return None
    aligned = _passages(left, right, by_meaning.chain)
    found = Reuse(
        relation="translation", passages=aligned, copied=copied,
        left_coverage=_covered(left, [(p.left_start, p.left_end) for p in aligned]),
        right_coverage=_covered(right, [(p.right_start, p.right_end) for p in aligned]),
        order=round(by_meaning.features[meaning.FEATURES.index("order")], 4))
    return found if _is_enough(found) else None


def _is_enough(found: Reuse) -> bool:
    return len(found.passages) >= MIN_PASSAGES or found.words >= MIN_WORDS


def is_link(found: Reuse, *, same_site: bool) -> bool:
    """Whether a reuse is worth a link."""
    return not same_site or found.relation == "identical" or (
        max(found.left_coverage, found.right_coverage) >= SAME_SITE_COVERAGE and found.words >= SAME_SITE_WORDS)


def confidence(left: Profile, right: Profile, alignment: Alignment) -> float:
    """How sure it is that text was copied, 0 to 1."""
    same = _same_language(left, right)
    weights = SAME_LANGUAGE if same else TRANSLATION
    told = dict(zip(FEATURES, alignment.features, strict=True), bias=1.0)
    odds = math.fsum(weight * told[name] for name, weight in weights.items())
    sure = 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))
    if same and sure < STRETCH and _is_copied(_own(left, right, alignment).stretch):
        sure = max(sure, STRETCH)
    return round(min(sure, 0.999), 4)


def is_told(left: Profile, right: Profile, alignment: Alignment, copied: float) -> bool:
    """Whether what is aligned says, with that confidence, that text was copied."""
    return copied >= COPIED and _is_told_alike(left, right, alignment)


def _is_copied(stretch: Stretch) -> bool:
    return (stretch.sentences >= STRETCH_SENTENCES and stretch.words >= STRETCH_WORDS
            and stretch.own >= STRETCH_OWN)


def _is_told_alike(left: Profile, right: Profile, alignment: Alignment) -> bool:
    """Whether what is aligned is more than a statement that both quote, or facts that both tell."""
    own = _own(left, right, alignment)
    is_own = own.most >= MOSTLY or own.whole >= ALL or own.words >= MIN_OWN
    if _same_language(left, right):
        return is_own or _is_copied(own.stretch)
    return is_own and alignment.features[FEATURES.index("run")] >= MIN_RUN


def _own(left: Profile, right: Profile, alignment: Alignment) -> Own:
    return own_words(left, right, _told(left, right, alignment))


def _told(left: Profile, right: Profile, alignment: Alignment) -> Sequence[Cell]:
    """The pairs of sentences that say something: a name that two sentences share says little in one language."""
    return dense(left, right, alignment.chain) if _same_language(left, right) else alignment.chain


def _same_language(left: Profile, right: Profile) -> bool:
    one, other = left.index.language, right.index.language
    return one is None or other is None or one == other


def _identical(left: Profile, right: Profile) -> Reuse | None:
    found = kept(_words(left.index.text), _words(right.index.text))
    whole = Reuse(relation="identical", passages=found, left_coverage=1.0, right_coverage=1.0, order=1.0, copied=0.999)
    return whole if _is_enough(whole) else None  # two stubs of a few words are no witness of copying


def _shared(left: Profile, right: Profile, alignment: Alignment, copied: float) -> Reuse:
    """The passages as they are shown: worded alike where they are, else the sentences that stand for each other."""
    aligned = _passages(left, right, _told(left, right, alignment))
    order = round(alignment.features[FEATURES.index("kept")], 4)
    ours, theirs = _covered(left, [(p.left_start, p.left_end) for p in aligned]), \
        _covered(right, [(p.right_start, p.right_end) for p in aligned])
    if _same_language(left, right):
        left_words, right_words = _words(left.index.text), _words(right.index.text)
        alike = kept(left_words, right_words)
        total = sum(passage.words for passage in alike)
        one, other = total / max(1, len(left_words)), total / max(1, len(right_words))
        relation = _relation(one, other, ours, theirs)
        if relation != "rewrite":
            return Reuse(relation=relation, passages=alike, left_coverage=min(1.0, round(one, 4)),
                         right_coverage=min(1.0, round(other, 4)), order=order, copied=copied)
    else:
        relation = "translation"
    return Reuse(relation=relation, passages=aligned, left_coverage=ours, right_coverage=theirs, order=order,
                 copied=copied)


def _relation(one: float, other: float, ours: float, theirs: float) -> Relation:
    """From the shares of both texts that are worded alike, and those that are aligned at all."""
    if min(one, other) >= NEAR_DUPLICATE:
        return "near-duplicate"
    return "excerpt" if one + other >= WORDED_ALIKE * (ours + theirs) else "rewrite"


def _passages(left: Profile, right: Profile, chain: Sequence[Cell]) -> tuple[Passage, ...]:
    """Pairs of sentences that follow each other on both sides, as one passage each."""
    runs: list[list[Cell]] = []
    for cell in chain:
        if runs and cell.left == runs[-1][-1].left + 1 and cell.right == runs[-1][-1].right + 1:
            runs[-1].append(cell)
        else:
            runs.append([cell])
    ours, theirs = left.index, right.index
    return tuple(
        Passage(left_start=ours.starts[run[0].left], left_end=ours.ends[run[-1].left],
                right_start=theirs.starts[run[0].right], right_end=theirs.ends[run[-1].right],
                words=sum(min(ours.words[cell.left], theirs.words[cell.right]) for cell in run))
        for run in runs
    )


def _covered(profile: Profile, spans: Sequence[tuple[int, int]]) -> float:
    """The share of a text's words that lies in passages."""
    index = profile.index
    inside = sum(words for start, end, words in zip(index.starts, index.ends, index.words, strict=True)
                 if any(first <= start and end <= last for first, last in spans))
    return round(inside / max(1, profile.words), 4)
