"""What a page's reader sees, apart from how it is marked up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extraction.surface import surface

PAGE = "<html><head><title>T</title></head><body><p>He held 45 men.</p><aside>Read also</aside></body></html>"


@pytest.mark.parametrize("other", [
    pytest.param(PAGE.replace("<p>", '<p class="x" data-nonce="8f3a">'), id="attributes"),
    pytest.param(PAGE.replace("<aside>", "<script>var t = 1724;</script><aside>"), id="scripts"),
    pytest.param(PAGE.replace("<aside>", "<!-- built 12:01 --><aside>"), id="comments"),
    pytest.param(PAGE.replace("<title>T", '<meta name="csrf" content="1"><title>U'), id="the head"),
    pytest.param(PAGE.replace("<p>", "<div><p>").replace("</p>", "</p></div>\n"), id="boxes and blanks"),
])
def test_what_nobody_sees_is_no_difference(other: str) -> None:
    assert surface(other.encode(), "utf-8") == surface(PAGE.encode(), "utf-8")


@pytest.mark.parametrize("other", [PAGE.replace("45", "57"), PAGE.replace("Read also", "12:01")])
def test_what_is_seen_is_one(other: str) -> None:
    assert surface(other.encode(), "utf-8") != surface(PAGE.encode(), "utf-8")


@given(st.binary(max_size=200))
def test_any_payload_has_a_surface(payload: bytes) -> None:
    assert surface(payload, None) == surface(payload, None)
