"""Two texts and what they share -> what making a copy left behind: reasons, without weights (pure).

Each function is given the text that may be the copy, the one that it may have been made from, and the reuse with the
first on its left; `traces` asks both ways.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from archive.digests import normalised
from archive.model import Reuse, Witness
from pipeline.descent.wording import knows_language, likeness, more_fluent
from pipeline.extraction.credit import is_credit

MAX_CHROME = 200  # characters: what a site puts around a text is short
MARGIN = 0.1  # share of a text from which words that the other lacks are no accident of alignment
LARGE = 0.3
SHORTER = 0.98  # words of the one for one of the other
SAME_WORDING = 0.9  # of the shorter text's words
MUCH_SHARED = 0.8  # coverage from which whole texts are compared for fluency, else what they share
LESS_FLUENT = ((0.3, "much"), (0.15, "clearly"), (0.05, "slightly"))  # mean logarithm of each word pair
LIKER = 1.0  # logarithm by which a word must look more like one language than like the other
MANY = 3

# What sites put before and after a text, at the start of a short paragraph. Add kinds, not pages.
_CHROME = re.compile(
    r"\W*(?:reading time|\d+ min(?:ute)?s? read|listen to (?:this )?article|share (?:on|this)|share tweet"
    r"|advertisement\b|your email address|leave a (?:reply|comment)|required fields|save my name|all rights reserved"
    r"|no part of this|subscribe to|sign up (?:for|to)|join our|follow us|related (?:articles|stories|posts)"
    r"|you may (?:also )?like|tags?:|photo: (?:archive|file)|home news|support independent"
    r"|the views expressed|read also|read more|lesezeit"
    r"|artikel (?:teilen|anhören)|anzeige\b|werbung\b|alle rechte|newsletter|kommentar(?:e|ar)\b|folgen sie"
    r"|temps de lecture|écouter (?:cet )?article|publicité\b|partager|tous droits|laisser un commentaire|à lire aussi"
    r"|tiempo de lectura|publicidad\b|compartir|todos los derechos|deja (?:un|una) |suscr[ií]bete|s[ií]guenos"
    r"|tempo di lettura|pubblicità\b|condividi|tutti i diritti|lascia un commento|iscriviti"
    r"|tempo de leitura|publicidade\b|partilhar|compartilh|todos os direitos|deixe um coment"
    r"|время чтения|реклама\b|поделиться|все права|подпис(?:ывайтесь|аться)|читайте также|оставить комментарий|теги\b"
    r"|час читання|поділитися|усі права|підпис(?:уйтесь|атися)|читайте також|залишити коментар|фото: архів"
    r"|(?:posted|updated|published)(?: \w+){0,3} ago)", re.IGNORECASE,
)
_ONE_SOUND = str.maketrans("cqwzj", "kkvsi")
_REPEATED = re.compile(r"(.)\1+")
_VOWELS = re.compile(r"[aeiouyàáâãäèéêëìíîïòóôõöùúûüаеёиіїоуыэюяйь]")
_DOUBLED = re.compile(r"\w {2,}\w")
_NEXT = re.compile(r"([^\W\d_]+),? (?=([^\W\d_]{2,}))")
_LOWER = re.compile(r"(?<![\w'’-])[^\W\d_]{2,}(?![\w'’-])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason for a direction, of a kind and a degree that direction.WEIGHTS weighs; `favours` as the exemplar."""

    kind: str
    degree: str
    favours: str
    detail: str


Trace = tuple[str, str, str]  # kind, degree, detail


def traces(left: Witness, right: Witness, found: Reuse) -> Iterator[Reason]:
    """What speaks for either text having been made from the other."""
    for copy, exemplar, shared in ((left, right, found), (right, left, found.turned())):
        for kind, degree, detail in _traces(copy, exemplar, shared):
            yield Reason(kind=kind, degree=degree, favours=exemplar.public_id, detail=detail)


def _traces(copy: Witness, exemplar: Witness, found: Reuse) -> Iterator[Trace]:
    for ask in (_dressed, _labelled, _reordered, _doubled, _untranslated, _stray_capitals, _misspelt):
        yield from ask(copy, exemplar)
    if found.relation != "identical":
        yield from _strange(copy, exemplar, found)
        yield from _laid_out(copy, exemplar, found)


def _is_same_wording(one: Witness, other: Witness) -> bool:
    """Whether the shorter of two texts uses hardly a word that the other does not."""
    ours, theirs = _lower_words(one.text), _lower_words(other.text)
    least = min(ours.total(), theirs.total())
    return one.language == other.language and (ours & theirs).total() >= SAME_WORDING * least


# ---- what is around the text, and above it

