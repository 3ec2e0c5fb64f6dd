"""Who is signed in judges uncertain links; what is decided is an event, and nothing else is written."""

import json
import re
import resource
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from datasette.version import __version__ as datasette_version
from datasette_auth_passwords.utils import hash_password
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html

from archive import events
from archive.errors import UnreadableFile
from archive.store import open_database
from datasette_config import reviewing
from datasette_config.serving import application

# Their classes are in conftest.py, which pytest's import mode keeps out of reach of imports.
Archive = Site = Any
ALPHA = not datasette_version.startswith("0.")


@pytest.fixture
def own(tmp_path: Path, build_archive: Any, serve_site: Any) -> Iterator[tuple[Site, Archive]]:
    """An archive and its site that a test may change; its links are uncertain."""
    archive = build_archive(tmp_path)
    conn = open_database(archive.database)
    conn.execute("UPDATE links SET direction_confidence = 0.82 WHERE direction = 'decided'")
    conn.close()
    with serve_site(tmp_path) as site:
        yield site, archive


def signed_in(site: Site, name: str = "Olha") -> dict[str, str]:
    return {"ds_actor": site.datasette.sign({"a": {"id": "1", "name": name}}, "actor")}


def send(site: Site, cookies: dict[str, str], **form: str) -> Any:
    page = site.get("/review", cookies=cookies)
    token = re.search(r'name="csrftoken" value="([^"]*)"', page.text)
    assert token
    if not ALPHA:  # 1.0 asks the browser where a form comes from
        form, cookies = form | {"csrftoken": token[1]}, cookies | {"ds_csrftoken": page.cookies["ds_csrftoken"]}
    return site.post("/review", data=form, cookies=cookies)


def test_nobody_else_sees_the_queue(own: tuple[Site, Archive]) -> None:
    site, archive = own
    before = events.read(archive.data / "events.jsonl")
    assert site.get("/review").status_code == 403
    assert site.post("/review", data={"verdict": "confirm"}).status_code == 403
    foreign = {"sec-fetch-site": "cross-site", "origin": "https://elsewhere.example"}
    assert site.post("/review", data={"verdict": "confirm"}, cookies=signed_in(site),
                     headers=foreign).status_code == 403, "no token, and from another site"
    assert events.read(archive.data / "events.jsonl") == before


def test_the_queue_as_json_is_for_reviewers_too_and_takes_no_verdict(own: tuple[Site, Archive]) -> None:
    site, _ = own
    assert site.get("/review.json").status_code == 403
    answer = site.get("/review.json", cookies=signed_in(site))
    found = answer.json()
    assert answer.headers["cache-control"] in ("no-store", "private, no-store")
    assert list(found) == ["ok", "reviewer", "questions", "total", "page", "pages", "waiting"]
    assert (found["ok"], found["reviewer"], found["page"]) == (True, "Olha", 1)
    assert found["total"] == len(found["questions"]) > 0
    assert list(found["questions"][0]) == ["link", "sentences", "rows"]
    assert '"version_id"' not in answer.text
    assert site.get("/review.json?page=0", cookies=signed_in(site)).status_code == 400
    assert 'href="/review.json"' in site.get("/review", cookies=signed_in(site)).text
    assert site.post("/review.json", cookies=signed_in(site), headers={"content-type": "application/json"},
                     content="{}").status_code in (403, 405)


def test_a_verdict_is_an_event_and_leaves_the_queue(own: tuple[Site, Archive]) -> None:
    site, archive = own
    cookies = signed_in(site)
    page = site.get("/review", cookies=cookies)
    assert "no-store" in page.headers["cache-control"]
    total = int(re.search(r"<b>(\d+) uncertain link", page.text)[1])  # type: ignore[index]
    assert total >= 3
    copy, exemplar = re.findall(r'name="copy" value="([^"]+)"><input type="hidden" name="exemplar" value="([^"]+)"',
                                page.text)[0]
    answer = send(site, cookies, copy=copy, exemplar=exemplar, verdict="reject", note="A quotation only")
    assert (answer.status_code, answer.headers["location"]) == (303, "/review")
    (kept,) = events.read(archive.data / "events.jsonl").of("judgement")
    assert (kept.by, kept.data["verdict"], kept.data["note"]) == ("Olha", "reject", "A quotation only")
    after = site.get("/review", cookies=cookies)
    assert f"<b>{total - 1} uncertain link" in after.text
    assert "Decided, waiting for the next update" in after.text
    assert "A quotation only" in after.text


