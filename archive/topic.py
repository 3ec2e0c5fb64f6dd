"""A topic file (TOML) -> Topic, or one TopicError that lists every problem of the file.

Places in messages count from 1: source[2] is the second [[source]]. What a key means is
said where its value is kept, in the classes below and in archive.topic_settings.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from archive.errors import TopicError
from archive.model import SourceKind
from archive.toml_table import Table, day, flag, list_of, one_of, suggestion, text, url
from archive.topic_fields import contact, country_code, language_code, slug, term
from archive.topic_keywords import Keywords, keywords_of
from archive.topic_settings import (
    BackfillSettings,
    CrawlSettings,
    PublishSettings,
    StampSettings,
    WatchSettings,
    backfill_settings,
    crawl_settings,
    publish_settings,
    stamp_settings,
    watch_settings,
)

NameKind = Literal["place", "person", "organisation"]

SOURCE_KINDS: tuple[SourceKind, ...] = ("feed", "sitemap", "section", "list")
PROVENANCE = "provenance"  # under this name what pages declare as their source is announced
CAPTURE = "capture"  # and under this one what a person asked for by its address
HUNT = "hunt"  # and under this one what was found when kin of a text were looked for
OWN_SOURCES = (PROVENANCE, CAPTURE, HUNT)
NAME_KINDS: tuple[NameKind, ...] = ("place", "person", "organisation")
TEMPLATE = "template"
TEMPLATE_TERM = "replace this term"  # in its keywords


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A gazetteer entry: `name` is a label, only its spellings are looked for.

    decides: its mention alone puts a text on the topic; likely: its mention beside words of the subject. Misspellings
    are what machine translation makes of the name; they never decide, since some are words (Суджа, read as судья:
    Judge): these are in `common_words` too, and a search for the name does not look for them.
    """

    name: str
    kind: NameKind
    decides: bool = False
    likely: bool = False
    spellings: tuple[tuple[str, tuple[str, ...]], ...]
    misspellings: tuple[str, ...] = ()
    common_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEvent:
    """Something that happened on a day: who tells of it wrote then or later.

    `words` are of one language each: of any entry all words stand in one paragraph, in any order, of a text that tells
    of it; a word's trailing * stands for any ending.
    """

    name: str
    day: date
    words: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where articles are announced: feed, sitemap, section page by `url`, a list by its `urls` or by a `file`.

    A sitemap's address may be that of a robots.txt, whose `Sitemap:` lines then count.

    file is relative to the topic file and has one address a line; country is ISO 3166-1 alpha-2, language
    ISO 639-1. Sources of one owner are no independent witnesses. full_text: whether its texts may be published
    whole; None leaves it to `publish.full_text`.
    """

    name: str
    outlet: str
    kind: SourceKind
    url: str | None = None
    urls: tuple[str, ...] = ()
    file: str | None = None
    country: str | None = None
    language: str | None = None
    owner: str | None = None
    note: str | None = None
    full_text: bool | None = None

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses that the topic file itself has of it."""
        return (self.url,) if self.url else self.urls


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What to archive; `start` and `end` are the first and last day, `data` the data folder beside the file.

    digest is "sha256:" and the hex digest of the file's bytes; settings are the command line's overrides.
    """

    name: str
    title: str
    contact: str
    languages: tuple[str, ...]
    start: date
    end: date
    keywords: tuple[Keywords, ...]
    gazetteer: tuple[Name, ...]
    sources: tuple[Source, ...]
    events: tuple[KnownEvent, ...]
    crawl: CrawlSettings
    backfill: BackfillSettings
    publish: PublishSettings
    stamp: StampSettings
    watch: WatchSettings
    data: str | None
    path: str
    digest: str
    text: str
    settings: tuple[str, ...] = ()

    @property
    def has_placeholder_contact(self) -> bool:
        """The contact is an address reserved for examples (RFC 2606): nobody could complain to it."""
        host = (urlsplit(self.contact).hostname or self.contact.rpartition("@")[2]).lower()
        return re.search(r"(^|\.)(example(\.(com|net|org))?|invalid|test)$|^your\.", host) is not None


def parse_topic(text: str, *, path: str) -> Topic:
    """The topic that a file's text describes; `path` names the file in messages.

    Raises TopicError with every problem of the file.
    """
    return _topic(_toml(text, path), text, path, settings=())


def load_topic(path_or_name: str | Path) -> Topic:
    """Read a topic file, or by a bare name ("kursk") one that comes with the program."""
    name = str(path_or_name)
    if isinstance(path_or_name, Path) or name.endswith(".toml") or Path(name).name != name:
        return parse_topic(_file_text(Path(name), name), path=name)
    bundled = _bundled_folder() / f"{name}.toml"
    if name not in bundled_topics():
        known = ", ".join(bundled_topics())
        raise TopicError(
            f"no topic '{name}' comes with the program (there is: {known}){suggestion(name, bundled_topics())}\n"
            f"For a file of your own give its path, such as ./{name}.toml"
        )
    return parse_topic(_file_text(bundled, name), path=str(bundled))


def bundled_topics() -> tuple[str, ...]:
    """Names of the topics that come with the program."""
    names = (entry.name.removesuffix(".toml") for entry in _bundled_folder().iterdir() if entry.name.endswith(".toml"))
    return tuple(sorted(name for name in names if name != TEMPLATE))


def with_overrides(topic: Topic, settings: Sequence[str]) -> Topic:
    """The topic with settings such as "crawl.delay=0.5" put over its file, and checked like the file.

    Values are TOML; a bare word is a string. Later settings win; the digest stays that of the file.
    """
    raw = _toml(topic.text, topic.path)
    wrong = [sentence for setting in (*topic.settings, *settings) if (sentence := _override(raw, setting))]
    if wrong:
        raise TopicError(_listed("--set", wrong))
    return _topic(raw, topic.text, topic.path, settings=(*topic.settings, *settings))


def new_topic_text(*, name: str, title: str, contact: str) -> str:
    """The text of a new topic file, with a comment on each part: the bundled template, filled in."""
    template = (_bundled_folder() / f"{TEMPLATE}.toml").read_text(encoding="utf-8")
    values = {"@name@": name, "@title@": title, "@contact@": contact}
    return re.sub("|".join(values), lambda match: _toml_string(values[match[0]]), template)


def _bundled_folder() -> Traversable:
    return resources.files("archive") / "topics"


def _file_text(file: Path | Traversable, name: str) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        known = ", ".join(bundled_topics())
        raise TopicError(
            f"{name}: cannot read the topic file: {error.strerror}\n"
            f"Give the path of a topic file, or a topic that comes with the program: {known}"
        ) from error
    except UnicodeDecodeError as error:
        raise TopicError(f"{name}: byte {error.start} is no UTF-8; save the file as UTF-8") from error


def _toml(text: str, path: str) -> dict[str, object]:
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise TopicError(f"{path}: no valid TOML: {error}") from error


def _toml_string(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _override(raw: dict[str, object], setting: str) -> str | None:
    """Put one "table.key=value" into the raw tables; the sentence to show if that cannot be done."""
    dotted, equals, value = setting.partition("=")
    *tables, key = (part.strip() for part in dotted.split("."))
    if not equals or not all((*tables, key)):
        return f"{setting}: expected table.key=value, such as crawl.delay=0.5"
    for name in tables:
        inner = raw.setdefault(name, {})
        if not isinstance(inner, dict):
            return f"{dotted}: '{name}' is no table; only single values can be set here"
        raw = inner
    raw[key] = _override_value(value.strip())
    return None


def _override_value(value: str) -> object:
    try:
        read = tomllib.loads(f"value = {value}")
    except tomllib.TOMLDecodeError:
        return value
    return read["value"] if len(read) == 1 else value


def _listed(path: str, problems: Sequence[str]) -> str:
    count = f"{len(problems)} problems" if len(problems) > 1 else "a problem"
    return f"{path} has {count}:\n  " + "\n  ".join(f"{path}: {line}" for line in problems)


def _topic(raw: dict[str, object], source: str, path: str, *, settings: tuple[str, ...]) -> Topic:
    table = Table(raw)
    topic = Topic(
        name=table.need("name", slug, ""),
        title=table.need("title", text, ""),
        contact=table.need("contact", contact, ""),
        languages=table.need("languages", list_of(language_code), ()),
        start=table.need("from", day, date.min),
        end=table.need("to", day, date.max),
        keywords=keywords_of(table.table("keywords")),
        gazetteer=tuple(_name(entry) for entry in table.tables("gazetteer")),
        sources=tuple(_source(entry) for entry in table.tables("source")),
        events=tuple(_event(entry) for entry in table.tables("event")),
        crawl=crawl_settings(table.table("crawl")),
        backfill=backfill_settings(table.table("backfill")),
        publish=publish_settings(table.table("publish")),
        stamp=stamp_settings(table.table("stamp")),
        watch=watch_settings(table.table("watch")),
        data=table.get("data", text, None),
        path=path,
        digest="sha256:" + hashlib.sha256(source.encode()).hexdigest(),
        text=source,
        settings=settings,
    )
    table.close()
    table.noted.extend(_contradictions(topic))
    if table.noted:
        raise TopicError(_listed(" with ".join((path, *settings)), table.noted))
    return topic


def _contradictions(topic: Topic) -> list[str]:
    """What is wrong between values that are each right."""
    found = [] if topic.start <= topic.end else [f"to: {topic.end} is before from: {topic.start}"]
    if not topic.keywords and not any(name.decides for name in topic.gazetteer):
        found.append("keywords: required, unless a gazetteer name has decides = true; nothing could be on the topic")
    found += _twice("source", "name", [source.name for source in topic.sources])
    found += _twice("source", "url", [source.url or "" for source in topic.sources])
    found += [
        f"source[{ordinal}].name: '{source.name}' is a name that the program keeps to itself; choose another"
        for ordinal, source in enumerate(topic.sources, start=1) if source.name in OWN_SOURCES
    ]
    found += _twice("gazetteer", "name", [name.name for name in topic.gazetteer])
    return found


def _twice(array: str, key: str, values: Iterable[str]) -> list[str]:
    first: dict[str, int] = {}
    return [
        f"{array}[{ordinal}].{key}: '{value}' is already that of {array}[{first[value]}]"
        for ordinal, value in enumerate(values, start=1)
        if value and first.setdefault(value, ordinal) != ordinal
    ]


def _name(table: Table) -> Name:
    spellings = table.table("spellings")
    name = Name(
        name=table.need("name", text, ""),
        kind=table.need("kind", one_of(NAME_KINDS), "place"),
        decides=table.get("decides", flag, False),
        likely=table.get("likely", flag, False),
        spellings=tuple(
            (language, spellings.get(language, list_of(term), ())) for language in spellings.keys(language_code)
        ),
        misspellings=table.get("misspellings", list_of(term), ()),
        common_words=table.get("common_words", list_of(term), ()),
    )
    for word in name.common_words:
        if word not in name.misspellings:
            table.note("common_words", f"'{word}' is none of the misspellings")
    if name.decides and name.likely:
        table.note("likely", "a name that decides is not also likely; leave one of the two out")
    if not spellings.raw:
        table.note("spellings", 'required, in one language at least, such as { en = ["Sudzha"] }')
    table.close()
    return name


def _event(table: Table) -> KnownEvent:
    words = table.table("words")
    event = KnownEvent(
        name=table.need("name", text, ""), day=table.need("day", day, date.min),
        words=tuple((language, words.get(language, list_of(term), ())) for language in words.keys(language_code)),
    )
    if not words.raw:
        table.note("words", 'required, in one language at least, such as { en = ["Easter truce"] }')
    table.close()
    return event


def _source(table: Table) -> Source:
    source = Source(
        name=table.need("name", slug, ""),
        outlet=table.need("outlet", text, ""),
        kind=table.need("kind", one_of(SOURCE_KINDS), "list"),
        url=table.get("url", url, None),
        urls=table.get("urls", list_of(url), ()),
        file=table.get("file", text, None),
        country=table.get("country", country_code, None),
        language=table.get("language", language_code, None),
        owner=table.get("owner", text, None),
        note=table.get("note", text, None),
        full_text=table.get("full_text", flag, None),
    )
    if table.raw.get("kind") in SOURCE_KINDS:
        _check_addresses(table, source.kind)
    table.close()
    return source


def _check_addresses(table: Table, kind: SourceKind) -> None:
    """A list has `urls` or `file`; every other kind has `url`."""
    wanted = ("urls", "file") if kind == "list" else ("url",)
    given = [key for key in ("url", "urls", "file") if key in table.raw]
    foreign = [key for key in given if key not in wanted]
    in_words = " or ".join(f"'{key}'" for key in wanted)
    for key in foreign:
        table.note(key, f"a {kind} has no '{key}'; it needs {in_words}")
    if not foreign and len(given) != 1:
        table.note("", f"a {kind} needs {in_words}" + (", not both" if given else ""))
