"""What a page's address asks for -> the values that the page shows, in HTML and as JSON alike.

Each function reads one consistent state of the database and returns an answer, `Moved` or `Missing`; it renders
nothing. JSON leaves out the database's own numbers of articles and versions (`presentable`): they change when it
is built anew, while public ids and keys do not.
"""

import dataclasses
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from archive.model import PARAGRAPH_BREAK, ChangedPassage, InferredExemplar
from archive.store import cited as citing
from archive.store import frozen, kin, lineage, pages, posts, snapshots, withholdings
from archive.store.cited import Cited
from archive.store.kin import Link, SharedText
from archive.store.lineage import Lineage
from archive.store.pages import Card
from archive.store.posts import PostLine
from archive.store.withholdings import Tombstone
from datasette_config import reasons, words
from datasette_config.alignment import Row, aligned, longest, passage_row
from datasette_config.parameters import ParameterError, number
from datasette_config.tree import Node, Timeline, Tree, sigla, timeline, tree
from pipeline.diff import Paragraph, Skipped, changes, diff
from pipeline.sharing import citations

DETAILED = 12  # links of an article whose passages are shown with it
PASSAGES = 5  # of each such link, the longest
EDITS = 8  # neighbouring versions of an article that are compared on its page
CAPTURES = 200
POST_STATES = 300  # versions of a live blog's posts, of the newest posts
DECISIONS = 50  # of people, on an article and others
FAMILY_LINKS = 300
EXPLAINED = 40  # links of a family, the first, whose texts are read to say in sentences why they are shown
MAX_VERSION = 100_000

