"""The archive that two real crawls of the bundled web fill, held against the truth that is written beside it."""

import json
import os
import shutil
import sqlite3
import tomllib
from pathlib import Path

import pytest
from public_rows import public_rows
from stemma_testing import ROOT, FilledDemo, opened

from archive.store import links
from archive.times import from_iso
from archive.urls import canonical_url

TRUTH = tomllib.loads((ROOT / "crawlers" / "demo" / "truth.toml").read_text(encoding="utf-8"))


def rows(demo: FilledDemo, sql: str) -> list[sqlite3.Row]:
    return demo.stemma.database().execute(sql).fetchall()


def family_of(demo: FilledDemo) -> dict[str, str]:
    return {canonical_url(row["url"]): row["family"] for row in rows(demo, "SELECT url, family FROM witness")}


@pytest.mark.parametrize("copy", TRUTH["copy"], ids=lambda c: c["copy"][-40:])
def test_every_copy_translations_too_is_in_its_exemplars_family(demo: FilledDemo, copy: dict[str, str]) -> None:
    families = family_of(demo)
    own = families.get(canonical_url(copy["copy"]))
    assert own is not None
    assert own == families.get(canonical_url(copy["exemplar"]))


def test_no_two_independent_reports_are_linked(demo: FilledDemo) -> None:
    families = family_of(demo)
    copied = {canonical_url(c["copy"]): canonical_url(c["exemplar"]) for c in TRUTH["copy"]}
    for event in TRUTH["event"]:
        found = [families[url] for url in map(canonical_url, event["reports"]) if url in families and url not in copied]
        assert len(found) == len(set(found)), event["name"]


def test_every_link_is_between_texts_that_the_truth_connects(demo: FilledDemo) -> None:
    group: dict[str, str] = {}
    for copy in TRUTH["copy"]:
        group[canonical_url(copy["copy"])] = group[canonical_url(copy["exemplar"])] = canonical_url(copy["exemplar"])
    for row in rows(demo, "SELECT copy_url, exemplar_url FROM copy_link"):
        assert group[canonical_url(row["copy_url"])] == group[canonical_url(row["exemplar_url"])], dict(row)


def test_no_decided_direction_is_against_the_truth(demo: FilledDemo) -> None:
    true = {(canonical_url(copy["copy"]), canonical_url(copy["exemplar"])) for copy in TRUTH["copy"]}
    found = {(canonical_url(row["copy_url"]), canonical_url(row["exemplar_url"]))
             for row in rows(demo, "SELECT copy_url, exemplar_url FROM copy_link WHERE direction = 'decided'")}
    assert found & true
    assert not {(exemplar, copy) for copy, exemplar in found} & true


def test_a_later_version_is_known_by_when_the_one_before_was_last_seen(demo: FilledDemo) -> None:
    conn = demo.stemma.database()
    later = rows(demo, """
        SELECT v.version_id, v.ordinal, p.last_seen FROM versions v
        LEFT JOIN versions p ON p.article_id = v.article_id AND p.ordinal = v.ordinal - 1
    """)
    assert {row["ordinal"] for row in later} > {1}
    for row in later:
        until = links.witness(conn, row["version_id"]).unlike_until
        assert until == (from_iso(row["last_seen"]) if row["last_seen"] else None)


def test_an_article_is_shown_under_an_address_that_answers(demo: FilledDemo) -> None:
    """The key has neither scheme nor trailing slash; what is shown and exported has what was declared or fetched."""
    shown = {row["url"] for row in rows(demo, "SELECT url FROM article")}
    assert shown <= {url.split("?")[0] for url in demo.asked}
    assert "http://newsfunnel.example/p/91077/ukraine-kursk-over" in shown
    assert "https://eastwatchdigest.example/2025/03/18/the-last-ridge/" in shown


