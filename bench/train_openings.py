"""The table of `pipeline/copies/opening_mean.py`: the mean vector of the copies benchmark's openings.

    python -m bench.train_openings BENCH_DIR pipeline/copies/opening_mean.py  (needs `vectors`)

Each language counts alike that has LEAST texts; nothing else of the texts is in it.
"""

import base64
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from bench.copies_adapter import documents, readings
from pipeline.copies.epoch import counted
from pipeline.copies.openings import opening_of
from pipeline.copies.vectors import Remembering

LEAST = 10
WIDTH = 100
HEAD = '''"""The mean vector of news openings in thousandths, made by bench/train_openings.py; do not edit by hand."""

'''


def main(folder: Path, target: Path) -> None:
    """Encode, count, write."""
    read_texts, made = readings(documents(folder)), Remembering()
    epoch = counted(read_texts)
    rows = defaultdict[str, list[object]](list)
    for reading in read_texts:
        opening = opening_of(reading, epoch)
        if opening is not None:
            rows[reading.language or ""].append(made.encode((opening,))[0])
    mean = np.mean([np.mean(np.array(found), axis=0) for _, found in sorted(rows.items()) if len(found) >= LEAST],
                   axis=0)
    told = base64.b85encode(np.clip(np.round(mean * 1000), -127, 127).astype(np.int8).tobytes()).decode()
    lines = "\n".join(f'    "{told[start:start + WIDTH]}"' for start in range(0, len(told), WIDTH))
    target.write_text(f"{HEAD}MEAN = (\n{lines}\n)\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