def _dressed(copy: Witness, exemplar: Witness) -> Iterator[Trace]:
    """Lines that a site puts around a text; the exemplar may have its own, the copy has more."""
    ours, theirs = _chrome(copy.text), _chrome(exemplar.text)
    added = [line for line in ours if line not in theirs]
    more = len(added) - sum(line not in ours for line in theirs)
    if more >= MANY:  # one or two are lost by translation as often as they are added
        yield "site lines", "several", f"it adds “{added[0][:80]}”"


@lru_cache(maxsize=512)
def _chrome(text: str) -> tuple[str, ...]:
    return tuple(line for line in text.split("\n") if is_chrome(line))


def is_chrome(line: str) -> bool:
    """Whether a short paragraph is a site's, not the text's."""
    return len(line) <= MAX_CHROME and _CHROME.match(line) is not None


def _labelled(copy: Witness, exemplar: Witness) -> Iterator[Trace]:
    """A headline that was made from the exemplar's, or from a sentence of the text."""
    ours, theirs = normalised(copy.title or ""), normalised(exemplar.title or "")
    if ours == theirs or len(ours) < 3:
        return
    if theirs and ours.endswith(theirs) and re.fullmatch(r"[\w !]{2,20}[:|–—-]\s*", ours.removesuffix(theirs)):
        yield "headline", "labelled", f"its headline puts “{ours.removesuffix(theirs).strip()}” before the other's"
    elif len(ours) > 20 and ours in _body(exemplar.text)[len(ours) + 20:]:
        yield "headline", "sentence", "its headline is a sentence from within the text"


@lru_cache(maxsize=512)
def _body(text: str) -> str:
    return normalised(text)


def _reordered(copy: Witness, exemplar: Witness) -> Iterator[Trace]:
    """The words of the exemplar's headline in an order that is not English."""
    ours, theirs = (w.title or "" for w in (copy, exemplar))
    if ours == theirs or Counter(normalised(ours).split()) != Counter(normalised(theirs).split()):
        return
    body = _body(exemplar.text)
    runs = [sum(f"{a} {b}" in body for a, b in pairwise(normalised(title).split())) for title in (ours, theirs)]
    if runs[0] < runs[1]:
        yield "headline", "order", "its headline has the same words in an order that the text does not use"


# ---- what translation leaves

def _doubled(copy: Witness, exemplar: Witness) -> Iterator[Trace]:
    ours, theirs = (len(_DOUBLED.findall(w.text)) for w in (copy, exemplar))
    if ours >= 2 and ours > 4 * theirs:
        yield "spaces", "doubled", f"{ours} doubled spaces, where a word was lost in translation"


def _untranslated(copy: Witness, exemplar: Witness) -> Iterator[Trace]:
    """Words that both texts have, and that belong to the exemplar's language."""
    own, other = copy.language, exemplar.language
    if own is None or other is None or own == other or not (knows_language(own) and knows_language(other)):
        return
    shared = sorted(word for word in _lower_words(copy.text).keys() & _lower_words(exemplar.text).keys()
                    if len(word) >= 4)
    leanings = {word: likeness(word, other) - likeness(word, own) for word in shared}
    left_over = [word for word in shared if leanings[word] > LIKER]
    more = len(left_over) - sum(lean < -LIKER for lean in leanings.values())
    if more > 0:
        yield ("untranslated", "many" if more >= MANY else "few",
               f"it keeps words of the other's language: {', '.join(left_over[:5])}")


def _strange(copy: Witness, exemplar: Witness, found: Reuse) -> Iterator[Trace]:
    """English that is less fluent than the other's, where the two differ."""
    if copy.language != "en" or exemplar.language != "en":
        return
    ours, theirs = copy.text, exemplar.text
    if min(found.left_coverage, found.right_coverage) < MUCH_SHARED:
        # Each in the order of its own text, which does not depend on which of the two is called the left one.
        ours = "\n".join(ours[a:b] for a, b in sorted((p.left_start, p.left_end) for p in found.passages))
        theirs = "\n".join(theirs[a:b] for a, b in sorted((p.right_start, p.right_end) for p in found.passages))
    more = more_fluent(theirs, ours)
    degree = next((name for least, name in LESS_FLUENT if more is not None and more >= least), None)
    if degree is not None:
        yield "fluency", degree, f"where the two differ, its English is {degree} less usual"


def _stray_capitals(copy: Witness, exemplar: Witness) -> Iterator[Trace]:
    """Words with a capital within a sentence that the other text writes small."""
    if copy.language != exemplar.language:
        return
    strays = _strays(copy.text, exemplar.text)
    more = len(strays) - len(_strays(exemplar.text, copy.text))
    if more >= MANY:
        yield ("capitals", "several",
               f"capitals within sentences where the other has none: {', '.join(strays[:5])}")


