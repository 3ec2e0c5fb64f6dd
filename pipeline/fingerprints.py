"""A text -> the keys by which texts that share a stretch of words meet (pure).

Winnowing (Schleimer, Wilkerson and Aiken, SIGMOD 2003) over word 5-grams: of each WINDOW consecutive hashes the
smallest is kept, so two texts with a common run of WINDOW + SHINGLE - 1 = 12 words share a key for certain.
"""

from hashlib import blake2b

from pipeline.text import Word

METHOD = "winnow-1"  # a new name compares every text again
SHINGLE = 5  # words
WINDOW = 8  # hashes
MIN_SHARED = 4  # keys that make a candidate pair; 40 words in a row give about eight


def keys(words: tuple[Word, ...]) -> frozenset[int]:
    """The text's keys as signed 64-bit integers, about 0.22 for each word; none below SHINGLE words."""
    hashes = [_hash(words[i:i + SHINGLE]) for i in range(len(words) - SHINGLE + 1)]
    if len(hashes) <= WINDOW:
        return frozenset({min(hashes)}) if hashes else frozenset()
    return frozenset(min(hashes[i:i + WINDOW]) for i in range(len(hashes) - WINDOW + 1))


def _hash(shingle: tuple[Word, ...]) -> int:
    text = " ".join(word.form for word in shingle)
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True)
