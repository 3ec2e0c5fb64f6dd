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

from archive.errors import MissingArchive, NotPublic, PortBusy
from archive.store import open_database
from archive.topic_settings import PublishSettings
from datasette_config.serving import application, serve

# Their classes are in conftest.py, which pytest's import mode keeps out of reach of imports.
Archive = Any

PROGRAM = """
import json, sys
from pathlib import Path
from archive.topic_settings import PublishSettings
from datasette_config.serving import serve
serve(Path(sys.argv[1]), host=sys.argv[3], port=0, base_url=sys.argv[2],
      publish=PublishSettings(full_text=sys.argv[4], **json.loads(sys.argv[5] if len(sys.argv) > 5 else "{}")),
      announce=lambda url: print(url, flush=True))
print("returned")
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
        serve(archive.data, host="192.0.2.1", port=0, publish=PublishSettings(full_text="all"))


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
    with subprocess.Popen([sys.executable, "-c", PROGRAM, str(archive.data), base, "127.0.0.1", "loopback"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
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
            said, complaints = server.communicate(timeout=20)
    assert (server.returncode, said, complaints) == (0, "returned\n", "")


def test_a_site_on_all_addresses_is_announced_by_one_that_opens(archive: Archive) -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM, str(archive.data), "/", "0.0.0.0", "all"],
                          stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            said = server.stdout.readline()
            assert said.endswith(" (on all addresses of this machine)\n")
            with urlopen(said.split()[0], timeout=20) as response:
                assert response.status == 200
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(20)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "0", "192.0.2.1", "::ffff:0.0.0.0"])
@pytest.mark.parametrize("full_text", ["loopback", "none"])
def test_whole_texts_are_served_to_others_only_where_the_topic_says_so(
    archive: Archive, host: str, full_text: Any
) -> None:
    with pytest.raises(NotPublic, match=r"\[publish\] in the topic file"):
        serve(archive.data, host=host, port=0, publish=PublishSettings(full_text=full_text))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_whole_texts_are_not_served_at_all_where_the_topic_says_none(archive: Archive, host: str) -> None:
    with pytest.raises(NotPublic, match="this database has whole texts"):
        serve(archive.data, host=host, port=0, publish=PublishSettings(full_text="none"))
