"""What tests of several rooms share: a test server with the real command behind it, and the archive of the demo."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from stemma_testing import FilledDemo, Stemma

from crawlers.demo.server import LoopbackWeb, WebRequest, WebResponse
from crawlers.demo.topic import topic_text
from crawlers.demo.web import DemoWeb

Handler = Callable[[WebRequest], WebResponse]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[Handler], tuple[LoopbackWeb, Stemma]]]:
    """Starts a test server with a handler; the command runs behind it in the test's folder."""
    servers: list[LoopbackWeb] = []

    def started(handler: Handler) -> tuple[LoopbackWeb, Stemma]:
        server = LoopbackWeb(handler).__enter__()
        servers.append(server)
        (tmp_path / "authority.pem").write_bytes(server.authority_pem)
        return server, Stemma(tmp_path, server.proxy_url)

    yield started
    for server in servers:
        server.__exit__(None, None, None)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilledDemo]:
    """The bundled web crawled twice by the real commands; not to be changed by a test."""
    folder = tmp_path_factory.mktemp("demo")
    web = DemoWeb()
    with LoopbackWeb(web.respond) as server:
        (folder / "authority.pem").write_bytes(server.authority_pem)
        (folder / "topic.toml").write_text(topic_text("authority.pem"), encoding="utf-8")
        stemma = Stemma(folder, server.proxy_url)
        for moment in (1, 2):
            web.moment = 1 if moment == 1 else 2
            stemma.run("crawl", "--topic", "topic.toml")
            stemma.run("update", "--topic", "topic.toml")
        yield FilledDemo(stemma, tuple(f"{line.scheme}://{line.host}{line.path}" for line in server.log))
