"""A text that somebody asks about: out of a file, a saved page, or the archive."""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from archive.errors import UnknownText, UnreadableFile
from archive.model import PARAGRAPH_BREAK, Block, Days
from archive.store import pages, withholdings
from archive.times import from_iso
from archive.topic import Topic
from archive.urls import host_of, registered_domain
from pipeline.origins.leads import Leads, leads, subject_of
from pipeline.text import clean_paragraph

HTML = frozenset({".html", ".htm"})
MAX_FILE_BYTES = 5_000_000
LONGEST_TITLE = 300  # characters of a first line that is taken for the headline
WIDEST = 120  # characters of a line at which a text was wrapped
FULL = 0.6  # of the longest line: shorter ones end a paragraph
_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*$")
_BROKEN = re.compile(r"\w-$")  # within a word
_SENTENCES = re.compile(  # one that ends the line, or another after it
    r"[.!…][\"'”’»)\]]*$|[^\W\d_]{4,}[.!…][\"'”’»)\]]*\s+[\"'“‘«(]?[^\W\d_a-zа-яіїєґ]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A text, and its version where it is held; `dated` is None where the text itself must tell when it was written."""

    title: str | None
    paragraphs: tuple[str, ...]
    language: str | None
    dated: Days | None = None
    version_id: int | None = None

    @property
    def text(self) -> str:
        """The whole text, as the archive would keep it."""
        return PARAGRAPH_BREAK.join(self.paragraphs)


def read_file(file: Path) -> Subject:
    """A text file (its first line, if a short one, is the headline) or a saved page. Raises UnreadableFile."""
    from pipeline.extract import NoText, extract

    try:
        raw = file.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{file}: {error.strerror}; give a text file, a saved page, or an address") from error
    if len(raw) > MAX_FILE_BYTES:
        raise UnreadableFile(f"{file} has {len(raw):,} bytes; a text of at most {MAX_FILE_BYTES:,} can be looked for")
    if file.suffix.lower() in HTML:
        try:
            found = extract(raw, url=file.resolve().as_uri(), charset=None, payload_digest="")
        except NoText as error:
            raise UnreadableFile(f"{file}: {error}; save the article's text as a .txt file") from error
        if isinstance(found, Block):
            raise UnreadableFile(f"{file}: {found.reason}, and no article; save the article's text as a .txt file")
        return Subject(title=found.title, paragraphs=found.paragraphs, language=found.language)
    return of_text(_decoded(raw, name=str(file)), name=str(file))


def _decoded(raw: bytes, *, name: str) -> str:
    """The text of a file in UTF-8. Raises UnreadableFile for what is mostly something else."""
    text = raw.decode("utf-8", "replace")
    if text.count("\N{REPLACEMENT CHARACTER}") + text.count("\0") > len(text) / 10:
        raise UnreadableFile(f"{name} is no text in UTF-8; save it as such, or give a saved page as .html")
    return text


def of_text(text: str, *, name: str) -> Subject:
    """A plain text: a first line that is short and holds no whole sentence is its headline. Raises UnreadableFile.

    Its white space is made single, as that of a page is, and lines that were only wrapped are joined: else both would
    look like traces of a translation.
    """
    from pipeline.extract import language

    parts = [part for block in re.split(r"\n[^\S\n]*\n", "\n".join(text.splitlines())) for part in _unwrapped(
        [line for line in map(clean_paragraph, block.split("\n")) if line])]
    if not parts:
        raise UnreadableFile(f"{name} holds no text; give a text file, a saved page, or an article's address")
    has_title = len(parts) > 1 and len(parts[0]) <= LONGEST_TITLE and not _SENTENCES.search(parts[0])
    return Subject(title=parts[0] if has_title else None, paragraphs=tuple(parts[has_title:]),
                   language=language("\n".join(parts)))


def _unwrapped(lines: Sequence[str]) -> Iterator[str]:
    """Lines as paragraphs: each one, or, where most are about as long as the longest and end no sentence, joined."""
    widest = max(map(len, lines), default=0)
    full = [line for line in lines[:-1] if len(line) >= FULL * widest]
    if len(full) < 2 or widest > WIDEST or len(full) < FULL * len(lines[:-1]) or \
            sum(bool(_SENTENCE_END.search(line)) for line in full) > len(full) / 2:
        yield from lines
        return
    paragraph = list[str]()
    for line in lines:  # whether a word is broken shows in the last line: all of a long table is one paragraph
        paragraph += [" ", line] if paragraph and not _BROKEN.search(paragraph[-1]) else [line]
        if len(line) < FULL * widest:
            yield "".join(paragraph)
            paragraph.clear()
    if paragraph:
        yield "".join(paragraph)


def read_article(conn: sqlite3.Connection, name: str) -> Subject:
    """An article of the archive, by its address, key or a version's public id. Raises UnknownText."""
    place = pages.named(conn, name)
    if place is None:
        withholdings.refuse(conn, name)
        raise UnknownText(f"{name} is no file, and no article on the topic that the archive holds; give the path of a "
                          f"text file, or fetch the article with 'stemma capture' first")
    card = pages.cards(conn, [place.version_id])[place.version_id]
    dating = card.dating
    last = from_iso(dating.latest).date()
    text = pages.texts(conn, [place.version_id])[place.version_id]
    return Subject(
        title=card.title, paragraphs=tuple(text.split(PARAGRAPH_BREAK)), language=card.language,
        dated=Days(first=min(from_iso(dating.earliest).date(), last), last=last) if dating.earliest else None,
        version_id=place.version_id,
    )


def outlets_of(topic: Topic) -> dict[str, str]:
    """The outlets of the topic's sources, each with the registered domain of its address."""
    return {source.outlet: registered_domain(host_of(url)) for source in topic.sources for url in source.addresses[:1]}


def leads_of(subject: Subject, topic: Topic) -> Leads:
    """What the text itself says of where it comes from."""
    return leads(
        subject.title, subject.paragraphs, subject.language, gazetteer=topic.gazetteer, outlets=outlets_of(topic),
        period=Days(first=topic.start, last=topic.end), subject=subject_of(topic.keywords, subject.language),
        known=topic.events)


def is_file(name: str) -> bool:
    """Whether what was named is a file."""
    with suppress(OSError, ValueError):
        return "://" not in name and Path(name).is_file()
    return False
