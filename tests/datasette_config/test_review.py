"""Who is signed in judges uncertain links; what is decided is an event, and nothing else is written."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from datasette_auth_passwords.utils import hash_password

from archive import events
from archive.errors import UnreadableFile
from archive.store import open_database
from datasette_config.serving import application

# Their classes are in conftest.py, which pytest's import mode keeps out of reach of imports.
Archive = Site = Any


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
    token = re.search(r'name="csrftoken" value="([^"]+)"', page.text)
    assert token
    own = cookies | {"ds_csrftoken": page.cookies["ds_csrftoken"]}
    return site.post("/review", data=form | {"csrftoken": token[1]}, cookies=own)


def test_nobody_else_sees_the_queue(own: tuple[Site, Archive]) -> None:
    site, archive = own
    before = events.read(archive.data / "events.jsonl")
    assert site.get("/review").status_code == 403
    assert site.post("/review", data={"verdict": "confirm"}).status_code == 403
    assert site.post("/review", data={"verdict": "confirm"}, cookies=signed_in(site)).status_code == 403, "no token"
    assert events.read(archive.data / "events.jsonl") == before


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


def test_a_link_can_be_added_and_a_pair_that_is_linked_cannot(own: tuple[Site, Archive]) -> None:
    site, archive = own
    cookies = signed_in(site, '<script>alert("x")</script>')
    assert send(site, cookies, verdict="add", copy=archive.plain, exemplar=archive.hostile).status_code == 303
    assert send(site, cookies, verdict="add", copy=archive.digest, exemplar=archive.herald).status_code == 400
    page = site.get("/review", cookies=cookies)
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;" in page.text


def test_a_page_beyond_the_queue_is_empty_and_a_wrong_one_is_named(own: tuple[Site, Archive]) -> None:
    site, _ = own
    assert "Nothing is uncertain" in site.get("/review?page=99", cookies=signed_in(site)).text
    assert site.get("/review?" + urlencode({"page": "x"}), cookies=signed_in(site)).status_code == 400


def test_reviewers_of_the_data_folder_sign_in_by_password(tmp_path: Path, build_archive: Any, serve_site: Any) -> None:
    build_archive(tmp_path)
    (tmp_path / "reviewers.json").write_text(json.dumps({"Olha": hash_password("a long one")}))
    with serve_site(tmp_path) as site:
        for password, status in (("wrong", 200), ("a long one", 302)):
            answer = site.post("/-/login", data={"username": "Olha", "password": password})
            assert answer.status_code == status
        cookies = {"ds_actor": answer.cookies["ds_actor"]}
        assert "<b><bdi>Olha</bdi></b>" in site.get("/review", cookies=cookies).text


@pytest.mark.parametrize("text", ["no JSON", "[]", '{"Olha": "a password"}'])
def test_a_file_of_reviewers_that_is_none_is_said_to_be(tmp_path: Path, build_archive: Any, text: str) -> None:
    build_archive(tmp_path)
    (tmp_path / "reviewers.json").write_text(text)
    with pytest.raises(UnreadableFile, match=r"reviewers.json"):
        application(tmp_path)
