"""Pages of our own words beside what is to be read from them; `UPDATE_GOLDEN=1` writes the readings anew."""

import contextlib
import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.digests import payload_digest
from archive.model import Block, Document, Moment
from pipeline.extract import MAX_ATTRIBUTES, MAX_HTML_BYTES, NoText, extract, html_text, language

PAGES = Path(__file__).parent / "pages"
HEADERS = {"italian": "ISO-8859-1", "graph": "utf-8"}  # the charset of the HTTP header, where there is one
RARE = ("organisations", "agencies", "notices", "alternates", "is_free")  # in the files of pages that have them
SITE = '<meta property="og:site_name" content="The Courier">'
STORY = "".join(
    f"<p>The {ordinal} convoy reached the town shortly after noon and was met by a crowd that had waited since "
    "early morning, according to people who stood there.</p>" for ordinal in ("first", "second", "third")
)


def read(
    page: str | bytes, *, charset: str | None = None, url: str = "https://courier.example/2024/08/story"
) -> Document:
    payload = page.encode() if isinstance(page, str) else page
    found = extract(payload, url=url, charset=charset, payload_digest=payload_digest(payload))
    assert isinstance(found, Document)
    return found


def as_golden(document: Document) -> dict[str, object]:
    def time_of(moment: Moment | None) -> list[str] | None:
        return [moment.iso, moment.basis] if moment else None

    return {
        "title": document.title, "authors": list(document.authors), "byline": document.byline,
        "published": time_of(document.published), "modified": time_of(document.modified),
        "language": document.language, "site_name": document.site_name, "section": document.section,
        "canonical": document.canonical, "credits": list(document.credits), "paragraphs": list(document.paragraphs),
    } | {
        name: json.loads(json.dumps(value)) for name in RARE if (value := getattr(document, name)) not in ((), None)
    } | ({"posts": [[post.key, post.at, post.title, post.text] for post in document.posts]} if document.posts else {})


@pytest.mark.parametrize("name", sorted(path.stem for path in PAGES.glob("*.html")))
def test_a_page_is_read_as_the_file_beside_it_says(name: str) -> None:
    payload, golden = (PAGES / f"{name}.html").read_bytes(), PAGES / f"{name}.json"
    try:
        read_as = extract(payload, url="https://courier.example/2024/08/story", charset=HEADERS.get(name), payload_digest="")
        found = {"block": [read_as.kind, read_as.reason]} if isinstance(read_as, Block) else as_golden(read_as)
    except NoText as error:
        found = {"no_text": str(error)}
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert found == json.loads(golden.read_text(encoding="utf-8"))


def test_reading_a_page_again_gives_the_same() -> None:
    payload = (PAGES / "graph.html").read_bytes()
    assert len({read(payload) for _ in range(5)}) == 1


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "no HTML page"),
        (b" \n", "no HTML page"),
        (b"\x00" * 500, "no HTML page"),
        (b"<!-- x -->", "no HTML page"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\n", "no HTML page"),
        (json.dumps({"text": "words of an answer that is no page " * 9}).encode(), "no HTML page"),
        (b"x" * (MAX_HTML_BYTES + 1), "over 20,000,000 bytes"),
        (b"<html><body><p>Two words.</p></body></html>", "no article text"),
    ],
)
def test_what_is_no_article_says_why(payload: bytes, reason: str) -> None:
    with pytest.raises(NoText, match=reason):
        read(payload)


@given(st.binary(max_size=400), st.one_of(st.none(), st.text(max_size=10), st.sampled_from(
    ["utf-8", "windows-1251", "utf-16", "undefined", "idna", "punycode", "unicode_escape", "hex", "rot13", "utf-8\0"])))
@settings(max_examples=150, deadline=None)
def test_no_bytes_and_no_charset_make_the_characters_fail(payload: bytes, charset: str | None) -> None:
    text = html_text(payload, charset)
    assert "\x00" not in text
    html_text(b"\xff\xcf\xf0\xe8" + payload, charset)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("codec", ["unicode_escape", "raw_unicode_escape", "utf-7", "utf-32", "charmap", "hex"])
