"""The command line as a person or cron meets it: what it prints, and its exit codes."""

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from public_rows import public_rows
from stemma_testing import ROOT, FilledDemo, Stemma, opened, topic_file

from archive import events, log
from crawlers.demo.server import WebRequest, WebResponse

Serve = Callable[[Callable[[WebRequest], WebResponse]], tuple[Any, Stemma]]


@pytest.fixture
def stemma(tmp_path: Path) -> Stemma:
    return Stemma(tmp_path)


def test_a_topic_file_with_mistakes_lists_them_all_and_exits_2(stemma: Stemma) -> None:
    (stemma.folder / "bad.toml").write_text('name = "x"\nlangauges = ["en"]\n[[source]]\nkind = "feeed"\n')
    error = stemma.run("check", "--topic", "bad.toml", code=2).stderr
    assert "did you mean 'languages'?" in error
    assert "contact" in error
    assert "source[1]" in error
    assert "Traceback" not in error


def test_the_bundled_topic_is_right_and_has_at_least_forty_sources(stemma: Stemma) -> None:
    done = stemma.run("check", "--topic", "kursk")
    assert int(done.stdout.split(":")[1].split()[0]) >= 40
    assert "placeholder" in done.stderr


def test_a_crawl_without_a_contact_address_is_refused(stemma: Stemma) -> None:
    error = stemma.run("crawl", "--topic", "kursk", code=2).stderr
    assert "contact" in error
    assert not (stemma.folder / "data").exists()


@pytest.mark.parametrize("words", [
    ("update",), ("status",), ("export", "jsonl", "x.jsonl"), ("serve",), ("rebuild",),
], ids=lambda words: words[0])
def test_a_missing_data_folder_is_one_sentence_and_exit_2(stemma: Stemma, words: tuple[str, ...]) -> None:
    error = stemma.run(*words, code=2).stderr
    assert "--data" in error
    assert len(error.strip().splitlines()) == 1


def test_a_newer_database_is_refused_with_what_to_do(stemma: Stemma) -> None:
    stemma.run("init")
    conn = opened(stemma.folder / "data" / "archive.db")
    conn.execute("PRAGMA user_version = 99")
    conn.close()
    error = stemma.run("update", code=1).stderr
    assert "upgrade" in error
    assert len(error.strip().splitlines()) == 1


def test_a_file_that_is_no_database_is_refused_with_what_to_do(stemma: Stemma) -> None:
    stemma.run("init")
    (stemma.folder / "data" / "archive.db").write_bytes(b"rubbish" * 1_000)
    error = stemma.run("update", code=1).stderr
    assert "stemma rebuild" in error
    assert "Traceback" not in error


def test_a_busy_port_is_one_sentence(demo: FilledDemo) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        error = demo.stemma.run("serve", "--topic", "topic.toml", "--port", port, code=1).stderr
    assert "--port" in error
    assert "Traceback" not in error


def test_a_second_run_while_one_holds_the_lock_exits_3_and_names_the_holder(serve: Serve) -> None:
    def slow(request: WebRequest) -> WebResponse:
        if request.path != "/robots.txt":
            time.sleep(2)
        return WebResponse(status=404)

    _, stemma = serve(slow)
    topic_file(stemma.folder, ["http://news.example/a"])
    first = stemma.start("crawl", "--topic", "topic.toml")
    try:
        deadline = time.monotonic() + 20
        while not (stemma.folder / "data" / "archive.db").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        error = stemma.run("update", "--topic", "topic.toml", code=3).stderr
        assert f"process {first.pid}" in error
        assert json.loads(stemma.run("status", "--topic", "topic.toml", "--json").stdout)["holds"]["captures"] >= 0
    finally:
        first.kill()
        first.wait()
    stemma.run("update", "--topic", "topic.toml")


def test_a_crawl_that_is_interrupted_ends_in_order_and_goes_on(serve: Serve) -> None:
    asked: list[str] = []

    def slow(request: WebRequest) -> WebResponse:
        asked.append(request.path)
        time.sleep(0.3)
        return WebResponse(status=404)

    _, stemma = serve(slow)
    topic_file(stemma.folder, [f"http://news.example/{n}" for n in range(900)])
    process = stemma.start("crawl", "--topic", "topic.toml")
    deadline = time.monotonic() + 60
    while len(asked) < 10 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(2)
    assert process.wait(timeout=60) == 1
    (at_stop,) = stemma.database().execute("SELECT count(*) FROM observation WHERE role = 'article'").fetchone()
    assert 0 < at_stop < 900


