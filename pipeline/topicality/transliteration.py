"""A Cyrillic name -> what reposts and translations write for it in Latin letters, in its cases (pure).

A gazetteer lists a name in each language; a repost from Russian or Ukrainian takes whatever spelling its translator, or
a machine, makes of the case that stood there: Sudzhi, Mala Loknja, Korenieve.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import product

SHORTEST = 4  # letters of a name that is spelled anew

_VOWELS = "аеєиіїоуыэюяё"
# Letters that are written alike in every scheme; of the others what each scheme makes of them.
_COMMON = dict(zip("абвгдезиклмнопрстуфы", "a b v g d e z i k l m n o p r s t u f y".split(), strict=True))
_COMMON |= {"ё": "e", "э": "e", "ъ": "", "ґ": "g", "ь": ""}
_ENGLISH = {"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya", "й": "y"}
_SCHEMES: tuple[Mapping[str, str], ...] = (
    _ENGLISH,
    _ENGLISH | {"ю": "iu", "я": "ia", "й": "i"},
    _ENGLISH | {"х": "h", "ю": "ju", "я": "ja", "й": "j", "ц": "c"},
    {"ж": "ž", "х": "ch", "ц": "c", "ч": "č", "ш": "š", "щ": "šč", "ю": "ju", "я": "ja", "й": "j"},
    {"ж": "sch", "х": "ch", "ц": "z", "ч": "tsch", "ш": "sch", "щ": "schtsch", "ю": "ju", "я": "ja", "й": "j",
     "в": "w", "з": "s"},
    {"ж": "sh", "х": "ch", "ц": "z", "ч": "tsch", "ш": "sch", "щ": "schtsch", "ю": "ju", "я": "ja", "й": "j",
     "в": "w", "з": "s"},
    {"ж": "j", "х": "kh", "ц": "ts", "ч": "tch", "ш": "ch", "щ": "chtch", "ю": "iou", "я": "ia", "й": "ï", "у": "ou"},
    {"ж": "zh", "х": "j", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sch", "ю": "yu", "я": "ia", "й": "i"},
    {"ж": "ż", "х": "ch", "ц": "c", "ч": "cz", "ш": "sz", "щ": "szcz", "ю": "ju", "я": "ja", "й": "j", "в": "w",
     "л": "ł"},
)
_UKRAINIAN = {"г": "h", "и": "y", "і": "i", "ї": "i", "є": "ie"}
_CASES = (  # of what a Cyrillic name ends in: of that in Latin letters, and the endings of its cases
    ("ая", ("aya", "aja", "aia"), "(?:aya|aja|aia|oy|oj|oi|uyu|uju)"),
    ("я", ("ia", "ya", "ja"), "(?:ia|ya|ja|i|iu|yu|ju|ei|ey)"), ("а", ("a",), "(?:a|y|i|e|u|oy|oi|oj)"),
    ("о", ("o",), "(?:o|e|u|om)"), ("е", ("e",), "(?:e|o|u|om|ym)"),
)

Spelled = tuple[tuple[str, str], ...]  # of each word what stays, and an expression of its endings


def latin_spellings(name: str, *, is_ukrainian: bool) -> frozenset[Spelled]:
    """The spellings of a name in small letters; none for a short name, or one with a soft sign inside."""
    words = name.lower().split()
    if not all(re.fullmatch("[а-яёіїєґ]+ь?", word) and "ь" not in word[:-1] for word in words) or len(name) < SHORTEST:
        return frozenset()
    rows = _spelled(words, is_ukrainian=is_ukrainian)
    return frozenset(tuple(map(_declined, words, row)) for row in rows)


def _spelled(words: list[str], *, is_ukrainian: bool) -> Iterator[tuple[str, ...]]:
    for scheme in _SCHEMES:
        letters = {**_COMMON, **scheme, **(_UKRAINIAN if is_ukrainian else {})}
        yield from product(*(tuple(dict.fromkeys(_variants(word, letters))) for word in words))


def _variants(word: str, letters: Mapping[str, str]) -> Iterator[str]:
    """With е after a vowel or at the beginning plain, and as ye or je."""
    plain = "".join(letters.get(letter, "") for letter in word)
    yield plain
    begins = re.sub(rf"(?:(?<=[{_VOWELS}ьъ])|^)е", "\x00", word)
    if begins != word:
        for sound in ("ye", "je", "ie"):
            yield "".join(sound if letter == "\x00" else letters.get(letter, "") for letter in begins)


def _declined(name: str, word: str) -> tuple[str, str]:
    if len(word) > SHORTEST:
        for ending, written, cases in _CASES:
            if name.endswith(ending) and (met := next((end for end in written if word.endswith(end)), None)):
                return word.removesuffix(met), cases
    return word, ""
