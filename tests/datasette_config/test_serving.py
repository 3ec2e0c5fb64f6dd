"""The site as `stemma serve` runs it."""

import asyncio
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from archive.errors import MissingArchive, PortBusy
from archive.store import open_database
from datasette_config.serving import application, serve

# Their classes are in conftest.py, which pytest's import mode keeps out of reach of imports.
Archive = Any

PROGRAM = """
import sys
from pathlib import Path
from datasette_config.serving import serve
serve(Path(sys.argv[1]), port=0, base_url=sys.argv[2], announce=lambda url: print(url, flush=True))
"""


def test_a_folder_without_an_archive_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingArchive, match="stemma init"):
        application(tmp_path)


def test_a_port_that_is_taken_is_named(archive: Archive) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortBusy, match=f"127.0.0.1:{port} cannot be listened on"):
            serve(archive.data, port=port)


def test_a_host_that_is_not_this_machines_is_named(archive: Archive) -> None:
    with pytest.raises(PortBusy, match="pass another"):
        serve(archive.data, host="192.0.2.1", port=0)


def test_an_empty_archive_has_pages(tmp_path: Path) -> None:
    open_database(tmp_path / "archive.db", create=True).close()
    site = application(tmp_path)

    async def statuses() -> list[int]:
        return [(await site.client.get(path)).status_code
                for path in ("/", "/index.json", "/search", "/search?q=a&kind=reposts", "/article/a", "/capture/1")]

    assert asyncio.run(statuses()) == [200, 200, 200, 200, 404, 404]
    site.executor.shutdown()
    for database in site.databases.values():
        database.close()


@pytest.mark.parametrize("base", ["/", "/stemma/"])
def test_the_site_is_served_until_it_is_told_to_stop(archive: Archive, base: str) -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM, str(archive.data), base], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            assert address.endswith(base)
            with urlopen(f"{address}search?q=kursk", timeout=20) as response:
                page = response.read().decode()
            assert "<mark>Kursk</mark>" in page
            assert f'action="{base}search"' in page
            assert f'href="{base}-/static-plugins/' in page
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(20)
