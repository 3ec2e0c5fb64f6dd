"""How polite a crawl is, by the request log of the servers that it met; and what a second crawl transfers.

    python -m bench.politeness [PAGES]

Thirty sites: some forbid a folder, some ask for a Crawl-delay, some are busy now and then and say for how long, some
answer under several hosts of one registered domain. Twice the same crawl. Counts from the log: requests that robots.txt
forbids, requests to one registered domain sooner than its delay, retries before Retry-After; and the bytes of the
answers of both crawls.
"""

import json
import os
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from threading import Lock
from time import monotonic

from bench.figures import note
from bench.measured import list_topic, measured
from bench.throughput import BODY
from crawlers.demo.server import LoopbackWeb, WebRequest, WebResponse

SITES = 30
DELAY = 0.2  # seconds, the topic's own; sites whose number ends in 3 ask for 0.35
CRAWL_DELAY = 0.35
BUSY_EVERY = 23  # requests of a busy site
RETRY_AFTER = 2  # seconds
LATE = 0.05  # of the delay, by which the log's moments are uncertain
TOPIC = list_topic("politeness", crawl=f'''delay = {DELAY}
concurrency = 64
per_host = 4
revisit = ["0s"]
sample = 1.0''')


@dataclass
class Sites:
    """The handler, and what it saw: (moment, registered domain, path), answers that asked to wait, bytes."""

    seen: list[tuple[float, int, str]] = field(default_factory=list)
    waits: list[tuple[int, float, float]] = field(default_factory=list)  # site, from, until
    sent: int = 0
    lock: Lock = field(default_factory=Lock)

    def __call__(self, request: WebRequest) -> WebResponse:
        """One answer."""
        site = int(request.host.split(".")[-2].removeprefix("site"))
        with self.lock:
            self.seen.append((monotonic(), site, request.path))
            answer = self._answer(request, site, sum(one == site for _, one, _ in self.seen))
            self.sent += len(answer.body) + sum(len(name) + len(value) + 4 for name, value in answer.headers) + 40
            return answer

    def _answer(self, request: WebRequest, site: int, count: int) -> WebResponse:
        if request.path == "/robots.txt":
            delay = f"Crawl-delay: {CRAWL_DELAY}\n" if site % 10 == 3 else ""
            body = f"User-agent: *\n{delay}Disallow: /private\n".encode()
            return WebResponse(headers=(("Content-Type", "text/plain"), ("Content-Length", str(len(body)))), body=body)
        if site % 5 == 0 and count % BUSY_EVERY == 0:
            self.waits.append((site, monotonic(), monotonic() + RETRY_AFTER))
            until = datetime.now(UTC) + timedelta(seconds=RETRY_AFTER + 1)
            value = str(RETRY_AFTER) if site % 2 else format_datetime(until, usegmt=True)
            return WebResponse(status=429 if site % 3 else 503, headers=(("Retry-After", value),))
        body = BODY + request.path.encode()
        tag = f'"{sha256(body).hexdigest()[:16]}"'
        if request.header("If-None-Match") == tag:
            return WebResponse(status=304, headers=(("ETag", tag),))
        return WebResponse(headers=(("Content-Type", "text/html"), ("ETag", tag)), body=body)


def report(sites: Sites) -> dict[str, float]:
    """The three counts, and how many requests they are of."""
    by_site: dict[int, list[float]] = defaultdict(list)
    for at, site, _ in sites.seen:
        by_site[site].append(at)
    # Moments are those at which a thread of the server got round to it: one that was late makes the next look early.
    shares = [
        (later - earlier) / (CRAWL_DELAY if site % 10 == 3 else DELAY)
        for site, moments in by_site.items() for earlier, later in pairwise(sorted(moments))
    ]
    return {
        "requests": len(sites.seen),
        "requests that robots.txt forbids": sum(path.startswith("/private") for _, _, path in sites.seen),
        "requests sooner than the delay": sum(share < 1 - LATE for share in shares),
        "shortest interval, share of the delay": round(min(shares), 3),
        "requests before Retry-After": sum(
            since < at < until - 0.02 for site, since, until in sites.waits for at in by_site[site]),
    }


def main() -> None:
    """Two crawls, one report."""
    pages = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    sites = Sites()
    with LoopbackWeb(sites) as server, tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        hosts = [f"{name}site{n}.example" for n in range(SITES) for name in ("", "www.", "m.")]
        (folder / "urls.txt").write_text("\n".join(
            f"http://{host}/{'private/' if n % 11 == 0 else ''}Kursk-{n}" for host in hosts for n in range(pages // 3)))
        (folder / "topic.toml").write_text(TOPIC)
        environment = os.environ | {"http_proxy": server.proxy_url, "PYTHONPATH": str(Path(__file__).parent.parent)}
        sent = []
        for _ in range(2):
            before = sites.sent
            measured([sys.executable, "-m", "pipeline", "crawl", "--topic", "topic.toml"], folder=folder,
                     environment=environment)
            sent.append(sites.sent - before)
    figures = report(sites) | {"bytes of the first crawl": sent[0], "bytes of the second": sent[1],
                               "share": round(sent[1] / sent[0], 4)}
    for name, value in figures.items():
        unit = "bytes" if "bytes" in name else "share" if "share" in name else "requests"
        note(f"politeness: {name}", value, unit)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
