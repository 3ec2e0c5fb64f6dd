"""Digests: what is one payload, one text, one state."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.recordbuilder import RecordBuilder
from warcio.warcwriter import WARCWriter

from archive.digests import address_key, normalised, payload_digest, state_digest, text_digest

TEXTS = st.one_of(st.text(), st.text(alphabet="aA ´`ʼ″„“«»…—ß\u0130\u0345\u03b9\ufb01\u00ad\u200b\u1e9e\u2028 \x1f"))


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_normalised_is_idempotent(text: str) -> None:
    once = normalised(text)
    assert normalised(once) == once
    assert "\n" not in once


@pytest.mark.parametrize(("one", "other"), [
    ("l’offensiva", "L'OFFENSIVA"), ("it´s", "it's"), ("“So”", '"so"'), ("«Так»", '"так"'), ("″so″", '"so"'),
    ("a — b", "a - b"), ("wait…", "wait..."), ("Kur\u00adsk", "Kursk"), ("a\u00a0 b\n\nc", "a b c"), ("и\u0306", "й"),
    ("ﬁre", "fire"), ("STRASSE", "straße"),
])
def test_text_digest_does_not_see_typography(one: str, other: str) -> None:
    assert text_digest(one) == text_digest(other)


def test_text_digest_sees_a_word() -> None:
    assert text_digest("two tanks") != text_digest("ten tanks")


@given(st.binary())
@settings(max_examples=50, deadline=None)
def test_payload_digest_is_the_one_that_warc_tools_write(payload: bytes) -> None:
    record = RecordBuilder().create_warc_record("https://a.example/", "resource", payload=io.BytesIO(payload),
                                                length=len(payload))
    WARCWriter(io.BytesIO(), gzip=True).write_record(record)
    assert payload_digest(payload) == record.rec_headers["WARC-Payload-Digest"]


STATES = st.tuples(st.one_of(st.none(), st.text("ab ", max_size=4)), st.one_of(st.none(), st.text("ab ", max_size=4)),
                   st.text("ab \x1f\n", max_size=6))


@given(STATES, STATES)
@settings(max_examples=300, deadline=None)
def test_two_states_are_one_exactly_if_headline_byline_and_body_each_agree(
    one: tuple[str | None, str | None, str], other: tuple[str | None, str | None, str]
) -> None:
    agree = [normalised(part or "") for part in one] == [normalised(part or "") for part in other]
    first, second = (state_digest(title=t, byline=b, text=x) for t, b, x in (one, other))
    assert (first == second) is agree


def test_a_word_that_moves_from_the_headline_to_the_body_is_a_change() -> None:
    assert state_digest(title="Border crossed", byline=None, text="today") != \
        state_digest(title="Border", byline=None, text="crossed today")


def test_no_text_makes_a_digest_raise() -> None:
    for text in ("\ud800", "\x00", ""):
        assert len(text_digest(text)) == 32
        assert len(address_key(text)) == 12
