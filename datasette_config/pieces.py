"""Pieces of a page that stand in it hundreds of times, as functions: of a family of 200 texts half of the time went
into macros that named each text in the tree, the list, the timeline, the table and the links.

What is archived is escaped here as Jinja escapes it elsewhere: each value that a page, a source or a person can decide.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from markupsafe import Markup
from markupsafe import escape as escaped_always

from archive.model import Evidence
from archive.store.kin import Link
from archive.store.pages import FIRST_SEEN, Card, Dating
from archive.store.search import Piece
from datasette_config import words
from datasette_config.choices import Choice

_MEANS = re.compile("[&<>\"']")
GIVEN_UP = ' <span class="unseen">, chosen: give it up</span><span aria-hidden="true">×</span>'
# As the evidence of dates has them: "published 2024-08-06T21:40:00+01:00 (json-ld), the other 2024-08-07 (url)".
_DATED = re.compile(r"(?:published|, the other|, the copy) (?P<at>\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?)"
                    r"(?: \((?P<basis>[^()]*)\))?")


def escape(text: str) -> str:
    """As Jinja escapes it; most of what stands in a page thousands of times has nothing to be escaped."""
    return text if _MEANS.search(text) is None else str(escaped_always(text))


@dataclass(frozen=True, slots=True)
class Pieces:
    """Of one page; `to` gives the address of a path of the site. What was made once is kept for as long as the page."""

    to: Callable[..., str]
    _begins: dict[str, str] = field(default_factory=dict)
    _pages: dict[str, str] = field(default_factory=dict)
    _dates: dict[Dating, Markup] = field(default_factory=dict)
    _titles: dict[str, Markup] = field(default_factory=dict)

    def page_of(self, card: Card) -> str:
        """Where a text's page is: an article's by its key, an older version's by its public id."""
        name = card.key if card.is_latest else card.public_id
        found = self._pages.get(name)
        if found is None:
            found = self._pages[name] = f"{self._begin('/article/')}{name}"
        return found

    def side_by_side(self, link: Link) -> str:
        """Where the two texts of a link are compared."""
        left, right = quote_plus(link.copy.public_id), quote_plus(link.exemplar.public_id)
        return f"{self._begin('/compare')}?left={left}&right={right}"

    def _begin(self, path: str) -> str:
        """What addresses below a path begin with, worked out once."""
        found = self._begins.get(path)
        if found is None:
            found = self._begins[path] = self.to(path)
        return found

    def date(self, dating: Dating) -> Markup:
        """When a text was published."""
        found = self._dates.get(dating)
        if found is None:
            found = self._dates[dating] = Markup(  # noqa: S704  # escaped, as the module says
                f'<time datetime="{escape(dating.iso)}">{escape(words.dated(dating))}</time>')
        return found

    @staticmethod
    def moment(iso: str | None) -> Markup:
        """A moment or a day in words, and as it stands for programs."""
        if not iso:
            return Markup("not known")
        return Markup(f'<time datetime="{escape(iso)}">{escape(words.moment(iso))}</time>')  # noqa: S704

    @classmethod
    def told(cls, sentence: str) -> Markup:
        """A sentence of the program's about a link, the dates that it names in words."""
        said, done = list[str](), 0
        for found in _DATED.finditer(sentence):
            said += [escape(sentence[done:found.start("at")]), cls.moment(found["at"])]
            done = found.end("at")
            if found["basis"]:
                said.append(escape(f" ({words.basis_in_short(found['basis'])})"))
                done = found.end()
        return Markup("".join([*said, escape(sentence[done:])]))  # noqa: S704

    def title(self, card: Card) -> Markup:
        """A text's headline in its own direction."""
        found = self._titles.get(card.public_id)
        if found is None:
            found = self._titles[card.public_id] = Markup(  # noqa: S704
                f'<bdi lang="{escape(card.language or "")}">{escape(card.title or "Untitled")}</bdi>')
        return found

    def meta(self, card: Card) -> Markup:
        """Whose text it is, of when and in what language."""
        how = (f' <span class="how">{escape(words.dated_by(card.dating))}</span>'
               if card.dating.basis != FIRST_SEEN else "")
        return Markup(  # noqa: S704
            f'<p class="meta"><bdi class="outlet">{escape(card.outlet)}</bdi>\n'
            f"<span>{self.date(card.dating)}{how}</span>\n<span>{escape(words.language(card.language))}</span></p>")

    def badges(self, card: Card) -> Markup:
        """What else there is to see of a text: kin, versions, that it is gone."""
        page, found = escape(self.page_of(card)), list[str]()
        if card.shares:
            found.append(f'<a class="badge" href="{page}#kin">{"repost, " if card.is_copy else ""}'
                         f"shares text with {words.others(card.shares)}</a>")
        if card.versions > 1:
            found.append(f'<a class="badge" href="{page}#versions">{words.plural(card.versions, "version")}</a>')
        if card.gone_at:
            found.append(f'<span class="badge gone">{"removed" if card.removed else "gone"} by '
                         f'<time datetime="{escape(card.gone_at)}">{escape(words.day(card.gone_at))}</time></span>')
        shown = "\n".join(found)
        return Markup(f'<p class="badges">\n{shown}\n</p>' if found else "")  # noqa: S704

    @staticmethod
    def marked(found: Iterable[Piece]) -> Markup:
        """A stretch of a text with what was searched for marked."""
        return Markup("".join(  # noqa: S704
            f"<mark>{escape(one.text)}</mark>" if one.hit else escape(one.text) for one in found))

    @staticmethod
    def choice(one: Choice) -> Markup:
        """A value of a facet."""
        chosen, given_up = (' aria-current="true"', GIVEN_UP) if one.is_chosen else ("", "")
        return Markup(  # noqa: S704
            f'<li><a href="{escape(one.href)}" rel="nofollow"{chosen}><bdi>{escape(one.label)}</bdi> '
            f"<span>{one.count}{given_up}</span></a></li>")

    def why(self, sentences: Iterable[str]) -> Markup:
        """Why a link is shown, in sentences."""
        said = "".join(f"<li><bdi>{self.told(sentence)}</bdi></li>" for sentence in sentences)
        return Markup(f'<ul class="why">{said}</ul>' if said else "")  # noqa: S704

    def reasons(self, link: Link) -> Markup:
        """The evidence of a link's direction, weighed."""
        if not link.evidence:
            return Markup('<p class="quiet">Nothing that was read speaks for either direction.</p>')
        told = "\n".join(self._reason(reason, link) for reason in link.evidence)
        return Markup(f'<ul class="reasons">\n{told}\n</ul>')  # noqa: S704

    def _reason(self, reason: Evidence, link: Link) -> str:
        side = words.favours(reason, link)
        way = (f" that the text came from <bdi>{escape(link.exemplar.outlet)}</bdi>" if side == "exemplar"
               else " for the other way round" if side == "copy" else "")
        weight = -reason.weight if side == "copy" else reason.weight
        return (f"<li><b>{escape(words.evidence_kind(reason))}</b>: <bdi>{self.told(reason.detail)}</bdi>\n"
                f'<span class="weigh">{words.strength(reason)} reason{way}\n({weight:+.1f} log-odds)</span></li>')

    @staticmethod
    def figures(link: Link) -> Markup:
        """How much of two texts is the same, and how sure that is."""
        copy, exemplar = (f"<bdi>{escape(card.outlet)}</bdi>" for card in (link.copy, link.exemplar))
        agree = f" ({words.plural(link.words, 'word')} agree)" if link.words else ""
        way = (f"from {exemplar}: {words.percent(link.direction_confidence)} sure." if link.direction == "decided"
               else "which way is undecided.")
        return Markup(  # noqa: S704
            f"{escape(words.relation(link)).capitalize()}: {words.percent(link.copy_coverage)} of the words of {copy}, "
            f"{words.percent(link.exemplar_coverage)} of those of {exemplar}{agree}, {words.order(link)}. "
            f"Copied: {words.percent(link.confidence)} sure;\n{way}")
