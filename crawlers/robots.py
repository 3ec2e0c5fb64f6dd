"""robots.txt -> what may be fetched (pure rules; the spider's middleware fetches).

Our own, because Scrapy 2.14 to 2.19 lets disallowed pages through under concurrency and takes an error page as
"allow all". The rules are RFC 9309's: 2xx is parsed, 4xx allows all, everything else forbids all.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

MAX_BYTES = 512_000  # RFC 9309, 2.5: at least 500 KiB are parsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Robots:
    """The rules of one host for one agent; `rules` is None where all is allowed, or all forbidden, by the status."""

    allows_all: bool
    rules: Protego | None
    agent: str
    why: str = "robots.txt forbids it"

    def allows(self, url: str) -> bool:
        """Whether the agent may fetch a URL of this host."""
        return self.rules.can_fetch(url, self.agent) if self.rules is not None else self.allows_all

    @property
    def crawl_delay(self) -> float | None:
        """Seconds that the host asks to leave between requests."""
        delay = self.rules.crawl_delay(self.agent) if self.rules is not None else None
        return float(delay) if delay is not None else None


def robots(*, status: int | None, body: bytes, agent: str) -> Robots:
    """The rules that an answer to /robots.txt means; status None where there was no answer (RFC 9309, 2.3.1)."""
    if status is not None and 200 <= status < 300:
        text = body[:MAX_BYTES].decode("utf-8-sig", "replace")
        return Robots(allows_all=True, rules=Protego.parse(text), agent=agent)
    why = "robots.txt gave no answer" if status is None else f"robots.txt answered {status}"
    return Robots(allows_all=status is not None and 400 <= status < 500, rules=None, agent=agent, why=why)


def robots_url(url: str) -> str:
    """Where the rules of a URL's host lie."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/robots.txt"
