"""robots.txt -> what may be fetched (pure rules; the spider's middleware fetches).

Our own, because Scrapy 2.14 to 2.19 lets disallowed pages through under concurrency and takes an error page as
"allow all". The rules are RFC 9309's: 2xx is parsed, 4xx allows all, everything else forbids all. One status is judged
as Google does, not as the RFC: 429 forbids, since who says "too many" does not mean "all".

Which lines are ours is decided here, what a path's rules mean by Protego. Left to itself Protego 0.6 gives a group
"stem" to the agent "stemma", takes no "stemma/1.0" for it, and ends the list of a group's agents at any line that
stands between them, so that the first of them gets no rules at all.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import isfinite
from urllib.parse import urlsplit

from protego import Protego

from crawlers.markup import is_html

MAX_BYTES = 512_000  # RFC 9309, 2.5: at least 500 KiB are parsed
MAX_UNPACKED_BYTES = 20_000_000  # of a compressed robots.txt; what is over that is taken as a refusal
MAX_HOPS = 5  # RFC 9309, 2.3.1.2: redirects that are followed; after more there is no robots.txt
TOO_MANY = 429
_PATHS = {"allow": "Allow", "disallow": "Disallow", "dissallow": "Disallow", "dissalow": "Disallow",
          "disalow": "Disallow", "diasllow": "Disallow", "disallaw": "Disallow"}
_AGENTS = ("user-agent", "useragent", "user agent")
_DELAY = "crawl-delay"
_TOKEN = re.compile(r"[a-zA-Z0-9_-]+|\*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Robots:
    """The rules of one host for one agent; `rules` is None where all is allowed, or all forbidden, by the status.

    flaw is what a person should know of the file: that it is none.
    """

    allows_all: bool
    rules: Protego | None
    crawl_delay: float | None = None  # seconds that the host asks to leave between requests
    why: str = "robots.txt forbids it"
    flaw: str | None = None

    def allows(self, url: str) -> bool:
        """Whether the agent may fetch a URL of this host."""
        return self.rules.can_fetch(url, "*") if self.rules is not None else self.allows_all


def robots(*, status: int | None, body: bytes, agent: str) -> Robots:
    """The rules that an answer to /robots.txt means; status None where there was no answer (RFC 9309, 2.3.1)."""
    if status is not None and 200 <= status < 300:
        return _parsed(_text(body), agent)
    why = "robots.txt gave no answer" if status is None else f"robots.txt answered {status}"
    is_none = status is not None and 400 <= status < 500 and status != TOO_MANY
    return Robots(allows_all=is_none, rules=None, why=why)


def endless(agent: str) -> Robots:
    """What it means that robots.txt led on and on: as if there were none (RFC 9309, 2.3.1.2)."""
    flaw = f"robots.txt is redirected more than {MAX_HOPS} times; it is taken as if there were none"
    return replace(robots(status=404, body=b"", agent=agent), flaw=flaw)


def is_kept_answer(status: int) -> bool:
    """Whether an answer holds for a day; errors of the server, and being too many, are asked about in the next run."""
    return 200 <= status < 500 and status != TOO_MANY


def robots_url(url: str) -> str:
    """Where the rules of a URL's host lie."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/robots.txt"


def _text(body: bytes) -> str:
    """The part that is parsed, in whole lines: half a rule could allow or forbid more than the rule."""
    if len(body) > MAX_BYTES:
        body = body[:MAX_BYTES].rpartition(b"\n")[0]
    return body.decode("utf-8-sig", "replace")


def _parsed(text: str, agent: str) -> Robots:
    flaw = "robots.txt is an HTML page; it is taken as a file without rules" if is_html(text) else None
    lines = list(_own_lines(text, agent.lower()))
    rules = "\n".join(f"{_PATHS[field]}: {value}" for field, value in lines if field in _PATHS)
    delays = [seconds for field, value in lines if field == _DELAY and (seconds := _seconds(value)) is not None]
    return Robots(allows_all=True, rules=Protego.parse(f"User-agent: *\n{rules}"), flaw=flaw,
                  crawl_delay=max(delays, default=None))


def _own_lines(text: str, agent: str) -> Iterator[tuple[str, str]]:
    """The lines of the groups that name the agent, else of those for all (RFC 9309, 2.2.1).

    Other lines than agents and paths end no list of agents (2.2.4); a rule before the first agent is nobody's.
    """
    groups: dict[str, list[tuple[str, str]]] = {}
    named: list[str] = []
    is_open = False  # the next agent joins the ones before it
    for field, value in _lines(text):
        if field in _AGENTS:
            named = named if is_open else []
            token = _TOKEN.match(value)
            if token:
                named.append(token[0].lower())
                groups.setdefault(named[-1], [])
            is_open = True
        elif field in _PATHS or field == _DELAY:
            is_open = is_open and field == _DELAY
            for name in dict.fromkeys(named):
                groups[name].append((field, value))
    yield from groups.get(agent, groups.get("*", []))


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in re.split(r"[\r\n]+", text):
        field, colon, value = line.partition("#")[0].partition(":")
        if colon and value.strip():
            yield field.strip().lower(), value.strip()
        elif colon and field.strip().lower() in _PATHS:
            yield field.strip().lower(), ""


def _seconds(value: str) -> float | None:
    try:
        seconds = float(value)
    except ValueError:
        return None
    return seconds if isfinite(seconds) and seconds >= 0 else None
