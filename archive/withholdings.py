"""What a person decided not to show <-> its event, and which addresses that covers (pure)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from urllib.parse import unquote, urlsplit

from archive.events import Event
from archive.urls import canonical_url

KIND = "withholding"
ANNOUNCING = frozenset({"feed", "sitemap", "section", "list", "other"})  # roles of what tells of other pages' texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Withholding:
    """That an article is not shown from a moment on, and why; or (is_undone) that it is shown again.

    url is the article's canonical URL; addresses are all that it was known by then. kin are the keys of the articles
    that shared text with it, and family their family's public id: so that a tombstone stands where the text stood.
    is_family: it was withheld with its whole family, so that texts which join that later are withheld too. is_erased:
    an erasure (archive.erasures) names it too, so that nothing is left to be shown again.
    """

    url: str
    addresses: tuple[str, ...]
    reason: str
    at: datetime
    by: str | None = None
    kin: tuple[str, ...] = ()
    family: str | None = None
    is_undone: bool = False
    is_family: bool = False
    is_erased: bool = False


def to_event(withholding: Withholding) -> Event:
    """The event that keeps a decision to withhold an article, or to show it again."""
    return Event(kind=KIND, at=withholding.at, by=withholding.by, data={
        "url": withholding.url, "addresses": list(withholding.addresses), "reason": withholding.reason,
        "kin": list(withholding.kin), "family": withholding.family, "undone": withholding.is_undone,
    } | ({"as_family": True} if withholding.is_family else {}))


def from_event(event: Event) -> Withholding:
    """The decision that an event keeps. Raises ValueError with what is wrong with it."""
    url, family = event.data.get("url"), event.data.get("family")
    if not isinstance(url, str) or not url:
        raise ValueError("a withholding names the url of an article; this one names none")
    return Withholding(
        url=url, addresses=_texts(event.data.get("addresses")), reason=str(event.data.get("reason") or ""),
        at=event.at, by=event.by, kin=_texts(event.data.get("kin")), family=str(family) if family else None,
        is_undone=event.data.get("undone") is True, is_family=event.data.get("as_family") is True,
    )


def standing(decisions: Iterable[Withholding]) -> dict[str, Withholding]:
    """What is withheld after all decisions, by the article's URL; of several on one the last one's reason stands."""
    found: dict[str, Withholding] = {}
    for decision in decisions:
        if decision.is_undone:
            found.pop(decision.url, None)
        else:
            found[decision.url] = decision
    return found


def covers(addresses: Collection[str], url: str) -> bool:
    """Whether an address is one of those that are withheld, also with what names no other page (tracking, anchors)."""
    return bool(addresses) and (url in addresses or canonical_url(url) in addresses)


def mentions(page: bytes, addresses: Collection[str]) -> bool:
    """Whether a feed, sitemap or list names one of these addresses, in whatever spelling: then it may hold the text.

    By path and query alone, so relative links are found too; rather one page too many than one too few.
    """
    plain = page.replace(b"\0", b"").replace(b"\\", b"").decode("utf-8", "replace")  # of UTF-16 and of JSON's \/
    text = unquote(unescape(plain))
    return any(name in text for name in {_name(address) for address in addresses})


def _name(address: str) -> str:
    parts = urlsplit(address)
    path = parts.path.rstrip("/")
    return unquote(f"{path}?{parts.query}" if parts.query else path or parts.netloc)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(str(one) for one in value)
