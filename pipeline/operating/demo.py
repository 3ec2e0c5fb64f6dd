"""`stemma demo`: the bundled web, crawled twice by the real commands with its clock moved in between."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from archive.errors import CrawlFailed
from archive.folder import DataFolder
from crawlers.demo.server import LoopbackWeb
from crawlers.demo.topic import topic_text
from crawlers.demo.web import DemoWeb

TOPIC_FILE = "topic.toml"
DONE_FILE = "filled"  # in the data folder: the demo was filled to its end
_PROXIES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "ALL_PROXY", "all_proxy")


def fill(data: Path, *, say: Callable[[str], None]) -> None:
    """Fill an archive in the folder by two runs; one that was filled before is left as it is.

    An unfinished one goes on where it stopped. Raises CrawlFailed where a run fails.
    """
    if (data / DONE_FILE).exists():
        say(f"{data} is filled already; delete it to crawl again")
        return
    data.mkdir(parents=True, exist_ok=True)
    web = DemoWeb()
    with LoopbackWeb(web.respond) as server:
        authority = data / "authority.pem"
        authority.write_bytes(server.authority_pem)
        (data / TOPIC_FILE).write_text(topic_text(authority.name), encoding="utf-8")
        for moment, what in ((1, "first crawl"), (2, "second crawl, some days later on the bundled web")):
            say(f"{what}: {len(web.sites)} outlets behind the proxy {server.proxy_url}")
            web.moment = 1 if moment == 1 else 2
            _run(data, server.proxy_url)
    (data / DONE_FILE).touch()


def _run(data: Path, proxy: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in _PROXIES}
    environment |= {"http_proxy": proxy, "https_proxy": proxy}
    folder = DataFolder(data).path
    for command in ("crawl", "update"):
        words = [sys.executable, "-m", "pipeline", command, "--topic", str(data / TOPIC_FILE), "--data", str(folder)]
        code = subprocess.run(words, env=environment, check=False).returncode
        if code:
            raise CrawlFailed(f"'stemma {command}' ended with exit code {code}; see above, then run the demo again")
