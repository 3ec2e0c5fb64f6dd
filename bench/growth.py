"""What a new text costs in an archive of many, and how long a trace takes there: made-up news of real word statistics.

    python -m bench.growth [--held 10000] [--new 500] [--traces 40] [--keep DIR] [--whole]

The held texts are put into the index as an update puts them, but not compared with each other, which would take hours
where they are many (--whole does it, as an update that takes all of them in at once); the new ones take the program's
own steps. Prints CPU seconds of all processes, memory, bytes and seconds of traces. An archive that was kept is gone on
with, so that two programs can be measured on one.
"""

import argparse
import resource
import sqlite3
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from pathlib import Path

from archive.digests import address_key
from archive.folder import open_archive
from archive.store import comparisons, transaction
from archive.topic import parse_topic
from archive.urls import host_of
from bench.made_archive import Made, add_version
from bench.made_news import MadeText, made_news
from bench.measured import list_topic
from pipeline import linking
from pipeline.copies import skeletons, vectors
from pipeline.copies.comparing import read, running
from pipeline.copies.epoch import summed
from pipeline.copies.terms import own_tokens
from pipeline.fingerprints import method
from pipeline.origins.subject import Subject
from pipeline.trace import trace
from pipeline.work import Work

START = datetime(2024, 8, 6, tzinfo=UTC)
SEED = 20240806
FILLED = 2_000  # texts a turn


