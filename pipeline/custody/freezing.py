"""`stemma cite FAMILY --family`: a family cited as of a run, with its links and their evidence as they are now."""

import sqlite3
from collections import Counter
from time import monotonic
from typing import Any

from archive import events, frozen
from archive.errors import UnknownText
from archive.frozen import Frozen
from archive.ledger import entries
from archive.model import Report
from archive.store import frozen as held
from archive.store import kin
from archive.times import to_iso
from pipeline import PROGRAM
from pipeline.work import Work, by_frequency, sealed

EVERY = 1 << 31
_OWN = ("members", "links", "inferred")  # what a statement says of the family; the rest says when


def read_frozen(work: Work) -> Report:
    """Bring the families as they were cited into the database; what is wrong in events.jsonl is a failure."""
    started, found, wrong = monotonic(), list[Frozen](), dict[str, str]()
    file = work.archive.folder.events
    for ordinal, event in enumerate(events.read(file).of(frozen.KIND), start=1):
        try:
            found.append(frozen.from_event(event))
        except ValueError as error:
            wrong[f"{file.name} family-cited {ordinal}"] = str(error)
    new = held.replace(work.conn, found)
    for subject, reason in wrong.items():
        work.fail("freeze", subject, reason)
    return Report(step="freeze", done=new, failed=by_frequency(Counter(wrong.values())), seconds=monotonic() - started)


def freeze(work: Work, name: str, *, by: str | None) -> tuple[list[Report], Frozen]:
    """Keep a family as it is as of the run that signs now; where nothing changed since it was cited, that one stands.

    Raises UnknownText for what is no family, or where the log cannot be signed.
    """
    reports = [read_frozen(work), *sealed(work.archive, work.topic, work.clock)]
    family = kin.find_family(work.conn, name)
    if family is None:
        raise UnknownText(f"{name} is no family that the archive holds; give its public id, or that of a text in it")
    said = _told(work.conn, family)
    last = next((one for one in reversed(held.of_family(work.conn, family))
                 if one.family == family and {part: one.statement.get(part) for part in _OWN} == said), None)
    if last is not None:
        return reports, last
    heads = entries.read_heads(work.archive.folder.heads)
    if not heads or (reports[-1].failed and reports[-1].step == "log"):
        raise UnknownText(f"the log is not signed, so there is no run as of which {family} could be cited; run 'stemma "
                          f"verify', which says what hinders it")
    at = work.clock()
    run = len(heads)
    while held.find(work.conn, family, run) is not None:  # a log that was begun anew counts again from one
        run += 1
    statement = {"format": frozen.FORMAT, "family": family, "run": run, "head": heads[-1].note,
                 "at": to_iso(at), "program": PROGRAM, **said}
    made = Frozen(family=family, run=run, at=at, by=by, digest=frozen.digest_of(statement), statement=statement)
    events.append(work.archive.folder.events, frozen.to_event(made))
    return [*reports, read_frozen(work)], made


def _told(conn: sqlite3.Connection, family: str) -> dict[str, Any]:
    members = kin.members(conn, family)
    return frozen.told(members, kin.family_links(conn, family, members, limit=EVERY), kin.inferred(conn, family))


def find(conn: sqlite3.Connection, name: str, run: int) -> Frozen:
    """A family as it was cited as of a run. Raises UnknownText."""
    found = held.find(conn, name, run)
    if found is None:
        known = ", ".join(str(one.run) for one in held.of_family(conn, name)) or "none"
        raise UnknownText(f"{name} was not cited as of run {run}; the runs as of which it was: {known}")
    return found