@pytest.mark.parametrize(("form", "reason"), [
    ({"verdict": "stolen"}, "a verdict is one of"), ({"verdict": "confirm"}, "name two articles"),
    ({"verdict": "confirm", "copy": "nothing", "exemplar": "nobody"}, "name two articles"),
])
def test_what_does_not_fit_is_refused_and_nothing_is_kept(
    own: tuple[Site, Archive], form: dict[str, str], reason: str
) -> None:
    site, archive = own
    answer = send(site, signed_in(site), **form)
    assert answer.status_code == 400
    assert reason in answer.text
    assert not events.read(archive.data / "events.jsonl").of("judgement")


def test_of_an_undecided_link_either_text_is_the_copy_and_the_note_is_kept(own: tuple[Site, Archive]) -> None:
    site, archive = own
    cookies = signed_in(site)
    tree = html.fromstring(site.get("/review", cookies=cookies).content)
    (button,) = tree.xpath("//button[normalize-space()='The Border Herald was made from Сумський вісник']")
    form = dict(button.getparent().form_values()) | {"verdict": button.get("value"), "note": "Olha took part"}
    assert form["copy"].startswith(archive.ukrainian), "the form is that of the other way round"
    assert send(site, cookies, **form).status_code == 303
    (kept,) = events.read(archive.data / "events.jsonl").of("judgement")
    assert (kept.data["verdict"], kept.data["note"]) == ("confirm", "Olha took part")
    assert "borderherald" in json.dumps(kept.data["copy"])


def test_a_link_can_be_added_and_a_pair_that_is_linked_cannot(own: tuple[Site, Archive]) -> None:
    site, archive = own
    cookies = signed_in(site, '<script>alert("x")</script>')
    assert send(site, cookies, verdict="add", copy=archive.plain, exemplar=archive.hostile).status_code == 303
    assert send(site, cookies, verdict="add", copy=archive.digest, exemplar=archive.herald).status_code == 400
    page = site.get("/review", cookies=cookies)
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;" in page.text


def pairs_of(page: Any) -> list[tuple[str, str]]:
    return re.findall(r'name="copy" value="([^"]+)"><input type="hidden" name="exemplar" value="([^"]+)"', page.text)


def test_pages_of_the_queue_share_nothing_and_count_alike_while_verdicts_wait(
    own: tuple[Site, Archive], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviewing, "LISTED", 1)
    site, _ = own
    cookies = signed_in(site)
    first = site.get("/review", cookies=cookies)
    total = int(re.search(r"<b>(\d+) uncertain link", first.text)[1])  # type: ignore[index]
    copy, exemplar = pairs_of(first)[0]
    assert send(site, cookies, copy=copy, exemplar=exemplar, verdict="reject").status_code == 303
    pages = [site.get(f"/review?page={n}", cookies=cookies) for n in range(1, total)]
    assert all(f"<b>{total - 1} uncertain link" in page.text for page in pages)
    shown = [frozenset(pairs_of(page)[0]) for page in pages]
    assert len(set(shown)) == total - 1
    assert frozenset({copy, exemplar}) not in shown


