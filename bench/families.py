"""Direction and family trees on generated families, one date in ten of which is forged by a day or more.

    python -m bench.families [--families N] [--seed N]

Each family is a report and its copies: whole, cut, dressed up, edited, spun, copies of edited copies; by sites that
credit and sites that do not. A copy is published minutes to days after what it was made from. Forged dates lie one to
ten days before or after the true ones, copies' and sources' alike. Every page is first seen up to two days after it was
published, whatever date it declares; `unseen` leaves that out, as in an archive that was filled all at once.
Prints how many links are answered, how many of those rightly, and how many copies stand under their true exemplar.
"""

import argparse
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from random import Random

from archive.model import CopyLink, Witness
from bench.aligned import aligned
from bench.figures import note
from pipeline.descent.direction import link
from pipeline.extraction.credit import credit_lines
from pipeline.extraction.dates import moment
from pipeline.stemma import families, ranked

START = datetime(2024, 8, 6, 6, tzinfo=UTC)
FORGED = 0.1  # of all dates
CREDITS = 0.3  # of the copies credit what they were made from
NAMES = ("Koval Marchenko Lysenko Bondar Havrylov Petrenko Sydorenko Melnyk Orlov Tarasov Hordiienko Rudenko Zubkov"
         " Kravets Shulha Vorona Danylko Makarov Steblin Yurchuk").split()
PLACES = ("Sudzha Kursk Sumy Rylsk Glushkovo Korenevo Belgorod Kharkiv Poltava Lebedyn Okhtyrka Tyotkino Guevo Malaya"
          " Loknya Sverdlikovo").split()
OUTLETS = "courier gazette herald tribune monitor observer dispatch chronicle sentinel examiner bulletin".split()
SENTENCES = (
    "{name} told reporters on {day} that {n} people had left {place} since the start of the month.",
    "The governor of the region said that the road between {place} and {place2} was closed to traffic until {day}.",
    "Officials in {place} said the power had been cut in {n} villages after a fire at a substation.",
    "According to {name}, the army has moved {n} vehicles to the east of {place} in the past week.",
    "“We have seen nothing like this for {n} years,” said {name}, who runs a small shop near the station in {place}.",
    "It was not clear on {day} whether the bridge at {place} could be repaired before the winter.",
    "The mayor, {name}, asked people to stay at home and to keep away from the windows.",
    "A spokesman for the ministry said that {n} children had been taken from {place} to {place2} by bus.",
    "Local media reported that a column of {n} trucks had been seen on the way to {place}.",
    "{name} said the school in {place} would be closed for at least {n} days.",
    "The price of bread in {place} has risen by {n} percent since {day}, according to the city council.",
    "“I do not know when we will be able to go back,” {name} said by phone from {place}.",
    "By the evening of {day} the trains from {place} had been stopped, and {n} passengers were waiting at the station.",
    "In a statement, the government said it would pay for the repair of {n} houses in {place}.",
    "The two sides have not agreed on who will control the crossing at {place}, {name} said.",
    "Doctors at the hospital in {place} treated {n} people, most of whom were not seriously hurt.",
    "Many of those who left {place} have moved in with their families in {place2}, said {name}.",
    "The company that runs the plant near {place} said that it would start again within {n} weeks.",
)
SITE_LINES = ("Reading time: 4 minutes", "Advertisement", "Share on Facebook Tweet WhatsApp", "Leave a Reply",
              "Your email address will not be published.", "Subscribe to our newsletter", "Related stories")
# What a spinner or a translation there and back makes of common words.
SPUN = {
    "said": "has declared", "told": "has said to", "people": "persons", "had": "have", "of": "from the", "to": "for",
    "was": "is been", "the": "", "that": "which", "on": "the", "by": "from", "would": "will", "in": "to the",
    "start": "commence", "not": "no", "closed": "shut down", "seen": "observed", "left": "abandoned", "it": "this",
}


@dataclass(frozen=True)
class Made:
    """A generated witness, what it was made from, and how."""

    witness: Witness
    exemplar: str | None
    kind: str


def report(chance: Random) -> list[str]:
    """The paragraphs of a report of its own."""
    names, places = chance.sample(NAMES, 4), chance.sample(PLACES, 4)
    return [
        sentence.format(name=chance.choice(names), place=chance.choice(places), place2=chance.choice(PLACES),
                        n=chance.randint(3, 900), day=chance.choice("Monday Tuesday Wednesday Thursday Friday".split()))
        for sentence in chance.sample(SENTENCES, chance.randint(9, 15))
    ]


def whole(text: list[str], _chance: Random) -> list[str]:
    return list(text)


def cut(text: list[str], chance: Random) -> list[str]:
    return text[:max(4, int(len(text) * chance.uniform(0.4, 0.8)))]


def dressed(text: list[str], chance: Random) -> list[str]:
    around = chance.sample(SITE_LINES, 4)
    return [*around[:2], *text, *around[2:]]


