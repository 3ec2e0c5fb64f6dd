"""The article's own text: what is taken out of a page, and what is put back."""

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.extraction.body import Told, own_text
from pipeline.extraction.places import key_of, page_of

SENTENCES = [
    f"The {what} stood at the crossing until noon and nobody in the village could say whose it was or why."
    for what in ("lorry", "tank", "old bus", "tractor", "white car", "milk van")
]
TEXT = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)


def kept(page: str, found: list[str], **told: object) -> tuple[str, ...]:
    tree = lxml.html.document_fromstring(f"<html><body>{page}</body></html>")
    return own_text(found, page_of(tree), Told(**told))  # type: ignore[arg-type]


@pytest.mark.parametrize("box", [
    pytest.param("<aside><p>{}</p></aside>", id="an aside"),
    pytest.param("<figure><img><figcaption>{}</figcaption></figure>", id="a caption"),
    pytest.param('<div class="wp-caption-text">{}</div>', id="a caption by name"),
    pytest.param('<div class="x1"><div><img></div><div>{}</div></div>', id="a caption by its picture"),
    pytest.param('<div class="article-related-box"><p>{}</p></div>', id="a box of related articles"),
    pytest.param('<div class="newsletterSignup"><p>{}</p></div>', id="a subscription"),
    pytest.param('<p><a href="/x">{}</a></p>', id="a link and nothing else"),
    pytest.param('<a href="/x"><div>{}</div></a>', id="a block within a link"),
    pytest.param('<div class="c7"><h3>Who is who</h3><p>{}</p></div>', id="a box with a heading of its own"),
])
def test_what_stands_in_a_box_is_none_of_the_text(box: str) -> None:
    words = "What the mayor told us last year"
    body = f"<article>{TEXT}{box.format(words)}{TEXT.replace('stood', 'was')}</article>"
    found = [*SENTENCES, "Who is who", words, *(s.replace("stood", "was") for s in SENTENCES)]
    assert words not in kept(body, found)
    assert [p for p in kept(body, found) if "crossing" in p] == [p for p in found if "crossing" in p]


def test_a_name_that_every_paragraph_has_makes_no_box() -> None:
    body = "".join(f'<p class="paywall related">{sentence}</p>' for sentence in SENTENCES)
    assert list(kept(f"<article>{body}</article>", SENTENCES)) == SENTENCES


def test_sections_with_headings_are_text() -> None:
    body = "".join(f"<section><h2>Part {n}</h2><p>{s}</p></section>" for n, s in enumerate(SENTENCES))
    found = [text for n, s in enumerate(SENTENCES) for text in (f"Part {n}", s)]
    assert list(kept(f"<article>{body}</article>", found)) == found


@pytest.mark.parametrize("shape", [
    '<p class="has-dropcap paywall">{}</p>', '<h2 id="how-to-donate">{}</h2>', '<h3 id="toc-1">{}</h3>',
    "<figure><blockquote><p>{}</p></blockquote></figure>",
])
def test_what_is_called_like_a_box_and_is_text_stays(shape: str) -> None:
    words = "Nobody had told us what to give, the mayor said on that evening"
    body = f"<article>{TEXT}{shape.format(words)}{TEXT.replace('stood', 'was')}</article>"
    found = [*SENTENCES, words, *(s.replace("stood", "was") for s in SENTENCES)]
    assert list(kept(body, found)) == found


@pytest.mark.parametrize("quotation", [
    "<blockquote><p>{}</p><p>{}</p></blockquote>", '<div class="pull-quote"><div>{}</div><div>{}</div></div>',
])
def test_a_quotation_that_repeats_the_text_is_none_of_it(quotation: str) -> None:
    words, name = "Nobody in the village could say whose it was.", "Ivan Kozak, mayor"
    body = f"<article>{TEXT}{quotation.format(words, name)}{TEXT.replace('stood', 'was')}</article>"
    found = [*SENTENCES, words, name, *(s.replace("stood", "was") for s in SENTENCES)]
    assert list(kept(body, found)) == [p for p in found if p not in (words, name)]


def test_a_quotation_that_says_something_new_stays_with_its_speaker() -> None:
    words, name = "We shall not leave this place.", "Ivan Kozak, mayor"
    body = f"<article>{TEXT}<blockquote><p>{words}</p><p>{name}</p></blockquote></article>"
    assert list(kept(body, [*SENTENCES, words, name])) == [*SENTENCES, words, name]


def test_a_long_paragraph_is_there_once() -> None:
    assert list(kept(f"<article>{TEXT}<div>{TEXT}</div></article>", [*SENTENCES, *SENTENCES])) == SENTENCES


def test_what_follows_the_box_of_the_text_is_the_sites() -> None:
    words = ["Read us for two weeks", "In print, in your letter box, and nothing is to be paid for it at all."]
    body = f"<main><article>{TEXT}</article><div><p>{words[0]}</p><p>{words[1]}</p></div></main>"
    assert list(kept(body, [*SENTENCES, *words])) == SENTENCES


