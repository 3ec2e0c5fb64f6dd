"""At a run's end: the signed head -> a time stamp of it by the topic's authority, and old stamps renewed in time.

That an authority does not answer is a finding, and the next run asks again; that it answers what nobody could check
needs a person.
"""

import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.client import HTTPException
from pathlib import Path
from time import monotonic

from archive import log
from archive.errors import ArchiveError, StampRefused, TopicError
from archive.folder import Archive, DataFolder
from archive.ledger import authority, entries, stamps
from archive.ledger.notes import Head
from archive.ledger.stamps import Line
from archive.model import Failure, Report
from archive.store import runs
from archive.topic import Topic
from crawlers.settings import user_agent
from pipeline import PROGRAM
from pipeline.custody import trust

TIMEOUT = 15.0  # seconds
MAX_ANSWER = 200_000  # bytes; answers have one to ten thousand
STAGE, FINDING = "stamp", "time-stamping authority"
TROUBLE = "time stamps"  # in the stage `log`, which `status` tells of
URGENT = 0.3  # of the time in which stamps are to be renewed: with so much left a person should know


class _NoAnswer(ArchiveError):
    """The authority could not be asked; the run is as it was."""


def keep_authorities(folder: DataFolder, topic: Topic, *, now: datetime) -> None:
    """Keep the topic's root certificates as events, before the head is signed that is to be stamped.

    Raises TopicError for a file that is none.
    """
    if topic.stamp.url is not None:
        stamps.keep_roots(folder, list(_roots(topic)), now=now)


def _roots(topic: Topic) -> Iterator[bytes]:
    for name in topic.stamp.authorities:
        file = Path(topic.path).parent / name
        try:
            yield from authority.certificates(file.read_bytes())
        except (OSError, ValueError) as error:
            raise TopicError(f"{topic.path}: stamp.authorities: {file}: {error}; it must be the authority's root "
                             f"certificate in PEM") from error


def stamp(archive: Archive, topic: Topic, *, now: datetime) -> Report | None:
    """Have the newest head stamped, and what stands renewed where that is due; None where nobody is to be asked."""
    if topic.stamp.url is None:
        return None
    started, folder = monotonic(), archive.folder
    try:
        heads = entries.read_heads(folder.heads)
        done = _stamp(folder, topic, heads[-1], now=now) if heads else 0
    except _NoAnswer as error:
        reason, attention = str(error), tuple(_urgent(folder, topic, now))
        _note(archive, STAGE, FINDING, reason, now)
    except ArchiveError as error:
        reason, attention = str(error), (str(error),)
    else:
        runs.clear_failure(archive.conn, stage=STAGE, subject=FINDING)
        runs.clear_failure(archive.conn, stage="log", subject=TROUBLE)
        return Report(step="stamp", done=done, seconds=monotonic() - started)
    for sentence in attention:
        _note(archive, "log", TROUBLE, sentence, now)
    return Report(step="stamp", failed=((reason, 1),), attention=attention, seconds=monotonic() - started)


def _note(archive: Archive, stage: str, subject: str, reason: str, now: datetime) -> None:
    log.event("failure", stage=stage, subject=subject, reason=reason)
    runs.add_failure(archive.conn, Failure(stage=stage, subject=subject, reason=reason, at=now), program=PROGRAM)


def _stamp(folder: DataFolder, topic: Topic, head: Head, *, now: datetime) -> int:
    """How many stamps were given. The head's line comes last, so that a file that is cut off lacks that."""
    state, roots, name = stamps.state(folder), list(_roots(topic)), stamps.digest(head)
    given: Line | None = None
    if name not in state.heads:
        token, ends = _asked(topic, stamps.message_of(head), roots)
        given = Line(head=name, token=token, ends=ends)
    renewed = _renew(folder, topic, state.ends, roots, given, now=now)
    if given is not None:
        stamps.append(folder.stamps, given)
    return renewed + (given is not None)


def _renew(
    folder: DataFolder, topic: Topic, ends: datetime | None, roots: list[bytes], given: Line | None, *, now: datetime
) -> bool:
    """Stamp the stamps that stand, where the first of their certificates ends soon and the authority's own does later.

    given: what the authority just gave, which tells how long its word holds now.
    """
    if ends is None or ends - now >= timedelta(days=topic.stamp.renew_days):
        return False
    if given is not None and given.ends <= ends:
        return False
    raw = folder.stamps.read_bytes()
    raw = raw[:raw.rfind(b"\n") + 1]  # without what a crash cut off, which goes when a line is added
    token, later = _asked(topic, stamps.renewal_message(raw), roots)
    if later <= ends:
        return False
    stamps.append(folder.stamps, Line(renewed=len(raw), token=token, ends=later))
    return True


def _urgent(folder: DataFolder, topic: Topic, now: datetime) -> Iterator[str]:
    """That no authority answers while certificates of stamps are about to end."""
    ends = stamps.state(folder).ends
    if ends is not None and ends - now < URGENT * timedelta(days=topic.stamp.renew_days):
        yield (f"the certificates of time stamps end on {ends:%Y-%m-%d}, and {topic.stamp.url} gives no new ones; put "
               f"an authority that answers into [stamp] of the topic file before that")


def _asked(topic: Topic, message: bytes, roots: list[bytes]) -> tuple[bytes, datetime]:
    """The authority's answer, which was checked, and when its certificates end. Raises _NoAnswer, StampRefused."""
    asked = authority.request(message)
    answer = _answer(topic, asked.as_bytes())
    return answer, authority.stamped(answer, message, roots, asked=asked).ends


def _answer(topic: Topic, query: bytes) -> bytes:
    """RFC 3161, 3.4; proxies of the environment are honoured."""
    request = urllib.request.Request(topic.stamp.url or "", data=query, headers={  # noqa: S310  # the topic file's check lets pass http and https
        "Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply",
        "User-Agent": user_agent(topic)})
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=trust.context(topic)))
    try:
        with opener.open(request, timeout=TIMEOUT) as found:
            answer: bytes = found.read(MAX_ANSWER + 1)
    except (OSError, HTTPException, ValueError) as error:
        raise _NoAnswer(f"the time-stamping authority {topic.stamp.url} gave no answer ({error}); the next run asks "
                        f"again") from error
    if len(answer) > MAX_ANSWER:
        raise StampRefused(f"{topic.stamp.url} answered over {MAX_ANSWER:,} bytes: this is no time-stamping authority")
    return answer
