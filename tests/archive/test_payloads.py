"""Content-Encoding undone, within bounds."""

import gzip
import time
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.payloads import MAX_MEMBERS, UndecodablePayload, decoded, gunzipped

LIMIT = 1_000_000


def deflated_raw(body: bytes) -> bytes:
    deflate = zlib.compressobj(wbits=-15)
    return deflate.compress(body) + deflate.flush()


@given(st.binary(max_size=5_000))
@settings(max_examples=60, deadline=None)
def test_a_body_comes_back_from_every_encoding(body: bytes) -> None:
    for coding, payload in [
        (None, body), ("identity", body), ("gzip", gzip.compress(body)), ("GZip ", gzip.compress(body)),
        ("x-gzip", gzip.compress(body)), ("deflate", zlib.compress(body)), ("deflate", deflated_raw(body)),
        ("deflate, gzip", gzip.compress(zlib.compress(body))), ("gzip, identity", gzip.compress(body)),
    ]:
        assert decoded(payload, content_encoding=coding, limit=LIMIT) == body


def test_several_gzip_members_are_one_body() -> None:
    assert decoded(gzip.compress(b"one ") + gzip.compress(b"") + gzip.compress(b"two") + b"\0\0",
                   content_encoding="gzip", limit=LIMIT) == b"one two"


def test_a_body_larger_than_what_zlib_is_given_at_once_comes_back() -> None:
    body = bytes(n * n % 251 for n in range(400_000))
    assert gunzipped(gzip.compress(body, 0) + gzip.compress(body, 9), limit=LIMIT) == body + body


def test_plain_text_that_is_declared_gzip_is_taken_as_it_is() -> None:
    assert decoded(b"<html>", content_encoding="gzip", limit=LIMIT) == b"<html>"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", None])
def test_an_empty_body_is_empty_under_any_encoding(coding: str | None) -> None:
    assert decoded(b"", content_encoding=coding, limit=LIMIT) == b""


@pytest.mark.parametrize(("payload", "coding", "reason"), [
    pytest.param(gzip.compress(b"text" * 99)[:-9], "gzip", "cut off", id="gzip without its end"),
    pytest.param(gzip.compress(b"one") + gzip.compress(b"two")[:12], "gzip", "cut off", id="a second member cut off"),
    pytest.param(zlib.compress(b"text" * 99)[:-3], "deflate", "cut off", id="deflate without its end"),
    pytest.param(gzip.compress(b"text" * 99)[:20] + b"\xff" * 20, "gzip", "damaged", id="gzip damaged"),
    pytest.param(b"<html>", "deflate", "damaged", id="plain text declared deflate"),
    pytest.param(b"x", "br", "not one that was asked for", id="an encoding that is not known"),
    pytest.param(b"x" * (LIMIT + 1), None, "over the limit", id="a plain body over the limit"),
    pytest.param(gzip.compress(b"x" * (LIMIT + 1)), "gzip", "more than the limit of 1,000,000", id="over by one"),
    pytest.param(gzip.compress(b"x" * LIMIT) + gzip.compress(b"x"), "gzip", "more than the limit of 1,000,000",
                 id="over with its second member"),
    pytest.param(gzip.compress(b"x"), ", ".join(["gzip"] * 5), "over one another", id="too many encodings"),
])
def test_what_cannot_be_decoded_says_why(payload: bytes, coding: str | None, reason: str) -> None:
    with pytest.raises(UndecodablePayload, match=reason):
        decoded(payload, content_encoding=coding, limit=LIMIT)


def test_a_body_of_just_the_limit_is_within_it() -> None:
    assert len(decoded(gzip.compress(b"x" * LIMIT), content_encoding="gzip", limit=LIMIT)) == LIMIT


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_bomb_takes_no_more_memory_than_the_limit_allows(coding: str) -> None:
    bomb = b"\0" * 200_000_000
    payload = gzip.compress(bomb, 1) if coding == "gzip" else zlib.compress(bomb, 1)
    del bomb
    tracemalloc.start()
    try:
        with pytest.raises(UndecodablePayload):
            decoded(payload, content_encoding=coding, limit=LIMIT)
        assert tracemalloc.get_traced_memory()[1] < 8 * LIMIT
    finally:
        tracemalloc.stop()


def test_a_stream_of_very_many_empty_members_is_refused_in_time() -> None:
    payload = gzip.compress(b"") * (MAX_MEMBERS * 50)
    started = time.process_time()
    with pytest.raises(UndecodablePayload, match="parts"):
        decoded(payload, content_encoding="gzip", limit=LIMIT)
    assert time.process_time() - started < 5


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate", "gzip, deflate"]))
@settings(max_examples=200, deadline=None)
def test_garbage_is_decoded_or_refused(payload: bytes, coding: str) -> None:
    for body in (payload, b"\x1f\x8b" + payload, b"\x78\x9c" + payload):
        try:
            decoded(body, content_encoding=coding, limit=LIMIT)
        except UndecodablePayload:
            continue