def test_a_text_in_two_boxes_is_kept() -> None:
    body = f"<main><div>{''.join(f'<p>{s}</p>' for s in SENTENCES[:4])}</div>" \
           f"<div>{''.join(f'<p>{s}</p>' for s in SENTENCES[4:])}</div></main>"
    assert list(kept(body, SENTENCES)) == SENTENCES


@pytest.mark.parametrize("line", [
    "The kicker The headline of it", "The headline of it", "By Anna Smith", "12 August 2024, 10:30", "Anna Smith",
    "Von Anna Smith und Jan Koch", "Автор: Соломія Дорошенко", "Опубликовано: 14.08.2024 18:05", "5 min read",
    "Lesedauer: 3 Minuten",
])
def test_titles_names_and_dates_before_the_text_are_none_of_it(line: str) -> None:
    body = f"<article><div>{line}</div>{TEXT}</article>"
    assert list(kept(body, [line, *SENTENCES], titles=["The headline of it"], names=["Anna Smith"])) == SENTENCES


@pytest.mark.parametrize("line", [
    "Anna Smith is a reporter who covers the frontier and lives in Sumy.", "anna.smith@courier.example",
    "https://courier.example/2024/08/story", "* * *", "Source: The Frontier Courier",
    "(Reporting by Anna Smith; editing by Jan Koch)", "Leave a Reply", "Якщо ви помітили помилку, виділіть її",
    "Подписывайтесь на наш канал", "Читайте нас у Google Новини", "Новини також у нашому телеграм-каналі",
    "Alle Meldungen finden Sie in unserem Liveblog:", "Did you like this story?",
])
def test_what_follows_the_text_is_none_of_it(line: str) -> None:
    body = f"<article>{TEXT}<p>{line}</p></article>"
    assert list(kept(body, [*SENTENCES, line], names=["Anna Smith"])) == SENTENCES


@pytest.mark.parametrize(("above", "told"), [
    ('<p class="standfirst">{}</p>', {}), ('<div itemprop="description">{}</div>', {}), ("<h2>{}</h2>", {}),
    ("<section><div>{}</div></section>", {"leads": ["The lorries came by night and left by noon, say those who"]}),
])
def test_a_standfirst_is_put_back(above: str, told: dict[str, list[str]]) -> None:
    words = "The lorries came by night and left by noon, say those who saw them."
    body = f"<article><h1>The headline of it</h1>{above.format(words)}<hr>{TEXT}</article>"
    assert kept(body, SENTENCES, titles=["The headline of it"], **told) == (words, *SENTENCES)


def test_what_stands_in_a_box_below_the_heading_is_no_standfirst() -> None:
    box = '<div class="related"><p>What the mayor told us of the crossing last year</p></div>'
    assert list(kept(f"<article><h1>The headline</h1>{box}{TEXT}</article>", SENTENCES)) == SENTENCES


def test_a_paragraph_that_was_lost_between_two_of_its_box_is_taken_back() -> None:
    assert list(kept(f"<article>{TEXT}</article>", [*SENTENCES[:2], *SENTENCES[3:]])) == SENTENCES


def test_what_the_markups_own_text_lacks_is_out_and_what_it_has_is_in() -> None:
    stray = "A line that a template printed between two paragraphs of it."
    long = [s.replace("noon", f"noon on day {n} of the week") for n in range(3) for s in SENTENCES]
    html = "".join(f"<p>{s}</p>" for s in long[:4]) + f"<p>{stray}</p>" + "".join(f"<p>{s}</p>" for s in long[4:])
    found = [*long[:4], stray, *long[4:-1]]
    assert list(kept(f"<article>{html}</article>", found, body=" ".join(long))) == long


def test_a_short_or_different_text_in_the_markup_changes_nothing() -> None:
    for body in ("", "The lorry.", "Something else that was said at length. " * 60):
        assert list(kept(f"<article>{TEXT}</article>", SENTENCES, body=body)) == SENTENCES


def test_what_was_taken_back_tells_what_else_was_lost() -> None:
    """The first two paragraphs of the second box are found lost because the third is; then its first is, too."""
    body = "<main>" + "".join(
        f'<div class="chunk"><p class="first">{s} One.</p><p>{s} Two.</p><p>{s} Three.</p></div>' for s in SENTENCES) + "</main>"
    every = [f"{s} {n}." for s in SENTENCES for n in ("One", "Two", "Three")]
    found = [p for p in every if "One" not in p or p == every[0]]
    assert list(kept(body, found)) == every


BOXES = st.sampled_from([
    "<aside><p>{}</p></aside>", '<div class="related"><p>{}</p></div>', "<figure><img><figcaption>{}</figcaption></figure>",
    "<h2>{}</h2>", "<p>{}</p>", "<blockquote><p>{}</p></blockquote>", '<p class="lead">{}</p>', "<ul><li>{}</li></ul>",
])


