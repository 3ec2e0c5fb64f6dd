"""The topic by which the archive that is shown was made."""

from dataclasses import dataclass
from pathlib import Path

from archive import events
from archive.errors import TopicError, UnreadableFile
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
        """None where no command has kept one yet, where it cannot be read, or this version does not understand it."""
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
    try:
        if file.name == PUBLISHED:
            return parse_topic(file.read_text("utf-8"), path=str(file))
        last = events.last_topic(file)
        return parse_topic(str(last["text"]), path=str(last["file"])) if last is not None else None
    except (OSError, UnreadableFile, TopicError):
        return None