def _strays(text: str, other: str) -> list[str]:
    small, names = _lower_words(other), _capitalised(other)
    return sorted(word for word in _capitalised(text) if word not in names and word.lower() in small)


def _misspelt(copy: Witness, exemplar: Witness) -> Iterator[Trace]:
    """A name that both texts know, and that the copy spells in a second way: Ukraine, and once Ucraine."""
    if copy.language != exemplar.language:
        return
    ours, theirs = _capitalised(copy.text), _capitalised(exemplar.text)
    known = {_sound(word): word for word in ours if word in theirs and len(word) >= 5}
    for word in sorted(ours):
        name = known.get(_sound(word))
        if word not in theirs and name is not None and _is_one_name(word, name):
            yield "names", "garbled", f"it spells {name} also {word}"
            return


def _is_one_name(word: str, name: str) -> bool:
    """Spellings that differ within: inflections and derived words (Ukraine, Ukrainian) differ at their ends."""
    return word[0] == name[0] and word[-2:] == name[-2:] and abs(len(word) - len(name)) <= 1


@lru_cache(maxsize=4096)
def _sound(name: str) -> str:
    plain = name.lower().translate(_ONE_SOUND)
    return plain[:1] + _REPEATED.sub(r"\1", _VOWELS.sub("", plain[1:]))


@lru_cache(maxsize=512)
def _lower_words(text: str) -> Counter[str]:
    return Counter(word for word in _LOWER.findall(text) if word.islower())


@lru_cache(maxsize=512)
def _capitalised(text: str) -> Mapping[str, int]:
    """Words with a capital after one without, so not at a sentence's start."""
    return Counter(word for before, word in _NEXT.findall(text) if before.islower() and word.istitle())


# ---- what the copy lacks or adds

@dataclass(frozen=True, slots=True)
class _Layout:
    """Shares of a text without its site's lines: before, after and in the largest hole between what is shared."""

    before: float
    after: float
    hole: float

    @property
    def is_whole(self) -> bool:
        return max(self.before, self.after, self.hole) < MARGIN


def _laid_out(copy: Witness, exemplar: Witness, found: Reuse) -> Iterator[Trace]:
    """Where each text goes on without the other: a copy is cut at its end, or stands within a longer text."""
    ours = _layout(copy.text, [(p.left_start, p.left_end) for p in found.passages])
    theirs = _layout(exemplar.text, [(p.right_start, p.right_end) for p in found.passages])
    if ours.is_whole and theirs.is_whole:
        yield from _sized(copy, exemplar)
    elif ours.after < MARGIN <= theirs.after and max(ours.before, theirs.before) < MARGIN:
        yield ("cut", "long" if theirs.after >= LARGE else "short",
               f"it stops where the other has {theirs.after:.0%} more")
    elif ours.is_whole and theirs.before >= MARGIN:
        yield "lacks", "before", f"it begins where the other has had {theirs.before:.0%} of its text"
    elif not ours.is_whole and not theirs.is_whole and found.left_coverage > found.right_coverage + MARGIN:
        yield "covered", "more", f"{found.left_coverage:.0%} of its words stand in the other text"


def _layout(text: str, spans: Iterable[tuple[int, int]]) -> _Layout:
    start, end = _core(text)
    length = max(1, end - start)
    edges = [start]
    gaps = []
    for first, last in sorted(spans):
        gaps.append(max(0, first - max(edges)))
        edges.append(max(start, min(last, end)))
    if not gaps:
        return _Layout(0, 0, 0)
    return _Layout(gaps[0] / length, max(0, end - max(edges)) / length, max(gaps[1:], default=0) / length)


@lru_cache(maxsize=512)
def _core(text: str) -> tuple[int, int]:
    """Where a text starts and ends without its site's lines and its credits."""
    places, at = [], 0
    for line in text.split("\n"):
        if line and not is_chrome(line) and not is_credit(line):
            places.append((at, at + len(line)))
        at += len(line) + 1
    return (places[0][0], places[-1][1]) if places else (0, len(text))


def _sized(copy: Witness, exemplar: Witness) -> Iterator[Trace]:
    """A copy in the same words loses some; one in other words, as by translation and back, grows."""
    if copy.language != exemplar.language:
        return
    ours, theirs = (_core_words(w.text) for w in (copy, exemplar))
    is_same = _is_same_wording(copy, exemplar)
    if is_same and ours < SHORTER * theirs:
        yield "size", "shorter", f"the same words, but {ours} of them and {theirs} in the other"
    if not is_same and theirs < SHORTER * ours:
        yield "size", "reworded and longer", f"{ours} words for the other's {theirs}"


@lru_cache(maxsize=512)
def _core_words(text: str) -> int:
    return sum(len(line.split()) for line in text.split("\n") if not is_chrome(line) and not is_credit(line))


