"""What a look at a URL found, decided from the capture that it gave."""

from archive.model import Capture, Observation, Outcome

GONE = frozenset({404, 410})
NOT_MODIFIED = 304
REDIRECTS = frozenset({301, 302, 303, 307, 308})
BLOCKED = frozenset({401, 402, 403, 429, 451})


def observation(capture: Capture, *, last_digest: str | None) -> Observation:
    """The outcome of one capture; last_digest is the payload of the last look that found content, if one did.

    A payload that was cut off is a failed look: its text would be a version that never was.
    """
    if capture.truncated:
        return _of(capture, "failed", f"the body is cut off ({capture.truncated})")
    if capture.status in GONE:
        return _of(capture, "gone", f"HTTP status {capture.status}")
    if capture.status in REDIRECTS:
        return _of(capture, "redirected", capture.location)
    if capture.status in BLOCKED:
        return _of(capture, "blocked", f"HTTP status {capture.status}")
    if capture.status == NOT_MODIFIED and capture.is_revisit:
        return _of(capture, "unchanged", None)
    if not 200 <= capture.status < 300:
        return _of(capture, "failed", f"HTTP status {capture.status}")
    return _of(capture, "unchanged" if capture.payload_digest == last_digest else "new", None)


def _of(capture: Capture, outcome: Outcome, error: str | None) -> Observation:
    return Observation(url=capture.url, at=capture.captured_at, outcome=outcome, error=error)
