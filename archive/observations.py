"""What a look at a URL found, decided from the capture that it gave."""

from archive.model import BlockKind, Capture, Observation, Outcome
from archive.urls import absolute, is_front_page

GONE = frozenset({404, 410})
NOT_MODIFIED = 304
REDIRECTS = frozenset({301, 302, 303, 307, 308})
BLOCKED = frozenset({401, 402, 403, 429, 451})
WORDS: dict[BlockKind, str] = {
    "challenge": "a test for robots", "consent": "a consent wall", "paywall": "a paywall",
    "missing": "not found, with status 200", "refused": "refused",
}


def observation(
    capture: Capture, *, last_digest: str | None, block: tuple[BlockKind, str] | None = None
) -> Observation:
    """The outcome of one capture; last_digest is the payload of the last look that found content, if one did.

    A payload that was cut off is a failed look: its text would be a version that never was. `block` says that the
    payload stands in the article's place, and what told it. A page that sends on to the site's front page is gone.
    """
    if capture.truncated:
        return _of(capture, "failed", f"the body is cut off ({capture.truncated})")
    if capture.status in GONE:
        return _of(capture, "gone", f"HTTP status {capture.status}")
    if capture.status in REDIRECTS and _leads_to_front_page(capture):
        return _of(capture, "gone", "redirected to the front page")
    if capture.status in REDIRECTS:
        return _of(capture, "redirected", capture.location)
    if capture.status in BLOCKED:
        return _of(capture, "blocked", f"HTTP status {capture.status}")
    if block is not None and capture.status in (200, NOT_MODIFIED):
        kind, reason = block
        return _of(capture, "gone" if kind == "missing" else "blocked", f"{WORDS[kind]}: {reason}")
    if capture.status == NOT_MODIFIED and capture.is_revisit:
        return _of(capture, "unchanged", None)
    if not 200 <= capture.status < 300:
        return _of(capture, "failed", f"HTTP status {capture.status}")
    return _of(capture, "unchanged" if capture.payload_digest == last_digest else "new", None)


def _leads_to_front_page(capture: Capture) -> bool:
    target = absolute(capture.url, capture.location or "")
    return capture.role == "article" and target is not None and is_front_page(target) and not is_front_page(capture.url)


def _of(capture: Capture, outcome: Outcome, error: str | None) -> Observation:
    return Observation(url=capture.url, at=capture.captured_at, outcome=outcome, error=error)
