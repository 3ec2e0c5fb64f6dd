"""Whether a page asks not to be shown from an archive: `noarchive` in its meta elements or its answer's head (pure).

Google's robots meta tag and X-Robots-Tag, which other search engines took over; none of the agents that a rule may name
is this program, and what is asked of any of them is taken as asked of all.
"""

from collections.abc import Iterable

from lxml.html import HtmlElement

WORD = "noarchive"
# The second is how web archives hand on what they were answered.
_FIELDS = frozenset({"x-robots-tag", "x-archive-orig-x-robots-tag"})


def of_page(tree: HtmlElement) -> bool:
    """Whether a meta element for robots says so, by whichever of their names: robots, googlebot, bingbot."""
    return any(_says(meta.get("content") or "") for meta in tree.iter("meta")
               if (name := (meta.get("name") or "").strip().lower()) == "robots" or name.endswith("bot"))


def of_head(head: bytes) -> bool:
    """Whether a raw response head says so."""
    fields = (line.partition(":") for line in head.decode("latin-1").splitlines())
    return any(_says(value) for name, _, value in fields if name.strip().lower() in _FIELDS)


def _says(rules: str) -> bool:
    return WORD in _words(rules.lower().split(","))


def _words(rules: Iterable[str]) -> set[str]:
    """The rules by themselves: one for a single agent stands behind its name and a colon."""
    return {rule.rpartition(":")[2].strip() for rule in rules}
