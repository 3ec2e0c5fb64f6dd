"""The names of the topic's gazetteer: which one stands at a place in a text or a question, in whatever form.

A name is met in every spelling that the topic file gives, in every case that its stem allows, and garbled as machine
translation does it, unless that is a word of its own.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from archive.model import PARAGRAPH_BREAK
from archive.topic import Name, Topic
from datasette_config.kept_topic import KeptTopic
from datasette_config.query import tokens
from datasette_config.stems import are_forms, folded, stems

LONGEST = 8  # words of a name that is looked for in a text
BEGINS = 3  # letters by which spellings with any ending are kept
_WORD = re.compile(r"[^\W_]+")

Spelling = tuple[str, ...]  # its words as the index cuts them; * is any ending


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of a paragraph, and the name that it is."""

    text: str
    name: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentioned:
    """A name of the gazetteer, and how often a text has it."""

    name: str
    kind: str
    times: int


class Names:
    """The gazetteer's names by what their spellings begin with."""

    def __init__(self, gazetteer: Iterable[Name]) -> None:
        self._by_stem: dict[str, list[tuple[Spelling, Name]]] = {}
        self._by_beginning: dict[str, list[tuple[Spelling, Name]]] = {}
        self._by_label: dict[Spelling, Name] = {}
        for name in gazetteer:
            self._by_label.setdefault(tuple(map(folded, tokens(name.name))), name)
            for words in filter(None, map(tokens_of, spellings_of(name))):
                if words[0].endswith("*"):
                    self._by_beginning.setdefault(folded(words[0][:-1])[:BEGINS], []).append((words, name))
                else:
                    for stem in stems(words[0]):
                        self._by_stem.setdefault(stem, []).append((words, name))

    def at(self, words: Sequence[str]) -> tuple[Name, int] | None:
        """The name that stands at the beginning of some words, in any form, and of how many words; the longest."""
        listed = [entry for stem in stems(words[0]) for entry in self._by_stem.get(stem, ())]
        listed += self._by_beginning.get(folded(words[0])[:BEGINS], ())
        found: tuple[Name, int] | None = None
        for spelling, name in listed:
            if (found[1] if found else 0) < len(spelling) <= len(words) and all(
                    _is_form(word, wanted) for word, wanted in zip(words, spelling, strict=False)):
                found = name, len(spelling)
        return found

    def asked(self, words: Sequence[str]) -> tuple[Name, int] | None:
        """The name that a question means, which may be by its label, as we write it: "Loknya river"."""
        found = self.at(words)
        whole = tuple(map(folded, words[:LONGEST]))
        for length in range(len(whole), found[1] - 1 if found else 0, -1):
            if whole[:length] in self._by_label:
                return self._by_label[whole[:length]], length
        return found


class KeptNames:
    """The names of the topic by which the archive was made, as long as its file does not change."""

    def __init__(self, kept: KeptTopic) -> None:
        self._kept = kept
        self._topic: Topic | None = None
        self._names = Names(())

    def read(self) -> Names:
        """None are known before the first run."""
        topic = self._kept.read()
        if topic is not self._topic:
            self._topic, self._names = topic, Names(topic.gazetteer if topic else ())
        return self._names


def marked(text: str, names: Names) -> tuple[tuple[Stretch, ...], ...]:
    """A text's paragraphs cut at the names that stand in them; a word that begins small is none."""
    return tuple(tuple(_stretches(paragraph, names)) for paragraph in text.split(PARAGRAPH_BREAK) if paragraph.strip())


def mentioned(paragraphs: Iterable[Iterable[Stretch]]) -> tuple[Mentioned, ...]:
    """The names of a marked text, the most frequent first."""
    times = Counter((found.name, found.kind) for paragraph in paragraphs for found in paragraph if found.name)
    return tuple(Mentioned(name=name or "", kind=kind or "", times=n) for (name, kind), n in times.most_common())


def is_written_small(form: str, texts: Iterable[str]) -> bool:
    """Whether texts write a word small more often than not where no sentence begins: then it is no name."""
    word = re.compile(rf"(?<=[\w,;)–—-] )({re.escape(form)})(?!\w)", re.IGNORECASE)
    written: list[bool] = [found[1][0].isupper() for text in texts for found in word.finditer(text)]
    return 2 * sum(written) < len(written)


def spellings_of(name: Name) -> list[str]:
    """Every way to write a name that means no other thing, each once."""
    listed = [spelling for _, of_language in name.spellings for spelling in of_language]
    return list(dict.fromkeys([*listed, *(wrong for wrong in name.misspellings if wrong not in name.common_words)]))


def tokens_of(spelling: str) -> Spelling:
    """A spelling's words as the index cuts them; * is any ending of the word before it."""
    return tuple(
        word + ("*" if part.endswith("*") and word == words[-1] else "")
        for part in spelling.split() if (words := tokens(part)) for word in words)


def _stretches(paragraph: str, names: Names) -> Iterator[Stretch]:
    words = list(_WORD.finditer(paragraph))
    done, place = 0, 0
    while place < len(words):
        word = words[place]
        found = names.at([one.group() for one in words[place:place + LONGEST]]) if word.group()[0].isupper() else None
        if found is None:
            place += 1
            continue
        name, length = found
        end = words[place + length - 1].end()
        if word.start() > done:
            yield Stretch(text=paragraph[done:word.start()])
        yield Stretch(text=paragraph[word.start():end], name=name.name, kind=name.kind)
        done, place = end, place + length
    if done < len(paragraph):
        yield Stretch(text=paragraph[done:])


def _is_form(word: str, wanted: str) -> bool:
    return folded(word).startswith(folded(wanted[:-1])) if wanted.endswith("*") else are_forms(word, wanted)
