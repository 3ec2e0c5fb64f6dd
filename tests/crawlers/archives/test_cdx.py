"""What CDX servers and TimeMaps answer, with the traps of the real ones."""

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.model import Memento, Slice
from crawlers.archives import cdx
from crawlers.archives.cdx import Excluded, TooMuch
from crawlers.archives.slices import days, halves, last_second, months
from crawlers.archives.timemap import timemap
from crawlers.errors import Unreadable

HEADER = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]
KEY = "ua,example,news)/2024/08/6/101"
URL = "https://www.news.example.ua/2024/08/6/101/"
DIGEST = "U33JDXZEWLLFR6RS75ZILAV6D234CMML"
ROW = [KEY, "20240806142233", URL, "text/html", "200", DIGEST, "18211"]
MEMENTO = Memento(urlkey=KEY, original=URL, captured_at=datetime(2024, 8, 6, 14, 22, 33, tzinfo=UTC), digest=DIGEST,
                  length=18211)
BASE = "https://archive.example"


def changed(**fields: str) -> list[str]:
    return [fields.get(name, value) for name, value in zip(HEADER, ROW, strict=True)]


def answer(*rows: list[str], key: str | None = None, header: list[str] | None = None) -> bytes:
    return json.dumps([header or HEADER, *rows, *([[], [key]] if key else [])]).encode()


def test_json_and_text_say_the_same() -> None:
    key = "ua%2Cexample%2Cnews%29%2F2024%2F08%2F6%2F102+20240806150000"
    text = (" ".join(ROW) + f"\n\n{key}\n").encode()
    assert cdx.read(answer(ROW, key=key)) == cdx.read(text)
    assert cdx.read(text).mementos == (MEMENTO,)
    assert cdx.read(text).resume_key == key


@pytest.mark.parametrize("body", [b"[]", b"[]\n", b"", b"\n", answer()])
def test_nothing_found_is_an_answer(body: bytes) -> None:
    assert cdx.read(body) == cdx.CdxPage(mementos=(), passed_over=0, resume_key=None)


@pytest.mark.parametrize(("row", "is_kept"), [
    pytest.param(ROW, True, id="a page"),
    pytest.param(changed(mimetype="warc/revisit", statuscode="-"), True, id="a revisit: the payload seen again"),
    pytest.param(changed(mimetype="warc/revisit", statuscode="200"), True, id="a revisit with its status"),
    pytest.param(changed(statuscode="-"), False, id="a page without a status"),
    pytest.param(changed(statuscode="301"), False, id="a redirect"),
    pytest.param(changed(mimetype="image/jpeg"), False, id="a picture"),
    pytest.param(changed(original="https://news.example.ua/"), False, id="the front page"),
    pytest.param(changed(original="javascript:x"), False, id="no address"),
    pytest.param(changed(timestamp="20240806142260"), False, id="a second that is none"),
    pytest.param(changed(timestamp="2024080614"), False, id="a time that is cut off"),
    pytest.param(changed(length="-"), True, id="an unknown length"),
    pytest.param(ROW[:4], False, id="a short row"),
])
def test_which_rows_are_pages(row: list[str], is_kept: bool) -> None:
    page = cdx.read(answer(row))
    assert (len(page.mementos), page.passed_over) == ((1, 0) if is_kept else (0, 1))


def test_a_row_that_comes_twice_counts_once_and_fields_go_by_their_names() -> None:
    assert cdx.read(answer(ROW, ROW, ROW)).mementos == (MEMENTO,)
    assert cdx.read(answer(ROW[::-1], header=HEADER[::-1])).mementos == (MEMENTO,)


@pytest.mark.parametrize(("body", "status", "error"), [
    (b"org.archive.wayback.exception.RobotAccessControlException: x", 403, Excluded),
    (b"org.archive.wayback.exception.AdministrativeAccessControlException: x", 200, Excluded),
    (b"<html>504 Gateway Time-out</html>", 504, TooMuch),
    (b"<html>Bad Gateway</html>", 502, Unreadable),
    (b"<html>all is well</html>", 200, Unreadable),
    (b'{"error": "no"}', 200, Unreadable),
    (answer(ROW)[:-20], 200, Unreadable),
    (b'[["a", 1]]', 200, Unreadable),
    (b"[1, 2]", 200, Unreadable),
    (b"Sorry, too many requests", 200, Unreadable),
])
def test_errors_are_told_apart(body: bytes, status: int, error: type[Exception]) -> None:
    with pytest.raises(Unreadable) as caught:
        cdx.page(body, status=status)
    assert type(caught.value) is error


@given(st.binary(max_size=200))
def test_no_bytes_are_too_strange(body: bytes) -> None:
    for read in (cdx.read, timemap):
        try:
            read(body)
        except Unreadable:
            continue


