"""A family -> the parts of its page that say something of each of its texts: tree, list, timeline, table, links.

Written in Python, as the pieces of other pages are: of a family of 200 texts a template's loops took most of the time.
What is archived is escaped here as Jinja escapes it elsewhere: each value that a page, a source or a person can decide.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from archive.store.kin import Link
from datasette_config import words
from datasette_config.answers import FamilyAnswer, Sigil
from datasette_config.pieces import Pieces, escape
from datasette_config.tree import Node, Span

DEEPEST = 60  # copyings in a row that the list shows within each other
OPEN_LINKS = 3  # links of a family whose reasons are shown unfolded
ROW = 24  # pixels from one text of the timeline to the next


@dataclass(frozen=True, slots=True)
class Drawn:
    """The parts of one family's page; `how` says, by siglum, what a text is of the one above, and its language."""

    page: FamilyAnswer
    piece: Pieces
    how: Mapping[str, str]
    said: Mapping[str, str]
    letters: Mapping[str, str]

    @property
    def nodes(self) -> Markup:
        """The texts of the tree's drawing."""
        return Markup("\n".join(map(self._node, self.page.tree.nodes)))  # noqa: S704  # escaped, as the module says

    @property
    def branches(self) -> Markup:
        """The tree as a nested list."""
        found: list[str] = []
        self._branch(self.page.tree.roots, found)
        return Markup("".join(found))  # noqa: S704

    @property
    def spans(self) -> Markup:
        """The texts of the timeline."""
        line = self.page.timeline
        return Markup("\n".join(map(self._span, line.spans)) if line else "")  # noqa: S704

    @property
    def rows(self) -> Markup:
        """The rows of the table of members."""
        return Markup("".join(map(self._row, self.page.members)))  # noqa: S704

    @property
    def links(self) -> Markup:
        """Why each link is shown."""
        told = [*self.page.sentences, *[()] * (len(self.page.links) - len(self.page.sentences))]
        return Markup("\n".join(map(self._link, self.page.links, told)))  # noqa: S704

    def _node(self, node: Node) -> str:
        tree, card, siglum = self.page.tree, node.card, escape(node.siglum)
        x, dated, how = tree.x(node), escape(words.dated(card.dating)), escape(self.how[node.siglum])
        circle = '<circle class="node" r="5"/>' if node.parent else '<circle class="root" r="6"/>'
        return (
            f'<a href="{escape(self.piece.page_of(card))}" transform="translate({x} {node.y})"><title>{siglum}: '
            f'{escape(card.title or "Untitled")} ({escape(card.outlet)}, {dated}, {how})</title>\n'
            f'<rect class="target" x="-12" y="-21" width="{tree.width - x + 12}" height="42" rx="4"/>\n{circle}\n'
            f'<text x="14" y="-2"><tspan class="siglum">{siglum}</tspan><tspan dx="6">'
            f'{escape(words.short(card.outlet, 22))}</tspan></text>\n'
            f'<text class="when" x="14" y="15">{dated}<tspan class="if-wide">, {how}</tspan></text></a>')

    def _branch(self, nodes: Sequence[Node], found: list[str]) -> None:
        found.append("<ul>")
        for node in nodes:
            card = node.card
            found.append(
                f'<li><b class="siglum">{escape(node.siglum)}</b> <a href="{escape(self.piece.page_of(card))}">'
                f'{self.piece.title(card)}</a> <span class="quiet"><bdi>{escape(card.outlet)}</bdi>, '
                f'{self.piece.date(card.dating)}, {escape(self.how[node.siglum])}</span>\n')
            if node.children and node.depth < DEEPEST:
                self._branch(node.children, found)
            found.append("</li>\n")
        found.append("</ul>")

    def _span(self, span: Span) -> str:
        card, siglum = span.card, escape(span.siglum)
        wide = round(span.end - span.start, 2)
        stood = (f'<rect class="span" x="{span.start}%" y="-4" width="{wide}%" height="8" rx="4"/>'
                 if span.end - span.start > 1 else f'<circle class="span" cx="{span.start}%" r="5"/>')
        return (
            f'<a href="{escape(self.piece.page_of(card))}" transform="translate(0 {span.row * ROW + 36})">'
            f"<title>{siglum}: {escape(card.outlet)}, published {escape(words.interval(card.dating))}, first seen "
            f'{escape(words.moment(card.first_seen))}</title>\n<rect class="target" y="-12" width="100%" height="24" '
            f'rx="4"/>\n<text class="siglum" dx="4" y="5">{siglum}</text>\n{stood}\n'
            f'<line class="seen" x1="{span.seen}%" x2="{span.seen}%" y1="-8" y2="8"/></a>')

    def _row(self, member: Sigil) -> str:
        card, said = member.article, self.said.get(member.siglum)
        made = (f'<b class="siglum">{escape(member.made_from)}</b>'
                + (f' <span class="how">{escape(said)}</span>' if said else "")
                if member.made_from else '<span class="quiet">not known</span>')
        return (
            f'<tr role="row">\n<td role="cell"><b class="siglum">{escape(member.siglum)}</b></td><td role="cell" '
            f'class="value"><a href="{escape(self.piece.page_of(card))}">{self.piece.title(card)}</a></td>'
            f'<td role="cell" data-label="Outlet"><bdi>{escape(card.outlet)}</bdi></td>'
            f'<td role="cell" data-label="Language">{escape(words.language(card.language))}</td>\n'
            f'<td role="cell" data-label="Published">{self.piece.date(card.dating)} '
            f'<span class="how">{escape(words.dated_by(card.dating))}</span></td>'
            f'<td role="cell" data-label="First seen">{self.piece.moment(card.first_seen)}</td>'
            f'<td role="cell" data-label="Made from">{made}</td></tr>')

    def _link(self, link: Link, told: Sequence[str]) -> str:
        copy, exemplar = (escape(self.letters.get(card.key) or "?") for card in (link.copy, link.exemplar))
        is_drawn = self.page.made.get(str(copy)) is link
        shares = ("shares text with" if link.direction != "decided" else "made from" if is_drawn
                  else "shares text with the earlier")
        figures, reasons = f'<p class="figures">{self.piece.figures(link)}</p>', self.piece.reasons(link)
        if told:
            summary = "Evidence and figures" if link.evidence else "Figures; no evidence"
            body = (f"{self.piece.why(told)}\n<details><summary>{summary}</summary>{figures}\n{reasons}</details>")
        else:
            body = f"{figures}\n{reasons}"
        is_open = " open" if len(self.page.links) <= OPEN_LINKS else ""
        return (
            f'<details class="kin"{is_open}><summary><b class="siglum">{copy}</b> {shares} '
            f'<b class="siglum">{exemplar}</b>\n<span class="quiet"><bdi>{escape(link.copy.outlet)}</bdi>, '
            f"<bdi>{escape(link.exemplar.outlet)}</bdi></span></summary>\n{body}\n"
            f'<p class="more"><a href="{escape(self.piece.side_by_side(link))}">Both texts side by side</a></p>\n'
            "</details>")


def drawn(page: FamilyAnswer, to: Callable[..., str]) -> Drawn:
    """The parts of a family's page; `to` gives the address of a path of the site."""
    said = {siglum: words.made(link) for siglum, link in page.made.items()}
    how = {member.siglum: ", ".join(filter(None, (said.get(member.siglum), words.language(member.article.language))))
           for member in page.members}
    return Drawn(page=page, piece=Pieces(to), how=how, said=said,
                 letters={member.article.key: member.siglum for member in page.members})
