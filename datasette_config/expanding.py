"""The terms of a search -> a full-text query, with what else each of them stands for.

A name of the topic's gazetteer stands for all its spellings, in every language and as machine translation garbles it
(Sudzha, Суджа, Southzha); a word for its other forms (Суджу, Суджі; bridge, bridges), as far as the archive holds
them. What was looked for is told beside what was found, and can be turned off; what stands in quotation marks never
stands for anything else.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice, product

from archive.store.search import NOTHING
from archive.topic import Name
from datasette_config.names import Names, spellings_of, tokens_of
from datasette_config.query import Query, Term
from pipeline.stems import are_forms, beginnings, folded

MOST_FORMS = 40  # of one word; of those that stand in most texts
MOST_PHRASES = 60  # of one name of several words, each in its forms

Words = Callable[[str], Sequence[tuple[str, int]]]  # the index's words that begin so, each with how many texts have it


@dataclass(frozen=True, slots=True, kw_only=True)
class FullTextQuery:
    """`match` is None where no word is wanted: then everything is, but for what has the words of `without`."""

    match: str | None
    without: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """A term as it was typed and what was looked for: of `name`, an entry of the gazetteer, or the forms of a word.

    is_unwanted: what has any of it was left out.
    """

    typed: str
    name: str | None
    forms: tuple[str, ...]
    is_unwanted: bool = False


def as_typed(query: Query) -> FullTextQuery:
    """Each term for itself."""
    return _joined([[_quoted(term) for term in group] for group in query.wanted], map(_quoted, query.unwanted))


def expanded(query: Query, names: Names, words: Words) -> tuple[FullTextQuery, tuple[Sought, ...]]:
    """Each term for all that it stands for, and what that is, in the order of the terms."""
    words = lru_cache(maxsize=256)(words)
    sought: list[Sought] = []
    left_out: list[Sought] = []
    wanted = list(_wanted(query.wanted, names, words, sought))
    unwanted = [piece for term in query.unwanted for piece in _term(term, names, words, left_out)]
    return _joined(wanted, unwanted), (*sought, *(replace(one, is_unwanted=True) for one in left_out))


def spelled(name: Name, words: Words) -> str | None:
    """A full-text query of a name as a question for it becomes one; None where nothing of it is held."""
    pieces, held = _spellings(name, lru_cache(maxsize=256)(words))
    return " OR ".join(dict.fromkeys(pieces)) if held and pieces else None


def _wanted(
    groups: Sequence[tuple[Term, ...]], names: Names, words: Words, sought: list[Sought]
) -> Iterator[list[str]]:
    """The alternatives of each group; of neighbours that are a name, those of the name."""
    place = 0
    while place < len(groups):
        following = _words_from(groups, place)
        found = names.at(following) if following else None
        if found:
            name, length = found
            yield _name(name, " ".join(following[:length]), words, sought)
            place += _groups_of(groups, place, length)
        else:
            yield [piece for term in groups[place] for piece in _term(term, names, words, sought)]
            place += 1


def _words_from(groups: Sequence[tuple[Term, ...]], place: int) -> list[str]:
    """The words from a group on, as long as each is for itself: no phrase, no prefix, no choice of two."""
    found: list[str] = []
    for group in groups[place:]:
        if len(group) != 1 or group[0].kind != "word":
            break
        found += group[0].words
    return found


def _groups_of(groups: Sequence[tuple[Term, ...]], place: int, length: int) -> int:
    """How many groups so many words are, the last one whole."""
    count, left = 0, length
    while left > 0:
        left -= len(groups[place + count][0].words)
        count += 1
    return count


def _term(term: Term, names: Names, words: Words, sought: list[Sought]) -> list[str]:
    """What a term stands for by itself: of a name that it is as a whole, its spellings, else its forms."""
    found = names.at(term.words) if term.kind == "word" else None
    if found and found[1] == len(term.words):
        return _name(found[0], term.text, words, sought)
    return _word(term, words, sought)


def _name(name: Name, typed: str, words: Words, sought: list[Sought]) -> list[str]:
    """The spellings of a name, and the one that was typed."""
    pieces, forms = _spellings(name, words)
    sought.append(Sought(typed=typed, name=name.name, forms=tuple(forms)))
    return list(dict.fromkeys([f'"{typed}"', *pieces]))


def _spellings(name: Name, words: Words) -> tuple[list[str], list[str]]:
    """What to look for, and what of it the archive holds: one-word spellings by their forms, others as phrases."""
    pieces: list[str] = []
    held: list[tuple[int, str]] = []
    for spelling in map(tokens_of, spellings_of(name)):
        if not spelling:
            continue
        forms = [_forms_of(word, words) for word in spelling]
        if len(spelling) == 1:
            pieces += [f'"{form}"' for form, _ in forms[0]]
            held += [(count, form) for form, count in forms[0]]
        else:
            for phrase in islice(product(*([form for form, _ in some[:8]] for some in forms)), MOST_PHRASES):
                pieces.append(f'"{" ".join(phrase)}"')
            held += [(0, " ".join(spelling))] if all(forms) else []
    return pieces, list(dict.fromkeys(form for _, form in sorted(held, key=lambda pair: (-pair[0], pair[1]))))


def _word(term: Term, words: Words, sought: list[Sought]) -> list[str]:
    """A term with the forms of its last word; a phrase or a prefix as it stands."""
    if term.kind != "word":
        return [_quoted(term)]
    *before, last = term.words
    forms = [form for form, _ in _forms_of(last, words)]
    if len(forms) > 1 or (forms and forms[0] != folded(last)):
        sought.append(Sought(typed=term.text, name=None, forms=tuple(" ".join([*before, form]) for form in forms)))
    return list(dict.fromkeys(f'"{" ".join([*before, form])}"' for form in [last, *forms]))


def _forms_of(word: str, words: Words) -> list[tuple[str, int]]:
    """The words of the index that are forms of a word, those in most texts first."""
    if word.endswith("*"):
        return list(words(folded(word[:-1]))[:MOST_FORMS])
    found = {other: count for begins in beginnings(word) for other, count in words(begins) if are_forms(word, other)}
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))[:MOST_FORMS]


def _quoted(term: Term) -> str:
    """In quotation marks, which take every other sign's meaning away."""
    return f'"{term.text}"' + ("*" if term.kind == "prefix" else "")


def _joined(wanted: Iterable[Sequence[str]], unwanted: Iterable[str]) -> FullTextQuery:
    groups = [pieces or [NOTHING] for pieces in wanted]
    without = " OR ".join(dict.fromkeys(unwanted)) or None
    if not groups:
        return FullTextQuery(match=None, without=without)
    match = " AND ".join(f"({' OR '.join(group)})" if len(group) > 1 else group[0] for group in groups)
    return FullTextQuery(match=f"({match}) NOT ({without})" if without else match, without=None)
