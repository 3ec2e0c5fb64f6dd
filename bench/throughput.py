"""`stemma crawl` beside a bare Scrapy spider that only downloads the same loopback pages.

    python -m bench.throughput [PAGES]

Prints wall and CPU figures in turn, three times; the crawl writes WARC and keeps its books meanwhile. "bare" has
Scrapy's defaults, "tuned" the one setting (CONCURRENT_ITEMS) that costs a spider without items most.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from crawlers.demo.server import LoopbackWeb, WebRequest, WebResponse

ROUNDS = 3
PARAGRAPH = b"<p>Ukrainian troops crossed into the Kursk region and the villages behind them emptied.</p>"
BODY = b"<html><head><title>A page</title></head><body><article>" + PARAGRAPH * 175 + b"</article></body></html>"
TOPIC = """
name = "throughput"
title = "Throughput"
contact = "mailto:bench@localhost"
languages = ["en"]
from = 2024-01-01
to = 2025-01-01
[keywords.en]
must = ["Kursk"]
[crawl]
delay = 0.0
concurrency = 16
per_host = 16
[[source]]
name = "pages"
outlet = "Pages"
kind = "list"
file = "urls.txt"
"""
SPIDER = """
import os
import scrapy
class Bare(scrapy.Spider):
    name = "bare"
    custom_settings = {"CONCURRENT_REQUESTS": 16, "CONCURRENT_REQUESTS_PER_DOMAIN": 16, "DOWNLOAD_DELAY": 0,
                       "ROBOTSTXT_OBEY": False, "COOKIES_ENABLED": False, "LOG_LEVEL": "ERROR",
                       "CONCURRENT_ITEMS": int(os.environ["ITEMS"])}
    async def start(self):
        for url in open("urls.txt").read().split():
            yield scrapy.Request(url)
    def parse(self, response):
        pass
"""


def answer(request: WebRequest) -> WebResponse:
    """16 KB for every address."""
    if request.path == "/robots.txt":
        return WebResponse(status=404)
    return WebResponse(headers=(("Content-Type", "text/html"),), body=BODY + request.path.encode())


def main() -> None:
    """Both in turn; the ratio of the medians of pages a second."""
    pages = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    speeds: dict[str, list[float]] = {"bare": [], "tuned": [], "stemma": []}
    with LoopbackWeb(answer) as server, tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "urls.txt").write_text("\n".join(f"http://news{n % 20}.example/{n}" for n in range(pages)))
        (folder / "topic.toml").write_text(TOPIC)
        (folder / "bare.py").write_text(SPIDER)
        environment = os.environ | {"http_proxy": server.proxy_url, "PYTHONPATH": str(Path(__file__).parent.parent)}
        for number in range(ROUNDS):
            commands = {
                "bare": ["-m", "scrapy", "runspider", "bare.py"],
                "tuned": ["-m", "scrapy", "runspider", "bare.py"],
                "stemma": ["-m", "pipeline", "crawl", "--topic", "topic.toml", "--data", f"data{number}"],
            }
            for name, words in commands.items():
                items = {"ITEMS": "1" if name == "tuned" else "100"}
                speeds[name].append(timed(name, [sys.executable, *words], pages, folder, environment | items))
    ours = median(speeds["stemma"])
    print(json.dumps({f"ratio to {peer}": round(ours / median(speeds[peer]), 3) for peer in ("bare", "tuned")}))


def timed(name: str, command: list[str], pages: int, folder: Path, environment: dict[str, str]) -> float:
    """Run one; its pages a second."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    wall, after = perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{name:<7} {pages / wall:6.0f} pages/s {pages / cpu:6.0f} pages/CPU s, peak of all so far "
          f"{after.ru_maxrss // 1024} MB", flush=True)
    return pages / wall


if __name__ == "__main__":
    main()
