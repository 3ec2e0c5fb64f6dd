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

from archive.store.vocabulary import NOTHING, UNSPACED
from archive.topic import Name
from datasette_config.names import Names, spellings_of, tokens_of
from datasette_config.query import Query, Term
from datasette_config.stems import are_forms, beginnings, folded

MOST_FORMS = 40  # of one word; of those that stand in most texts
MOST_PHRASES = 60  # of one name of several words, each in its forms

Words = Callable[[str], Sequence[tuple[str, int]]]  # the index's words that begin so, each with how many texts have it
IsName = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Known:
    """What the archive knows of words: which of the index begin so, and whether it writes one as a name."""

    words: Words
    is_name: IsName

    def __call__(self, beginning: str) -> Sequence[tuple[str, int]]:
        return self.words(beginning)


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


def as_typed(query: Query, words: Words) -> FullTextQuery:
    """Each term for itself, wherever it stands in a script without spaces."""
    return _joined([[piece for term in group for piece in _typed(term, words)] for group in query.wanted],
                   [piece for term in query.unwanted for piece in _typed(term, words)])


def expanded(
    query: Query, names: Names, words: Words, *, is_name: IsName = lambda _: True
) -> tuple[FullTextQuery, tuple[Sought, ...]]:
    """Each term for all that it stands for, and what that is, in the order of the terms.

    `is_name` tells whether the archive writes a form as a name: not, where it is a word of its own (сума, for Суми).
    """
    known = Known(lru_cache(maxsize=256)(words), is_name)
    sought: list[Sought] = []
    left_out: list[Sought] = []
    wanted = list(_wanted(query.wanted, names, known, sought))
    unwanted = [piece for term in query.unwanted for piece in _term(term, names, known, left_out)]
    return _joined(wanted, unwanted), (*sought, *(replace(one, is_unwanted=True) for one in left_out))


def _wanted(
    groups: Sequence[tuple[Term, ...]], names: Names, words: Known, sought: list[Sought]
) -> Iterator[list[str]]:
    """The alternatives of each group; of neighbours that are a name, those of the name."""
    place = 0
    while place < len(groups):
        following = _words_from(groups, place)
        found = names.asked(following) if following else None
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


def _term(term: Term, names: Names, words: Known, sought: list[Sought]) -> list[str]:
    """What a term stands for by itself: of a name that it is as a whole, its spellings, else its forms."""
    found = names.asked(term.words) if term.kind == "word" else None
    if found and found[1] == len(term.words):
        return _name(found[0], term.text, words, sought)
    return _word(term, words, sought)


def _name(name: Name, typed: str, words: Known, sought: list[Sought]) -> list[str]:
    """The spellings of a name, and the one that was typed."""
    pieces, forms = _spellings(name, words)
    sought.append(Sought(typed=typed, name=name.name, forms=tuple(forms)))
    return list(dict.fromkeys([f'"{typed}"', *pieces]))


def _spellings(name: Name, words: Known) -> tuple[list[str], list[str]]:
    """What to look for, and what of it the archive holds: one-word spellings by their forms, others as phrases.

    A form that the topic file does not list, and the archive writes small, is another word.
    """
    listed = {folded(word) for spelling in spellings_of(name) for word in tokens_of(spelling)}
    pieces: list[str] = []
    held: list[tuple[int, str]] = []
    for spelling in map(tokens_of, spellings_of(name)):
        if not spelling:
            continue
        forms = [_forms_of(word, words) for word in spelling]
        if len(spelling) == 1:
            own = [(form, count) for form, count in forms[0] if folded(form) in listed or words.is_name(form)]
            pieces += [f'"{form}"' for form, _ in own]
            held += [(count, form) for form, count in own]
        else:
            for phrase in islice(product(*([form for form, _ in some[:8]] for some in forms)), MOST_PHRASES):
                pieces.append(f'"{" ".join(phrase)}"')
            held += [(0, " ".join(spelling))] if all(forms) else []
    return pieces, list(dict.fromkeys(form for _, form in sorted(held, key=lambda pair: (-pair[0], pair[1]))))


def _word(term: Term, words: Words, sought: list[Sought]) -> list[str]:
    """A term with the forms of its last word; a phrase or a prefix as it stands."""
    if term.kind != "word" or _is_unspaced(term):
        return _typed(term, words)
    *before, last = term.words
    forms = [form for form, _ in _forms_of(last, words)]
    if len(forms) > 1 or (forms and forms[0] != folded(last)):
        sought.append(Sought(typed=term.text, name=None, forms=tuple(" ".join([*before, form]) for form in forms)))
    return list(dict.fromkeys(f'"{" ".join([*before, form])}"' for form in [last, *forms]))


def _forms_of(word: str, words: Words) -> list[tuple[str, int]]:
    """The words of the index that are forms of a word, those in most texts first."""
    if UNSPACED.search(word):
        return list(words(folded(word.removesuffix("*"))))
    if word.endswith("*"):
        return list(words(folded(word[:-1]))[:MOST_FORMS])
    found = {other: count for begins in beginnings(word) for other, count in words(begins) if are_forms(word, other)}
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))[:MOST_FORMS]


def _is_unspaced(term: Term) -> bool:
    return all(map(UNSPACED.search, term.words))


def _typed(term: Term, words: Words) -> list[str]:
    """A term as it stands; of a script without spaces, the stretches that hold it.

    The index cuts some of these scripts at signs above the line, as Thai: there, the stretch that a word begins in ends
    as its first part does.
    """
    if not _is_unspaced(term):
        return [_quoted(term)]
    first, *others = map(folded, term.words)
    stretches = [stretch for stretch, _ in words(first) if not others or stretch.endswith(first)]
    return [f'"{" ".join([stretch, *others])}"' + ("*" if others else "") for stretch in stretches] or [NOTHING]


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
