"""What a robots.txt means, by RFC 9309, also where the library that matches paths reads it otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.robots import MAX_BYTES, Robots, is_kept_answer, robots

AGENT = "stemma-archive"
SITE = "https://news.example"


def rules(text: str | bytes, status: int | None = 200) -> Robots:
    return robots(status=status, body=text if isinstance(text, bytes) else text.encode(), agent=AGENT)


def allows(text: str | bytes, path: str = "/a") -> bool:
    return rules(text).allows(SITE + path)


@pytest.mark.parametrize(("status", "allowed"), [
    (200, True), (204, True), (301, False), (400, True), (401, True), (403, True), (404, True), (410, True),
    (429, False), (500, False), (503, False), (None, False),
])
def test_the_status_decides_where_there_are_no_rules(status: int | None, allowed: bool) -> None:
    assert rules("", status).allows(f"{SITE}/a") is allowed


@pytest.mark.parametrize("status", [200, 301, 404, 403])
def test_answers_hold_for_a_day(status: int) -> None:
    assert is_kept_answer(status)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_errors_are_asked_about_again(status: int) -> None:
    assert not is_kept_answer(status)


@pytest.mark.parametrize(("text", "allowed"), [
    pytest.param("User-agent: stemma-archive\nDisallow: /a", False, id="our name"),
    pytest.param("USER-AGENT: Stemma-Archive\ndisallow: /a", False, id="in any case"),
    pytest.param("User-agent: stemma-archive/2.0\nDisallow: /a", False, id="with a version"),
    pytest.param("User-agent: stemma\nDisallow: /a", True, id="the beginning of our name is another's"),
    pytest.param("User-agent: stemma\nAllow: /\n\nUser-agent: *\nDisallow: /", False, id="and its leave is not ours"),
    pytest.param("User-agent: stemma-archive-2\nDisallow: /a", True, id="a longer name is another's"),
    pytest.param("User-agent: stemma-archive\nAllow: /\nUser-agent: *\nDisallow: /", True, id="ours before all"),
    pytest.param("User-agent: x\nUser-agent: stemma-archive\nDisallow: /a", False, id="a group of two agents"),
    pytest.param("User-agent: stemma-archive\nUser-agent: x\nDisallow: /a", False, id="in any order"),
    pytest.param("User-agent: stemma-archive\nCrawl-delay: 5\nUser-agent: x\nDisallow: /a", False,
                 id="a delay ends no list of agents (2.2.4)"),
    pytest.param("User-agent: stemma-archive\nClean-param: s /\nUser-agent: x\nDisallow: /a", False,
                 id="nor does a line that nobody knows"),
    pytest.param("User-agent: stemma-archive\nSitemap: /s.xml\nUser-agent: x\nDisallow: /a", False, id="nor a sitemap"),
    pytest.param("User-agent: stemma-archive\n\n# ours\n\nDisallow: /a", False, id="nor an empty line"),
    pytest.param("User-agent: stemma-archive\nDisallow: /b\n\nUser-agent: x\nDisallow: /\n\n"
                 "User-agent: stemma-archive\nDisallow: /a", False, id="two groups of ours are one"),
    pytest.param("User-agent: stemma-archive\nDisallow:\nUser-agent: *\nDisallow: /", True, id="nothing is forbidden us"),
    pytest.param("Disallow: /a", True, id="a rule before any agent is nobody's"),
    pytest.param("\ufeffUser-agent: *\nDisallow: /a", False, id="a byte order mark is passed over"),
    pytest.param("User-agent: *\r\nDisallow: /a\r\n", False, id="CRLF"),
    pytest.param("User-agent: *\rDisallow: /a\r", False, id="CR"),
    pytest.param("User-agent: *  # all\nDisallow: /a # not this", False, id="comments"),
    pytest.param("User-agent : *\nDisallow : /a", False, id="blanks before the colon"),
    pytest.param(b"User-agent: *\nDisallow: /\xff\nDisallow: /a", False, id="bytes that are no UTF-8"),
])
def test_which_lines_are_ours(text: str | bytes, allowed: bool) -> None:
    assert allows(text) is allowed


@pytest.mark.parametrize(("lines", "path", "allowed"), [
    ("Disallow: /a\nAllow: /a/b", "/a/b/c", True), ("Allow: /a/b\nDisallow: /a", "/a/c", False),
    ("Allow: /a\nDisallow: /a", "/a", True), ("Disallow: /*.pdf$", "/x.pdf", False), ("Disallow: /*.pdf$", "/x.pdf?a", True),
    ("Disallow: /a*c", "/abbbc", False), ("Disallow: /%D0%B0", "/а", False), ("Disallow: /а", "/%d0%b0", False),
    ("Disallow: /a", "/A", True), ("Disallow: /", "/robots.txt", True), ("Disallow: /?s=", "/?s=1", False),
])
def test_the_longest_match_decides_and_leave_wins_a_tie(lines: str, path: str, allowed: bool) -> None:
    assert allows(f"User-agent: *\n{lines}\n", path) is allowed


@pytest.mark.parametrize(("line", "delay"), [
    ("Crawl-delay: 2.5", 2.5), ("crawl-delay: 10", 10.0), ("Crawl-delay: soon", None), ("Crawl-delay: -1", None),
    ("Crawl-delay: inf", None), ("Crawl-delay: nan", None), ("", None),
])
def test_a_delay_is_seconds_with_their_fraction(line: str, delay: float | None) -> None:
    assert rules(f"User-agent: *\n{line}\n").crawl_delay == delay
    assert rules(f"User-agent: *\nCrawl-delay: 99\n\nUser-agent: {AGENT}\n{line}\nDisallow: /a").crawl_delay == delay


def test_of_a_long_file_half_a_megabyte_is_read_in_whole_lines() -> None:
    start = "User-agent: *\nDisallow: /early\n"
    padding = "#" * (MAX_BYTES - len(start) - len("\nDisallow: /"))
    long = f"{start}{padding}\nDisallow: /late\n" + "Disallow: /later\n" * 50_000
    assert not allows(long, "/early")
    assert allows(long, "/other"), "half a line is no rule"
    assert allows(long, "/later")


def test_a_page_in_its_place_is_told_and_forbids_nothing() -> None:
    read = rules("<!DOCTYPE html>\n<html><body>\nDisallow: everything\n</body></html>")
    assert read.allows(f"{SITE}/a")
    assert read.flaw is not None
    assert "robots.txt is an HTML page" in read.flaw
    assert rules("User-agent: *\nDisallow: /").flaw is None


@given(st.text(max_size=300))
def test_no_text_breaks_the_rules(text: str) -> None:
    assert allows(text, "/robots.txt")
    allows(f"User-agent: *\n{text}")