def test_every_decided_direction_between_a_copy_and_its_exemplar_is_right(demo: FilledDemo) -> None:
    truth = {(canonical_url(c["copy"]), canonical_url(c["exemplar"])) for c in TRUTH["copy"]}
    decided = {
        (canonical_url(row["copy_url"]), canonical_url(row["exemplar_url"]))
        for row in rows(demo, "SELECT copy_url, exemplar_url FROM copy_link WHERE direction = 'decided'")
    }
    wrong = {(copy, exemplar) for copy, exemplar in decided if (exemplar, copy) in truth}
    assert not wrong
    assert len(decided & truth) >= 8


@pytest.mark.parametrize("change", TRUTH["change"], ids=lambda c: c["url"][-40:])
def test_changes_between_the_crawls_are_versions_of_their_class(demo: FilledDemo, change: dict[str, list[str]]) -> None:
    url = canonical_url(str(change["url"]))
    (article,) = rows(demo, f"SELECT versions, gone_at FROM article JOIN articles a USING (article_id) WHERE a.url = '{url}'")
    if change["what"] == ["removed"]:
        assert article["gone_at"] is not None
        assert article["versions"] == 1
        return
    (version,) = rows(demo, "SELECT v.change FROM version v JOIN articles a USING (article_id) "
                            f"WHERE a.url = '{url}' AND v.ordinal = 2")
    assert json.loads(version["change"]) == change["what"]


def test_what_did_not_change_has_one_version(demo: FilledDemo) -> None:
    changed = {canonical_url(str(c["url"])) for c in TRUTH["change"]}
    found = {canonical_url(row["url"]) for row in rows(demo, "SELECT url FROM article WHERE versions > 1")}
    assert found <= changed


@pytest.mark.parametrize("same", TRUTH["same"], ids=lambda s: s["article"][-40:])
def test_the_addresses_of_one_article_are_merged(demo: FilledDemo, same: dict[str, list[str]]) -> None:
    found = rows(demo, "SELECT x.url, a.url AS article FROM addresses x JOIN articles a USING (article_id)")
    article = {canonical_url(row["url"]): row["article"] for row in found}
    own = canonical_url(str(same["article"]))
    assert article[own] == own
    for url in same["also"]:
        assert article.get(canonical_url(url), own) == own
    assert sum(1 for row in found if row["article"] == own) > 1


def test_off_topic_pages_are_kept_and_not_published(demo: FilledDemo) -> None:
    published = {canonical_url(row["url"]) for row in rows(demo, "SELECT url FROM article")}
    captured = {canonical_url(row["url"]) for row in rows(demo, "SELECT url FROM capture")}
    for url in map(canonical_url, TRUTH["pages"]["off_topic"]):
        assert url in captured
        assert url not in published
    holds = json.loads(demo.stemma.run("status", "--topic", "topic.toml", "--json").stdout)["holds"]
    assert holds["articles off the topic"] == len(TRUTH["pages"]["off_topic"])


def test_no_page_but_those_is_judged_off_the_topic(demo: FilledDemo) -> None:
    """Among the others some name only a river, a neighbouring region, or captured soldiers of a third country."""
    judged = {canonical_url(row["url"]) for row in rows(demo, "SELECT url FROM documents WHERE NOT on_topic")}
    assert judged <= set(map(canonical_url, TRUTH["pages"]["off_topic"]))
    told = {row["url"].split("?")[0] for row in rows(demo, "SELECT url FROM partial_witness")}
    assert set(TRUTH["pages"]["paywalled"]) <= told


def test_off_topic_pages_are_not_asked_for_again(demo: FilledDemo) -> None:
    for url in TRUTH["pages"]["off_topic"]:
        assert sum(canonical_url(asked) == canonical_url(url) for asked in demo.asked) == 1, url


def test_what_robots_forbids_was_never_asked_for(demo: FilledDemo) -> None:
    assert not {f["url"] for f in TRUTH["forbidden"]} & set(demo.asked)


def test_an_address_was_asked_for_at_most_once_in_each_crawl(demo: FilledDemo) -> None:
    often = {url: demo.asked.count(url) for url in demo.asked if demo.asked.count(url) > 2}
    assert not often