def test_a_page_chooses_among_the_charsets_of_the_web_and_no_others(codec: str) -> None:
    payload = "Зміна \\d \\x41 +AEE-".encode("cp1251")
    assert html_text(payload, codec) == html_text(payload, None)
    in_page = f'<meta charset="{codec}">'.encode() + payload
    assert html_text(in_page, None) == html_text(in_page, "none such")


@given(st.binary(max_size=300))
@settings(max_examples=30, deadline=None)
def test_garbage_in_a_page_is_read_or_refused(garbage: bytes) -> None:
    try:
        document = read(b"<html><body>" + garbage + STORY.encode() + garbage)
    except NoText:
        return
    json.dumps(as_golden(document), ensure_ascii=False).encode()


RUSSIAN = "Войска перешли границу у Суджи, сообщили жители по телефону. " * 20
ITALIAN = "L’offensiva è cominciata all’alba, “perché no”, disse il sindaco. " * 20


@pytest.mark.parametrize(
    ("payload", "charset", "expected"),
    [
        pytest.param(RUSSIAN.encode(), None, RUSSIAN, id="UTF-8 that is not declared"),
        pytest.param(RUSSIAN.encode(), "windows-1251", RUSSIAN, id="UTF-8 that is declared otherwise"),
        pytest.param(RUSSIAN.encode("utf-8-sig"), None, RUSSIAN, id="UTF-8 with its mark"),
        pytest.param(RUSSIAN.encode("cp1251"), "Windows-1251", RUSSIAN, id="windows-1251 in the header"),
        pytest.param(
            b'<meta charset="koi8-r">' + RUSSIAN.encode("koi8-r"),
            None,
            '<meta charset="koi8-r">' + RUSSIAN,
            id="koi8-r",
        ),
        pytest.param(RUSSIAN.encode("cp1251"), "utf-8", RUSSIAN, id="windows-1251 that is declared UTF-8"),
        pytest.param(RUSSIAN.encode("cp1251"), None, RUSSIAN, id="windows-1251 that is not declared"),
        pytest.param(RUSSIAN.encode("utf-16"), None, RUSSIAN, id="UTF-16 with its mark"),
        pytest.param(RUSSIAN.encode("utf-16-le"), "utf-16le", RUSSIAN, id="UTF-16 in the header"),
        pytest.param(
            ITALIAN.encode("cp1252"), "iso-8859-1", ITALIAN, id="quotes of windows-1252 that is declared Latin-1"
        ),
        pytest.param("乌军越过边界".encode("gbk"), "gb2312", "乌军越过边界", id="gb2312"),
    ],
)
def test_characters_of_a_page(payload: bytes, charset: str | None, expected: str) -> None:
    assert html_text(payload, charset) == expected


@pytest.mark.parametrize(("charset", "codec"), [("utf-8", "utf-8"), ("windows-1251", "cp1251")])
def test_a_broken_byte_does_not_make_a_charset_wrong(charset: str, codec: str) -> None:
    whole = RUSSIAN.encode(codec)
    text = html_text(whole[:100] + b"\x98" + whole[100:], charset)
    assert text.count("\ufffd") <= 2
    assert "сообщили жители по телефону" in text[:300]


@pytest.mark.parametrize(("text", "expected"), [
    ("Уранці мешканці трьох сіл виїхали до обласного центру.", "uk"),
    ("Утром жители трёх сёл выехали в областной центр на автобусах.", "ru"),
    ("La prima colonna è passata poco prima dell’alba, dicono in paese.", "it"),
    ("A column of vehicles crossed the frontier before dawn on Tuesday.", "en"), ("Too short", None), ("", None),
])
def test_language_is_that_of_the_text(text: str, expected: str | None) -> None:
    assert language(text) == expected


