"""The topic by which the archive that is shown was made."""

from dataclasses import dataclass
from pathlib import Path

from archive import events
from archive.errors import TopicError
from archive.folder import DataFolder
from archive.topic import Topic, parse_topic

PUBLISHED = "topic.toml"  # beside a published database, which has no events


@dataclass(slots=True)
class KeptTopic:
    """The topic by which an archive was made, as its events.jsonl has it; read again when that file has changed."""

    database: Path
    _stamp: tuple[int, int] | None = None
    _topic: Topic | None = None

    def read(self) -> Topic | None:
        """None where no command has kept one yet, or one that this version does not understand."""
        folder = self.database.parent
        file = DataFolder(folder).events
        try:
            if not file.exists():
                file = folder / PUBLISHED
            status = file.stat()
        except OSError:
            return None
        stamp = status.st_mtime_ns, status.st_size
        if stamp != self._stamp:
            self._topic, self._stamp = _parsed(file), stamp
        return self._topic


def _parsed(file: Path) -> Topic | None:
    if file.name == PUBLISHED:
        return _topic(file.read_text("utf-8"), str(file))
    last = events.last_topic(file)
    if last is None:
        return None
    return _topic(str(last["text"]), str(last["file"]))


def _topic(text: str, path: str) -> Topic | None:
    try:
        return parse_topic(text, path=path)
    except TopicError:
        return None