def test_failures_are_rows_with_reasons(demo: FilledDemo) -> None:
    reasons = {row["subject"].split()[-1]: row["reason"] for row in rows(demo, "SELECT subject, reason FROM failures")}
    by_how = {failure["how"]: failure["url"] for failure in TRUTH["failure"]}
    assert "cut off" in reasons[by_how["cut-gzip"]]
    assert "no feed" in reasons[by_how["page-not-feed"]]
    assert by_how["image"] in reasons


def test_a_second_update_does_nothing(demo: FilledDemo, tmp_path: Path) -> None:
    shutil.copytree(demo.data, tmp_path / "data", symlinks=True)
    before = public_rows(tmp_path / "data" / "archive.db")
    done = demo.stemma.run("update", "--topic", "topic.toml", "--data", str(tmp_path / "data"), "--json")
    reports = {report["step"]: report["done"] for report in json.loads(done.stdout)}
    assert {"index", "discover", "extract", "relevance", "versions", "compare", "link"} <= set(reports)
    assert set(reports.values()) == {0}
    assert public_rows(tmp_path / "data" / "archive.db") == before


def test_a_rebuild_from_the_warc_files_alone_gives_the_same_rows(demo: FilledDemo, tmp_path: Path) -> None:
    shutil.copytree(demo.data / "warc", tmp_path / "data" / "warc")
    demo.stemma.run("rebuild", "--topic", "topic.toml", "--data", str(tmp_path / "data"))
    assert public_rows(tmp_path / "data" / "archive.db") == public_rows(demo.data / "archive.db")


def test_a_rebuild_with_the_files_in_two_steps_gives_the_same_rows(demo: FilledDemo, tmp_path: Path) -> None:
    """Small runs and one big run: an update after the first crawl, another after the second."""
    files = sorted((demo.data / "warc").rglob("*.warc.gz"))
    assert len(files) == 2
    for file in files:
        target = tmp_path / "data" / file.relative_to(demo.data)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(file, target)
        demo.stemma.run("update", "--topic", "topic.toml", "--data", str(tmp_path / "data"))
    assert public_rows(tmp_path / "data" / "archive.db") == public_rows(demo.data / "archive.db")


def test_the_newest_file_first_gives_the_same_links(demo: FilledDemo, tmp_path: Path) -> None:
    """Another order of arrival: versions, links and families are a function of the set of captures."""
    for file in sorted((demo.data / "warc").rglob("*.warc.gz"), reverse=True):
        target = tmp_path / "data" / file.relative_to(demo.data)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(file, target)
        demo.stemma.run("update", "--topic", "topic.toml", "--data", str(tmp_path / "data"))
    views = ("article", "version", "copy_link", "family", "witness")
    assert public_rows(tmp_path / "data" / "archive.db", views=views) == public_rows(
        demo.data / "archive.db", views=views)


def test_an_upgrade_of_the_extractor_makes_no_version(demo: FilledDemo, tmp_path: Path) -> None:
    """What an older extractor read otherwise, in half of the payloads even, is read again and folded anew."""
    data = tmp_path / "data"
    shutil.copytree(demo.data, data, symlinks=True)
    before = public_rows(data / "archive.db")
    for only in ("1", "document_id % 2"):
        conn = opened(data / "archive.db")
        with conn:
            # Texts of their own, whoever shared the one before.
            conn.execute(f"""INSERT INTO texts SELECT -document_id, document_id, 'Menu' || char(10, 10) || inflated(text)
                             FROM documents JOIN texts USING (text_id) WHERE {only}""")
            conn.execute(f"""UPDATE documents SET extractor = 'stemma-1/old', text_id = -document_id,
                             text_digest = 'old-' || text_digest, state_digest = 'old-' || state_digest WHERE {only}""")
            conn.execute(f"""UPDATE versions SET text_id = -document_id
                             WHERE document_id IN (SELECT document_id FROM documents WHERE {only})""")
        conn.close()
        demo.stemma.run("update", "--topic", "topic.toml", "--data", str(data))
        assert public_rows(data / "archive.db") == before
        with opened(data / "archive.db") as conn:
            conn.execute("PRAGMA foreign_keys = ON")
            assert conn.execute("SELECT count(*) FROM documents WHERE extractor = 'stemma-1/old'").fetchone()[0] > 0
            conn.execute("DELETE FROM documents WHERE extractor = 'stemma-1/old'")  # for the second round
        conn.close()