@pytest.mark.parametrize(
    ("head", "heading", "expected"),
    [
        ('<meta property="og:title" content="Ferry returns | The Courier">', "Ferry returns", "Ferry returns"),
        (
            f'<meta property="og:title" content="Ferry returns — The Courier">{SITE}',
            "",
            "Ferry returns",
        ),
        (
            f'<meta property="og:title" content="The Courier">{SITE}',
            "",
            "The Courier",
        ),
        (
            f'<meta property="og:title" content="Why I left The Courier">{SITE}',
            "",
            "Why I left The Courier",
        ),
        ("<title>Ferry returns - The Courier</title>", "Ferry returns", "Ferry returns"),
        (
            '<meta property="og:title" content="Ferry returns: what we know">',
            "Ferry returns",
            "Ferry returns: what we know",
        ),
    ],
)
def test_title_is_the_headline_without_the_sites_name(head: str, heading: str, expected: str) -> None:
    h1 = f"<h1>{heading}</h1>" if heading else ""
    assert read(f"<html><head>{head}</head><body><article>{h1}{STORY}</article></body></html>").title == expected


def test_a_title_that_opens_the_text_is_no_paragraph_of_it() -> None:
    document = read(
        f"<html><head><title>x</title></head><body><article><h1>Ferry returns</h1>{STORY}</article></body></html>"
    )
    assert document.title == "Ferry returns"
    assert len(document.paragraphs) == 3
    assert document.text == "\n\n".join(document.paragraphs)


def test_a_paragraph_that_is_one_link_is_navigation() -> None:
    link = '<p><a href="/x">Read also: what the governor said about it all last night in the town hall</a></p>'
    assert "Read also" not in read(f"<html><body><article>{STORY}{link}{STORY}</article></body></html>").text


def test_no_text_of_a_block_is_lost_for_the_blocks_in_it() -> None:
    document = read(f"""<html><body><article>{STORY}
        <blockquote>The quote begins without a paragraph, said the mayor of it.
        <p>And goes on in one of its own.</p></blockquote>
        <ul><li>An item that has a list of its own:<ul><li>the inner item of that list</li></ul></li></ul>
        <p>One line of a poem<br>and another line</p><p>H<sub>2</sub>O and <b>b</b>old</p></article></body></html>""")
    assert list(document.paragraphs[3:]) == [
        "The quote begins without a paragraph, said the mayor of it.", "And goes on in one of its own.",
        "An item that has a list of its own:", "the inner item of that list", "One line of a poem and another line",
        "H2O and bold"]


@pytest.mark.parametrize("element", [
    "<wbr>", "<input>", "<button>Share</button>", "<select><option>A</option></select>", "<noscript>No</noscript>",
    "<iframe></iframe>", "<object></object>", "<canvas></canvas>", "<meta itemprop=a>", "<link>",
])
def test_what_stands_behind_an_element_within_a_text_is_read(element: str) -> None:
    page = f"<html><body><article>{STORY}<div>The road was{element} closed at noon.</div>{STORY.replace('convoy', 'bus')}"
    assert "closed at noon." in read(page + "</article></body></html>").text


def test_a_page_that_lies_within_one_form_is_read() -> None:
    search = "<div><label>Search</label><input name=q><select><option>Kursk</option></select><textarea></textarea></div>"
    page = f"<html><body><form id=aspnetForm>{search}<fieldset><div>{STORY}</div></fieldset></form></body></html>"
    assert len(read(page).paragraphs) == 3


@pytest.mark.parametrize("sign", [
    "\x01", "\x0b", "\x1f", "\x00", "\ufffe", "&#1;", "&#x1F;", "&#11;", "&#xfffe;", "&#x00c",
])
def test_a_character_that_is_none_loses_no_text(sign: str) -> None:
    page = f"<html><body><article>{STORY.replace('convoy', f'con{sign} voy', 1)}</article></body></html>"
    assert [" ".join(p.split()[:3]) for p in read(page).paragraphs] == ["The first con", "The second convoy", "The third convoy"]