@given(st.dictionaries(st.integers(0, 11), st.tuples(BOXES, st.booleans()), max_size=5))
@settings(max_examples=200, deadline=None)
def test_a_text_that_was_read_is_read_as_it_is(boxes: dict[int, tuple[str, bool]]) -> None:
    """Boxes before the paragraphs of these numbers, each with whether its words were found."""
    html, found, told = "<h1>The headline of it</h1>", list[str](), Told(titles=["The headline of it"])
    for n in range(12):
        words, plain = f"What was told of it on day {n} by some of those who had seen it.", f"{SENTENCES[n % 6]} Day {n}."
        if n in boxes:
            box, is_found = boxes[n]
            html += box.format(words)
            found += [words] * is_found
        html += f"<p>{plain}</p>"
        found.append(plain)
    page = page_of(lxml.html.document_fromstring(f"<html><body><article>{html}</article></body></html>"))
    once = own_text(found, page, told)
    assert own_text(once, page, told) == once


WORDS = st.text(st.sampled_from("абв abc.,:—\"'«»©123"), min_size=1, max_size=90)
TAGS = st.sampled_from(["p", "div", "li", "h1", "h2", "figcaption", "aside", "blockquote", "section", "a"])
NAMES = st.sampled_from(["", "related", "lead", "caption", "author", "c1"])


@given(st.lists(st.tuples(TAGS, NAMES, WORDS), max_size=12), st.lists(WORDS, max_size=3), st.text(max_size=30), st.data())
@settings(max_examples=300, deadline=None)
def test_nothing_is_made_up_and_nothing_of_a_text_is_all_that_is_left(
    blocks: list[tuple[str, str, str]], others: list[str], body: str, data: st.DataObject
) -> None:
    html = "".join(f'<{tag} class="{name}">{words}</{tag}>' for tag, name, words in blocks)
    page = page_of(lxml.html.document_fromstring(f"<html><body>{html}</body></html>"))
    shown = [leaf.text for leaf in page.leaves]
    found = data.draw(st.lists(st.sampled_from(shown), max_size=8)) + others if shown else others
    told = Told(titles=others[:1], names=others[1:2], leads=others[2:], body=body)
    text = own_text(found, page, told)
    assert set(text) <= {*found, *shown}
    assert bool(text) >= bool(found)


def test_a_link_that_stands_among_blocks_is_navigation_and_a_name_there_is_not() -> None:
    page = "<div>{}<div class='x'><h4>More</h4>{}</div></div>"
    long, name = "<a href='/x'>How the lorry came to stand on the bridge</a>", "<a href='/x'>Anna Smith</a>"
    for link, is_kept in ((long, False), (name, True)):
        tree = lxml.html.document_fromstring(f"<html><body>{page.format(TEXT, link)}</body></html>")
        read = page_of(tree)
        text = lxml.html.fragment_fromstring(link).text
        assert (key_of(text) not in read.loose_links) is is_kept
        assert key_of(text) not in read.by_key


def test_blocks_that_were_run_together_are_told_apart() -> None:
    lines = "<br><br>".join(SENTENCES)
    assert list(kept(f"<div><span>{lines}</span></div>", [" ".join(SENTENCES)])) == SENTENCES


@pytest.mark.parametrize(("above", "below", "told"), [
    pytest.param('<p class="kicker">Oberlohn</p>', "", {}, id="a kicker"),
    pytest.param("<p>Anna Smith/Jan Koch</p>", "", {"names": ["Anna Smith", "Jan Koch"]}, id="names of the authors"),
    pytest.param("<p>Понеділок, 26 серпня 2024, 14:35</p>", "", {}, id="a weekday"),
    pytest.param("", "<p>Источник</p><p>Районный штаб</p>", {}, id="a source and its label"),
    pytest.param("", "<p>IN-Redaktion</p>", {}, id="the desk"), pytest.param("", "<p>💡</p>", {}, id="a sign"),
    pytest.param("", "<p>Adres: https://courier.example/a</p>", {}, id="the page's address"),
])
def test_what_frames_a_text_is_none_of_it(above: str, below: str, told: dict[str, list[str]]) -> None:
    tree = lxml.html.document_fromstring(f"<html><body>{above}{below}</body></html>")
    around = [p.text_content() for p in tree.iter("p")]
    page, found = f"{above}{TEXT}{below}", [*around, *SENTENCES] if above else [*SENTENCES, *around]
    assert list(kept(page, found, **told)) == SENTENCES


def test_a_blog_s_name_is_no_heading_below_which_a_standfirst_stands() -> None:
    motto = "Notes of a neighbour who walks slowly along the bank and asks everybody"
    page = f"<h1>The Notebook</h1><p>{motto}</p><h3>The mill</h3>{TEXT}"
    assert list(kept(page, SENTENCES, titles=["The mill", "The Notebook"], title="The mill")) == SENTENCES
