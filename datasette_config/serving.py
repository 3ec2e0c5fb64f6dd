"""A data folder -> a running site: Datasette with this package's pages, descriptions and settings."""

import socket
from collections.abc import Callable
from contextlib import suppress
from importlib import resources
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType
from typing import Any

from archive.errors import NotPublic, PortBusy
from archive.store import open_database
from archive.topic_settings import FullText

# Facets that are only suggested cost many times what the page does; people's own SQL may take a few seconds.
SETTINGS = MappingProxyType({
    "suggest_facets": False, "sql_time_limit_ms": 5_000, "facet_time_limit_ms": 500, "max_returned_rows": 5_000,
    "default_page_size": 50, "truncate_cells_html": 400, "num_sql_threads": 4, "default_cache_ttl": 0,
    "allow_download": False,
})


def application(data: Path, *, base_url: str = "/", title: str | None = None) -> Any:
    """Datasette for the archive in a data folder; `title` is the topic's name.

    Raises MissingArchive, ForeignDatabase, NewerSchema.
    """
    from datasette.app import Datasette
    from datasette.plugins import pm
    from datasette.utils import parse_metadata

    import datasette_config

    database = data / "archive.db"
    open_database(database).close()
    if not pm.is_registered(datasette_config):  # from a checkout; the installed distribution is found by its name
        pm.register(datasette_config)
    metadata = parse_metadata(resources.files(datasette_config).joinpath("metadata.yaml").read_text("utf-8"))
    if title:
        metadata["title"] = title
    return Datasette([str(database)], metadata=metadata, settings=SETTINGS | {"base_url": base_url})


def serve(
    data: Path, *, host: str = "127.0.0.1", port: int = 8001, base_url: str = "/", title: str | None = None,
    full_text: FullText = "loopback", announce: Callable[[str], None] = print,
) -> None:
    """Serve the archive until interrupted, then return; the site's address is announced when it can be opened.

    Port 0 takes a free one. `full_text` is `publish.full_text` of the topic file: who may read whole texts. Raises
    NotPublic, PortBusy, and what `application` raises.
    """
    import uvicorn

    with suppress(KeyboardInterrupt), _listener(host, port, full_text=full_text) as listener:
        site = application(data, base_url=base_url, title=title)
        announce(_announced(host, listener.getsockname(), site.urls.path("/")))
        config = uvicorn.Config(site.app(), log_level="warning", lifespan="on", server_header=False)
        uvicorn.Server(config).run(sockets=[listener])  # which, once shut down, raises the interrupt again


def _announced(host: str, place: tuple[Any, ...], path: str) -> str:
    """An address that opens on this machine, also where the site listens on all of its addresses."""
    address, port = ip_address(place[0]), place[1]
    if address.is_unspecified:
        loopback = "127.0.0.1" if address.version == 4 else "[::1]"
        return f"http://{loopback}:{port}{path} (on all addresses of this machine)"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{path}"


def _allow(host: str, address: str, full_text: FullText) -> None:
    """Refuse what the topic file does not let be served. `address` is what the host's name stands for."""
    if full_text == "none":
        raise NotPublic(
            'full_text = "none" under [publish] in the topic file: a site that shows excerpts only does not exist '
            'yet; to read the archive on this machine, set full_text = "loopback"'
        )
    if full_text != "all" and not ip_address(address).is_loopback:
        raise NotPublic(
            f"{host} can be reached from other machines, and the site shows whole texts, which are their owners'; if "
            'you may publish them, set full_text = "all" under [publish] in the topic file; else pass a loopback '
            "--host such as 127.0.0.1, and put a reverse proxy before it that lets in whom you judge right"
        )


def _listener(host: str, port: int, *, full_text: FullText) -> socket.socket:
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise PortBusy(f"{host} is no address of this machine ({error.strerror}); pass another --host") from error
    _allow(host, str(place[0]), full_text)
    try:
        return _listening(socket.socket(family, kind, protocol), place)
    except OSError as error:
        raise PortBusy(f"{host}:{port} cannot be listened on ({error.strerror}); pass another --port") from error


def _listening(listener: socket.socket, place: tuple[Any, ...]) -> socket.socket:
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener
