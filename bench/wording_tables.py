"""Counts of common word pairs and of letter triples -> pipeline/descent/wording_tables.py, the tables that ship.

    python -m bench.wording_tables NEWS.jsonl.gz LISTS.json > pipeline/descent/wording_tables.py

NEWS holds {"text": ...} of English news; LISTS the commonest words of each language, most frequent first, as
{"fr": ["de", ...]} (made from wordfreq's lists: `top_n_list(language, 20_000)`). Only statistics come out of either.
"""

import argparse
import gzip
import json
import math
import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from pipeline.descent.wording import ENDINGS, classes, lower

COMMON_WORDS = 180  # with 97 the fluency of spun and twice translated text tells its direction in .75 of pairs, not .9
TRIPLES = 400
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
MOST = 4  # the largest logarithm that the table holds


def main() -> None:
    """Print the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("news", type=Path)
    parser.add_argument("lists", type=Path)
    options = parser.parse_args()
    texts = [json.loads(line)["text"] for line in gzip.decompress(options.news.read_bytes()).splitlines()]
    common = commonest(texts)
    names = [*sorted(common), ".", ",", "#", "^", *(f"-{ending}" for ending in ENDINGS), "*"]
    lists = json.loads(options.lists.read_text(encoding="utf-8"))
    print('"""Statistics of wording, as printed by bench/wording_tables.py for pipeline/descent/wording.py."""\n')
    print("# Classes of English words, in the order of the rows and columns below.")
    print(f'CLASSES = """\n{_wrapped(names)}\n""".split()\n')
    print(f"# How much oftener than by chance the second follows the first: {MOST} is chance, a step a factor of e.")
    print('PAIRS = """')
    print("\n".join(pair_rows(texts, frozenset(common), names)))
    print('""".split()\n')
    print("# The commonest triples of letters of each language's words, most frequent first; _ is a word's edge.")
    print("TRIPLES = {")
    for language, words in sorted(lists.items()):
        print(f'    "{language}": """\n{_wrapped(triples(words))}\n""".split(),')
    print("}")


def commonest(texts: Iterable[str]) -> list[str]:
    """The commonest words that are no names, most frequent first."""
    counts = Counter(lower(word) for text in texts for word in _WORD.findall(text) if word.islower() or word == "I")
    return [word for word, _ in counts.most_common(COMMON_WORDS)]


def pair_rows(texts: Iterable[str], common: frozenset[str], names: list[str]) -> list[str]:
    """One row of digits for each class: how the others follow it."""
    single: Counter[str] = Counter()
    double: Counter[tuple[str, str]] = Counter()
    for text in texts:
        found = classes(text, common)
        single.update(found)
        double.update(pairwise(found))
    total = single.total()
    return ["".join(_level(double[a, b], single[a] * single[b] / total) for b in names) for a in names]


def _level(seen: int, expected: float) -> str:
    return str(MOST + max(-MOST, min(MOST, round(math.log((seen + 0.5) / (expected + 0.5))))))


def triples(words: Iterable[str]) -> list[str]:
    """The commonest triples of letters of a list of words."""
    counts: Counter[str] = Counter()
    for word in words:
        if word.isalpha() and len(word) >= 4:
            edged = f"_{word}_"
            counts.update(edged[n:n + 3] for n in range(len(edged) - 2))
    return [triple for triple, _ in counts.most_common(TRIPLES)]


def _wrapped(words: Iterable[str]) -> str:
    lines, line = [], ""
    for word in words:
        if len(line) + len(word) + 1 > 118:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    return "\n".join([*lines, line])


if __name__ == "__main__":
    main()
