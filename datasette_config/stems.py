"""A word -> its stems in the languages that the archive is likely to hold, so that forms of one word meet (pure).

The search index holds words as they stand; which of them are forms of the word that was asked for is found when it is
asked: what a stem hides, a reader can be shown. Snowball's algorithms serve English, German, French, Italian, Spanish
and Russian; for Ukrainian there is none, so its endings of nouns and adjectives are taken off here.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import takewhile

import Stemmer

SHORTEST = 3  # letters of a stem; a shorter one would call strangers forms
LONGEST = 40  # letters of a word that has forms
REMEMBERED = 1 << 16

_LATIN = {"en": "english", "de": "german", "fr": "french", "it": "italian", "es": "spanish"}
_CYRILLIC = {"ru": "russian"}
_IS_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
# Of nouns and adjectives, the longest first. A verb's forms are left apart: their endings would take in other words.
_UKRAINIAN = re.compile(
    "(?:" + "|".join(sorted(
        "а я о е є и і ї у ю ь й ой ою ей ею єю ом ем єм ам ям ах ях ами ями ові еві єві ів їв ей ими ими "
        "ая яя ую юю ого его ому ему ої ій им ім ий их іх ими ім іми ння нню нням нні ття тті".split(),
        key=len, reverse=True)) + ")$")
_VARIANTS = str.maketrans("ёґ", "ег")
_WRITTEN_TOO = {"е": "ё", "г": "ґ"}
_SOFTENED = {"ц": "к", "з": "г", "с": "х"}  # before the locative's і: в атаці, у Празі
# In a syllable that an ending opens, Ukrainian has о or е for і: міст and мосту, Харків and Харкова, Київ and Києва.
_CLOSED = re.compile(r"(.*)([іїоеє])([бвгджзклмнпрстфхцчшщ]+)$")
_VOWEL = re.compile("[аеєиіїоуюя]")
_OPENED = {"і": "ое", "ї": "є"}
_CLOSING = {"о": "і", "е": "і", "є": "ї"}


@lru_cache(maxsize=REMEMBERED)
def stems(word: str) -> frozenset[str]:
    """Each language's stem of a word under the language's name; a number, a short or an endless word has itself alone.
    """
    plain = folded(word)
    if not plain.isalpha() or not SHORTEST < len(plain) <= LONGEST:
        return frozenset({f":{plain}"})
    if _IS_CYRILLIC.search(plain):
        found = {f"uk:{stem}" for stem in _ukrainian(plain) | _opened(plain)} | _by_snowball(plain, _CYRILLIC)
    else:
        found = _by_snowball(plain, _LATIN)
    return frozenset(stem for stem in found if len(stem) >= SHORTEST + 3) or frozenset({f":{plain}"})


def beginnings(word: str) -> tuple[str, ...]:
    """What every form of a word begins with, as far as its stems say, in each way that the index may have it.

    Russian writes ё as е where it likes, and in a name Ukrainian ґ as г.
    """
    plain = folded(word)
    begins, opened = plain, _opened(plain)  # which are asked for by themselves: alike they begin with too little
    for stem in stems(word):
        if stem.partition(":")[2] not in opened:
            begins = _common(begins, stem.partition(":")[2])
    begins = begins or plain
    written = [begins[:place] + _WRITTEN_TOO[letter] + begins[place + 1:]
               for place, letter in enumerate(begins) if letter in _WRITTEN_TOO]
    softened = [begins[:-1] + soft for soft, hard in _SOFTENED.items() if begins.endswith(hard)]
    other = sorted(opened or _closed(plain)) if _IS_CYRILLIC.search(plain) else []
    return (begins, *written, *softened, *other)


def are_forms(one: str, other: str) -> bool:
    """Some language takes both for forms of one word."""
    return not stems(one).isdisjoint(stems(other))


def folded(word: str) -> str:
    """Small letters without marks, as the search index has them; what a language writes in two ways in one."""
    marked = unicodedata.normalize("NFC", word.lower()).translate(_VARIANTS)
    if _IS_CYRILLIC.search(marked):
        return marked
    return "".join(c for c in unicodedata.normalize("NFD", marked) if not unicodedata.combining(c))


def _ukrainian(word: str) -> set[str]:
    stem = _UKRAINIAN.sub("", word)
    if len(stem) < SHORTEST:
        stem = re.sub(f"{_VOWEL.pattern}$", "", word)  # Києві: less is its ending than it looks
    if len(stem) < SHORTEST:
        return {word}
    hard = _SOFTENED.get(stem[-1]) if word.endswith("і") else None
    return {stem, stem[:-1] + hard} if hard else {stem}


def _opened(word: str) -> set[str]:
    """What a word that ends in a consonant may be before an ending; nothing of any other."""
    return _with_other_vowel(word.removesuffix("ь"), _OPENED) if len(word) > SHORTEST else set()


def _closed(word: str) -> set[str]:
    """What a word with an ending may be without it."""
    return {found for stem in _ukrainian(word) - {word} for found in _with_other_vowel(stem, _CLOSING)}


def _with_other_vowel(stem: str, others: Mapping[str, str]) -> set[str]:
    """The stem with each of the vowels that its last one alternates with; an only і is о, not е, in other forms."""
    found = _CLOSED.match(stem)
    vowels = others.get(found[2], "") if found else ""
    is_only = found is not None and not _VOWEL.search(found[1])
    return {f"{found[1]}{vowel}{found[3]}" for vowel in (vowels[:1] if is_only else vowels)} if found else set()


def _by_snowball(word: str, languages: Mapping[str, str]) -> set[str]:
    return {f"{code}:{_stemmer(name)(word)}" for code, name in languages.items()}


@lru_cache(maxsize=16)
def _stemmer(name: str) -> Callable[[str], str]:
    return Stemmer.Stemmer(name, 0).stemWord  # type: ignore[no-any-return]  # 0: it remembers nothing; `stems` does


def _common(one: str, other: str) -> str:
    """What two words begin with alike."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return "".join(letter for letter, _ in same)
