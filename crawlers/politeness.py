"""How long to wait for a site, and when to leave it alone (pure rules; the spider's middleware follows them)."""

from dataclasses import dataclass, replace
from datetime import datetime

from archive.times import from_mail

LONGEST_WAIT = 300.0  # seconds; who asks for more is left alone until the next run
FIRST_BACKOFF = 10.0  # seconds after the first 429 or 503 without Retry-After; doubled each time
SLOWEST = 60.0  # seconds that a slow server's own slowness may add up to
REFUSALS = 5  # answers of 403 to the first pages of a run: this site does not want us
# In a row, after pages that were let through: a whole section may be closed to us, a door that was shut is longer.
LATER_REFUSALS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """What a site showed of itself in this run, and what follows: seconds to wait, or the reason to leave it alone."""

    floor: float  # seconds between requests: the topic's delay, or the site's longer Crawl-delay
    wait: float  # seconds to wait now
    failures: int = 0  # 429 and 503 in a row
    refusals: int = 0  # 403 in a row
    is_welcome: bool = False  # a page was let through
    left_alone: str | None = None


def with_floor(manners: Manners, floor: float) -> Manners:
    """The site asked for a longer delay; a shorter one does not count, one beyond LONGEST_WAIT is a refusal."""
    if floor <= manners.floor:
        return manners
    reason = f"it asks for {floor:.0f} s between requests" if floor > LONGEST_WAIT else None
    return replace(manners, floor=floor, wait=max(manners.wait, floor), left_alone=manners.left_alone or reason)


def after(
    manners: Manners, *, status: int, latency: float, retry_after: str | None, now: datetime, jitter: float,
    is_page: bool = True,
) -> Manners:
    """What follows from an answer; `jitter` is a share of the delay that is added to it, 0 to 0.25.

    429 and 503 wait as long as Retry-After says, else twice as long each time. A slow server is asked as much less
    often as it is slow. Who refused all pages is left alone, whatever its robots.txt answered (which is no page), and
    so is who begins to refuse all; a site that was left alone stays so for the run.
    """
    if status in (429, 503):
        wait = seconds(retry_after, now=now)
        wait = FIRST_BACKOFF * 2.0 ** manners.failures if wait is None else wait
        reason = f"it answers {status} and asks to wait {wait:.0f} s" if wait > LONGEST_WAIT else None
        return replace(manners, wait=max(wait, manners.floor), failures=manners.failures + 1,
                       left_alone=manners.left_alone or reason)
    delay = max(manners.floor * (1 + jitter), min(latency, SLOWEST))
    answered = replace(manners, wait=delay, failures=0)
    return _counted(answered, status) if is_page else answered


def _counted(manners: Manners, status: int) -> Manners:
    """What a page's answer says of how welcome the crawler is; 304 is as good as the page itself."""
    if 200 <= status < 300 or status == 304:
        return replace(manners, refusals=0, is_welcome=True)
    if status != 403:
        return manners
    refusals = manners.refusals + 1
    is_shut = refusals >= (LATER_REFUSALS if manners.is_welcome else REFUSALS)
    reason = f"it answered 403 to {refusals} requests in a row" if is_shut else None
    return replace(manners, refusals=refusals, left_alone=manners.left_alone or reason)


def seconds(retry_after: str | None, *, now: datetime) -> float | None:
    """Retry-After as seconds from now, from a number or an HTTP date (RFC 9110, 10.2.3); None where it is neither."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    at = from_mail(text)
    return max(0.0, (at - now).total_seconds()) if at is not None else None
