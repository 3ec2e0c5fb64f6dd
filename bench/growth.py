"""What a new text costs in an archive of many, and how long a trace takes there: made-up news of real word statistics.

    python -m bench.growth [--held 10000] [--new 500] [--traces 40] [--keep DIR]

The held texts are put into the index as an update puts them, but not compared with each other, which would take hours;
the new ones take the program's own steps. Prints CPU seconds of all processes, memory, bytes and seconds of traces.
"""

import argparse
import resource
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from archive.digests import payload_digest, state_digest, text_digest
from archive.folder import open_archive
from archive.model import Capture, Document, RecordRef
from archive.store import captures, comparisons, documents, links, transaction
from archive.topic import parse_topic
from bench.made_news import MadeText, made_news
from bench.measured import list_topic
from pipeline import linking, vectors
from pipeline.comparing import read, running
from pipeline.extract import EXTRACTOR
from pipeline.fingerprints import method
from pipeline.steps import fold_versions
from pipeline.subject import Subject
from pipeline.trace import trace
from pipeline.work import Work

START = datetime(2024, 8, 6, tzinfo=UTC)
SEED = 20240806
FILLED = 2_000  # texts a turn
DECIDE = "UPDATE documents SET on_topic = 1, score = 5.0, terms = '[]', decided_by = 'bench' WHERE decided_by IS NULL"


def main() -> None:
    """Fill, add, trace."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--held", type=int, nargs="+", default=[2_000, 10_000])
    parser.add_argument("--new", type=int, default=500)
    parser.add_argument("--traces", type=int, default=40)
    parser.add_argument("--keep", type=Path, help="where the archive stays")
    options = parser.parse_args()
    topic = parse_topic(list_topic("growth", crawl="delay = 0.0"), path="growth.toml")
    with tempfile.TemporaryDirectory() as scratch, open_archive(options.keep or Path(scratch), create=True) as archive:
        work = Work(archive, topic, lambda: datetime.now(UTC), lambda *_: None)
        news, texts, held = made_news(SEED), list[MadeText](), 0
        for goal in options.held:
            while held < goal:
                texts = list(islice(news, min(FILLED, goal - held)))
                held += _hold(work, texts)
            linking.epoch_in_force(work)  # counts anew where an update would
            _index(work)
            texts = list(islice(news, options.new))
            held += _hold(work, texts)
            _report(work, goal, texts, options.traces)


def _hold(work: Work, texts: Sequence[MadeText]) -> int:
    """Captures, documents and versions of texts, as if they had been crawled and extracted."""
    for made in texts:
        captures.add(work.conn, _capture(made))
        with transaction(work.conn):
            documents.add(work.conn, _document(made))
    work.conn.execute(DECIDE)
    fold_versions(work)
    return len(texts)


def _capture(made: MadeText) -> Capture:
    digest = payload_digest(f"{made.number} {made.text}".encode())
    return Capture(
        url=_url(made.number), captured_at=START + timedelta(minutes=made.number), via="stemma", role="article",
        status=200, media_type="text/html", charset="utf-8", source=None, content_encoding=None, location=None,
        payload_digest=digest, payload_sha256=f"{made.number:064x}", payload_length=len(made.text),
        record=RecordRef(path="made.warc.gz", offset=made.number * 10, length=10))


def _document(made: MadeText) -> Document:
    paragraphs = tuple(made.text.split("\n\n"))
    title = made.text[:60]
    return Document(
        payload_digest=_capture(made).payload_digest, url=_url(made.number), charset="utf-8", extractor=EXTRACTOR,
        title=title, byline=None, authors=(), published=None, modified=None, language=made.language, site_name=None,
        section=None, canonical=None, paragraphs=paragraphs,
        text_digest=text_digest(made.text), body_digest=text_digest(made.text),
        state_digest=state_digest(title=title, byline=None, text=made.text))


def _url(number: int) -> str:
    return f"https://outlet-{number % 170}.example/{number}"


def _index(work: Work) -> None:
    """Readings and keys of what is pending, in the epoch that counts; nothing is compared."""
    kept = linking.epoch_in_force(work)
    named, epoch = method(kept.digest, encoder=vectors.installed()), kept.epoch()
    pending = comparisons.pending_witnesses(work.conn, method=named)
    with running(work.conn, work.archive.folder.database, epoch, len(pending)) as run:
        for start in range(0, len(pending), FILLED):
            batch = pending[start:start + FILLED]
            with transaction(work.conn):
                for version_id, (packed, worth) in zip(batch, run(read, batch), strict=True):
                    comparisons.add_reading(work.conn, version_id, packed, worth)
                    links.add_witness(work.conn, comparisons.text(work.conn, version_id), [], method=named)
    work.conn.execute("DELETE FROM unlinked")


def _report(work: Work, held: int, texts: Sequence[MadeText], traces: int) -> None:
    with _cpu() as spent:
        compared = linking.compare_witnesses(work)
    with _cpu() as linked:
        families = linking.link_families(work)
    pairs = dict(compared.counts).get("pairs compared", 0) / len(texts)
    print(f"{held:>9,} held  compare {1000 * spent[0] / len(texts):.1f} ms CPU a new text ({compared.seconds:.1f} s), "
          f"{pairs:.1f} pairs each; link {1000 * linked[0] / len(texts):.1f} ms ({families.seconds:.1f} s); "
          f"memory {_memory():.0f} MB; database {_size(work):.2f} of the text")
    print(f"           found: {_found(work, texts)}")
    seconds = list(_traced(work, [made.text for made in texts if made.source is None], traces))
    if seconds:
        print(f"           trace of 1,000 words: median {statistics.median(seconds):.2f} s, "
              f"p95 {sorted(seconds)[int(0.95 * len(seconds))]:.2f} s, first {seconds[0]:.2f} s", flush=True)


def _size(work: Work) -> float:
    """The database's bytes for each of the texts that it holds."""
    size = work.conn.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").fetchone()[0]
    text = "SELECT sum(length(CAST(text AS BLOB))) FROM versions JOIN texts USING (text_id)"
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
