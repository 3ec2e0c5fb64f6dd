"""Values of the archive -> words for people. Templates know this module as `say`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from archive.model import Evidence
from archive.store.facets import NOT
from archive.store.kin import Link
from archive.store.pages import FIRST_SEEN, Dating
from archive.times import day_in_words, moment_in_words

day, moment = day_in_words, moment_in_words

_LANGUAGES = {
    "ar": "Arabic", "be": "Belarusian", "bg": "Bulgarian", "cs": "Czech", "da": "Danish", "de": "German",
    "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "fa": "Persian", "fi": "Finnish",
    "fr": "French", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "it": "Italian",
    "ja": "Japanese", "ka": "Georgian", "kk": "Kazakh", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian",
    "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian",
    "sk": "Slovak", "sr": "Serbian", "sv": "Swedish", "tr": "Turkish", "uk": "Ukrainian", "zh": "Chinese",
}
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "yi", "ps", "ckb"})
# By the first word of a basis; the rest names the field ("json-ld datePublished", "time element").
_BASES = {
    "json-ld": "read in the page's JSON-LD", "opengraph": "read in the page's OpenGraph tags",
    "meta": "read in the page's meta tags", "time": "read in a time element of the page",
    "microdata": "read in the page's microdata", "shown": "as the page shows it in words",
    "url": "read in the address", "text": "read in the text", "htmldate": "read by htmldate in the page",
    "trafilatura": "read by trafilatura in the page", "source": "declared by the feed or sitemap",
    FIRST_SEEN: "first seen; the page states no date",
}
_SHORT_BASES = {
    "json-ld": "from JSON-LD", "opengraph": "from OpenGraph", "meta": "from a meta tag",
    "time": "from a time element", "microdata": "from microdata", "shown": "as shown",
    "url": "from the address", "text": "from the text",
    "htmldate": "read by htmldate, the day only", "trafilatura": "read by trafilatura", "source": "from the feed",
    FIRST_SEEN: "undated",
}
_RELATIONS = {
    "identical": "the same text", "near-duplicate": "nearly the same text", "excerpt": "an excerpt",
    "translation": "a translation", "rewrite": "the text in other words",
}
_CHANGES = {
    "first": "first version", "headline": "headline changed", "byline": "byline changed", "body": "text changed",
    "correction": "correction",
}
_DIFFERENCES = {
    "markup": "in markup only", "surroundings": "in what stands around the text", "typography": "in typography only",
    "unread": "in what could not be compared",
}
_OUTCOMES = {
    "new": "new content", "unchanged": "unchanged", "gone": "gone", "blocked": "blocked",
    "redirected": "redirected", "failed": "no answer",
}
_EVIDENCE = {
    "canonical": "Canonical address", "credit": "Credit line", "link": "Link in its text",
    "published": "Dates of publication", "first seen": "First sightings", "agency": "Agency", "headline": "Headline",
    "owner": "Owner of both", "wire": "Agency of both",
    "site lines": "Lines of the site", "cut": "Cut off", "lacks": "Missing beginning",
    "covered": "Share of the text", "size": "Length",
    "spaces": "Doubled spaces", "untranslated": "Words left untranslated", "fluency": "Unusual English",
    "capitals": "Stray capitals", "names": "Second spelling of a name",
}
_FACETS = {
    "role": "Copied or not", "language": "Language", "outlet": "Outlet", "country": "Country", "month": "Month",
    "relation": "Shares text as", "edited": "Edited", "presence": "Still there",
}
_FACET_VALUES = {
    "role": {"alone": "shares text with none", "exemplar": "others were made from it", "repost": "repost",
             "undecided": "shares text, undecided who was first"},
    "relation": {"": "none", "identical": "the same text", "near-duplicate": "nearly the same text",
                 "excerpt": "excerpt", "translation": "translation", "rewrite": "text in other words"},
    "edited": {"edited": "edited", "unedited": "one version"},
    "presence": {"present": "last seen there", "gone": "gone at the last look", "removed": "removed"},
}
_SORTS = {"best": "best first", "newest": "newest first", "oldest": "oldest first", "copies": "most copied first",
          "arrived": "last archived first"}


def dated(dating: Dating) -> str:
    """The day of a text, in the fewest words that are true."""
    return f"first seen {day(dating.iso)}" if dating.basis == FIRST_SEEN else day(dating.iso)


def basis(dating: Dating) -> str:
    """Where a date was read, and how wide its interval is."""
    words = _by_first_word(_BASES, dating.basis)
    if dating.basis == FIRST_SEEN:
        return words
    return f"{words}, {'to the minute' if dating.earliest == dating.latest else 'the day only'}"


def dated_by(dating: Dating) -> str:
    """Where a date was read, in a few words."""
    return basis_in_short(dating.basis)


def basis_in_short(basis: str) -> str:
    """A basis in a few words."""
    return _by_first_word(_SHORT_BASES, basis)


def interval(dating: Dating) -> str:
    """The moments between which a text was published."""
    if dating.earliest is None:
        return f"before {moment(dating.latest)}"
    if dating.earliest == dating.latest:
        return moment(dating.earliest)
    return f"{moment(dating.earliest)} to {moment(dating.latest)}"


def language(code: str | None) -> str:
    """A language's English name, its code where it has none here."""
    return _LANGUAGES.get((code or "").split("-")[0], code or "language not known")