def test_a_query_asks_by_prefix_and_span_and_goes_on_by_its_key() -> None:
    (part,) = months("wayback", "news.example", first=date(2024, 8, 6), last=date(2024, 8, 31))
    asked = parse_qs(urlsplit(cdx.query(part, base=BASE)).query)
    assert asked["url"] == ["news.example/*"]
    assert asked["from"] + asked["to"] == ["20240806000000", "20240831235959"]
    assert "resumeKey" not in asked
    assert "page" not in asked, "numbered pages leave out recent captures"
    later = Slice(service="wayback", what="a.example", start=part.start, end=part.end, resume_key="a b+c")
    assert parse_qs(urlsplit(cdx.query(later, base=BASE)).query)["resumeKey"] == ["a b+c"]


def served(at: str = "Tue, 06 Aug 2024 14:22:33 GMT", *, address: str = f"{BASE}/web/20240806142233id_/{URL}",
           status: int = 200, **headers: str) -> tuple[str, datetime] | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return cdx.memento_served(address, base=BASE, headers={"memento-datetime": at} | named, status=status)


def test_a_memento_is_what_the_archive_says_it_is() -> None:
    assert served() == (URL, MEMENTO.captured_at)
    nearest = datetime(2024, 8, 9, 8, tzinfo=UTC)
    assert served("Fri, 09 Aug 2024 08:00:00 GMT") == (URL, nearest), "not the time asked for"
    assert served(address=f"{BASE}/web/20240806142233id_/http:/a.example:80/x") == (
        "http://a.example/x", MEMENTO.captured_at)
    assert cdx.raw_address(MEMENTO, base=BASE) == f"{BASE}/web/20240806142233id_/{URL}"


@pytest.mark.parametrize("other", [
    {"at": "yesterday"}, {"status": 302}, {"status": 503}, {"x_archive_wayback_runtime_error": "x"},
    {"address": f"{BASE}/web/20240806142233/{URL}"},
    {"address": "https://elsewhere.example/web/20240806142233id_/" + URL},
    {"address": f"{BASE}/web/20240806142233id_/javascript:x"},
])
def test_what_is_no_memento(other: dict[str, object]) -> None:
    assert served(**other) is None  # type: ignore[arg-type]


@given(st.dates(date(2024, 1, 1), date(2025, 12, 31)), st.integers(0, 400))
def test_slices_lie_side_by_side_without_a_gap(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    for cut in (months, days):
        parts = list(cut("s", "w", first=first, last=last))
        assert parts[0].start.date() == first
        assert last_second(parts[-1]).date() == last
        assert all(one.end == other.start for one, other in pairwise(parts))


@given(st.integers(1, 500))
def test_halves_make_the_whole_and_end_at_the_unit(hours: int) -> None:
    start = datetime(2024, 8, 6, tzinfo=UTC)
    whole = Slice(service="s", what="w", start=start, end=start + timedelta(hours=hours), resume_key="k")
    parts = halves(whole, unit=timedelta(hours=1))
    if hours == 1:
        assert parts == ()
        return
    left, right = parts
    assert (left.start, left.end, right.end) == (whole.start, right.start, whole.end)
    assert left.resume_key is None
    assert abs((left.end - left.start) - (right.end - right.start)) <= timedelta(hours=1)


TIMEMAP = f"""<{URL}>; rel="original",
<{BASE}/web/timemap/link/{URL}>; rel="self"; type="application/link-format"; from="Tue, 06 Aug 2024 14:22:33 GMT",
<{BASE}>; rel="timegate",
<{BASE}/web/20240806142233/{URL}>; rel="first memento"; datetime="Tue, 06 Aug 2024 14:22:33 GMT"; collection="a, b",
<{BASE}/web/timemap/link/2/{URL}>; rel="timemap"; from="Sat, 10 Aug 2024 00:00:00 GMT",
<{BASE}/web/20240809080000/{URL}>; rel=memento; datetime="Fri, 09 Aug 2024 08:00:00 GMT"
"""


def test_commas_within_quoted_dates_part_no_links() -> None:
    read = timemap(TIMEMAP.encode())
    assert read.original == URL
    assert read.mementos == (
        (f"{BASE}/web/20240806142233/{URL}", MEMENTO.captured_at),
        (f"{BASE}/web/20240809080000/{URL}", datetime(2024, 8, 9, 8, tzinfo=UTC)),
    )
    assert read.further == (f"{BASE}/web/timemap/link/2/{URL}",)


@pytest.mark.parametrize("body", [b"", b"<html>404 not found</html>", b"<a>; rel=timegate", b"no captures"])
def test_what_is_no_timemap(body: bytes) -> None:
    with pytest.raises(Unreadable):
        timemap(body)
