"""What a database takes of real texts, by what it holds: bytes for each byte of text, indexes included.

    python -m bench.stored COPIES_DIR [--texts 3000] [--keep DIR]

The texts of the copies benchmark, a seeded share, as plain pages of a crawl, all of them on the topic; `stemma import`
and `stemma update` run as commands, so that they are compared and linked.
"""

import argparse
import io
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.store import read_database
from bench.copies_adapter import documents
from bench.figures import note
from bench.measured import measured

SEED = 20240806
ROOT = Path(__file__).parent.parent
TOPIC = """
name = "stored"
title = "Texts that are stored"
contact = "mailto:bench@localhost"
languages = [{languages}]
from = 2000-01-01
to = 2034-01-01
{keywords}
[[source]]
name = "stored"
outlet = "Stored"
kind = "feed"
url = "https://outlet-0.example/feed"
"""
KEYWORDS = '[keywords.{language}]\nmust = ["Kursk"]\n'

SIZES = "SELECT m.tbl_name, sum(s.pgsize) FROM dbstat s JOIN sqlite_master m USING (name) GROUP BY m.tbl_name"
SIZE = """
    SELECT page_count * page_size, freelist_count * page_size
    FROM pragma_page_count, pragma_page_size, pragma_freelist_count
"""
HELD = "SELECT count(*), sum(length(CAST(text AS BLOB))) FROM version"
SEARCH = "versions_fts"
PARTS = {"texts": "texts", "fingerprints": "keys", "sketches": "sketches",
         "reuses": "links", "links": "links", "catalogue": "catalogue", "documents": "documents",
         "versions": "versions", "captures": "captures", "observations": "captures", "sightings": "captures",
         "articles": "articles", "addresses": "articles"}


def main() -> None:
    """Take the texts in, and say what they take."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("copies", type=Path)
    parser.add_argument("--texts", type=int, default=3_000)
    parser.add_argument("--keep", type=Path, help="where the archive stays")
    options = parser.parse_args()
    chosen = documents(options.copies)
    random.Random(SEED).shuffle(chosen)
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        take_in(folder, chosen[:options.texts])
        told(folder / "data" / "archive.db")


def take_in(folder: Path, texts: Sequence[dict[str, Any]]) -> None:
    """Import and update an archive of the texts."""
    languages = sorted({text["lang"] for text in texts})
    (folder / "topic.toml").write_text(TOPIC.format(
        languages=", ".join(f'"{language}"' for language in languages),
        keywords="".join(KEYWORDS.format(language=language) for language in languages)), encoding="utf-8")
    with open(folder / "stored.warc.gz", "wb") as out:
        writer = WARCWriter(out, gzip=True)
        for number, text in enumerate(texts):
            writer.write_record(writer.create_warc_record(
                f"https://outlet-{number % 170}.example/news/{number}", "response", payload=io.BytesIO(_page(text)),
                warc_headers_dict={"WARC-Date": "2026-01-01T00:00:00Z"},
                http_headers=StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], "HTTP/1.1")))
    for name, words in (("import", ["stored.warc.gz", "--via", "stored"]), ("update", [])):
        run = measured([sys.executable, "-m", "pipeline", name, "--topic", "topic.toml", *words], folder=folder,
                       environment=os.environ | {"PYTHONPATH": str(ROOT)})
        print(f"{name} {1000 * run.cpu / len(texts):.1f} ms CPU a text, {run.peak_mb:.0f} MB", flush=True)


def _page(text: dict[str, Any]) -> bytes:
    body = "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in text["text"].split("\n\n"))
    title = escape(text["title"] or "Untitled", quote=True)
    return (f"<!DOCTYPE html><html lang='{text['lang']}'><head><meta charset='utf-8'><title>Kursk: {title}</title>"
            f"<meta property='og:title' content='{title}'></head><body><article><h1>{title}</h1><p>Kursk is where it "
            f"happened, people said.</p>{body}</article></body></html>").encode()


def told(database: Path) -> None:
    """Print what each part of a database takes."""
    conn = read_database(database)
    (size, free), (versions, text) = conn.execute(SIZE).fetchone(), conn.execute(HELD).fetchone()
    parts = Counter({"free": free})
    for table, taken in conn.execute(SIZES):
        parts["search index" if table.startswith(SEARCH) else PARTS.get(table, "all else")] += taken
    conn.close()
    print(f"{versions:,} texts of {text / versions:,.0f} bytes; database {size / text:.2f} bytes for each of them")
    for part, taken in parts.most_common():
        print(f"{part:<20} {taken / text:.2f}")
    note(f"database of {versions:,} real texts, bytes for each byte of text", size / text, "bytes")


if __name__ == "__main__":
    main()
