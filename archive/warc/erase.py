"""Records whose bytes are replaced by as many others: the one way in which a WARC file changes once it is written.

And which records beside the captures of an address name it: those of the requests, and of fetches without an answer.
"""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from archive.errors import DamagedWarc, WriteFailed
from archive.model import RecordRef
from archive.warc.read import read_record
from archive.warc.stretches import gaps


def beside(folder: Path, path: str, captures: Iterable[RecordRef]) -> Iterator[tuple[RecordRef, str, bool]]:
    """The records of a file that are no captures, with the address that each names, and whether it is a request.

    captures: all that lie in the file; they are not looked into.
    """
    for offset, end in gaps(folder / path, ((ref.offset, ref.offset + ref.length) for ref in captures)):
        ref = RecordRef(path=path, offset=offset, length=end - offset)
        try:
            headers = {name.lower(): value for name, value in read_record(folder, ref).headers}
        except DamagedWarc:
            continue
        yield ref, headers.get("warc-target-uri", ""), headers.get("warc-type") == "request"


def unfilled(folder: Path, path: str, wanted: Mapping[int, bytes]) -> dict[int, bytes]:
    """What is still to be written into a file, by offset; nothing beyond its end, and nothing where it is missing."""
    file = folder / path
    if not file.exists():
        return {}
    size, found = file.stat().st_size, {}
    with open(file, "rb") as warc:
        for offset, filler in wanted.items():
            warc.seek(offset)
            if offset + len(filler) <= size and warc.read(len(filler)) != filler:
                found[offset] = filler
    return found


def overwrite(folder: Path, path: str, fillers: Mapping[int, bytes]) -> None:
    """Replace bytes of a file by as many others, in a copy that takes the file's place: it is whole at every moment.

    Raises WriteFailed.
    """
    file = folder / path
    part = file.with_name(file.name + ".part")  # which is no WARC file by its name
    try:
        shutil.copyfile(file, part)
        with open(part, "r+b") as copy:
            for offset, filler in fillers.items():
                copy.seek(offset)
                copy.write(filler)
            copy.flush()
            os.fsync(copy.fileno())
        shutil.copymode(file, part)
        os.replace(part, file)
    except OSError as error:
        raise WriteFailed(f"{file}: {error.strerror}; free some space and run again, nothing was changed") from error