def test_help_answers_in_under_a_third_of_a_second_of_cpu(stemma: Stemma) -> None:
    stemma.run("--help")
    code = "import resource, subprocess, sys; subprocess.run([sys.executable, '-m', 'pipeline', '--help'], check=True, " \
           "stdout=subprocess.DEVNULL); u = resource.getrusage(resource.RUSAGE_CHILDREN); print(u.ru_utime + u.ru_stime)"
    spent = min(
        float(subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout)
        for _ in range(3)
    )
    assert spent < 0.3


def test_only_the_crawl_imports_scrapy() -> None:
    code = "import sys, pipeline.cli, pipeline.steps, pipeline.intake, pipeline.operating.care; print('scrapy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_init_writes_a_topic_file_of_which_check_says_what_is_still_to_be_put_in(stemma: Stemma) -> None:
    stemma.run("init", "--topic", "floods.toml", "--data", "archive", "--contact", "mailto:me@university.edu")
    assert (stemma.folder / "archive" / "archive.db").exists()
    left = stemma.run("check", "--topic", "floods.toml", code=1)
    assert "every key is right" in left.stdout
    assert [line.split(": ", 2)[2].partition(";")[0] for line in left.stderr.splitlines()] == [
        "keywords.en.must is still the template's 'replace this term'", "no sources yet"]
    file = stemma.folder / "floods.toml"
    file.write_text(file.read_text().replace("replace this term", "flood") + """
[[source]]
name = "a"
outlet = "A"
kind = "feed"
url = "https://news.example/feed"
""")
    assert stemma.run("check", "--topic", "floods.toml").stderr == ""


def test_a_contact_that_would_go_nowhere_is_refused(stemma: Stemma) -> None:
    topic_file(stemma.folder)
    before = (stemma.folder / "topic.toml").read_bytes()
    for topic in ("topic.toml", "kursk"):
        error = stemma.run("init", "--topic", topic, "--contact", "mailto:me@university.edu", code=2).stderr
        assert "--contact is for a topic file that is to be written" in error
        assert topic in error
    assert (stemma.folder / "topic.toml").read_bytes() == before
    assert not (stemma.folder / "data").exists()


def test_settings_can_be_overridden_and_are_checked(stemma: Stemma) -> None:
    stemma.run("check", "--set", "crawl.delay=0.5")
    assert "crawl.dealy" in stemma.run("check", "--set", "crawl.dealy=0.5", code=2).stderr


def test_status_says_what_is_held(demo: FilledDemo) -> None:
    text = demo.stemma.run("status", "--topic", "topic.toml").stdout
    assert "articles on the topic" in text
    found = json.loads(demo.stemma.run("status", "--topic", "topic.toml", "--json").stdout)
    assert found["holds"]["families"] >= 4
    assert {source["name"] for source in found["sources"] if source["last_success"]}
    assert [run["command"] for run in found["runs"]][:1] == ["update"]


def test_run_is_silent_when_nobody_looks(serve: Serve) -> None:
    _, stemma = serve(lambda request: WebResponse(status=404))
    topic_file(stemma.folder, ["http://news.example/a"])
    done = stemma.run("run", "--topic", "topic.toml")
    assert done.stdout == ""
    assert done.stderr == ""


def test_an_archive_knows_its_topic_and_refuses_another(demo: FilledDemo, tmp_path: Path) -> None:
    shutil.copytree(demo.data, tmp_path / "data", symlinks=True)
    data = str(tmp_path / "data")
    before = public_rows(tmp_path / "data" / "archive.db")
    error = demo.stemma.run("update", "--topic", "kursk", "--data", data, code=2).stderr
    assert "'demo'" in error
    demo.stemma.run("update", "--data", data)
    demo.stemma.run("rebuild", "--data", data)
    assert public_rows(tmp_path / "data" / "archive.db") == before


def test_damage_in_a_warc_file_is_reported_by_record_and_the_rest_is_kept(demo: FilledDemo, tmp_path: Path) -> None:
    shutil.copytree(demo.data, tmp_path / "data", symlinks=True)
    row = demo.stemma.database().execute(
        "SELECT path, offset, length FROM capture WHERE role = 'article' AND status = 200 ORDER BY path, offset LIMIT 1 "
        "OFFSET 9").fetchone()
    file = tmp_path / "data" / "warc" / row["path"]
    raw = bytearray(file.read_bytes())
    middle = row["offset"] + row["length"] // 2
    raw[middle:middle + 16] = bytes(16)
    file.write_bytes(raw)
    done = demo.stemma.run("rebuild", "--data", str(tmp_path / "data"), code=1)
    assert "backup" in done.stderr
    assert file.read_bytes() == raw, "evidence is never cut for damage in its middle"
    conn = opened(tmp_path / "data" / "archive.db")
    (held,) = conn.execute("SELECT count(*) FROM captures").fetchone()
    (all_of_them,) = demo.stemma.database().execute("SELECT count(*) FROM captures").fetchone()
    assert held == all_of_them - 1
    (reason,) = conn.execute("SELECT subject FROM failures WHERE stage = 'index'").fetchone()
    assert reason == f"{row['path']} at byte {row['offset']}"


