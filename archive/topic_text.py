"""The text of topic files: one that starts from a bundled topic's terms, and sources put at a file's end."""

import json
import re
from collections.abc import Iterable
from importlib import resources
from itertools import count

from archive.topic import Source, Topic, parse_topic
from archive.urls import canonical_url

_KEYS = ("name", "outlet", "kind", "url", "country", "language", "owner")


def text_like(bundled: str, *, name: str, title: str, contact: str) -> str:
    """A topic file with the terms and settings of a bundled topic, and without its sources."""
    text = (resources.files("archive") / "topics" / f"{bundled}.toml").read_text(encoding="utf-8")
    head = text.partition("[[source]]")[0].rstrip()
    lines = head.split("\n")
    while lines and (not lines[-1].strip() or lines[-1].startswith("#")):  # what was said of the sources
        lines.pop()
    values = {"name": name, "title": title, "contact": contact}
    for key, value in values.items():
        place = next(n for n, line in enumerate(lines) if re.match(rf"{key}\s*=", line))
        lines[place] = f"{key} = {_string(value)}"
    return "\n".join(lines) + "\n"


def with_sources(text: str, sources: Iterable[Source], *, path: str) -> tuple[str, tuple[Source, ...]]:
    """The file's text, kept, with the sources at its end whose address it does not have, and those sources.

    A name that is taken gets a number. Raises TopicError where the text, before or after, is no topic file.
    """
    topic = parse_topic(text, path=path)
    added: list[Source] = []
    blocks = [text if text.endswith("\n") or not text else text + "\n"]
    for source in sources:
        if source.url is not None and canonical_url(source.url) not in _addresses(topic, added):
            named = _named(source, {one.name for one in (*topic.sources, *added)})
            added.append(named)
            blocks.append(_block(named))
    whole = "\n".join(blocks)
    parse_topic(whole, path=path)
    return whole, tuple(added)


def _addresses(topic: Topic, added: Iterable[Source]) -> set[str]:
    return {canonical_url(source.url) for source in (*topic.sources, *added) if source.url}


def _named(source: Source, taken: set[str]) -> Source:
    numbered = (f"{source.name}-{n}" if n > 1 else source.name for n in count(1))
    name = next(name for name in numbered if name not in taken)
    values = {key: getattr(source, key) for key in _KEYS} | {"name": name}
    return Source(**values)


def _block(source: Source) -> str:
    values = ((key, getattr(source, key)) for key in _KEYS)
    return "[[source]]\n" + "".join(f"{key} = {_string(value)}\n" for key, value in values if value is not None)


def _string(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
