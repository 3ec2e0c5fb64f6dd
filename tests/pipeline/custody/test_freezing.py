"""A family cited as of a run: what later runs, people and rebuilds do to the family does not change what was cited."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from public_rows import public_rows
from stemma_testing import Stemma

from datasette_config.serving import application

SITE = "http://localhost"


def cite(stemma: Stemma, *words: str, code: int = 0) -> Any:
    done = stemma.run("cite", *words, "--family", "--json", "--topic", "topic.toml", code=code)
    return json.loads(done.stdout) if code == 0 else done.stderr


def family(stemma: Stemma) -> Any:
    conn = stemma.database()
    row = conn.execute("SELECT public_id, members FROM family ORDER BY members DESC, public_id LIMIT 1").fetchone()
    members = [dict(one) for one in conn.execute(
        "SELECT a.* FROM witness w JOIN article a USING (article_id) WHERE w.family = ?", (row["public_id"],))]
    conn.close()
    return row["public_id"], members


@contextmanager
def site(data: Path) -> Iterator[Any]:
    loop, datasette = asyncio.new_event_loop(), application(data)
    try:
        yield lambda path: loop.run_until_complete(datasette.client.get(path))
    finally:
        datasette.executor.shutdown()
        loop.close()


def test_what_was_cited_stays_as_it_was(own: Stemma) -> None:
    public_id, members = family(own)
    cited = cite(own, public_id, "--by", "Vera Lens")
    heads = (own.folder / "data" / "log" / "heads.jsonl").read_text().splitlines()
    run = cited["statement"]["run"]
    assert cited["public_id"] == f"{public_id}@{run}"
    assert json.loads(heads[run - 1])["note"] == cited["statement"]["head"], "run N signed the log's head N"
    assert len(cited["statement"]["members"]) == len(members) > 2
    assert all(link["evidence"] for link in cited["statement"]["links"] if link["direction"] == "decided")
    assert cite(own, public_id) == cited, "nothing changed, so nothing is kept again"
    gone = max(members, key=lambda one: one["key"])
    own.run("withhold", gone["key"], "--reason", "Asked for", "--topic", "topic.toml")
    own.run("update", "--topic", "topic.toml")
    assert cite(own, public_id, "--run", str(run)) == cited or gone["latest"] == public_id
    later = cite(own, family(own)[0])
    assert later["statement"]["run"] > run
    assert later["digest"] != cited["digest"]
    before = public_rows(own.folder / "data" / "archive.db")["frozen_family"]
    assert len(before) == 2
    own.run("rebuild", "--topic", "topic.toml")
    assert public_rows(own.folder / "data" / "archive.db")["frozen_family"] == before
    with site(own.folder / "data") as get:
        page = get(f"/family/{public_id}@{run}")
        assert page.status_code == 200
        assert gone["url"] in page.text
        shown = [summary.text_content() for summary in html.fromstring(page.text).xpath("//summary")]
        assert len(shown) == len(cited["statement"]["links"])
        assert all(members_title in " ".join(shown) for members_title in [one["title"] for one in members if one != gone])
        assert "built-in" not in page.text
        assert get(f"/family/{public_id}%40{run}.json").json()["name"] == f"{public_id}@{run}"
        assert gone["title"] not in page.text, "what is withheld since is named by its address"
        assert get(f"/family/{public_id}@{run}.json").json()["statement"] == cited["statement"]
        assert get(f"/family/{public_id}@{run + 99}").status_code == 404
        assert f"/family/{public_id}@{run}" in get(f"/family/{family(own)[0]}").text
    own.run("verify", "--topic", "topic.toml")


def test_a_row_that_was_changed_is_made_again_and_a_number_is_given_once(own: Stemma) -> None:
    public_id, _ = family(own)
    cited = cite(own, public_id)
    with own.database() as conn:
        conn.execute("UPDATE frozen_families SET statement = replace(statement, '\"confidence\": 1', '\"confidence\": 0')")
        conn.execute("UPDATE frozen_families SET statement = replace(statement, 'https', 'http')")
    conn.close()
    own.run("update", "--topic", "topic.toml")
    assert cite(own, public_id, "--run", str(cited["statement"]["run"])) == cited
    shutil.rmtree(own.folder / "data" / "log")
    own.run("update", "--topic", "topic.toml")
    link = cited["statement"]["links"][0]
    own.run("judge", link["copy"], link["exemplar"], "confirm", "--by", "Vera Lens", "--topic", "topic.toml")
    with own.database() as conn:
        conn.execute("UPDATE links SET direction_confidence = 0.5")  # so that the family is another than it was
    conn.close()
    again = cite(own, public_id)
    assert again["digest"] != cited["digest"]
    assert again["statement"]["run"] != cited["statement"]["run"]
    assert cite(own, public_id, "--run", str(cited["statement"]["run"])) == cited


def test_a_statement_holds_no_word_of_a_text(own: Stemma) -> None:
    public_id, members = family(own)
    cite(own, public_id)
    line = (own.folder / "data" / "events.jsonl").read_text("utf-8").splitlines()[-1]
    assert json.loads(line)["kind"] == "family-cited"
    conn = own.database()
    details = [one["detail"] for (evidence,) in conn.execute("SELECT evidence FROM links") for one in json.loads(evidence)]
    conn.close()
    assert details
    for words in (*(one["title"] for one in members), *(one["text"][:80] for one in members), *details):
        assert json.dumps(words, ensure_ascii=False)[1:-1] not in line


@pytest.mark.parametrize(("kind", "ending"), [("csl", "json"), ("ris", "ris"), ("bibtex", "bib"), ("robust", "html")])
def test_command_and_site_cite_it_alike(own: Stemma, kind: str, ending: str) -> None:
    public_id, _ = family(own)
    run = cite(own, public_id)["statement"]["run"]
    words = ("cite", public_id, "--family", "--run", str(run), "--site", SITE, "--topic", "topic.toml")
    told = own.run(*words, "--format", kind).stdout
    with site(own.folder / "data") as get:
        answer = get(f"/family/{public_id}@{run}/cite.{ending}")
    assert answer.text.replace("\r\n", "\n") == told
    assert f"as of run {run}" in told
    assert f"{SITE}/family/{public_id}@{run}" in told


def test_what_was_edited_is_told_and_what_was_not_cited_too(own: Stemma) -> None:
    public_id, _ = family(own)
    run = cite(own, public_id)["statement"]["run"]
    assert f"the runs as of which it was: {run}" in cite(own, public_id, "--run", str(run + 1), code=2)
    assert "is no family" in cite(own, "nonsense", code=2)
    assert "--run and --by are for --family" in own.run("cite", public_id, "--run", "1", code=2).stderr
    events = own.folder / "data" / "events.jsonl"
    *lines, last = events.read_text("utf-8").splitlines()
    events.write_text("\n".join([*lines, last.replace('"relation": "', '"relation": "x-', 1)]) + "\n", "utf-8")
    done = own.run("update", "--topic", "topic.toml")
    assert "it was changed; restore events.jsonl from a backup" in done.stdout
    own.run("verify", "--topic", "topic.toml", code=1)
