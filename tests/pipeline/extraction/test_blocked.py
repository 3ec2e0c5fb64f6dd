"""Pages that stand in an article's place, and the articles that only look like one."""

import pytest

from archive.model import Block, Document
from pipeline.extract import extract, preview

SENTENCE = "Ukrainian troops crossed the border near Sudzha on Tuesday and took three villages without a battle. "
LEAD = "What is known of the crossing on its first day, from those who were there."
OG = (
    '<meta property="og:type" content="article"><meta property="og:title" content="Across the border">'
    f'<meta property="og:description" content="{LEAD}"><meta name="author" content="Ann Bee">'
    '<meta property="article:published_time" content="2024-08-06T08:15:00+03:00">'
)
NOT_FREE = (
    '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Across the border", '
    '"isAccessibleForFree": %s}</script>'
)


def page(title: str, body: str, head: str = "") -> str:
    return f"<html><head><title>{title}</title>{head}</head><body><main>{body}</main></body></html>"


def text(sentences: int, said: str = SENTENCE) -> str:
    return "".join(f"<p>Report {number}: {said}</p>" for number in range(sentences))


def read(html: str) -> Document | Block:
    return extract(html.encode(), url="https://news.example/2024/a", charset="utf-8", payload_digest="sha1:A")


@pytest.mark.parametrize(("kind", "html"), [
    pytest.param("challenge", page("Just a moment...", "<p>Enable JavaScript and cookies to continue</p>"), id="cloudflare"),
    pytest.param("challenge", page("Attention Required! | Cloudflare", "<h1>Sorry, you have been blocked</h1>" + text(
        2, "You are unable to access this site. The owner uses a service to protect it from attacks. ")), id="blocked"),
    pytest.param("challenge", page("", "<div id='px-captcha'></div><p>Press and hold</p>"), id="markup alone"),
    pytest.param("challenge", page("Ой!", "<div class='SmartCaptcha'>Подтвердите, что запросы отправляли вы, а не робот</div>"),
                 id="in Russian"),
    pytest.param("challenge", page("Перевірка браузера", "<p>Зачекайте кілька секунд</p>"), id="in Ukrainian"),
    pytest.param("missing", page("Page not found - The Courier", "<h1>404</h1><p>Try the search.</p>"), id="not found"),
    pytest.param("missing", page("The Courier", "<h1>Sorry, the page you requested could not be found</h1>" + text(3)),
                 id="not found, with teasers"),
    pytest.param("missing", page("Ошибка 404", "<p>Такой страницы нет</p>"), id="404 in Russian"),
    pytest.param("missing", page("Вісник", "<h1>Сторінку не знайдено</h1>"), id="404 in Ukrainian"),
    pytest.param("missing", page("Seite nicht gefunden", "<p>Leider</p>"), id="404 in German"),
    pytest.param("consent", page("Before you continue", "<p>We and our partners use cookies.</p>"), id="consent page"),
    pytest.param("consent", page("Across the border", text(
        4, "We and our 842 partners store cookies on your device for personalised advertising, with your consent. "), OG),
                 id="consent in the text's place"),
    pytest.param("paywall", page("Across the border", text(2), OG + NOT_FREE % "false"), id="said in markup"),
    pytest.param("paywall", page("Across the border", text(2), OG + NOT_FREE % '"False"'), id="said in markup as text"),
    pytest.param("paywall", page("Across the border", text(2) + "<p>Subscribe to continue reading.</p>", OG), id="English"),
    pytest.param("paywall", page("A", text(2) + "<p>This article is for subscribers only.</p>", OG), id="for subscribers"),
    pytest.param("paywall", page("A", text(2) + "<p>Чтобы дочитать, оформите подписку</p>", OG), id="Russian"),
    pytest.param("paywall", page("A", text(2) + "<p>Матеріал доступний лише для передплатників</p>", OG), id="Ukrainian"),
    pytest.param("paywall", page("A", text(2) + "<p>Weiterlesen mit dem Digitalabo</p>", OG), id="German"),
    pytest.param("paywall", page("A", text(2) + "<p>Il vous reste 84 % de cet article à lire.</p>", OG), id="French"),
    pytest.param("paywall", page("A", text(2) + "<p>Pozostało 92% artykułu</p>", OG), id="Polish"),
    pytest.param("paywall", page("A", text(2) + "<div class='piano-inline'>Log in to read</div>", OG), id="an element's name"),
])
def test_a_page_in_an_articles_place_is_no_document(kind: str, html: str) -> None:
    found = read(html)
    assert isinstance(found, Block)
    assert (found.kind, bool(found.reason)) == (kind, True)


@pytest.mark.parametrize("html", [
    pytest.param(page("Across the border", text(3)), id="a short note"),
    pytest.param(page("Just a moment of silence for Sudzha", text(12)), id="a title that begins like a test for robots"),
    pytest.param(page("404 Media: how a regional site was hacked", text(3), OG), id="a title with the number"),
    pytest.param(page("Access denied: how the press was kept out", text(3), OG), id="an article about being kept out"),
    pytest.param(page("Across", text(3) + "<div class='g-recaptcha'></div>"), id="a captcha in the comment form"),
    pytest.param(page("Across", text(20) + "<p>Subscribe to continue reading.</p>", OG), id="a long text with a promotion"),
    pytest.param(page("Across", text(30), OG + NOT_FREE % "false"), id="not free, and all there"),
    pytest.param(page("Across", text(3), OG + NOT_FREE % "true"), id="free, and says so"),
    pytest.param(page("Across", "<header class='paywall'>Subscribe to read</header>" + text(3)), id="a promotion on every page"),
    pytest.param(page("Cookies: what the regulator decided", text(8, "The regulator fined the firm for its cookies. ")),
                 id="an article about cookies"),
    pytest.param(page("Page not found in the archive: the lost newspaper of Sudzha", text(3), OG), id="a title of words"),
])
def test_an_article_that_speaks_of_such_things_is_a_document(html: str) -> None:
    assert isinstance(read(html), Document)


def test_what_the_preview_says_is_kept_of_a_paywalls_stub_and_of_a_refusal() -> None:
    stub = read(page("Across the border", text(2), OG + NOT_FREE % "false"))
    refused = preview(page("Across the border", "<p>Pay first</p>", OG).encode(), url="https://news.example/a",
                      charset=None, payload_digest="sha1:A", status=402)
    assert isinstance(stub, Block)
    for one in (stub, refused):
        assert (one.title, one.lead, one.byline, one.published) == (
            "Across the border", LEAD, "Ann Bee", "2024-08-06T08:15:00+03:00")
    assert refused.reason == "HTTP status 402"


@pytest.mark.parametrize(("body", "kind"), [
    (b"", "refused"), (b"\x00\xff\xfe\x01", "refused"), (b"<html><title>Forbidden</title><body>nginx</body></html>", "challenge"),
    (b"<html><title>Just a moment...</title><body>Checking</body></html>", "challenge"),
    (b"<html><title>News</title><body>No.</body></html>", "refused"),
])
def test_a_refusal_that_is_no_articles_page_says_nothing(body: bytes, kind: str) -> None:
    found = preview(body, url="https://news.example/a", charset=None, payload_digest="sha1:A", status=403)
    assert (found.kind, found.title, found.lead) == (kind, None, None)
