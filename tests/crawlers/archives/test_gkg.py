"""GDELT's bulk files: the lists that name them, and the tables in them, whole and broken."""

import zipfile
from datetime import UTC, datetime
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from web_archives import bulk_line, gkg_row, gkg_zip

from archive.model import Slice
from crawlers.archives import gkg
from crawlers.errors import Unreadable

SPAN = Slice(service="gdelt-bulk", what=gkg.LISTS[0], start=datetime(2024, 8, 6, tzinfo=UTC),
             end=datetime(2024, 8, 7, tzinfo=UTC))
AT = datetime(2024, 9, 1, tzinfo=UTC)


def everything(url: str, title: str | None) -> bool:
    return True


def test_a_list_names_the_files_of_a_span_and_nothing_that_is_said_of_their_place_is_believed() -> None:
    lines = b"".join([
        bulk_line("20240805234500.gkg.csv.zip", b"before"), bulk_line("20240806000000.export.CSV.zip", b"events"),
        bulk_line("20240806000000.gkg.csv.zip", b"first"), b"\n", b"damaged line\n", b"12 http://x/20240806001500.gkg.csv.zip\n",
        bulk_line("20240806001500.translation.gkg.csv.zip", b"second").replace(b"data.gdeltproject.org", b"10.0.0.1"),
        bulk_line("20249999999999.gkg.csv.zip", b"no moment"), bulk_line("20240807000000.gkg.csv.zip", b"after")])
    found = gkg.files(lines, SPAN)
    assert [one.original for one in found] == [
        "gdeltv2/20240806000000.gkg.csv.zip", "gdeltv2/20240806001500.translation.gkg.csv.zip"]
    assert gkg.checked(b"first", found[0]) == b"first"
    for other in (b"firs", b"farst"):
        with pytest.raises(Unreadable, match="its list says"):
            gkg.checked(other, found[0])


@given(cut=st.integers(0, 400))
def test_a_list_cut_anywhere_names_the_same_files(cut: int) -> None:
    whole = b"".join(bulk_line(f"202408060{n}0000.gkg.csv.zip", b"x") for n in range(5))
    try:
        lines = gkg.whole_lines(whole[:cut], is_end=False)
    except Unreadable:
        lines = b""
    rest = gkg.whole_lines(whole[len(lines):], is_end=True)
    assert gkg.files(lines, SPAN) + gkg.files(rest, SPAN) == gkg.files(whole, SPAN)


def test_the_articles_of_a_file_have_their_headlines_and_broken_lines_are_counted() -> None:
    packed = gkg_zip(
        gkg_row("http://a.example/1?x=1#top", "&#x411;ої в Курській області : що \x01відомо"), b"too\tfew\tcolumns",
        gkg_row("https://b.example/2", None), gkg_row("https://b.example/2", "again"), b"",
        gkg_row("BBC Monitoring", "no address", collection="2"), gkg_row("https://c.example/\xff", "x").replace(b"x</PAGE", b"\xff</PAGE"))
    read = gkg.reading(packed, wants=everything)
    assert [(one.url, one.title) for one in read.articles] == [
        ("http://a.example/1?x=1", "Бої в Курській області : що відомо"), ("https://b.example/2", None),
        ("https://c.example/%C3%BF", "\ufffd")]
    assert read.passed_over == 2
    assert gkg.reading(packed, wants=lambda url, _: "b.example" in url).articles == read.articles[1:2]
    kept = gkg.discoveries(gkg.payload(read.articles), found_at=AT)
    assert [(one.url, one.title, one.source) for one in kept] == [(one.url, one.title, "gdelt") for one in read.articles]


def _two_files() -> bytes:
    buffer = BytesIO(gkg_zip(gkg_row("https://a.example/1", "x")))
    with zipfile.ZipFile(buffer, "a") as bundle:
        bundle.writestr("b.csv", b"")
    return buffer.getvalue()


def _damaged() -> bytes:
    packed = bytearray(gkg_zip(*(gkg_row(f"https://a.example/{n}", "x") for n in range(50))))
    packed[80] ^= 0xFF
    return bytes(packed)


@pytest.mark.parametrize("packed", [
    pytest.param(b"<html>busy</html>", id="a page"), pytest.param(b"", id="nothing"),
    pytest.param(gkg_zip(gkg_row("https://a.example/1", "x"))[:-30], id="cut off"),
    pytest.param(_damaged(), id="damaged"), pytest.param(_two_files(), id="two files"),
])
def test_what_is_no_file_of_gdelt_says_so(packed: bytes) -> None:
    with pytest.raises(Unreadable, match="the ZIP file"):
        gkg.reading(packed, wants=everything)


def test_a_zip_bomb_is_stopped_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gkg, "MAX_UNPACKED_BYTES", 100_000)
    with pytest.raises(Unreadable, match="unpacks to more than 100,000 bytes"):
        gkg.reading(gkg_zip(b"\0" * 5_000_000), wants=everything)
