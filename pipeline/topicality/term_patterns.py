"""A term or a name of a topic -> the pieces of a regular expression that finds its forms (pure)."""

import re
import unicodedata
from collections.abc import Sequence
from itertools import groupby

Tokens = tuple[str, ...]

# A stem shorter than this says too little: Сум- would find Сумма. Inside a phrase the other words vouch for it.
SHORTEST_STEM = 4
SHORTEST_STEM_IN_PHRASE = 3

GAP = "[ -]"
ANY_ENDING = r"\w*"
# Of nouns and adjectives, Ukrainian and Russian; a derived word (Суджич, Путинский) has others.
ENDINGS = "|".join(
    "а я о е є и ы і ї у ю ь й ой ою ей ею єю ом ем єм ам ям ах ях ами ями ові еві єві ья ье ьи ью ьей "
    "ов ев єв ів їв ей "
    "ая яя ую юю ое ее ого его ому ему ої ій им ым ім ий ый ие ые их ых ими ыми".split()
)
TOWN_ENDINGS = "(?:а|у|ом|е|ові)?"
CYRILLIC = re.compile(r"[а-яіїєґў'-]+")
VARIANTS = (("’", "'"), ("ʼ", "'"), ("–", "-"), ("—", "-"), ("‑", "-"), ("ё", "е"), ("Ё", "Е"), ("İ", "I"))
DROPPED = ("\u0301", "\u00ad", "\u200b", *"«»\"“”„‟")  # stress mark, soft hyphen, zero-width space, quotation marks


def tokens_of(term: str, *, is_name: bool) -> Tokens:
    """The pieces of a term's pattern: letters, gaps between words, and endings."""
    words = re.split("[ -]+", normal(term))
    tokens: list[str] = []
    for word in words:
        if tokens:
            tokens.append(GAP)
        if word.endswith("*"):
            tokens += [*map(re.escape, word[:-1].lower()), ANY_ENDING]
        elif is_name and not word.isupper():
            tokens += _declined(word.lower(), SHORTEST_STEM if len(words) == 1 else SHORTEST_STEM_IN_PHRASE)
        else:
            tokens += map(re.escape, word.lower())
    return tuple(tokens)


def capitals_of(term: str) -> int:
    """How many capitals a form of a keyword must begin with: КТО, a regime, is not кто, who."""
    word = term.split(" ")[0].rstrip("*")
    return 2 if len(word) > 1 and word[:2].isalpha() and word.isupper() else 0


def is_written(form: str, capitals: int) -> bool:
    return all(letter.isupper() for letter in form[:capitals])


def _declined(word: str, shortest: int) -> list[str]:
    """A Cyrillic name in every case; any other name as it is.

    A name in -ово is a place where its genitive in -а is not met: Коренева is also a surname. In -ка the Ukrainian
    locative changes the consonant (Мартинівка, у Мартинівці). A town in -ск is no adjective: Рильського is a poet's.
    """
    if CYRILLIC.fullmatch(word) is None:
        return [*map(re.escape, word)]
    if re.search("[оеє]в[ое]$", word):
        stem, ending = word[:-1], "(?:о|е|ом|ому|ого|і)"
    elif word.endswith("ка"):
        stem, ending = word[:-2], r"(?:к\w{1,2}|ці)"
    elif re.search("сь?к$", word):
        stem, ending = word, TOWN_ENDINGS
    else:
        stem = re.sub("[аеєиіїоуыэюяйь]{1,2}$", "", word)
        ending = f"(?:{ENDINGS})?" if stem == word else f"(?:{ENDINGS})"
    return [*map(re.escape, stem), ending] if len(stem) >= shortest else [*map(re.escape, word)]


def alternatives(patterns: Sequence[Tokens], depth: int, order: list[Tokens]) -> str:
    """A prefix tree as an expression: what more words follow is tried first; an empty group marks each end.

    Appends each pattern to `order` where its group stands. One branch per letter instead of one per term keeps a text
    of 1,000 words under a millisecond.
    """
    ends = [tokens for tokens in patterns if len(tokens) == depth]
    going_on = sorted((tokens for tokens in patterns if len(tokens) > depth), key=lambda tokens: tokens[depth])
    branches = [(token, tuple(group)) for token, group in groupby(going_on, key=lambda tokens: tokens[depth])]
    branches.sort(key=lambda branch: (-_gaps(branch[1], depth), len(branch[0]) > 2, branch[0]))
    parts = [token + alternatives(group, depth + 1, order) for token, group in branches]
    for tokens in ends:
        order.append(tokens)
        parts.append(r"(?!\w)()")
    return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"


def _gaps(patterns: Sequence[Tokens], depth: int) -> int:
    return max(tokens[depth:].count(GAP) for tokens in patterns)


def normal(text: str) -> str:
    """One space between words, one kind of apostrophe and hyphen, no stress marks, ё as е; as long when lower-cased."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    for sign in DROPPED:
        text = text.replace(sign, "")
    for variant, usual in VARIANTS:
        text = text.replace(variant, usual)
    return text