def test_a_verdict_can_be_taken_back_before_an_update_has_read_it(own: tuple[Site, Archive]) -> None:
    site, archive = own
    cookies = signed_in(site)
    before = site.get("/review", cookies=cookies)
    copy, exemplar = pairs_of(before)[0]
    send(site, cookies, copy=copy, exemplar=exemplar, verdict="reject", note="A slip")
    send(site, cookies, copy=copy, exemplar=exemplar, verdict="reject", note="A slip")
    assert len(events.read(archive.data / "events.jsonl").of("judgement")) == 1, "pressed twice is said once"
    assert "Take back</button>" in site.get("/review", cookies=cookies).text
    assert send(site, cookies, copy=copy, exemplar=exemplar, verdict="undo").status_code == 303
    after = site.get("/review", cookies=cookies)
    assert (copy, exemplar) in pairs_of(after)
    assert "Take back</button>" not in after.text
    kept = events.read(archive.data / "events.jsonl").of("judgement")
    assert [one.data["verdict"] for one in kept] == ["reject", "undo"]


def test_nobody_decides_against_another_reviewer_unawares(own: tuple[Site, Archive]) -> None:
    site, archive = own
    olha, ivan = signed_in(site), signed_in(site, "Ivan")
    copy, exemplar = pairs_of(site.get("/review", cookies=ivan))[0]
    send(site, olha, copy=copy, exemplar=exemplar, verdict="reject")
    answer = send(site, ivan, copy=copy, exemplar=exemplar, verdict="confirm")
    assert answer.status_code == 400
    assert "Olha has decided on these two (reject)" in answer.text
    assert send(site, olha, copy=copy, exemplar=exemplar, verdict="confirm").status_code == 303, "her own mind changes"
    assert [one.by for one in events.read(archive.data / "events.jsonl").of("judgement")] == ["Olha", "Olha"]


@pytest.mark.parametrize("verdict", ["confirm", "reverse"])
def test_a_link_that_turned_after_its_page_was_made_is_looked_at_again(own: tuple[Site, Archive], verdict: str) -> None:
    """On the page "made from it" meant the mirror's text; now the link says that it is the other way round."""
    site, archive = own
    conn = open_database(archive.database)
    conn.execute("UPDATE links SET copy_id = exemplar_id, exemplar_id = copy_id WHERE relation = 'identical'")
    conn.close()
    answer = send(site, signed_in(site), copy=archive.mirror, exemplar=archive.digest, verdict=verdict)
    assert answer.status_code == 400
    assert "turned round" in answer.text


def test_a_verdict_that_cannot_be_written_says_so_and_is_not_kept(own: tuple[Site, Archive]) -> None:
    site, archive = own
    file = archive.data / "events.jsonl"
    before = file.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before), limits[1]))
    try:
        answer = send(site, signed_in(site), copy=archive.mirror, exemplar=archive.digest, verdict="reject")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert answer.status_code == 507
    assert "Your verdict was not kept: events.jsonl:" in answer.text
    assert "Too slow" not in answer.text
    assert str(archive.data) not in answer.text
    assert file.read_bytes() == before


def test_who_is_signed_in_sees_it_on_every_page_and_can_sign_out(own: tuple[Site, Archive]) -> None:
    site, _ = own
    for path in ("/", "/search", "/review", "/article/none"):
        page = site.get(path, cookies=signed_in(site))
        assert page.headers["cache-control"] == "private, no-store", path
        links = html.fromstring(page.content).xpath("//footer//a/@href")
        assert {"/review", "/-/logout"} <= set(links), path
        assert "Olha" in html.fromstring(page.content).xpath("string(//footer)")
    stranger = html.fromstring(site.get("/").content).xpath("//footer//a/@href")
    assert not {"/review", "/-/logout"} & set(stranger)


def test_a_page_beyond_the_queue_is_empty_and_a_wrong_one_is_named(own: tuple[Site, Archive]) -> None:
    site, _ = own
    assert "Nothing is uncertain" in site.get("/review?page=99", cookies=signed_in(site)).text
    assert site.get("/review?" + urlencode({"page": "x"}), cookies=signed_in(site)).status_code == 400