def edited(text: list[str], chance: Random) -> list[str]:
    """One paragraph left out, a few words in some others changed."""
    gone = chance.randrange(1, len(text))
    left = [line for n, line in enumerate(text) if n != gone]
    changed = (line.replace(" said ", " told the agency ").replace("people", "residents") for line in left)
    return [new if chance.random() < 0.4 else old for old, new in zip(left, changed, strict=True)]


def spun(text: list[str], chance: Random) -> list[str]:
    return [" ".join(" ".join(SPUN.get(word, word) if chance.random() < 0.8 else word for word in line.split()).split())
            for line in text]


KINDS = {"whole": whole, "cut": cut, "dressed": dressed, "edited": edited, "spun": spun}


def family(number: int, chance: Random) -> list[Made]:
    """A report and two to six copies, some of them made from an edited copy."""
    hosts = [f"{outlet}{number}" for outlet in chance.sample(OUTLETS, 8)]
    text, at = report(chance), START + timedelta(minutes=chance.randint(0, 300_000))
    made = [Made(_witness(hosts[0], text, at, None, chance), None, "source")]
    texts, times = [text], [at]
    for host in hosts[1:chance.randint(3, 7)]:
        edits = [n for n, one in enumerate(made) if one.kind == "edited"]
        of = chance.choice(edits) if edits and chance.random() < 0.4 else 0
        kind = chance.choice(sorted(KINDS))
        copied = KINDS[kind](texts[of], chance)
        when = times[of] + timedelta(hours=min(90.0, 0.05 + chance.lognormvariate(2.2, 1.2)))
        exemplar = made[of].witness
        named = f"Originally published by {exemplar.host}." if chance.random() < CREDITS else None
        made.append(Made(_witness(host, copied, when, named, chance), exemplar.public_id, kind))
        texts.append(copied)
        times.append(when)
    return made


def _witness(host: str, text: list[str], at: datetime, credit: str | None, chance: Random) -> Witness:
    lines = [*text, credit] if credit else text
    declared = at
    if chance.random() < FORGED:
        declared += timedelta(days=chance.uniform(1, 10)) * chance.choice((-1, 1))
    return Witness(
        public_id=f"{chance.getrandbits(48):012x}", article=f"https://{host}.com/{at:%Y%m%d}", outlet=host.title(),
        host=f"{host}.com", title=text[0][:60], language="en", published=moment(declared.isoformat(), basis="json-ld"),
        first_seen=at + timedelta(hours=chance.uniform(0.2, 48)), canonical=None, credits=credit_lines(lines),
        text="\n".join(lines),
    )


def unseen(made: list[Made]) -> list[Made]:
    """The same, all first seen at once."""
    return [replace(one, witness=replace(one.witness, first_seen=START + timedelta(days=900))) for one in made]


def linked(made: list[Made]) -> list[CopyLink]:
    """The links of a family, each with each."""
    held = [one.witness for one in made]
    return [link(a, b, aligned(a.text, b.text, translated=False)) for a, b in combinations(held, 2)]


def measured(generated: list[list[Made]]) -> dict[str, float]:
    """Shares: of copies whose link to their exemplar is answered, of those that are right, and of true parents."""
    counts: Counter[str] = Counter()
    for made in generated:
        links = linked(made)
        held: Mapping[str, Witness] = {one.witness.public_id: one.witness for one in made}
        between = {frozenset((found.copy, found.exemplar)): found for found in links}
        best = ranked(links, held)
        parents = {member.witness: member.parent for tree in families(links, held) for member in tree.members}
        for one in made[1:]:
            copy, exemplar = one.witness.public_id, str(one.exemplar)
            found = between[frozenset((copy, exemplar))]
            counts["copies"] += 1
            counts["answered"] += found.direction == "decided"
            counts["right"] += found.direction == "decided" and found.copy == copy
            counts["first"] += best[copy][0].exemplar == exemplar if copy in best else False
            counts["placed"] += parents[copy] is not None
            counts["parent"] += parents[copy] == exemplar
    return {
        "links": counts["copies"], "answered": counts["answered"] / counts["copies"],
        "right where answered": counts["right"] / counts["answered"],
        "true exemplar first": counts["first"] / counts["copies"],
        "true parent where placed": counts["parent"] / counts["placed"],
    }


def main() -> None:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--families", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = Random(options.seed)
    generated = [family(number, chance) for number in range(options.families)]
    for name, made in (("seen by the crawler", generated), ("all seen at once", [unseen(one) for one in generated])):
        figures = measured(made)
        for key, value in figures.items():
            note(f"generated families, {name}: {key}", value, "links" if key == "links" else "share")
        print(f"{name}: " + ", ".join(f"{key} {value:.3f}" if value <= 1 else f"{key} {value:.0f}"
                                      for key, value in figures.items()))


if __name__ == "__main__":
    main()