PAGE_ONLY: Mapping[str, bool] = MappingProxyType({"page_only": True})  # a field that JSON leaves out
_INTERNAL = ("version_id", "article_id")
WORD_BY_WORD = ("identical", "near-duplicate", "excerpt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The answer is at another path of the site, at the element of the page that `fragment` names."""

    path: str
    arguments: tuple[tuple[str, str], ...] = ()
    fragment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """The archive holds no such thing; `reason` says what was looked for."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """The text is not shown; `announced` where it is the page of a source that is not, since it tells of the text."""

    stone: Tombstone
    announced: bool = False


Instead = Moved | Missing | Withheld  # of an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDetail:
    """A link as its article shows it: the other article's card, why it is shown, the longest passages, own text left.

    Beyond the first DETAILED links of an article there are neither sentences nor passages.
    """

    link: Link
    other: Card
    passages: tuple[Row, ...]
    passage_count: int
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What changed from a version to the next one; `notices` are the correction notices that it brought."""

    earlier: pages.VersionLine
    later: pages.VersionLine
    passages: tuple[ChangedPassage, ...]
    notices: tuple[str, ...]
    paragraphs: tuple[Paragraph | Skipped, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleAnswer:
    """An article by one of its versions.

    `source` is the link that says what the article was made from; `sources` are all decided links in which it is the
    copy, `copies` those in which it is the exemplar. `lineage` leads from its exemplar to the family's root; `roots`
    are all roots of the family: which of several stood first is undecided. `cited` is the version, then what it was
    made from, as citations have them. `posts` are a live blog's, of `post_count`; `decisions` what people decided on
    this article and others, also that they share nothing; `withheld` shared text with it, and is not shown.
    """

    article: Card
    version: pages.Reading
    versions: tuple[pages.VersionLine, ...]
    edits: tuple[Edit, ...]
    flips: int
    source: Link | None
    sources: tuple[LinkDetail, ...]
    copies: tuple[LinkDetail, ...]
    undecided: tuple[LinkDetail, ...]
    lineage: tuple[Card, ...]
    roots: tuple[Card, ...]
    addresses: tuple[str, ...]
    captures: tuple[pages.CaptureLine, ...]
    unanswered: tuple[pages.Unanswered, ...]
    citation: str
    cited: tuple[Cited, ...] = field(metadata=PAGE_ONLY)
    posts: tuple[PostLine, ...]
    post_count: int
    decisions: tuple[kin.Decision, ...]
    withheld: tuple[Tombstone, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sigil:
    """A member of a family under its short name; `made_from` is the siglum of the text above it.

    `relation` is what it is of that text; `hours_later` how long after it, where both pages state a time.
    """

    siglum: str
    made_from: str | None
    relation: str | None
    hours_later: float | None
    article: Card


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyAnswer:
    """A family; `links` are those that draw its tree, then undecided ones, of `link_count` in all.

    `inferred` are exemplars that are not held: the text of an agency that several of its witnesses credit, a
    translation by way of which some came.
    `sentences` say of the first EXPLAINED of them, in their order, why each is shown. `withheld` shared text with its
    members, and is not shown. `cited` are the names under which it, or a family that it came of, was cited as of a run.
    """

    public_id: str
    members: tuple[Sigil, ...]
    inferred: tuple[InferredExemplar, ...]
    links: tuple[Link, ...]
    link_count: int
    sentences: tuple[tuple[str, ...], ...]
    withheld: tuple[Tombstone, ...]
    cited: tuple[str, ...]
    made: Mapping[str, Link] = dataclasses.field(metadata=PAGE_ONLY)  # by siglum, the link to the text above
    tree: Tree = dataclasses.field(metadata=PAGE_ONLY)
    timeline: Timeline | None = dataclasses.field(metadata=PAGE_ONLY)

    def sigla_of(self, witnesses: Sequence[str]) -> tuple[str, ...]:
        """The letters of some of the members."""
        return tuple(member.siglum for member in self.members if member.article.public_id in witnesses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two versions beside each other: `rows` where they were found to share text, else `paragraphs` of a diff.

    `sentences` say why their articles are linked, where it is by these two versions.
    """

    left: Card
    right: Card
    link: Link | None
    sentences: tuple[str, ...]
    shared: SharedText | None
    rows: tuple[Row, ...]
    paragraphs: tuple[Paragraph, ...]

    @property
    def is_word_by_word(self) -> bool:
        """Whether the words that differ are marked in what both share, rather than the names that agree."""
        return self.shared is not None and self.shared.relation in WORD_BY_WORD


Question = Mapping[str, str]  # an address's arguments, with the name from its path as ""


def article(conn: sqlite3.Connection, question: Question) -> ArticleAnswer | Instead:
    """/article/KEY, /article/PUBLIC_ID and their .json: a version of an article and all that is known of it."""
    found = _named(conn, question)
    return found if isinstance(found, Instead) else _article(conn, *found)


def cited(conn: sqlite3.Connection, question: Question) -> Cited | Instead:
    """/article/NAME/cite.*: the version that such a path of an article shows, as a citation has it."""
    found = _named(conn, question)
    return found if isinstance(found, Instead) else citing.cited(conn, [found[2].version_id])[0]


def article_lineage(conn: sqlite3.Connection, question: Question) -> Lineage | Instead:
    """/article/NAME.prov.json and the like: where all versions of an article come from."""
    found = _named(conn, question)
    return found if isinstance(found, Instead) else lineage.of_article(conn, found[0])


def family_lineage(conn: sqlite3.Connection, question: Question) -> Lineage | Instead:
    """/family/PUBLIC_ID.prov.json and the like: where all texts of a family come from."""
    found = _family_named(conn, question[""])
    return lineage.of_family(conn, found) if isinstance(found, str) else found


def _family_named(conn: sqlite3.Connection, name: str) -> str | Instead:
    public_id = kin.find_family(conn, name)
    stone = withholdings.find(conn, name) if public_id is None else None
    if stone is not None:  # the family goes on without it, under another name
        kept = (pages.find(conn, key) for key in withholdings.kin_of(conn, stone.url))
        public_id = next((family for place in kept if place is not None
                          and (family := kin.find_family(conn, place.key)) is not None), None)
    if public_id is None:
        return _absent(conn, name, f"No family is held under the name {name}.")
    return public_id if public_id == name else Moved(path=f"/family/{public_id}")


def _absent(conn: sqlite3.Connection, name: str, reason: str) -> Missing | Withheld:
    """What is said of a name under which nothing is shown."""
    stone = withholdings.find(conn, name)
    return Missing(reason=reason) if stone is None else Withheld(stone=stone)


def _named(
    conn: sqlite3.Connection, question: Question
) -> tuple[int, tuple[pages.VersionLine, ...], pages.VersionLine] | Instead:
    """The article that a path names, its versions, and the one that is meant."""
    name = question[""]
    ordinal = number(question, "version", default=0, most=MAX_VERSION)
    place = pages.find(conn, name)
    if place is None:
        blog = posts.article_of(conn, name)
        return Moved(path=f"/article/{blog}", fragment=f"post-{name}") if blog is not None else _absent(
            conn, name, f"No article or version is held under the name {name}.")
    versions = pages.versions(conn, place.article_id)
    shown = next((v for v in versions if v.version_id == place.version_id), versions[-1])
    if name not in (place.key, shown.public_id):
        return Moved(path=f"/article/{shown.public_id if '-' in name else place.key}")
    if ordinal:
        if ordinal > len(versions):
            raise ParameterError(f"version={ordinal}: this article has {words.plural(len(versions), 'version')}")
        shown = versions[ordinal - 1]
    return place.article_id, versions, shown


def family(conn: sqlite3.Connection, question: Question) -> FamilyAnswer | Instead:
    """/family/PUBLIC_ID and its .json: the witnesses of a family, its tree and its links."""
    public_id = _family_named(conn, question[""])
    if not isinstance(public_id, str):
        return public_id
    members = kin.members(conn, public_id)
    places = {article: place for place, article in enumerate(sigla(members))}
    drawn = tree(members)
    links = kin.family_links(conn, public_id, members, limit=FAMILY_LINKS)
    between = {(link.copy.article_id, link.exemplar.article_id): link for link in links if link.direction == "decided"}
    made = {child.siglum: link for node, child in drawn.edges
            if (link := between.get((child.card.article_id, node.card.article_id))) is not None}
    return FamilyAnswer(
        public_id=public_id, tree=drawn, timeline=timeline(members), made=made,
        members=tuple(
            _sigil(node, made.get(node.siglum))
            for node in sorted(drawn.nodes, key=lambda node: places[node.card.article_id])
        ),
        inferred=kin.inferred(conn, public_id), links=links, link_count=kin.family_link_count(conn, public_id),
        sentences=reasons.of_links(conn, links[:EXPLAINED]),
        withheld=withholdings.of_kin(conn, [member.card.key for member in members]),
        cited=tuple(one.name for one in frozen.of_family(conn, public_id)),
    )


def _sigil(node: Node, link: Link | None) -> Sigil:
    return Sigil(siglum=node.siglum, made_from=node.parent, article=node.card,
                 relation=link.relation if link else None,
                 hours_later=words.hours_later(link.copy.dating, link.exemplar.dating) if link else None)


def comparison(conn: sqlite3.Connection, question: Question) -> Comparison | Instead:
    """/compare?left=&right= and /compare.json: two versions beside each other; a key means the latest version."""
    places = []
    for side in ("left", "right"):
        name = question.get(side, "").strip()
        if not name:
            raise ParameterError(f"{side} is missing; give the public id of a version, or an article's key")
        place = pages.find(conn, name)
        if place is None:
            return _absent(conn, name, f"No article or version is held under the name {name}.")
        places.append(place)
    one, other = (place.version_id for place in places)
    known, texts = pages.cards(conn, (one, other)), pages.texts(conn, (one, other))
    shared = kin.shared_text(conn, one, other)
    rows = aligned(texts[one], texts[other], shared.passages,
                   word_by_word=shared.relation in WORD_BY_WORD) if shared else ()
    left, right = known[one], known[other]
    link = kin.link_between(conn, left.article_id, right.article_id)
    return Comparison(
        left=left, right=right, shared=shared, rows=rows, link=link,
        sentences=reasons.sentences(conn, link, texts) if link else (),
        paragraphs=() if shared or snapshots.excerpted(conn, texts) else diff(texts[one], texts[other]),
    )


def presentable(value: Any) -> Any:
    """An answer as JSON takes it: dataclasses as objects, without what changes when the database is built anew."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: presentable(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if "page_only" not in field.metadata and field.name not in _INTERNAL
        }
    if isinstance(value, tuple | list):
        return [presentable(item) for item in value]
    return value


def _article(
    conn: sqlite3.Connection, article_id: int, versions: tuple[pages.VersionLine, ...], shown: pages.VersionLine
) -> ArticleAnswer:
    card = pages.cards(conn, [shown.version_id])[shown.version_id]
    reading = pages.reading(conn, shown.version_id)
    links = _details(conn, article_id, kin.links(conn, article_id))
    above = kin.lineage(conn, article_id)
    sources = tuple(d for d in links if d.link.direction == "decided" and d.link.copy.article_id == article_id)
    parent = above[0].article_id if above else None
    source = next((d.link for d in sorted(sources, key=lambda d: d.other.article_id != parent)), None)
    named = citing.cited(conn, [shown.version_id, *([source.exemplar.version_id] if source else [])])
    return ArticleAnswer(
        article=card, version=reading, versions=versions, edits=_edits(conn, versions), sources=sources,
        flips=pages.flips(conn, article_id),
        source=source, cited=named, citation=citations.plain(citations.citation(named[0], site=None)),
        copies=tuple(d for d in links if d.link.direction == "decided" and d.link.exemplar.article_id == article_id),
        undecided=tuple(d for d in links if d.link.direction != "decided"), lineage=above,
        roots=kin.roots(conn, [card.family]).get(card.family, ()) if card.family else (),
        addresses=pages.addresses(conn, article_id), captures=pages.captures(conn, article_id, limit=CAPTURES),
        unanswered=pages.unanswered(conn, article_id, limit=CAPTURES),
        posts=posts.posts(conn, card.key, limit=POST_STATES), post_count=posts.post_count(conn, card.key),
        decisions=kin.decisions(conn, article_id, limit=DECISIONS),
        withheld=withholdings.of_kin(conn, [card.key]),
    )


def _details(conn: sqlite3.Connection, article_id: int, links: tuple[Link, ...]) -> list[LinkDetail]:
    """The links with their longest passages; beyond DETAILED, without."""
    texts = pages.texts(conn, [end.version_id for link in links[:DETAILED] for end in (link.copy, link.exemplar)])
    return [_detail(conn, article_id, link, texts) for link in links]


def _detail(conn: sqlite3.Connection, article_id: int, link: Link, texts: dict[int, str]) -> LinkDetail:
    own, other = (link.copy, link.exemplar) if link.copy.article_id == article_id else (link.exemplar, link.copy)
    if own.version_id not in texts or other.version_id not in texts:
        return LinkDetail(link=link, other=other, passages=(), passage_count=0)
    shared = kin.shared_text(conn, own.version_id, other.version_id)
    passages = shared.passages if shared else ()
    rows = tuple(
        passage_row(texts[own.version_id], texts[other.version_id], passage, number=place,
                    word_by_word=link.relation in WORD_BY_WORD)
        for place, passage in enumerate(longest(passages, limit=PASSAGES), start=1)
    )
    return LinkDetail(link=link, other=other, passages=rows, passage_count=len(passages),
                      sentences=reasons.sentences(conn, link, texts))


def _edits(conn: sqlite3.Connection, versions: tuple[pages.VersionLine, ...]) -> tuple[Edit, ...]:
    """The latest edits, latest first."""
    pairs = list(pairwise(versions))[-EDITS:]
    texts = pages.texts(conn, [v.version_id for pair in pairs for v in pair])
    passages = pages.passages(conn, [later.version_id for _, later in pairs])
    cut = snapshots.excerpted(conn, texts)
    return tuple(
        Edit(earlier=earlier, later=later, passages=passages[later.version_id],
             notices=_notices(texts[later.version_id], passages[later.version_id]),
             paragraphs=() if cut & {earlier.version_id, later.version_id} else
             changes(diff(texts[earlier.version_id], texts[later.version_id])))
        for earlier, later in reversed(pairs)
    )


def _notices(text: str, passages: tuple[ChangedPassage, ...]) -> tuple[str, ...]:
    """The paragraphs that the passages call correction notices, each once."""
    paragraphs = text.split(PARAGRAPH_BREAK)
    places = {passage.later: None for passage in passages if passage.is_notice and passage.later is not None}
    return tuple(paragraphs[place - 1] for place in places if place <= len(paragraphs))