@pytest.mark.parametrize(("reference", "character"), [("&#10;", " "), ("&#11088;", "⭐"), ("&#x1F4A5;", "💥"), ("&#160;", " ")])
def test_other_references_are_read(reference: str, character: str) -> None:
    page = f"<html><body><article>{STORY.replace('convoy', f'con{reference}voy', 1)}</article></body></html>"
    assert f"The first con{character}voy reached" in read(page).text


def test_a_date_of_another_article_in_a_box_is_not_the_articles() -> None:
    page = (
        '<html><head><script type="application/ld+json">'
        '{{"@type": "NewsArticle", "datePublished": "2024-09-03"}}</script>'
        '</head><body><aside><time datetime="{}">then</time></aside><article>' + STORY + "</article></body></html>"
    )
    other, same = read(page.format("2024-10-20T08:00:00Z")), read(page.format("2024-09-03T08:00:00Z"))
    assert other.published is not None
    assert same.published is not None
    assert (other.published.iso, other.published.basis) == ("2024-09-03", "json-ld datePublished")
    assert (same.published.iso, same.published.basis) == ("2024-09-03T08:00:00+00:00", "time element")


def test_a_declared_address_is_absolute_or_none() -> None:
    page = f'<html><head><link rel="canonical" href="{{}}"></head><body>{STORY}</body></html>'
    assert read(page.format("/a?b#c")).canonical == "https://courier.example/a?b"
    for link in ("javascript:x", "http://[", ""):
        assert read(page.format(link)).canonical is None