def test_a_warc_file_that_is_gone_is_noticed_at_the_next_update(demo: FilledDemo, tmp_path: Path) -> None:
    shutil.copytree(demo.data, tmp_path / "data", symlinks=True)
    sorted((tmp_path / "data" / "warc").rglob("*.warc.gz"))[0].unlink()
    assert "missing" in demo.stemma.run("update", "--data", str(tmp_path / "data"), code=1).stderr


def test_what_crawl_and_update_find_is_told_once_and_status_keeps_it(demo: FilledDemo, tmp_path: Path) -> None:
    shutil.copytree(demo.data, tmp_path / "data", symlinks=True)
    sorted((tmp_path / "data" / "warc").rglob("*.warc.gz"))[0].unlink()
    data = ("--data", str(tmp_path / "data"))
    assert "is damaged (the file is missing)" in demo.stemma.run("update", *data, code=1).stderr
    assert demo.stemma.run("update", *data).stderr == ""
    demo.stemma.run("status", *data, code=1)
    topic_file(tmp_path, feeds=["http://news.example/feed"])
    (tmp_path / "authority.pem").write_text("")
    crawl = ("crawl", "--topic", "topic.toml", "--data", "new")
    assert "nothing that was asked answered" in Stemma(tmp_path, "http://127.0.0.1:9").run(*crawl, code=1).stderr
    assert Stemma(tmp_path, "http://127.0.0.1:9").run(*crawl).stderr == ""


def test_a_network_that_answers_nothing_is_told(tmp_path: Path) -> None:
    topic_file(tmp_path, feeds=["http://news.example/feed", "http://other.example/feed"])
    (tmp_path / "authority.pem").write_text("")
    error = Stemma(tmp_path, "http://127.0.0.1:9").run("run", "--topic", "topic.toml", code=1).stderr
    assert "nothing that was asked answered" in error
    assert len(error.strip().splitlines()) == 1


def test_a_newer_database_is_not_replaced_by_a_rebuild(demo: FilledDemo, tmp_path: Path) -> None:
    shutil.copytree(demo.data, tmp_path / "data", symlinks=True)
    conn = opened(tmp_path / "data" / "archive.db")
    conn.execute("PRAGMA user_version = 99")
    conn.close()
    assert "upgrade" in demo.stemma.run("rebuild", "--data", str(tmp_path / "data"), code=1).stderr


def test_check_live_says_which_sources_answer(serve: Serve) -> None:
    dates = ("Sat, 15 Mar 2025 10:00:00 GMT", "Sat, 15 Mar 2025 13:30:00 +0200", "yesterday")
    items = "".join(f"<item><link>http://news.example/{n}</link><pubDate>{date}</pubDate></item>"
                    for n, date in enumerate(dates))
    feed = f'<rss version="2.0"><channel><title>x</title>{items}</channel></rss>'.encode()

    def handler(request: WebRequest) -> WebResponse:
        answers = {"/feed": WebResponse(body=feed), "/page": WebResponse(body=b"<html><body>no feed</body></html>"),
                   "/moved": WebResponse(status=301, headers=(("Location", "/secret"),)),
                   "/robots.txt": WebResponse(body=b"User-agent: *\nDisallow: /secret\n")}
        return answers.get(request.path, WebResponse(status=404))

    _, stemma = serve(handler)
    asked = ("feed", "page", "missing", "secret", "moved")
    topic_file(stemma.folder, feeds=[f"http://news.example/{name}" for name in asked])
    done = stemma.run("check", "--live", "--topic", "topic.toml", "--json", code=1)
    rows = json.loads(done.stdout)
    assert [(row["answers"], row["items"], row["robots"]) for row in rows] == [
        (True, 3, "allow"), (False, 0, "allow"), (False, 0, "allow"), (False, 0, "forbid"), (False, 0, "forbid")]
    assert [row["newest"] for row in rows] == ["2025-03-15T11:30:00+00:00", None, None, None, None]
    assert "no feed" in rows[1]["detail"]
    assert "404" in rows[2]["detail"]
    assert rows[3]["detail"] == rows[4]["detail"] == "robots.txt forbids it"
    assert not (stemma.folder / "data").exists()
    text = stemma.run("check", "--live", "--topic", "topic.toml", code=1).stdout.splitlines()[1:]
    for column in ("items", "newest", "robots "):
        assert len({line.index(column) for line in text}) == 1, column
    assert "11:30" in text[0]