def test_the_export_has_the_documented_shape(demo: FilledDemo, tmp_path: Path) -> None:
    demo.stemma.run("export", "jsonl", str(tmp_path / "out.jsonl"), "--topic", "topic.toml")
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    articles = [json.loads(line) for line in lines]
    assert len(articles) == len(rows(demo, "SELECT 1 FROM article"))
    assert not list(tmp_path.glob("*.part"))
    for article in articles:
        assert {"url", "urls", "outlet", "language", "title", "authors", "published", "modified", "text", "relevance",
                "versions", "links"} <= set(article)
        assert article["url"] in article["urls"]
        assert [v["ordinal"] for v in article["versions"]] == list(range(1, len(article["versions"]) + 1))
        assert article["versions"][-1]["text"] == article["text"]
        for version in article["versions"]:
            assert {"ordinal", "title", "text", "first_seen", "last_seen", "change"} <= set(version)
        for link in article["links"]:
            assert set(link) == {"copy_url", "exemplar_url", "relation", "confidence", "direction",
                                 "direction_confidence"}
            assert link["direction"] in ("decided", "undecided")
            assert article["url"] in (link["copy_url"], link["exemplar_url"])


def test_changing_the_topic_decides_anew_from_what_is_held(demo: FilledDemo, tmp_path: Path) -> None:
    shutil.copytree(demo.data, tmp_path / "data", symlinks=True)
    topic = (demo.stemma.folder / "topic.toml").read_text(encoding="utf-8")
    narrow = topic[:topic.index("[keywords.")] + '[keywords.en]\nmust = ["submarine"]\n' + topic[topic.index("[[source]]"):]
    (tmp_path / "narrow.toml").write_text(narrow, encoding="utf-8")
    data = str(tmp_path / "data")
    before = public_rows(tmp_path / "data" / "archive.db")
    demo.stemma.run("update", "--topic", str(tmp_path / "narrow.toml"), "--data", data)
    conn = opened(tmp_path / "data" / "archive.db")
    urls = [row[0] for row in conn.execute("SELECT url FROM article")]
    assert urls == ["https://www.borderherald.example/2024/08/12/kursk-submarine-anniversary"]
    assert conn.execute("SELECT count(*) FROM copy_link").fetchone()[0] == 0
    assert conn.execute("SELECT count(*) FROM family").fetchone()[0] == 0
    assert conn.execute("SELECT count(*) FROM versions").fetchone()[0] == 1, "what is off the topic is not indexed"
    demo.stemma.run("update", "--topic", "topic.toml", "--data", data)
    assert public_rows(tmp_path / "data" / "archive.db") == before


def test_an_epoch_is_kept_through_a_rebuild_and_compares_in_the_same_way(demo: FilledDemo, tmp_path: Path) -> None:
    shutil.copytree(demo.data, tmp_path / "data", symlinks=True)
    done = demo.stemma.run("reindex", "--data", str(tmp_path / "data"), "--json")
    reports = {report["step"]: report["done"] for report in json.loads(done.stdout)}
    (held,) = demo.stemma.database().execute("SELECT count(*) FROM versions").fetchone()
    assert reports["compare"] == held, "in a new epoch every text is compared again"
    counted = public_rows(tmp_path / "data" / "archive.db")
    events = (tmp_path / "data" / "events.jsonl").read_text(encoding="utf-8")
    assert [json.loads(line)["kind"] for line in events.splitlines()].count("epoch") == 1
    demo.stemma.run("rebuild", "--data", str(tmp_path / "data"))
    assert public_rows(tmp_path / "data" / "archive.db") == counted
    damaged = tmp_path / "data" / "events.jsonl"
    damaged.write_text(events.replace('"packed": "', '"packed": "?'), encoding="utf-8")
    demo.stemma.run("rebuild", "--data", str(tmp_path / "data"))
    conn = opened(tmp_path / "data" / "archive.db")
    assert conn.execute("SELECT count(*) FROM failures WHERE stage = 'epoch'").fetchone()[0] == 1
