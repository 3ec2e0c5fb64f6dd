"""A data folder -> a running site: Datasette with this package's pages, descriptions and settings."""

import socket
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

from archive.errors import PortBusy
from archive.store import open_database

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
    announce: Callable[[str], None] = print,
) -> None:
    """Serve the archive until interrupted; the site's address is announced when it can be opened.

    Port 0 takes a free one. Raises PortBusy, and what `application` raises.
    """
    import uvicorn

    site = application(data, base_url=base_url, title=title)
    listener = _listener(host, port)
    shown = f"[{host}]" if ":" in host else host
    announce(f"http://{shown}:{listener.getsockname()[1]}{site.urls.path('/')}")
    config = uvicorn.Config(site.app(), log_level="warning", lifespan="on", server_header=False)
    uvicorn.Server(config).run(sockets=[listener])


def _listener(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    except OSError as error:
        raise PortBusy(f"{host} is no address of this machine ({error.strerror}); pass another --host") from error
    try:
        listener.bind(place)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise PortBusy(f"{host}:{port} cannot be listened on ({error.strerror}); pass another --port") from error
    return listener
