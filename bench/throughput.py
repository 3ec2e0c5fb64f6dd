"""`stemma crawl` beside a bare Scrapy spider that only downloads the same loopback pages.

    python -m bench.throughput [PAGES] [--memory PAGES]

Prints wall and CPU figures in turn, three times; the crawl writes WARC and keeps its books meanwhile. "bare" has
Scrapy's defaults, "tuned" the one setting (CONCURRENT_ITEMS) that costs a spider without items most. With --memory one
more crawl, of so many pages, and the ratio of its peak memory to that of the smaller ones.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from statistics import median

from bench.figures import note
from bench.measured import Measured, list_topic, measured
from crawlers.demo.server import LoopbackWeb, WebRequest, WebResponse

ROUNDS = 3
PARAGRAPH = b"<p>Ukrainian troops crossed into the Kursk region and the villages behind them emptied.</p>"
BODY = b"<html><head><title>A page</title></head><body><article>" + PARAGRAPH * 175 + b"</article></body></html>"
TOPIC = list_topic("throughput", crawl="delay = 0.0\nconcurrency = 16\nper_host = 16")
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
    """All in turn; the ratios of the medians of pages a second, and of peak memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=int, nargs="?", default=5_000)
    parser.add_argument("--memory", type=int, default=0, metavar="PAGES")
    options = parser.parse_args()
    runs: dict[str, list[Measured]] = {"bare": [], "tuned": [], "stemma": []}
    with LoopbackWeb(answer) as server, tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        environment = os.environ | {"http_proxy": server.proxy_url, "PYTHONPATH": str(Path(__file__).parent.parent)}
        (folder / "topic.toml").write_text(TOPIC)
        (folder / "bare.py").write_text(SPIDER)
        site(folder, options.pages)
        for number in range(ROUNDS):
            for name in runs:
                items = {"ITEMS": "1" if name == "tuned" else "100"}
                done = measured(command(name, f"data{number}"), folder=folder, environment=environment | items)
                runs[name].append(done)
                show(name, options.pages, done)
        ours = median(run.wall for run in runs["stemma"])
        ratios = {f"speed, ratio to {peer}": median(run.wall for run in runs[peer]) / ours
                  for peer in ("bare", "tuned")}
        if options.memory:
            site(folder, options.memory)
            many = measured(command("stemma", "data-many"), folder=folder, environment=environment)
            show("stemma", options.memory, many)
            note(f"crawl of {options.memory:,} pages, peak memory", many.peak_mb, "MB")
            ratios[f"peak memory of {options.memory} pages, ratio to {options.pages}"] = (
                many.peak_mb / median(run.peak_mb for run in runs["stemma"]))
    print(json.dumps({name: round(ratio, 3) for name, ratio in ratios.items()}))
    for peer, name in (("bare", "Scrapy's defaults"), ("tuned", "Scrapy with CONCURRENT_ITEMS = 1")):
        for what, unit in (("wall", "pages a second"), ("cpu", "pages a CPU second")):
            ours, theirs = (options.pages / median(getattr(run, what) for run in runs[who])
                            for who in ("stemma", peer))
            note(f"crawl of {options.pages:,} pages beside {name}", ours, unit, peer=theirs)
    note(f"crawl of {options.pages:,} pages, peak memory", median(run.peak_mb for run in runs["stemma"]), "MB",
         peer=median(run.peak_mb for run in runs["bare"]))


def site(folder: Path, pages: int) -> None:
    """The addresses that are crawled, on twenty hosts."""
    (folder / "urls.txt").write_text("\n".join(f"http://news{n % 20}.example/{n}" for n in range(pages)))


def command(name: str, data: str) -> list[str]:
    """What is measured under a name."""
    if name == "stemma":
        return [sys.executable, "-m", "pipeline", "crawl", "--topic", "topic.toml", "--data", data]
    return [sys.executable, "-m", "scrapy", "runspider", "bare.py"]


def show(name: str, pages: int, run: Measured) -> None:
    """One line."""
    print(f"{name:<7} {pages:>6} pages {pages / run.wall:6.0f} a second {pages / run.cpu:6.0f} a CPU second, peak "
          f"{run.peak_mb:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
