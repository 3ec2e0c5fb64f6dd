"""What a person must mend. Everything else is data: a page that fails is a row in `failures`.

    ArchiveError            shown without a traceback; says what, where, and what to do next
    ├── TopicError          the topic file has mistakes, or there is none        (exit code 2)
    ├── MissingArchive      the data folder holds no archive                     (exit code 2)
    ├── NewerSchema         the database was written by a newer program          (exit code 1)
    ├── OlderSchema         the database waits for its migration                 (exit code 1)
    ├── ForeignDatabase     the file is no archive of ours                       (exit code 1)
    ├── DamagedWarc         a WARC record cannot be read                         (exit code 1)
    ├── UnreadableFile      a file that was given is not what it should be       (exit code 2)
    ├── UnknownText         what was named is no article of the archive, or not so (exit code 2)
    ├── DamagedLog          the signed log is not what it was                (exit code 1)
    ├── MissingKey          the archive's private key is not there           (exit code 1)
    ├── StampRefused        a time stamp is none, or not of what it should be (exit code 1)
    ├── ProofFailed         a proof file does not prove what it says         (exit code 1)
    ├── WriteFailed         a record could not be written: the disk is full      (exit code 1)
    ├── CrawlFailed         the crawl ended before its work was done             (exit code 1)
    ├── SparkFailed         Spark could not read, write or go on                 (exit code 1)
    ├── PortBusy            another program listens on the port                  (exit code 1)
    ├── MissingExtra        a command needs what is not installed                (exit code 2)
    ├── NotPublic           the topic file does not let whole texts be published (exit code 1)
    └── ArchiveLocked       another run holds the lock                           (exit code 3)
"""

from datetime import datetime
from typing import ClassVar


class ArchiveError(Exception):
    """An error whose text a person can act on."""

    exit_code: ClassVar[int] = 1


class TopicError(ArchiveError):
    """The topic file cannot be used; every problem of the file is in the one message."""

    exit_code = 2


class MissingArchive(ArchiveError):
    """There is no archive at the given place."""

    exit_code = 2


class NewerSchema(ArchiveError):
    """The database was written by a newer version of the program."""


class OlderSchema(ArchiveError):
    """The database was written by an older version, and is open for reading only."""


class ForeignDatabase(ArchiveError):
    """The database file belongs to another program."""


class DamagedWarc(ArchiveError):
    """A WARC record is not where, or not what, the database says; `reason` is why, without where and what to do."""

    def __init__(self, message: str, *, reason: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason or message


class UnreadableFile(ArchiveError):
    """A file on the command line cannot be read, or is of another kind."""

    exit_code = 2


class UnknownText(ArchiveError):
    """What was named on the command line is no article that the archive holds, or not as it was said to be."""

    exit_code = 2


class DamagedLog(ArchiveError):
    """The signed log, or the history of its keys, is not what was signed."""


class MissingKey(ArchiveError):
    """The archive's private key is not there, or is another's."""


class StampRefused(ArchiveError):
    """A time stamp does not hold, or an authority gave none."""


class ProofFailed(ArchiveError):
    """A proof file was changed, or is signed by another key than was asked for."""


class WriteFailed(ArchiveError):
    """A record could not be written; the file is as it was before."""


class CrawlFailed(ArchiveError):
    """The crawl stopped for a reason that is not a page's."""


class SparkFailed(ArchiveError):
    """Spark could not be begun, or what it reads and writes is not there, or refuses."""


class PortBusy(ArchiveError):
    """The address to serve at is taken."""


class NotPublic(ArchiveError):
    """The topic file does not let the archive be served where it was asked to be."""


class MissingExtra(ArchiveError):
    """A command needs a package, or another program, that is not installed."""

    exit_code = 2


class ArchiveLocked(ArchiveError):
    """Another run writes to this archive; since when, as far as it said."""

    exit_code = 3

    def __init__(self, message: str, *, since: datetime | None = None) -> None:
        super().__init__(message)
        self.since = since
