"""The site in a real browser: narrow and wide, light and dark, by keyboard, without a script."""

import os
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import uvicorn

from datasette_config import pages
from datasette_config.serving import application

playwright = pytest.importorskip("playwright.sync_api")
Axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe

REQUIRED = bool(os.environ.get("STEMMA_REQUIRE_BROWSER"))  # as CI sets it: a missing browser then fails the tests
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--no-first-run", "--disable-quic"]

PASTED = (
    "Ukrainian troops crossed the frontier into the Kursk region of Russia at dawn on Tuesday and had got to the "
    "outskirts of Sudzha by evening, two officers who took part said.\n“No one was waiting for us,” said one of them, a "
    "company commander who asked to be called only by his call sign. “We had prepared for a fight at the checkpoint, and "
    "the checkpoint was empty.”"
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists() and not REQUIRED,
                       reason=f"no Chromium at {CHROMIUM}; set CHROMIUM to its path"),
]

# Their classes are in conftest.py, which pytest's import mode keeps out of reach of imports.
Archive = Page = Any


@pytest.fixture(scope="module")
def address(archive: Archive) -> Iterator[str]:
    """The site on a port of this machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "TRACES_A_MINUTE", 1_000)
        datasette = application(archive.data, title="The incursion into Kursk")
        app = datasette.app()
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="on"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.05)
        assert thread.is_alive()
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(20)
    datasette.executor.shutdown()
    for database in datasette.databases.values():
        database.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture(params=[(360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")], ids="{0[0]}-{0[1]}".format)
def page(request: pytest.FixtureRequest, browser: Any, address: str) -> Iterator[Page]:
    """A page that must not complain, nor ask any other server for anything."""
    width, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, base_url=address)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda asked: None if asked.url.startswith(address) else complaints.append(asked.url))
    yield page
    context.close()
    assert complaints == []


def settled(page: Page, tmp_path: Path, name: str) -> None:
    """The page is not wider than its window, also with all details open; a picture of it is kept."""
    page.wait_for_load_state("load")
    page.evaluate("document.querySelectorAll('details').forEach(found => { found.open = true })")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
    assert wide <= 0, name


def test_a_reader_finds_a_repost_and_where_it_comes_from(page: Page, archive: Archive, tmp_path: Path) -> None:
    page.goto("/")
    settled(page, tmp_path, "start")
    page.get_by_role("searchbox").fill("Kursk thrust")
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=2).first.wait_for()
    settled(page, tmp_path, "search")
    page.get_by_role("link", name="The Kursk thrust: what we know").click()
    banner = page.get_by_role("complementary", name="Where this text comes from")
    assert banner.bounding_box()["y"] < 800
    assert "stood first is undecided" in banner.inner_text()
    settled(page, tmp_path, "article")
    banner.get_by_role("link", name="Family").click()
    assert page.url.endswith(f"/family/{archive.family}")
    settled(page, tmp_path, "family")
    page.locator("figure.tree a").nth(1).click()
    assert page.url.endswith(f"/article/{archive.digest}")


def test_a_reader_chooses_two_values_of_a_facet_and_gives_one_up(page: Page) -> None:
    page.goto("/search")
    if page.viewport_size["width"] < 700:
        page.get_by_role("link", name="narrow down").click()
    for name in ("English", "Ukrainian"):
        page.get_by_role("link", name=name).first.click()
    assert page.url.endswith("?language=en&language=uk")
    total = page.locator(".total b").inner_text()
    assert total == "5 articles"
    page.locator(".facet a[aria-current]", has_text="English").click()
    assert page.url.endswith("?language=uk")
    page.go_back()
    assert page.locator(".total b").inner_text() == total


def test_a_citation_is_copied_by_a_button(page: Page, archive: Archive) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"/article/{archive.digest}#cite")
    button = page.locator("button[data-copies=cite-text]")
    button.click()
    page.get_by_text("Copied", exact=True).wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#cite-text").inner_text().strip()
    assert archive.digest in copied


def test_without_its_script_the_citation_can_be_selected(browser: Any, address: str, archive: Archive) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=address)
    page = context.new_page()
    page.goto(f"/article/{archive.digest}#cite")
    assert not page.locator("button[data-copies]").first.is_visible()
    assert page.locator("#cite-text").is_visible()
    context.close()


def test_a_pasted_text_is_traced_by_keyboard(page: Page, archive: Archive, tmp_path: Path) -> None:
    page.goto("/trace")
    page.get_by_label("The text").focus()
    page.keyboard.insert_text(PASTED)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What is held of it").wait_for()
    settled(page, tmp_path, "traced")
    assert page.get_by_label("The text").input_value() == PASTED
    shared = page.get_by_role("region", name="Passages shared with East Watch Digest")
    shared.focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.get_by_role("link", name="The Kursk thrust: what we know").first.click()
    assert page.url.endswith(f"/article/{archive.digest}")


def test_every_kind_of_page_fits(page: Page, archive: Archive, tmp_path: Path) -> None:
    for name, path in {
        "hostile": f"/article/{archive.hostile}", "hits": "/search?q=alert+OR+endless*", "capture": "/capture/12",
        "compare": f"/compare?left={archive.mirror}&right={archive.digest}", "about": "/about",
        "versions": f"/article/{archive.russian}", "pair": f"/family/{archive.pair}", "form": "/trace",
        "places": "/places", "outlets": "/outlets", "several": "/search?language=en&language=uk&role=repost", "data": "/data",
        "trace": f"/trace?of={archive.digest}", "hostile-trace": f"/trace?of={archive.hostile}",
    }.items():
        page.goto(path)
        settled(page, tmp_path, name)


def test_a_family_is_read_without_scrolling_sideways(page: Page, archive: Archive) -> None:
    page.goto(f"/family/{archive.family}")
    for name in (".tree.scroll", ".scroll:has(> .members)"):
        assert page.eval_on_selector(name, "found => found.scrollWidth - found.clientWidth") <= 0, name
    edge = page.eval_on_selector(".tree svg", "found => found.getBoundingClientRect().right")
    assert max(box["right"] for box in boxes(page, ".tree svg text")) <= edge
    window = page.viewport_size["width"]
    assert max(box["right"] for box in boxes(page, ".members td")) <= window
    marks = boxes(page, ".timeline text.mark")
    assert len(marks) >= 3
    for before, after in pairwise(marks):
        assert before["right"] < after["left"]


def test_no_column_of_places_and_outlets_is_out_of_sight(page: Page, archive: Archive) -> None:
    for path in ("/places", "/outlets", "/sources"):
        page.goto(path)
        assert page.eval_on_selector(".scroll:has(> .stacked)", "found => found.scrollWidth - found.clientWidth") <= 0
        cells = boxes(page, ".stacked td")
        assert len(cells) >= 10
        assert max(box["right"] for box in cells) <= page.viewport_size["width"]
        assert all(box["height"] < 40 for box in boxes(page, ".stacked time")), "a date stands in one line"


def test_what_is_pressed_is_large_enough(page: Page, archive: Archive) -> None:
    """24 pixels each way, but for links within a sentence (WCAG 2.2, 2.5.8)."""
    for path in ("/", "/search?q=kursk", f"/article/{archive.digest}", f"/article/{archive.herald}", "/trace",
                 f"/trace?of={archive.digest}"):
        page.goto(path)
        for name in ("header.top a", "footer .links a", "a.badge", ".banner .small a", ".more a", ".lines a",
                     ".lines + p a", ".versions a", "summary", "button", "select", "input", ".clear"):
            for box in boxes(page, f"{name}:not(.skip)"):
                assert box["height"] >= 24, (path, name, box)
                assert box["width"] >= 24, (path, name, box)


def boxes(page: Page, name: str) -> list[dict[str, float]]:
    """Where the visible elements that a selector names are drawn."""
    found: list[dict[str, float]] = page.eval_on_selector_all(
        name, "all => all.filter(one => one.checkVisibility()).map(one => one.getBoundingClientRect().toJSON())")
    return found


def test_the_keyboard_reaches_the_page_and_shows_where_it_is(page: Page, archive: Archive) -> None:
    page.goto(f"/article/{archive.digest}")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the page"
    for _ in range(8):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"


def test_text_stands_out_from_its_ground(page: Page, archive: Archive) -> None:
    page.goto(f"/article/{archive.digest}")
    colours = page.evaluate("""() => ['.meta', '.banner .small', '.facts dt', 'h1', '.text .body p'].map(name => {
        const found = document.querySelector(name);
        let ground = found;
        while (getComputedStyle(ground).backgroundColor === 'rgba(0, 0, 0, 0)') ground = ground.parentElement;
        return [getComputedStyle(found).color, getComputedStyle(ground).backgroundColor].map(colour =>
            colour.match(/[0-9.]+/g).slice(0, 3).map(Number))
    })""")
    for ink, ground in colours:
        assert contrast(ink, ground) >= 4.5


def contrast(ink: list[float], ground: list[float]) -> float:
    """The contrast of two colours (WCAG 2.2)."""
    light, dark = sorted((luminance(ink), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: list[float]) -> float:
    parts = [c / 255 for c in colour]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_datasettes_own_pages_run_their_scripts_and_no_others(page: Page, archive: Archive) -> None:
    """The rule lets Datasette's scripts run (a complaint fails the page), and what a row or a column's name holds not."""
    for path in ("/archive", "/archive/article", "/archive/article?_facet=language&_sort_desc=title", "/archive/removed",
                 "/archive?sql=select+1", "/archive/copy_link", "/-/databases", "/-/plugins", "/-/versions"):
        answer = page.goto(path)
        assert "sha256-" in answer.headers["content-security-policy"]
        assert "script-src 'self' 'sha256" in answer.headers["content-security-policy"]
    page.goto("/archive?sql=select+1")
    page.locator(".CodeMirror").wait_for()
    page.goto("/archive/article")
    assert page.evaluate("DATASETTE_ALLOW_FACET") is True
    page.goto("/archive?sql=" + quote("""select '<img src=x onerror="alert(1)">' as "</style><script>alert(2)</script>\""""))
    page.wait_for_load_state("networkidle")


def test_axe_finds_nothing_on_any_page(page: Page, archive: Archive) -> None:
    """WCAG 2.2 A and AA and axe's own good practice, all details open, by axe-core itself."""
    found = []
    for path in (
        "/", "/search", "/search?q=Sudzha+bridge&language=en", "/search?q=nothing-at-all", "/search?q=https://a.example/",
        "/search?language=en&language=uk&role=repost&outlet=a", "/outlets", "/places",
        "/about", "/sources", "/health", "/data", "/trace", f"/trace?of={archive.digest}", f"/article/{archive.herald}",
        f"/article/{archive.russian}", f"/article/{archive.hostile}", f"/family/{archive.family}", "/capture/12",
        f"/compare?left={archive.mirror}&right={archive.digest}",
    ):
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach(found => { found.open = true })")
        for violation in Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]:
            found += [f"{path} {violation['id']}: {node['html'][:160]}" for node in violation["nodes"]]
    assert found == []
