"""kill -9 at random moments of crawl and update: the archive in the end is the one of an undisturbed run."""

import json
import random
import time
from pathlib import Path

import pytest
from public_rows import check_warcs, public_rows, settled
from stemma_testing import Stemma

from crawlers.demo.server import LoopbackWeb
from crawlers.demo.topic import topic_text
from crawlers.demo.web import DemoWeb

SEED = 20240806


def topic(folder: Path, server: LoopbackWeb) -> None:
    """The demo's topic, slower, and with no second look within the test."""
    (folder / "authority.pem").write_bytes(server.authority_pem)
    text = topic_text("authority.pem").replace('revisit = ["0s"]', 'revisit = ["30d"]')
    text = text.replace("delay = 0.02", "delay = 0.1").replace("per_host = 4", "per_host = 1")
    (folder / "topic.toml").write_text(text, encoding="utf-8")


def killed_run(stemma: Stemma, chance: random.Random, *, kills: int, longest: float) -> list[int]:
    """`stemma run`, killed up to so many times, then left to end; the exit codes (-9: the kill met it alive)."""
    codes = []
    for _ in range(kills):
        process = stemma.start("run", "--topic", "topic.toml")
        # A later run has less left to do, so some of the moments are early ones.
        time.sleep(chance.uniform(0.2, longest) * chance.choice((1.0, 0.5, 0.2)))
        process.kill()
        codes.append(process.wait())
    stemma.run("run", "--topic", "topic.toml")
    return codes


def check(folder: Path, *, kills: int, chance: random.Random) -> None:
    web = DemoWeb()
    with LoopbackWeb(web.respond) as server:
        (calm, disturbed) = (Stemma(folder / name, server.proxy_url) for name in ("calm", "disturbed"))
        for stemma in (calm, disturbed):
            stemma.folder.mkdir(parents=True)
            topic(stemma.folder, server)
        started = time.monotonic()
        calm.run("run", "--topic", "topic.toml")
        longest = time.monotonic() - started
        codes = killed_run(disturbed, chance, kills=kills, longest=longest)
        for _ in range(20):  # a kill early in a crawl leaves the rest for the next: go on until nothing is left
            report = json.loads(disturbed.run("run", "--topic", "topic.toml", "--json").stdout)
            if dict(report[2]["counts"]).get("new", 0) == 0:
                break
    assert -9 in codes, (codes, longest)
    assert settled(disturbed.folder / "data" / "archive.db") == settled(calm.folder / "data" / "archive.db")
    data = disturbed.folder / "data"
    check_warcs(data / "warc")
    before = public_rows(data / "archive.db")
    disturbed.run("rebuild", "--topic", "topic.toml")
    assert public_rows(data / "archive.db") == before, "and a rebuild from its WARC files gives the same rows"


def test_a_run_that_is_killed_again_and_again_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    check(tmp_path, kills=8, chance=random.Random(SEED))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_two_hundred_kills(tmp_path: Path, seed: int) -> None:
    check(tmp_path, kills=20, chance=random.Random(seed))