def languages(codes: Sequence[str]) -> str:
    """ "Italian and Russian", "4 languages"."""
    if len(codes) > 3:
        return f"{len(codes)} languages"
    named = [language(code) for code in codes]
    return " and ".join(filter(None, (", ".join(named[:-1]), named[-1])))


def direction(code: str | None) -> str:
    """The value of `dir` for a text in a language."""
    return "rtl" if (code or "").split("-")[0] in _RIGHT_TO_LEFT else "auto"


def relation(link: Link) -> str:
    """What the copy is of the exemplar."""
    return _RELATIONS.get(link.relation, link.relation)


def percent(share: float | None) -> str:
    """ "94 %"; never 100 % of what is not whole, never 0 % of what is there."""
    if share is None:
        return "an unknown part"
    shown = round(share * 100)
    if shown >= 100 and share < 1:
        shown = 99
    return "under 1\u00a0%" if shown < 1 else f"{shown}\u00a0%"


def order(link: Link) -> str:
    """How far passages follow one another as they do in the exemplar."""
    if link.order_kept is None:
        return "order not known"
    if link.order_kept >= 0.95:
        return "same order"
    return "mostly the same order" if link.order_kept >= 0.7 else "in another order"


def changes(change: Sequence[str]) -> str:
    """An edit's classes."""
    return ", ".join(_CHANGES.get(name, name) for name in change)


def payloads(count: int, differences: Sequence[tuple[str, int]]) -> str:
    """How many payloads a version had, and in what they differ: nothing that makes a version."""
    if count < 2:
        return ""
    told = ", ".join(f"{number:,} {_DIFFERENCES.get(name, name)}" for name, number in differences)
    verb = "differs" if differences and differences[0][1] == 1 else "differ"
    return f"{count:,} payloads with this text" + (f", of which {told.replace(' ', f' {verb} ', 1)}" if told else "")


def difference(name: str | None) -> str:
    """How a capture's payload differs from the one before it in its version."""
    if name == "flip":
        return "of no version: another agent saw it, for less than a day"
    return f"differs {_DIFFERENCES[name]}" if name in _DIFFERENCES else ""


def outcome(name: str | None) -> str:
    """What a look found."""
    return _OUTCOMES.get(name or "", name or "")


def facet(name: str) -> str:
    """What a facet is called."""
    return _FACETS.get(name, name)


def facet_value(name: str, value: str) -> str:
    """One of a facet's values."""
    if value.startswith(NOT):
        return f"not: {facet_value(name, value[len(NOT):])}"
    if name == "language" and value:
        return language(value)
    if name == "month" and len(value) == 7:
        return day(f"{value}-01").partition(" ")[2] or value
    return _FACET_VALUES.get(name, {}).get(value) or value or "not known"


