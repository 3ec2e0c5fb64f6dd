"""The index by which pywb serves the data folder, kept up to date: what was indexed since is added at a run's end.

What is withheld is left out, and leaves it at once; then, and where a file was lost or changed, a file is made anew.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from time import monotonic

from archive import replay, wacz
from archive.model import Report
from archive.store import captures, withholdings
from archive.store import replay as replayed
from archive.store.replay import IndexFile
from pipeline.custody.withheld import Withheld
from pipeline.work import Work


def renew_index(work: Work) -> Report:
    """Bring the index for replay up to what the database has of the WARC files."""
    started, done = monotonic(), 0
    folder, known, withheld = work.archive.folder, replayed.files(work.conn), _digest(work)
    reached, hidden = replayed.ends(work.conn), Withheld(work.conn, folder.warcs)
    names = _by_name(work)
    for name, ends in names.items():
        kept = known.get(name)
        is_as_left = kept is not None and kept.withheld == withheld and replay.size(folder, name) == kept.size
        new = {path: (reached.get(path, 0) if is_as_left else 0, end) for path, end in ends.items()}
        new = {path: stretch for path, stretch in new.items() if not is_as_left or stretch[0] < stretch[1]}
        if not new and is_as_left:
            continue
        lines = sorted(_lines(work, new, hidden))
        size = replay.write(folder, name, lines, is_added=is_as_left)
        replayed.keep(work.conn, name, IndexFile(withheld=withheld, size=size), ends)
        done += len(lines)
    for name in known.keys() - names.keys() | set(replay.strays(folder, names)):
        replay.remove(folder, name)
        replayed.forget(work.conn, name)
    if names:
        replay.link(folder)
    return Report(step="replay", done=done, seconds=monotonic() - started)


def differing(work: Work) -> Iterator[str]:
    """The files of the index that are not what the database says, each of which the next run makes anew."""
    folder, known, reached = work.archive.folder, replayed.files(work.conn), replayed.ends(work.conn)
    hidden = Withheld(work.conn, folder.warcs)
    names = _by_name(work)
    yield from replay.strays(folder, names)
    if known and replay.leads_elsewhere(folder):
        yield "the link to the WARC files"
    for name, ends in names.items():
        if name in known:
            held = {path: (0, reached.get(path, 0)) for path in ends}
            if replay.differs(folder, name, sorted(_lines(work, held, hidden))):
                replayed.forget(work.conn, name)
                yield name


def _by_name(work: Work) -> dict[str, dict[str, int]]:
    """The files that the index is to have, each with its WARC files and how far these are in the database."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for path, end in captures.indexed_files(work.conn):
        found[replay.name_of(path)][path] = end
    return found


def _lines(work: Work, stretches: Mapping[str, tuple[int, int]], hidden: Withheld) -> Iterator[str]:
    for path, (start, end) in stretches.items():
        for capture in replayed.captures(work.conn, path, start=start, end=end):
            line = wacz.index_line(capture, filename=path, offset=capture.record.offset)
            if line is not None and capture not in hidden:
                yield line


def _digest(work: Work) -> str:
    """What is withheld, and what of it was erased: where that changes, lines go or come that are anywhere."""
    said = sorted(withholdings.addresses(work.conn)), sorted(withholdings.erased_addresses(work.conn))
    return hashlib.sha256(repr(said).encode()).hexdigest()