def main() -> None:
    """Fill, add, trace."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--held", type=int, nargs="+", default=[2_000, 10_000])
    parser.add_argument("--new", type=int, default=500)
    parser.add_argument("--traces", type=int, default=40)
    parser.add_argument("--keep", type=Path, help="where the archive stays")
    parser.add_argument("--whole", action="store_true", help="the held texts are compared with each other too")
    options = parser.parse_args()
    topic = parse_topic(list_topic("growth", crawl="delay = 0.0"), path="growth.toml")
    with tempfile.TemporaryDirectory() as scratch, open_archive(options.keep or Path(scratch), create=True) as archive:
        work = Work(archive, topic, lambda: datetime.now(UTC), lambda *_: None)
        held = comparisons.article_count(work.conn)
        news = islice(made_news(SEED), held, None)
        for goal in options.held:
            _fill(work, news, goal - held)
            held = max(held, goal)
            _count(work)
            if options.whole:
                _link(work, goal)
            else:
                _index(work)
            texts = list(islice(news, options.new))
            _fill(work, iter(texts), len(texts))
            held += len(texts)
            _report(work, goal, texts, options.traces)


def _fill(work: Work, news: Iterator[MadeText], more: int) -> None:
    """Hold so many more texts, as if they had been crawled and read; not in the search index, which takes longest."""
    work.conn.execute("PRAGMA synchronous = OFF")
    work.conn.execute("DROP TRIGGER IF EXISTS versions_ai")
    work.conn.execute("INSERT OR IGNORE INTO warcs VALUES ('made.warc.gz', 0)")
    for start in range(0, more, FILLED):
        with transaction(work.conn):
            for made in islice(news, min(FILLED, more - start)):
                _hold(work.conn, made)
            work.conn.execute("DELETE FROM unfolded")
    work.conn.execute("PRAGMA synchronous = NORMAL")


def _hold(conn: sqlite3.Connection, made: MadeText) -> None:
    url, article = _url(made.number), made.number + 1
    key = address_key(url)
    conn.execute("INSERT INTO articles VALUES (?, ?, ?, ?, ?, 1)", (article, url, url, key, host_of(url)))
    conn.execute("INSERT INTO addresses VALUES (?, ?, 1)", (url, article))
    add_version(
        conn, Made(number=made.number, language=made.language, title=made.text[:60], text=made.text), url=url, key=key,
        article=article, ordinal=1, count=1, text=made.text, at=START + timedelta(minutes=made.number))


def _url(number: int) -> str:
    return f"https://outlet-{number % 170}.example/{number}"


def _count(work: Work) -> None:
    """The epoch of what is held, if an update would count it; made-up news has words, full stops and no furniture."""
    held, kept = comparisons.article_count(work.conn), comparisons.last_epoch(work.conn)
    if not linking.is_outgrown(kept.articles if kept is not None else 0, held=held):
        return
    token = lru_cache(maxsize=1 << 20)(skeletons.token)
    counts = Counter[str]()
    for row in work.conn.execute("SELECT inflated(text) AS text FROM texts"):
        counts.update({token(word) for word in set(row["text"].replace(".", "").split())} - {""})
    linking.keep_epoch(work, summed(held, counts, (), own_tokens(work.topic)))


def _index(work: Work) -> None:
    """Readings and keys of what is pending, in the epoch that counts; nothing is compared."""
    kept = linking.epoch_in_force(work)
    named, epoch = method(kept.digest, encoder=vectors.installed()), kept.epoch()
    pending = comparisons.pending_witnesses(work.conn, method=named)
    conn = work.conn
    conn.execute("PRAGMA synchronous = OFF")
    with transaction(conn):
        comparisons.forget(conn, pending)
    conn.execute("CREATE TEMP TABLE filled (fingerprint INTEGER, version_id INTEGER)")
    with running(conn, work.archive.folder.database, epoch, named, len(pending)) as run:
        for start in range(0, len(pending), FILLED):
            batch = pending[start:start + FILLED]
            with transaction(conn):
                for version_id, one in zip(batch, run(read, batch), strict=True):
                    conn.execute("INSERT INTO sketches VALUES (?, ?, ?, ?, ?, ?)", one.sketch)
                    conn.execute("INSERT INTO witnesses VALUES (?, ?)", (version_id, named))
                    conn.executemany("INSERT INTO filled VALUES (?, ?)", [(key, version_id) for key in one.worth])
    with transaction(conn):  # sorted it takes a tenth of the time
        conn.execute("INSERT INTO fingerprints SELECT * FROM filled ORDER BY fingerprint, version_id")
    conn.execute("DROP TABLE filled")
    conn.execute("PRAGMA synchronous = NORMAL")


def _link(work: Work, held: int) -> None:
    """Compare and link all that is pending, as an update does."""
    with _cpu() as spent:
        compared, linked = linking.compare_witnesses(work), linking.link_families(work)
    seconds = compared.seconds + linked.seconds
    print(f"{held:>9,} in one update: {1000 * spent[0] / max(1, compared.done):.1f} ms CPU a text, {seconds:.0f} s for "
          f"{compared.done:,} ({linked.seconds:.0f} s of it to link); {dict(compared.counts)}, {dict(linked.counts)}; "
          f"memory {_memory():.0f} MB", flush=True)


def _report(work: Work, held: int, texts: Sequence[MadeText], traces: int) -> None:
    with _cpu() as spent:
        compared = linking.compare_witnesses(work)
    with _cpu() as linked:
        families = linking.link_families(work)
    met, close = (dict(compared.counts).get(f"pairs {what}", 0) / len(texts) for what in ("that met", "compared"))
    print(f"{held:>9,} held  compare {1000 * spent[0] / len(texts):.1f} ms CPU a new text ({compared.seconds:.1f} s), "
          f"{met:.1f} pairs each, {close:.1f} compared; link {1000 * linked[0] / len(texts):.1f} ms "
          f"({families.seconds:.1f} s); memory {_memory():.0f} MB; database {_size(work):.2f} of the text")
    print(f"           found: {_found(work, texts)}")
    seconds = list(_traced(work, [made.text for made in texts if made.source is None], traces))
    if seconds:
        print(f"           trace of 1,000 words: median {statistics.median(seconds):.2f} s, "
              f"p95 {sorted(seconds)[int(0.95 * len(seconds))]:.2f} s, first {seconds[0]:.2f} s", flush=True)


def _size(work: Work) -> float:
    """The database's bytes for each of the texts that it holds."""
    size = work.conn.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").fetchone()[0]
    text = "SELECT sum(length(CAST(inflated(text) AS BLOB))) FROM versions JOIN texts USING (text_id)"
    return float(size / work.conn.execute(text).fetchone()[0])


def _found(work: Work, texts: Sequence[MadeText]) -> str:
    """Of how many copies the link to their source was found."""
    found = {frozenset(row) for row in work.conn.execute("SELECT copy_url, exemplar_url FROM copy_link")}
    copies = [made for made in texts if made.source is not None]
    met = Counter(made.kind for made in copies if {_url(made.number), _url(made.source or 0)} in found)
    wanted = Counter(made.kind for made in copies)
    return ", ".join(f"{kind} {met[kind]} of {wanted[kind]}" for kind in sorted(wanted))


def _traced(work: Work, texts: Sequence[str], traces: int) -> Iterator[float]:
    """Seconds of traces, each of 1,000 words of several new texts."""
    for number in range(min(traces, len(texts) - 6)):
        words = " ".join(texts[number:number + 6]).split(" ")[:1_000]
        subject = Subject(title="", paragraphs=(" ".join(words),), language="en")
        started = time.perf_counter()
        trace(work.conn, work.topic, subject)
        yield time.perf_counter() - started


@contextmanager
def _cpu() -> Iterator[list[float]]:
    spent, before = list[float](), _cpu_seconds()
    yield spent
    spent.append(_cpu_seconds() - before)


def _cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _memory() -> float:
    """The most that this process, and the largest that it started, have held, MB."""
    return sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024


if __name__ == "__main__":
    main()
