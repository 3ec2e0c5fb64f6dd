"""How fast the site answers, beside Datasette's own table search on the same archive in the same run.

    python -m bench.made_archive DIR --articles 200000
    python -m bench.serving DIR [--asked 200] [--clients 16]

Words are drawn (seeded) from those that stand in one text of ten thousand to one of fifty, alone, in pairs, with a
facet chosen, and the latest articles without any; each with its other forms, as the page looks for them. One client
asks one question after the other; then sixteen ask at once, from two processes of their own.
"""

import argparse
import http.client
import random
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

from archive.store import read_database
from bench.figures import note

SEED = 20240806
PATIENCE = 60.0  # seconds for an answer
VOCABULARY = "SELECT term, doc FROM words WHERE doc BETWEEN ? AND ? AND length(term) > 4 ORDER BY term"
SERVE = """
import sys, uvicorn
from pathlib import Path
from datasette_config.serving import application
datasette = application(Path(sys.argv[1]))
server = uvicorn.Server(uvicorn.Config(datasette.app(), port=int(sys.argv[2]), log_level="error", lifespan="on"))
server.run()
"""


def main() -> None:
    """Ask and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--asked", type=int, default=200)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--port", type=int, default=8766)
    options = parser.parse_args()
    conn = read_database(options.folder / "archive.db")
    chance = random.Random(SEED)
    terms = words(conn, chance)
    print(sizes(conn), flush=True)
    with served(options.folder, options.port):
        ours = list(searches(terms, chance, options.asked))
        told("search with facets", alone(options.port, ours))
        told("  without words, the newest", alone(options.port, ["/search"] * 20))
        told("  the start page", alone(options.port, ["/"] * 10))
        told("article", alone(options.port, [f"/article/{key}" for key in sample(conn, KEYS, options.asked)]))
        told("family of about 200", alone(options.port, [f"/family/{name}" for name in sample(conn, LARGE, 10)]))
        told("Datasette's table, its defaults", alone(options.port, list(tables(terms, chance, 30))))
        told("Datasette's table, no suggested facets", alone(
            options.port, list(tables(terms, chance, 60, more={"_nosuggest": "1"}))))
        together(options.port, ours, options.clients, "search with facets")
        together(options.port, list(tables(terms, chance, 60, more={"_nosuggest": "1"})), options.clients,
                 "Datasette's table, no suggested facets")


KEYS = "SELECT key FROM articles ORDER BY article_id"
LARGE = """
    SELECT f.public_id FROM families f JOIN members m USING (family_id) GROUP BY family_id
    ORDER BY abs(count(*) - 200), f.public_id LIMIT 10
"""
SIZES = """
    SELECT (SELECT sum(length(CAST(inflated(text) AS BLOB))) FROM versions JOIN texts USING (text_id)),
           (SELECT sum(length(block)) FROM versions_fts_data), (SELECT page_count * page_size
            FROM pragma_page_count, pragma_page_size), (SELECT count(*) FROM articles)
"""


def sizes(conn: sqlite3.Connection) -> str:
    text, index, whole, articles = conn.execute(SIZES).fetchone()
    note(f"site's archive of {articles:,} articles, bytes for each byte of text", whole / text, "bytes")
    note(f"site's archive of {articles:,} articles, search index for each byte of text", index / text, "bytes")
    return (f"{articles:,} articles, {text / 1e6:,.0f} MB of text; search index {index / text:.2f} of it, "
            f"database {whole / text:.2f}")


def words(conn: sqlite3.Connection, chance: random.Random) -> list[str]:
    """Words as often as those that people ask for."""
    (texts,) = conn.execute("SELECT count(*) FROM versions").fetchone()
    found = [term for term, _ in conn.execute(VOCABULARY, (max(2, texts // 10_000), texts // 50))]
    chance.shuffle(found)
    return found


def searches(terms: Sequence[str], chance: random.Random, count: int) -> Iterator[str]:
    for place in range(count):
        asked = {"q": chance.choice(terms)}
        if place % 4 == 1:
            asked["q"] += " " + chance.choice(terms)
        if place % 4 == 2:
            asked["language"] = chance.choice(("en", "uk", "ru", "de"))
        if place % 4 == 3:
            asked |= {"sort": "copies", "role": "exemplar"}
        yield "/search?" + urlencode(asked)


def tables(terms: Sequence[str], chance: random.Random, count: int, more: dict[str, str] | None = None
           ) -> Iterator[str]:
    for _ in range(count):
        yield "/archive/article?" + urlencode({"_search": chance.choice(terms), "_size": "20", **(more or {})})


def sample(conn: sqlite3.Connection, query: str, count: int) -> list[str]:
    rows = [quote(row[0]) for row in conn.execute(query)]
    return [rows[place * len(rows) // count] for place in range(min(count, len(rows)))]


@contextmanager
def served(folder: Path, port: int) -> Iterator[None]:
    with subprocess.Popen([sys.executable, "-c", SERVE, str(folder), str(port)]) as process:
        try:
            for _ in range(int(10 * PATIENCE)):
                try:
                    ask(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE), "/about")
                    break
                except OSError:
                    time.sleep(0.1)
            yield
        finally:
            process.terminate()


def ask(connection: http.client.HTTPConnection, path: str) -> int:
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def alone(port: int, paths: Sequence[str]) -> list[tuple[float, int]]:
    """Seconds and status of each, one after the other; what was never asked before takes what it takes."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    found = []
    for path in paths:
        started = time.perf_counter()
        status = ask(connection, path)
        found.append((time.perf_counter() - started, status))
    return found


def _share(port: int, paths: Sequence[str], threads: int) -> list[tuple[float, int]]:
    with ThreadPoolExecutor(threads) as pool:
        shares = pool.map(lambda place: alone(port, paths[place::threads]), range(threads))
        return [one for share in shares for one in share]


def together(port: int, paths: Sequence[str], clients: int, what: str) -> None:
    started = time.perf_counter()
    with ProcessPoolExecutor(2) as pool:
        shares = [pool.submit(_share, port, paths[place::2], clients // 2) for place in range(2)]
        found = [one for share in shares for one in share.result()]
    seconds = time.perf_counter() - started
    note(f"site: {what}, {clients} clients", len(found) / seconds, "a second")
    print(f"{what}, {clients} clients: {len(found) / seconds:.0f} a second")
    told(f"{what}, {clients} clients", found)


def told(what: str, found: Sequence[tuple[float, int]]) -> None:
    times = sorted(1000 * seconds for seconds, _ in found)
    failed = sum(status != 200 for _, status in found)
    for share, unit in ((0.5, "p50"), (0.95, "p95")):
        note(f"site: {what.strip()}, {unit}", times[int(share * len(times))], "ms")
    if failed:
        note(f"site: {what.strip()}, not answered", failed, "answers")
    print(f"{what}: p50 {statistics.median(times):.0f} ms, p95 {times[int(0.95 * len(times))]:.0f} ms, "
          f"slowest {times[-1]:.0f} ms ({len(times)} asked{f', {failed} not answered' if failed else ''})", flush=True)


if __name__ == "__main__":
    main()