PROSE = "words that are as many as those of a post, and more " * 3
HOSTILE = {
    "divs": "<div>" * 20_000 + STORY, "bold": "<p>" + "<b>" * 20_000 + "x " * 50, "lists": "<ul><li>" * 20_000,
    "tables": "<table><tr><td>" * 20_000, "quotes": "<blockquote>" * 20_000, "sections": "<section><article>" * 20_000,
    "links": "<a href=x>" * 20_000, "fonts": "<font>" * 20_000 + STORY, "svg": "<svg>" * 20_000,
    "comments": "<!--x-->" * 20_000, "closed": "</div></p>" * 20_000, "doctypes": "<!DOCTYPE html>" * 20_000,
    "angles": "<" * 100_000, "entities": "&amp;" * 100_000, "quotes in a tag": '<a "' + "'\"" * 50_000,
    "a title of a megabyte": "<h1>" + "x" * 1_000_000 + "</h1>",
    "100,000 nested": "<div>" * 100_000 + STORY, "paragraphs": "<p>word word word</p>" * 29_000,
    "line breaks": "<div>" + "word<br><br>" * 14_000, "boxes": "<div><p>word</p><img></div>" * 9_000,
    "times": "<div><time datetime=2024-08-08>x</time><p>words that are as many as those of a post</p></div>" * 9_000,
    "times of prose": f"<div><time datetime=2024-08-08>x</time><p>{PROSE}</p></div>" * 9_000,
    "sections of prose": f"<section class=story><h3>a</h3><p>{PROSE}</p></section>" * 9_000,
    "breaks in prose": f"<div>{PROSE}<br><a href=x>y</a></div>" * 9_000,
    "addresses": ("<a href='" + "x" * 1_000 + "'>y</a>") * 15_000, "spaces": "<p>" + " " * 500_000 + "x</p>",
    "an author of 10,000 characters": '<meta name="author" content="' + "Anna Smith, " * 900 + '">' + STORY,
    "a byline of by": '<div class="byline">' + "by " * 3_000 + "</div>" + STORY,
    "a text of digits": "<p>" + "1. " * 6_000 + "</p>", "an articleBody": (
        '<script type="application/ld+json">{"@type": "NewsArticle", "articleBody": "' + "word " * 200_000
        + '"}</script>' + "<p>word word word word word word word</p>" * 2_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_ends_in_time(name: str) -> None:
    started = time.process_time()
    with contextlib.suppress(NoText):
        read(f"<html><head><title>t</title></head><body>{STORY}{HOSTILE[name]}")
    assert time.process_time() - started < 5  # two at most on a machine that does nothing else


def test_a_chronicle_of_1600_posts_is_read_whole_and_in_time() -> None:
    """More elements than trafilatura's thorough rules can be asked about: they take time with their square."""
    posts = "".join(
        f"<article><header><time datetime=2024-08-08T{number % 24:02}:00:00Z>now</time><h3>Report {number}</h3></header>"
        f"<p>{number} people {PROSE}</p><p>They said {PROSE} to <a href=https://other.example/{number}>another</a>.</p>"
        "<footer><ul><li><a href=/a>Share</a></ul></footer></article>" for number in range(1_600))
    started = time.process_time()
    text = read(f"<html><head><title>Live</title></head><body><nav><a href=/>Home</a></nav><h1>Live</h1>{posts}").text
    assert time.process_time() - started < 5
    assert [f"Report {number}\n" in text and f"{number} people" in text for number in range(1_600)] == [True] * 1_600
    assert "Share" not in text
    assert "Home" not in text


@pytest.mark.parametrize("page", [
    "<p>word word word word</p>" * 700_000, "<div>" * 3_000_000, "<p>word</p>" * 40_000, "<ul><li>" * 100_000,
], ids=["18 MB of paragraphs", "15 MB of nesting", "80,000 elements", "lists in lists"])
def test_a_page_of_very_many_elements_is_refused_in_time(page: str) -> None:
    started = time.process_time()
    with pytest.raises(NoText, match="more than 30,000 elements"):
        read(f"<html><body>{STORY}{page}")
    assert time.process_time() - started < 2


def test_a_very_long_author_field_names_nobody() -> None:
    assert read(f'<html><head><meta name="author" content="{"Anna Smith, " * 900}"></head><body>{STORY}').authors == ()


@pytest.mark.parametrize("year", ["1970", "2099"])
def test_a_default_date_is_no_date(year: str) -> None:
    head = f'<meta property="article:published_time" content="{year}-01-01T00:00:00Z">'
    assert read(f"<html><head>{head}</head><body><article>{STORY}</article></body></html>").published is None


def test_readings_that_contradict_each_other_are_kept_and_lower_the_agreement() -> None:
    head = ('<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "2024-08-10T10:00:00Z"}</script>'
            '<meta property="article:published_time" content="%s">')
    same = read(f"<html><head>{head % '2024-08-10T13:00:00+03:00'}</head><body><article>{STORY}").published
    other = read(f"<html><head>{head % '2024-08-17T10:00:00Z'}</head><body><article>{STORY}")
    assert same is not None
    assert other.published is not None
    assert same.agreement == 1.0
    assert other.published.agreement < 1.0
    assert {c.value for c in other.candidates if c.field == "published"} >= {
        "2024-08-10T10:00:00Z", "2024-08-17T10:00:00Z"}


def test_a_text_beside_hostile_nesting_is_still_read() -> None:
    assert len(read(f"<html><body><article>{STORY}</article>{'<div>' * 20_000}").paragraphs) >= 3


@pytest.mark.parametrize("attributes", [
    " ".join(f"a{n}=1" for n in range(50_000)), " ".join(f'a{n}=">"' for n in range(50_000)),
    "".join(f"a{n}='<'" for n in range(50_000)),
])
def test_a_tag_of_very_many_attributes_is_refused_in_time(attributes: str) -> None:
    started = time.process_time()
    with pytest.raises(NoText, match="attributes"):
        read(f"<html><body>{STORY}<div {attributes}>{STORY}")
    assert time.process_time() - started < 2


def test_a_long_tag_of_few_attributes_is_read() -> None:
    long = f'<img src="data:image/png;base64,{"iVBORw0KGgo=" * 5_000}" alt="{"a = b " * MAX_ATTRIBUTES}">'
    assert len(read(f"<html><body><article>{STORY}{long}</article>").paragraphs) == 3