def sort(name: str) -> str:
    """An order of search results."""
    return _SORTS.get(name, name)


def evidence_kind(reason: Evidence) -> str:
    """The kind of a reason, as a heading."""
    return _EVIDENCE.get(reason.kind, reason.kind.replace("-", " ").replace("_", " ").capitalize())


def favours(reason: Evidence, link: Link) -> str:
    """Which side a reason speaks for: "exemplar", "copy", or neither ("")."""
    if reason.weight == 0:
        return ""
    sides = {
        "exemplar": {link.exemplar.public_id, link.exemplar.key, link.exemplar.url, "exemplar"},
        "copy": {link.copy.public_id, link.copy.key, link.copy.url, "copy"},
    }
    return next((side for side, names in sides.items() if reason.favours in names), "")


def strength(reason: Evidence) -> str:
    """A weight in log-odds, in words; the odds beside them say how they are meant."""
    weight = abs(reason.weight)
    if weight == 0:
        return "neutral"
    if weight >= 3:
        return "strong"
    return "clear" if weight >= 1.5 else "some" if weight >= 0.5 else "slight"


def verdict(name: str, *, is_copy: bool) -> str:
    """What was decided of an article and another one, to go before the other's name."""
    made = "this text was made from" if is_copy else "this text is the exemplar of"
    return {
        "confirm": f"confirmed that {made}", "add": f"added that {made}",
        "reverse": f"reversed the direction: {made}",
        "reject": "rejected that one was made from the other: this text and",
        "undo": "took back what had been decided of this text and",
    }.get(name, name)


def others(count: int) -> str:
    """ "1 other", "3 others"."""
    return f"{count:,} other{'' if count == 1 else 's'}"


def plural(count: int, one: str, many: str = "") -> str:
    """ "1 version", "2 versions"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def made(link: Link) -> str:
    """What a copy is of its exemplar, and how long after it: "a translation, 14 h later"."""
    return ", ".join(filter(None, (relation(link), _later(link.copy.dating, link.exemplar.dating))))


def hours_later(copy: Dating, exemplar: Dating) -> float | None:
    """The hours from one publication to the other; None unless both pages state the time."""
    if copy.earliest != copy.latest or exemplar.earliest != exemplar.latest:
        return None
    return round((_middle(copy) - _middle(exemplar)).total_seconds() / 3600, 2)


def _middle(dating: Dating) -> datetime:
    """Noon of a day in UTC, the moment itself of what states one."""
    latest = datetime.fromisoformat(dating.latest)
    return latest - (latest - datetime.fromisoformat(dating.earliest or dating.latest)) / 2


def _later(copy: Dating, exemplar: Dating) -> str:
    """In words; of days where a page states no time, and nothing where one states no day."""
    if FIRST_SEEN in (copy.basis, exemplar.basis):
        return ""
    hours = hours_later(copy, exemplar)
    if hours is not None:
        return "dated the same minute" if hours == 0 else _after(_duration(abs(hours)), hours)
    days = (_middle(copy).date() - _middle(exemplar).date()).days
    return _after(plural(abs(days), "day"), days) if days else "dated the same day"


def _after(words: str, difference: float) -> str:
    return f"{words} later" if difference >= 0 else f"dated {words} earlier"


def _duration(hours: float) -> str:
    """ "40 min", "6 h", "3 days"."""
    if hours < 1:
        return f"{max(1, round(hours * 60))} min"
    return f"{round(hours)} h" if hours < 48 else f"{round(hours / 24)} days"


def short(text: str, length: int) -> str:
    """The text's beginning, cut at a word."""
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    return text[:length].rsplit(" ", 1)[0].rstrip(".,:;–—- ") + "…"


def web_address(url: str) -> str | None:
    """The address where it may be linked to (http or https), None for javascript: and whatever else."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    is_plain = parts.scheme in ("http", "https") and bool(parts.hostname) and url.isprintable() and " " not in url
    return url if is_plain else None


def _by_first_word(words: Mapping[str, str], basis: str) -> str:
    return words.get(basis) or words.get(basis.partition(" ")[0], basis)
