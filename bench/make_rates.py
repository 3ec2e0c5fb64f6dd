"""The shipped table of rates: in what share of news articles each skeleton stands, from wordfreq's word lists.

    python -m bench.make_rates pipeline/copies/tables/rates-1.txt.gz          (needs wordfreq: pip install wordfreq)

A word's frequency f gives the share of articles of 400 words that have it, 1 - exp(-400 f); skeletons add up their
words', and a table is the mean over the languages that news of the first topic are written in.
"""

import gzip
import math
import sys
from collections import Counter
from pathlib import Path

import wordfreq  # type: ignore[import-not-found, unused-ignore]

from pipeline.copies.skeletons import token

LANGUAGES = ("en", "uk", "ru", "de", "fr", "es", "it", "pl", "pt", "ca")
WORDS = 400
LEAST = 2e-4  # rarer skeletons are as rare as unknown ones
HEAD = ("# Derived from the word lists of wordfreq 3 (Robyn Speer, github.com/rspeer/wordfreq), whose data are\n"
        "# licensed CC BY-SA 4.0; so is this table. A line: skeleton, -10 ln(share of articles that have it).\n")


def main(target: Path) -> None:
    """Write the table."""
    rates: Counter[str] = Counter()
    for language in LANGUAGES:
        frequencies: Counter[str] = Counter()
        for word, frequency in wordfreq.get_frequency_dict(language, "best").items():
            if word[0].isalpha() and len(skeleton := token(word)) > 1:
                frequencies[skeleton] += frequency
        for skeleton, frequency in frequencies.items():
            rates[skeleton] += (1 - math.exp(-WORDS * frequency)) / len(LANGUAGES)
    lines = [f"{skeleton} {round(-10 * math.log(rate))}\n" for skeleton, rate in sorted(rates.items()) if rate >= LEAST]
    target.write_bytes(gzip.compress((HEAD + "".join(lines)).encode("ascii"), mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
