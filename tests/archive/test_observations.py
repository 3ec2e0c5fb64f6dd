"""What one look found."""

from collections.abc import Callable

import pytest

from archive.model import BlockKind, Capture
from archive.observations import observation


@pytest.mark.parametrize(("changes", "outcome"), [
    ({"status": 200}, "new"), ({"status": 203}, "new"), ({"status": 404}, "gone"), ({"status": 410}, "gone"),
    ({"status": 301, "location": "https://b.example/x"}, "redirected"), ({"status": 308}, "redirected"),
    ({"status": 302, "location": "/"}, "gone"), ({"status": 302, "location": "/", "role": "feed"}, "redirected"),
    ({"status": 403}, "blocked"), ({"status": 429}, "blocked"), ({"status": 451}, "blocked"),
    ({"status": 500}, "failed"), ({"status": 0}, "failed"), ({"status": 304}, "failed"),
    ({"status": 200, "truncated": "length"}, "failed"), ({"status": 404, "truncated": "time"}, "failed"),
])
def test_outcome_of_a_first_look(capture: Callable[..., Capture], changes: dict[str, object], outcome: str) -> None:
    seen = observation(capture(**changes), last_digest=None)
    assert seen.outcome == outcome
    assert (seen.error is None) == (outcome in ("new",) or changes["status"] == 308)


def test_the_same_payload_is_unchanged_and_another_is_new(capture: Callable[..., Capture]) -> None:
    one = capture()
    assert observation(one, last_digest=one.payload_digest).outcome == "unchanged"
    assert observation(one, last_digest=capture(body=b"other").payload_digest).outcome == "new"


@pytest.mark.parametrize(("kind", "outcome"), [
    ("challenge", "blocked"), ("consent", "blocked"), ("paywall", "blocked"), ("missing", "gone"),
])
def test_a_page_in_the_articles_place_is_no_content(
    capture: Callable[..., Capture], kind: BlockKind, outcome: str
) -> None:
    one = capture()
    seen = observation(one, last_digest=one.payload_digest, block=(kind, "it says so"))
    assert (seen.outcome, (seen.error or "").endswith(": it says so")) == (outcome, True)
