"""A text -> its rarest names, numbers and quotations, and the searches that would find its kin (pure).

Names and numbers stay through translation, and quotations nearly. What is rare in the language, and said once in the
text, is asked for; the topic's own words, said again and again, only narrow it down.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from archive.topic import Name
from crawlers.archives import gdelt

Rarity = Callable[[str], float]

MOST_NAMES, MOST_NUMBERS, MOST_QUOTATIONS = 12, 6, 4
QUOTED_WORDS = (5, 25)  # of a quotation worth searching for
SEARCHES, ASKED_OF_GDELT = 10, 6

_CAPITALISED = r"[^\W\d_a-zа-яіїєґßà-öø-ÿ][^\W\d_]*(?:[-’'][^\W\d_]+)*"
_NAME = re.compile(rf"(?<![\w’'-]){_CAPITALISED}(?:[ ](?:[A-Z]\.[ ])?{_CAPITALISED})*")
_START = re.compile(r"(?:^|[.!?…:]\s+|[“\"«„]|\n)$")
_NUMBER = re.compile(r"(?<![\w.,])(?:\d{1,3}(?:[., \u00a0]\d{3})+|\d+(?:[.,]\d+)?)(?![\w]|[.,]\d)"
                     r"(?: (?:square |per )?[^\W\d_]{4,})?")
_QUOTED = re.compile(r"[“\"«„]([^“”\"«»„\n]{20,400})[”\"»“]")
_POSSESSIVE = re.compile(r"['’]s(?:\s|$)")
_ENDS = re.compile(r"(?:\s+(?:Mr|Mrs|Ms|And|The|President|General)\.?)+$", re.IGNORECASE)
_TITLES = re.compile(
    r"^(?:(?:President|Prime|Minister|Mr|Mrs|Ms|Gen|General|Colonel|Col|Governor|Senator|Sir|Dr|The|A|An|In|On|At|But|Both"
    r"|And|Its|His|Her|Their|Our|This|That|These|For|From|As|When|While|After|Before|If|So)\.? )+"
)
_COMMON = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july "
    "august september october november december president general minister ministry government army he she "
    "they it we i you the this that there mr mrs ms north south east west northern southern eastern western "
    "new old united states world war first second house white social times news press defense defence foreign "
    "national union european city "
    "washington moscow kyiv kiev london paris berlin brussels ukraine russia america europe korea china germany france "
    "britain poland ukrainian ukrainians russian russians american americans european europeans korean koreans british "
    "german french italian polish chinese western reply".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rarest:
    """What is rare in a text, the rarest first: names as they are rightly written where that is known."""

    names: tuple[str, ...]
    numbers: tuple[str, ...]
    quotations: tuple[str, ...]


def default_rarity(word: str) -> float:
    """How rare a word is, without a vocabulary: long ones, names and numbers are."""
    size = min(1.0, len(word) / 10)
    return size + (0.5 if word[:1].isupper() else 0.0) + (0.25 * min(4, sum(c.isdigit() for c in word)))


def rarest(
    text: str, gazetteer: Iterable[Name], language: str | None, *, rarity: Rarity = default_rarity,
    without: Iterable[str] = (),
) -> Rarest:
    """The rarest names, numbers and quotations of a text.

    A name that is said often is of the topic rather than of the text; a misspelling of the gazetteer's is mended.
    Names `without` whom it is asked for are told otherwise: outlets, contributors.
    """
    left_out = {name.removeprefix("The ") for name in without}
    right = {wrong: _label(name, language) for name in gazetteer for wrong in name.misspellings}
    return Rarest(
        names=tuple(name for name in _names(text, right, rarity) if name not in left_out)[:MOST_NAMES],
        numbers=tuple(_numbers(text, rarity))[:MOST_NUMBERS],
        quotations=tuple(_quotations(text, rarity))[:MOST_QUOTATIONS],
    )


def searches(
    found: Rarest, *, subject: Sequence[str] = (), persons: Sequence[str] = (), domains: Sequence[str] = ()
) -> list[str]:
    """Queries for a general search engine, the narrowest first; `domains` are those of outlets that are candidates."""
    about = " ".join(_quoted(word) for word in subject[:1])
    asked = [" ".join(_quoted(name) for name in persons)] if persons else []
    asked += [f"{' '.join(_quoted(name) for name in persons[:2])} {about}".strip()] if persons and about else []
    names = _without(found.names, subject[:1])
    asked += [f"site:{domain} {' '.join(_quoted(n) for n in (*names[:2], *subject[:1]))}" for domain in domains[:2]]
    asked += [_quoted(quotation) for quotation in found.quotations[:2]]
    asked += [" ".join(_quoted(name) for name in names[n:n + 3]) for n in range(0, min(6, len(names)), 3)]
    beside = " ".join(_quoted(name) for name in (*names[:1], *subject[:1]))
    asked += [f"{_quoted(number)} {beside}".strip() for number in found.numbers[:2]]
    return list(dict.fromkeys(query for query in asked if query.strip()))[:SEARCHES]


def gdelt_searches(
    found: Rarest, gazetteer: Iterable[Name] = (), *, subject: Sequence[str] = (), persons: Sequence[str] = ()
) -> list[str]:
    """Searches for GDELT, which reads every language in English: Latin letters, all of the terms must be there.

    Names of the gazetteer are asked for in each of their English spellings: outlets and translators differ in them.
    """
    spellings = _spellings(gazetteer)
    about = [word for word in subject if _is_latin(word)][:1]
    names = [name for name in _without(found.names, about) if _is_latin(name)]
    numbers = [_bare(number) for number in found.numbers]
    wanted = [persons[:2]] if len(persons) > 1 else []
    wanted += [(*pair, *about) for pair in (names[:2], names[2:4], [*names[:1], *names[2:3]]) if len(pair) == 2]
    wanted += [(*names[:1], number, *about) for number in numbers[:2] if names or about]
    asked = (gdelt.all_of(spellings.get(term.rpartition(" ")[2], (term,)) for term in terms) for terms in wanted)
    return list(dict.fromkeys(query for query in asked if query))[:ASKED_OF_GDELT]


def _names(text: str, right: dict[str, str], rarity: Rarity) -> list[str]:
    said = Counter(re.findall(r"[^\W\d_]+", text))
    places, weights = dict[str, int](), dict[str, float]()
    for match in _NAME.finditer(text):
        before = text[max(0, match.start() - 3):match.start()]
        for piece in _POSSESSIVE.split(match[0]):
            name = _ENDS.sub("", _TITLES.sub("", piece.strip()))
            if not name or (" " not in name and _is_no_name(name, before, match[0] != name, said)):
                continue
            mended = right.get(name, name)
            words = name.split()
            weight = sum(_weight(word, rarity) / max(1, said[word]) for word in words) / math.sqrt(len(words))
            places.setdefault(mended, match.start())
            weights[mended] = max(weight, weights.get(mended, 0.0))
    surnames = {name.rpartition(" ")[2] for name in weights if " " in name}
    kept = [name for name in weights if (" " in name or name not in surnames) and not _is_common(name)]
    return sorted(kept, key=lambda name: (-round(weights[name], 6), places[name]))


def _is_common(name: str) -> bool:
    return all(word.casefold() in _COMMON for word in name.split())


def _weight(word: str, rarity: Rarity) -> float:
    return rarity(word) * (0.2 if word.casefold() in _COMMON else 1.0)


def _is_no_name(word: str, before: str, had_title: bool, lower: Counter[str]) -> bool:
    """Whether a word has its capital for its place: it begins a sentence, and stands nowhere else as a name."""
    if lower[word.lower()] or len(word) < 3 or word.casefold() in _COMMON:
        return True
    return not had_title and _START.search(before) is not None and lower[word] < 2


def _numbers(text: str, rarity: Rarity) -> list[str]:
    found: dict[str, float] = {}
    for match in _NUMBER.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if len(digits) >= 3 and not (len(digits) == 4 and digits[:2] in ("19", "20") and "," not in match[0]):
            found.setdefault(match[0], rarity(digits) + (0.5 if digits.rstrip("0")[1:] else 0.0))
    return sorted(found, key=lambda number: -found[number])


def _quotations(text: str, rarity: Rarity) -> list[str]:
    low, high = QUOTED_WORDS
    found = [" ".join(match[1].strip(" ,.").split()) for match in _QUOTED.finditer(text)]
    kept = [one for one in found if low <= len(one.split()) <= high]
    return sorted(dict.fromkeys(kept), key=lambda one: -sum(rarity(word) for word in one.split()) / len(one.split()))


def _label(name: Name, language: str | None) -> str:
    """How a name is rightly written in a language: the first spelling without an open ending, else its label."""
    listed = dict(name.spellings).get(language or "en", ())
    return next((form for form in listed if "*" not in form), name.name)


def _spellings(gazetteer: Iterable[Name]) -> dict[str, tuple[str, ...]]:
    """The English spellings of names of one word, by each of them, and by the misspellings."""
    found: dict[str, tuple[str, ...]] = {}
    for name in gazetteer:
        listed = tuple(form for form in dict(name.spellings).get("en", ()) if "*" not in form and " " not in form)
        if len(listed) > 1:
            found |= {form: listed[:4] for form in (*listed, *name.misspellings) if " " not in form}
    return found


def _without(names: Sequence[str], subject: Sequence[str]) -> list[str]:
    """The names that have no word of the subject in them: it is asked for beside them."""
    return [name for name in names if not set(subject) & set(name.split())]


def _bare(number: str) -> str:
    return re.split(r" (?=[^\W\d_])", number)[0]


def _is_latin(text: str) -> bool:
    return all(ord(c) < 0x250 for c in text)


def _quoted(text: str) -> str:
    return f'"{text}"' if " " in text or "," in text or "." in text else text
