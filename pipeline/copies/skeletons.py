"""A word -> what survives of it in translation: the consonants of a name, the digits of a number (pure).

Sudzha, Суджа and Southzha have one skeleton, and so have Zelensky, Selenskyj and Зеленський: the word is written in
Latin letters (anyascii), what languages spell differently is merged, vowels are dropped, and five letters are kept,
since inflection changes the end. Unlike words that share a skeleton are the price; rarity (`epoch`) pays it.
"""

import re

from anyascii import anyascii

from pipeline.text import SPACELESS

LENGTH = 5  # consonants that are kept
MIN_LENGTH = 2  # one consonant says nothing
NUMBER = "#"  # what the token of a number begins with

# What languages write with several letters, and letters that stand for each other across languages or transliterations.
_SOUNDS = {
    "tsch": "k", "tch": "k", "ch": "k", "cz": "k", "kh": "k", "gh": "k", "c": "k", "q": "k", "g": "k", "h": "k",
    "sch": "s", "sh": "s", "zh": "s", "ts": "s", "tz": "s", "z": "s", "ce": "s", "ci": "s", "cy": "s",
    "th": "t", "dh": "t", "d": "t", "ph": "f", "wh": "f", "v": "f", "w": "f", "b": "p", "x": "ks",
    **dict.fromkeys("aeiouyj", ""),
}
_SEVERAL = re.compile("|".join(sorted((sound for sound in _SOUNDS if len(sound) > 1), key=len, reverse=True)))
_ONE = str.maketrans({sound: letter for sound, letter in _SOUNDS.items() if len(sound) == 1})
_OTHER = re.compile("[^a-z]")
_DOUBLED = re.compile(r"(.)\1+")
_CHARACTER = re.compile(f"[{SPACELESS}]")
_NOT_DIGITS = re.compile(r"\D")


def token(word: str) -> str:
    """A word's skeleton, or a number's digits behind NUMBER ("1,200" and "1.200" alike); "" for what says nothing."""
    if word[0].isdecimal():
        digits = _NOT_DIGITS.sub("", anyascii(word)).lstrip("0")
        return NUMBER + digits if digits else ""
    if len(word) == 1 and _CHARACTER.match(word):  # of a script without spaces: itself
        return word
    letters = _OTHER.sub("", anyascii(word).lower())
    letters = _SEVERAL.sub(lambda found: _SOUNDS[found.group()], letters).translate(_ONE)
    letters = _DOUBLED.sub(r"\1", letters)
    return letters[:LENGTH] if len(letters) >= MIN_LENGTH else ""