def test_reviewers_of_the_data_folder_sign_in_by_password(tmp_path: Path, build_archive: Any, serve_site: Any) -> None:
    build_archive(tmp_path)
    with serve_site(tmp_path) as site:
        assert "/-/login" not in site.get("/review").text, "nobody could sign in there"
    (tmp_path / "reviewers.json").write_text(json.dumps({"Olha": hash_password("a long one")}))
    with serve_site(tmp_path) as site:
        assert 'href="/-/login?next=%2Freview%3Fpage%3D1"' in site.get("/review?page=1").text
        for password, status in (("wrong", 200), ("a long one", 302)):
            answer = site.post("/-/login", data={"username": "Olha", "password": password})
            assert answer.status_code == status
        assert answer.headers["location"] == "/"
        for told in ("metadata", "config", "settings", "plugins"):
            assert "pbkdf2" not in site.get(f"/-/{told}.json").text, "all may read it"
        cookies = {"ds_actor": answer.cookies["ds_actor"]}
        assert "<b><bdi>Olha</bdi></b>" in site.get("/review", cookies=cookies).text


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(form=st.dictionaries(
    st.sampled_from(["verdict", "copy", "exemplar", "note", "page", "x"]),
    st.one_of(st.text(max_size=30), st.sampled_from(["confirm", "reject", "reverse", "add", "undo", "confirm-other", "\x00"])),
    max_size=5), known=st.booleans())
def test_no_form_of_a_reviewer_breaks_the_queue(own: tuple[Site, Archive], form: dict[str, str], known: bool) -> None:
    site, archive = own
    if known:
        form |= {"copy": archive.mirror, "exemplar": archive.hostile}
    form = {name: value.encode("utf-8", "replace").decode() for name, value in form.items()}
    assert send(site, signed_in(site), **form).status_code in (303, 400)


@pytest.mark.parametrize(("wanted", "leads"), [
    ("/review?page=2", "/review?page=2"), ("/article/a", "/article/a"),
    ("https://elsewhere.example/", "/"), ("//elsewhere.example/", "/"), ("/\\elsewhere.example", "/"),
    ("/review\r\nX-Bad: 1", "/"), ("review", "/"), ("/" + "a" * 600, "/"), ("", "/"), ("/суджа", "/"),
])
def test_signing_in_leads_back_and_never_elsewhere(
    tmp_path: Path, build_archive: Any, serve_site: Any, wanted: str, leads: str
) -> None:
    build_archive(tmp_path)
    (tmp_path / "reviewers.json").write_text(json.dumps({"Olha": hash_password("a long one")}))
    with serve_site(tmp_path) as site:
        page = site.get("/-/login?" + urlencode({"next": wanted}))
        cookies = {"stemma_next": page.cookies["stemma_next"]} if "stemma_next" in page.cookies else {}
        assert bool(cookies) == (leads != "/")
        form, forging = {"username": "Olha", "password": "a long one"}, {"stemma_next": quote(wanted, safe="")}
        if not ALPHA:
            form |= {"csrftoken": page.cookies["ds_csrftoken"]}
            cookies, forging = ({**some, "ds_csrftoken": page.cookies["ds_csrftoken"]} for some in (cookies, forging))
        assert site.post("/-/login", data=form, cookies=cookies).headers["location"] == leads
        forged = site.post("/-/login", data=form, cookies=forging)
        assert forged.headers["location"] == leads
        wrong = site.post("/-/login", data=form | {"password": "wrong"}, cookies=cookies)
        assert (wrong.status_code, "location" in wrong.headers) == (200, False)


@pytest.mark.parametrize("text", ["no JSON", "[]", '{"Olha": "a password"}'])
def test_a_file_of_reviewers_that_is_none_is_said_to_be(tmp_path: Path, build_archive: Any, text: str) -> None:
    build_archive(tmp_path)
    (tmp_path / "reviewers.json").write_text(text)
    with pytest.raises(UnreadableFile, match=r"reviewers.json"):
        application(tmp_path)


def test_decisions_that_cannot_be_read_are_said_to_be(own: tuple[Site, Archive]) -> None:
    site, archive = own
    (archive.data / "events.jsonl").unlink()
    (archive.data / "events.jsonl").mkdir()
    answer = site.get("/review", cookies=signed_in(site))
    assert (answer.status_code, "cannot be read just now" in answer.text) == (503, True)
    assert site.get("/").status_code == 200
