"""What it costs to take pages in: WARC in, links out, beside bare trafilatura on the same pages in the same run.

    python -m bench.ingest [--pages 1000 10000] [--peer 1000] [--news-please PYTHON] [--keep DIR]

Pages are made up (bench.made_pages). `stemma import` and `stemma update` run as commands; CPU is of all their
processes, starting them included, memory of the largest one. The peers read at most so many of the pages (a seeded
share), one process each, and only what they do with a page is counted: trafilatura.extract(with_metadata=True), and
NewsPlease.from_html of a Python that has news-please.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from archive.store import read_database
from bench.figures import note
from bench.made_pages import SEED, TOPIC, pages, write
from bench.measured import measured

ROOT = Path(__file__).parent.parent
PEERS = {
    "trafilatura": """
from trafilatura import extract
def read(page):
    return extract(page["html"], url=page["url"], with_metadata=True)
""",
    "news-please": """
from newsplease import NewsPlease
def read(page):
    return NewsPlease.from_html(page["html"], url=page["url"])
"""}
PEER = """
import json, resource, sys, time, warnings
warnings.simplefilter("ignore")
{read}
spent = count = failed = 0
for line in open(sys.argv[1], encoding="utf-8"):
    page = json.loads(line)
    started = time.process_time()
    try:
        found = read(page)
    except Exception:
        failed += 1
    if count or spent:
        spent += time.process_time() - started
    else:
        spent = 1e-9  # the first page loads what is loaded once
    count += 1
print(json.dumps({{"ms": 1000 * spent / max(1, count - 1), "failed": failed,
                  "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}}))
"""
COUNTS = """
    SELECT (SELECT count(*) FROM article) AS articles, (SELECT count(*) FROM copy_link) AS links,
           (SELECT sum(length(CAST(inflated(text) AS BLOB))) FROM texts) AS text,
           (SELECT page_count * page_size FROM pragma_page_count, pragma_page_size) AS size
"""


def main() -> None:
    """Each number of pages in an archive of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--peer", type=int, default=1_000, help="pages that the peers read at most")
    parser.add_argument("--news-please", metavar="PYTHON", help="an interpreter that has news-please")
    parser.add_argument("--keep", type=Path, help="where the archives stay")
    options = parser.parse_args()
    for count in options.pages:
        with tempfile.TemporaryDirectory() as scratch:
            folder = (options.keep or Path(scratch)) / str(count)
            folder.mkdir(parents=True, exist_ok=True)
            ingest(folder, count, peer_pages=min(count, options.peer), news_please=options.news_please)


def ingest(folder: Path, count: int, *, peer_pages: int, news_please: str | None) -> None:
    """Take so many pages in, and have the peers read a share of them."""
    (folder / "topic.toml").write_text(TOPIC, encoding="utf-8")
    size = write(folder / "made.warc.gz", count)
    print(f"{count:,} pages of {size / count:,.0f} bytes", flush=True)
    peers = {name: peer(folder, name, count, peer_pages, python)
             for name, python in (("trafilatura", sys.executable), ("news-please", news_please)) if python}
    theirs = peers["trafilatura"]["ms"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    whole = 0.0
    for name, words in (("import", ["made.warc.gz", "--via", "made"]), ("update", [])):
        run = measured([sys.executable, "-m", "pipeline", name, "--topic", "topic.toml", *words], folder=folder,
                       environment=environment)
        ours = 1000 * run.cpu / count
        whole += ours
        print(f"{name:<7} {ours:6.1f} ms CPU a page, {count / run.cpu:5.1f} pages a CPU second, {ours / theirs:.2f} of "
              f"trafilatura's; {run.wall:.0f} s, {run.peak_mb:.0f} MB", flush=True)
        print((folder / "said.txt").read_text(errors="replace"), flush=True)
        note(f"{name} of {count:,} pages, CPU a page", ours, "ms", peer=theirs)
        note(f"{name} of {count:,} pages, peak memory", run.peak_mb, "MB", peer=peers["trafilatura"]["peak_mb"])
    note(f"import and update of {count:,} pages, CPU a page", whole, "ms", peer=theirs)
    print(f"both    {whole:6.1f} ms CPU a page, {whole / theirs:.2f} of trafilatura's {theirs:.1f}", flush=True)
    if "news-please" in peers:
        note(f"import and update of {count:,} pages, CPU a page beside news-please", whole, "ms",
             peer=peers["news-please"]["ms"])
    _held(folder, count)


def _held(folder: Path, count: int) -> None:
    conn = read_database(folder / "data" / "archive.db")
    articles, links, text, size = conn.execute(COUNTS).fetchone()
    linked = {frozenset(row) for row in conn.execute("SELECT copy_url, exemplar_url FROM copy_link")}
    conn.close()
    url, copies = dict[int, str](), list[frozenset[str]]()
    for page in pages(count):
        if page.is_on_topic:
            url[page.made.number] = page.url
            if page.made.source is not None:
                copies.append(frozenset((page.url, url[page.made.source])))
    found = sum(pair in linked for pair in copies)
    print(f"{articles:,} of {len(url):,} articles on the topic, {links:,} links, {found} of {len(copies)} copies "
          f"linked with their source; database {size / text:.2f} of the text it holds, {size / articles:,.0f} bytes an "
          f"article", flush=True)
    note(f"articles on the topic of {count:,} pages", articles, "articles", peer=len(url))
    note(f"copies linked with their source of {count:,} pages", found / max(1, len(copies)), "share")
    note(f"database of {count:,} pages, bytes for each byte of text", size / text, "bytes")
    note(f"database of {count:,} pages, bytes an article", size / articles, "bytes")


def peer(folder: Path, name: str, count: int, some: int, python: str) -> dict[str, float]:
    """What a peer needs for a page, of a seeded share of them."""
    chosen = set(random.Random(SEED).sample(range(count), some))
    file = folder / "peer.jsonl"
    with open(file, "w", encoding="utf-8") as out:
        for page in pages(count):
            if page.made.number in chosen:
                out.write(json.dumps({"url": page.url, "html": page.body.decode()}) + "\n")
    done = subprocess.run([python, "-c", PEER.format(read=PEERS[name]), str(file)], capture_output=True, text=True,
                          check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(f"{name:<12} {found['ms']:6.1f} ms CPU a page, {1000 / found['ms']:.1f} pages a CPU second ({some:,} pages, "
          f"{found['failed']:.0f} failed), {found['peak_mb']:.0f} MB", flush=True)
    note(f"{name} on {some:,} of {count:,} pages, CPU a page", found["ms"], "ms")
    file.unlink()
    return found


if __name__ == "__main__":
    main()