def test_the_demo_fills_an_archive_serves_it_and_is_quick_the_second_time(stemma: Stemma) -> None:
    stemma.run("demo", "--data", "shown", "--no-serve")
    started = time.monotonic()
    stemma.run("demo", "--data", "shown", "--no-serve")
    assert time.monotonic() - started < 10
    process = subprocess.Popen(
        stemma.command("demo", "--data", "shown", "--port", "0"), cwd=stemma.folder, stdout=subprocess.PIPE, text=True,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        address = next(line.strip() for line in process.stdout if line.startswith("http://"))
        with urllib.request.urlopen(f"{address}search.json?q=Sudzha", timeout=20) as answer:
            found = json.load(answer)
        assert json.dumps(found).count("Sudzha") > 3
    finally:
        process.kill()
        process.communicate()


def test_every_exchange_refusal_and_run_is_a_line_of_the_log(serve: Serve) -> None:
    def handler(request: WebRequest) -> WebResponse:
        if request.path == "/robots.txt":
            return WebResponse(body=b"User-agent: *\nDisallow: /secret\n")
        if request.path == "/a":
            return WebResponse(status=302, headers=(("Location", '/b?x="1" event=run_ended'),))
        return WebResponse(delivery="reset") if request.path == "/reset" else WebResponse(body=b"<p>Private text</p>")

    _, stemma = serve(handler)
    topic_file(stemma.folder, ["http://news.example/a", "http://news.example/secret", "http://news.example/reset"],
               feeds=["http://news.example/feed"])
    stemma.run("run", "--topic", "topic.toml")
    written = (stemma.folder / "data" / "log" / "stemma.log").read_text()
    assert "Private" not in written
    lines = [log.parse(line) for line in written.splitlines()]
    assert [lines[0]["event"], lines[-1]["event"]] == ["run_started", "run_ended"]
    fetches = {line["url"]: line for line in lines if line["event"] == "fetch"}
    assert fetches["http://news.example/robots.txt"]["role"] == "robots"
    assert fetches["http://news.example/a"]["error"] == '/b?x="1" event=run_ended'
    (page,) = [line for url, line in fetches.items() if url.startswith("http://news.example/b?")]
    assert (page["role"], page["status"], page["outcome"], page["bytes"]) == ("article", "200", "new", "19")
    assert float(page["seconds"]) > 0
    assert fetches["http://news.example/reset"]["outcome"] == "failed"
    assert [line["reason"] for line in lines if line["event"] == "refused"] == ["robots.txt forbids it"]
    assert [line["stage"] for line in lines if line["event"] == "failure"] == ["discover", "extract"]
    assert "crawl" in {line["step"] for line in lines if line["event"] == "step"}


def test_verify_reads_every_record_and_tells_what_is_damaged(demo: FilledDemo, tmp_path: Path) -> None:
    shutil.copytree(demo.data, tmp_path / "data", symlinks=True)
    (report,) = [r for r in json.loads(demo.stemma.run("verify", "--data", str(tmp_path / "data"), "--json").stdout)
                 if r["step"] == "verify"]
    assert (report["done"] > 100, report["failed"]) == (True, {})
    file = max((tmp_path / "data" / "warc").rglob("*.warc.gz"), key=lambda path: path.stat().st_size)
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    file.write_bytes(raw)
    assert "damaged records" in demo.stemma.run("verify", "--data", str(tmp_path / "data"), code=1).stderr


def test_a_backfill_from_a_day_to_one_before_is_a_mistake(demo: FilledDemo) -> None:
    wrong = demo.stemma.run("backfill", "--from", "2025-02-01", "--to", "2024-09-01", code=2)
    assert "--to 2024-09-01 is before --from 2025-02-01" in wrong.stderr


def test_an_archive_is_of_the_topic_that_it_was_made_with(stemma: Stemma) -> None:
    own = stemma.folder / "own"
    own.mkdir()
    topic_file(own)
    file = own / "topic.toml"
    file.write_text('data = "kept"\n' + file.read_text())
    stemma.run("init", "--topic", "own/topic.toml")
    assert (own / "kept" / "archive.db").exists(), "where its topic file says"
    stemma.run("update", "--data", "own/kept")
    held = events.last_topic(own / "kept" / "events.jsonl")
    assert held is not None
    assert held["name"] == "test"
    stemma.run("update", "--topic", "kursk", "--data", "own/kept")  # it holds no page yet
    held = events.last_topic(own / "kept" / "events.jsonl")
    assert held is not None
    assert held["name"] == "kursk"
