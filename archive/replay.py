"""The data folder as pywb serves it: replay/ is a place of pywb's with one collection, whose records lie in warc/.

    replay/collections/archive/archive    a link to the WARC folder
    replay/collections/archive/indexes    CDXJ, a file for the WARC files of each month

Everything in it is derived: it may be deleted, and the next run makes it anew.
"""

import heapq
import os
import re
import shutil
from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path

from archive.errors import WriteFailed
from archive.folder import DataFolder

COLLECTION = "archive"
FILES = Path("../../../warc")  # from where the link is
_MONTH = re.compile(r"(\d{4})/(\d{2})/")


def index_folder(folder: DataFolder) -> Path:
    """Where the files of the index lie."""
    return folder.replay / "collections" / COLLECTION / "indexes"


def name_of(path: str) -> str:
    """The file of the index that a WARC file is in."""
    found = _MONTH.match(path)
    return f"{found[1]}-{found[2]}.cdxj" if found else "other.cdxj"


def size(folder: DataFolder, name: str) -> int | None:
    """The bytes of a file of the index; None where there is none."""
    file = index_folder(folder) / name
    return file.stat().st_size if file.is_file() else None


def write(folder: DataFolder, name: str, lines: Iterable[str], *, is_added: bool) -> int:
    """Write a file of the index from sorted lines, added to those it has or in their place; it appears whole.

    Returns its bytes. Raises WriteFailed.
    """
    place = index_folder(folder)
    file, part = place / name, place / f"{name}.part"
    try:
        place.mkdir(parents=True, exist_ok=True)
        link(folder)
        with open(part, "w", encoding="ascii") as out:
            for line, _ in groupby(heapq.merge(_held(file) if is_added else (), lines)):  # a killed run added some
                out.write(f"{line}\n")
        os.replace(part, file)
        return file.stat().st_size
    except OSError as error:
        raise WriteFailed(f"{file}: {error.strerror}; free some space and run again") from error
    finally:
        part.unlink(missing_ok=True)


def _held(file: Path) -> Iterator[str]:
    with open(file, encoding="ascii", errors="replace") as held:
        for line in held:
            yield line.rstrip("\n")


def link(folder: DataFolder) -> None:
    """The link to the WARC files, made anew where it leads elsewhere, or where a copy of the folder has copies of them.

    What is erased would stay in those.
    """
    place = folder.replay / "collections" / COLLECTION / "archive"
    if place.is_symlink() and place.readlink() != FILES:
        place.unlink()
    elif place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    with suppress(FileExistsError):
        place.symlink_to(FILES, target_is_directory=True)


def leads_elsewhere(folder: DataFolder) -> bool:
    """Whether replay finds other files than the data folder's WARC files."""
    place = folder.replay / "collections" / COLLECTION / "archive"
    return place.is_symlink() and place.readlink() != FILES


def strays(folder: DataFolder, names: Container[str]) -> list[str]:
    """The index's files that no WARC file is in: pywb would serve them, too."""
    return sorted(file.name for file in index_folder(folder).glob("*.cdx*") if file.name not in names)


def differs(folder: DataFolder, name: str, lines: Iterable[str]) -> bool:
    """Whether a file of the index has other lines than these; one that is not there, as in a restored folder, none."""
    file = index_folder(folder) / name
    try:
        return file.read_bytes() != "".join(f"{line}\n" for line in lines).encode()
    except FileNotFoundError:
        return False
    except OSError:
        return True


def remove(folder: DataFolder, name: str) -> None:
    """Take a file of the index away that no WARC file is in any more."""
    (index_folder(folder) / name).unlink(missing_ok=True)
