"""Crawl the real pages of an extraction benchmark once, through a loopback proxy under their own addresses.

    python -m bench.real_pages FOLDER [--keep DIR]

FOLDER holds pages/*.html.gz and pages/*.json (with "url"). Prints how many pages were captured, extracted and failed.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from archive.store import open_database, runs
from archive.urls import canonical_url
from bench.figures import note
from crawlers.demo.server import LoopbackWeb, WebRequest, WebResponse

TOPIC = """
name = "real-pages"
title = "Real pages"
contact = "mailto:bench@stemma-archive.org"
languages = ["en"]
from = 2010-01-01
to = 2030-01-01
[keywords.en]
must = ["the"]
[crawl]
delay = 0.0
concurrency = 16
authorities = ["authority.pem"]
[[source]]
name = "pages"
outlet = "Real pages"
kind = "list"
file = "urls.txt"
"""


def pages(folder: Path) -> dict[str, Path]:
    """URL -> page file."""
    return {json.loads(file.read_text(encoding="utf-8"))["url"]: file.with_suffix(".html.gz")
            for file in sorted((folder / "pages").glob("*.json"))}


def main() -> None:
    """Crawl, update, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--keep", type=Path, help="where the archive stays")
    options = parser.parse_args()
    by_url = pages(options.folder)
    by_address = {canonical_url(url): file for url, file in by_url.items()}

    def answer(request: WebRequest) -> WebResponse:
        file = by_address.get(canonical_url(request.url))
        if file is None:
            return WebResponse(status=404)
        return WebResponse(headers=(("Content-Type", "text/html; charset=utf-8"),),
                           body=gzip.decompress(file.read_bytes()))

    with tempfile.TemporaryDirectory() as scratch, LoopbackWeb(answer) as server:
        work = options.keep or Path(scratch)
        work.mkdir(parents=True, exist_ok=True)
        (work / "authority.pem").write_bytes(server.authority_pem)
        (work / "urls.txt").write_text("\n".join(by_url) + "\n", encoding="utf-8")
        (work / "topic.toml").write_text(TOPIC, encoding="utf-8")
        environment = os.environ | {"http_proxy": server.proxy_url, "https_proxy": server.proxy_url}
        for command in ("crawl", "update"):
            started = perf_counter()
            subprocess.run([sys.executable, "-m", "pipeline", command, "--topic", str(work / "topic.toml"),
                            "--data", str(work / "data")], env=environment, check=True)
            seconds = perf_counter() - started
            print(f"{command}: {seconds:.1f} s")
            note(f"real pages through a loopback proxy, {command}", seconds, "s")
        report(work / "data" / "archive.db", by_url)


def report(database: Path, by_url: dict[str, Path]) -> None:
    """How many of the pages are captured whole, read and refused."""
    conn = open_database(database)
    captured = {row["url"] for row in conn.execute(
        "SELECT url FROM captures WHERE role = 'article' AND status = 200 AND truncated IS NULL")}
    read = conn.execute("SELECT count(DISTINCT url) FROM documents").fetchone()[0]
    print(f"{len(by_url)} addresses, {len({canonical_url(url) for url in by_url})} distinct pages, "
          f"{len(captured)} captured, {read} extracted")
    distinct = len({canonical_url(url) for url in by_url})
    note("real pages through a loopback proxy: captured of the distinct ones", len(captured), "pages", peer=distinct)
    note("real pages through a loopback proxy: extracted of the distinct ones", read, "pages", peer=distinct)
    for address in sorted({canonical_url(url) for url in by_url} - {canonical_url(url) for url in captured}):
        print(f"not captured: {address}")
    for stage, reason, n in runs.failures(conn):
        print(f"{n} × {stage}: {reason}")
    for what, n in runs.counts(conn).items():
        print(f"{n:>12,} {what}")


if __name__ == "__main__":
    main()
