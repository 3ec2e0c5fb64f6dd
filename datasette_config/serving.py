"""A data folder -> a running site: Datasette with this package's pages, descriptions and settings."""

import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from importlib import resources
from ipaddress import ip_address
from pathlib import Path
from shlex import join
from types import MappingProxyType
from typing import Any

from archive.errors import NotPublic, PortBusy
from archive.store import open_database, read_database, snapshots
from archive.store.snapshots import Snapshot
from archive.topic_settings import FullText, PublishSettings
from datasette_config import reviewers
from datasette_config.offers import USUAL, configured, of_topic, settings

# Facets that are only suggested cost many times what the page does; people's own SQL may take a few seconds.
SETTINGS = MappingProxyType({
    "suggest_facets": False, "sql_time_limit_ms": 5_000, "facet_time_limit_ms": 500, "max_returned_rows": 5_000,
    "default_page_size": 50, "truncate_cells_html": 400, "num_sql_threads": 4, "default_cache_ttl": 0,
})

EXCERPTS_ONLY = " Only excerpts of the texts are held here; the full texts are at their original addresses."
OWN_TABLES = ("snapshot", "excerpts", "excerpts_fts", "explanations")  # of a database that was made for serving


def application(
    data: Path, *, base_url: str = "/", title: str | None = None, publish: PublishSettings = USUAL
) -> Any:
    """Datasette for the archive in a data folder, or for a database that was made for serving.

    `title` is the topic's name, `publish` its table of that name. Raises MissingArchive, ForeignDatabase, NewerSchema.
    """
    from datasette.app import Datasette
    from datasette.plugins import pm

    import datasette_config

    database, offered = data / "archive.db", of_topic(publish)
    published = held(database)
    if published is None:
        open_database(database).close()
    if not pm.is_registered(datasette_config):  # from a checkout; the installed distribution is found by its name
        pm.register(datasette_config)
    told = metadata(published, title=title) | {"plugins": reviewers.plugins(data) | configured(offered)}
    return Datasette([str(database)] if published is None else [],
                     immutables=[str(database)] if published is not None else [],
                     metadata=told, settings=SETTINGS | settings(offered) | {"base_url": base_url}, **_config(told))


def metadata(published: Snapshot | None, *, title: str | None = None) -> dict[str, Any]:
    """What Datasette is told of the database; tables are searched in what is held of the texts."""
    from datasette.utils import parse_metadata

    packaged = resources.files("datasette_config").joinpath("metadata.yaml").read_text("utf-8")
    told: dict[str, Any] = parse_metadata(packaged)
    if title or published is not None:
        told["title"] = title or (published.title if published else None) or told["title"]
    if published is not None:
        told["databases"]["archive"]["tables"] |= {name: {"hidden": True} for name in OWN_TABLES}
    if published is not None and published.contents == "excerpts":
        told["description"] += EXCERPTS_ONLY
        told["databases"]["archive"]["description"] += EXCERPTS_ONLY
        for name in ("article", "version"):
            told["databases"]["archive"]["tables"][name]["fts_table"] = "excerpts_fts"
    return told


def _config(told: dict[str, Any]) -> dict[str, Any]:
    """Datasette 1.0 has plugins and queries in a configuration apart, of which 0.65 knows in part."""
    from datasette.version import __version__

    if __version__.startswith("0."):
        return {}
    return {"config": {"plugins": told["plugins"], "databases": {
        name: {"queries": database["queries"]} for name, database in told["databases"].items()}}}


def description(published: Snapshot, publish: PublishSettings = USUAL) -> str:
    """What Datasette is told of a database that it serves by itself, as YAML."""
    import yaml

    told = metadata(published) | {"plugins": configured(of_topic(publish))}
    return str(yaml.safe_dump(told, allow_unicode=True, sort_keys=False, width=120))


def command(publish: PublishSettings = USUAL, *, port: int = 8001) -> str:
    """The command that serves a published folder, in that folder."""
    words = ["datasette", "serve", "--immutable", "archive.db", "--metadata", "metadata.yaml", "--port", str(port)]
    for name, value in (SETTINGS | settings(of_topic(publish))).items():
        words += ["--setting", name, ("on" if value else "off") if isinstance(value, bool) else str(value)]
    return join(words)


def held(database: Path) -> Snapshot | None:
    """What a database that was made for serving holds; None of an archive's own, and where there is none yet."""
    if not database.exists():
        return None
    conn = read_database(database)
    try:
        return snapshots.read(conn)
    finally:
        conn.close()


def serve(
    data: Path, *, host: str = "127.0.0.1", port: int = 8001, base_url: str = "/", title: str | None = None,
    publish: PublishSettings = USUAL, announce: Callable[[str], None] = print,
) -> None:
    """Serve the archive until interrupted, then return; the site's address is announced when it can be opened.

    Port 0 takes a free one. `publish` is that table of the topic file: who may read whole texts (of a database that
    holds excerpts, everyone may), what else is offered, and who may say whose a question is. Raises NotPublic,
    PortBusy, and what `application` raises.
    """
    import uvicorn

    logging.getLogger("mcp").setLevel(logging.WARNING)  # it tells of its beginning and end, and sets up logging for it
    published = held(data / "archive.db")
    needed: FullText = "all" if published and published.contents == "excerpts" else publish.full_text
    with suppress(KeyboardInterrupt), _listener(host, port, full_text=needed) as listener:
        site = application(data, base_url=base_url, title=title, publish=publish)
        announce(_announced(host, listener.getsockname(), site.urls.path("/")))
        config = uvicorn.Config(
            site.app(), log_level="warning", lifespan="on", server_header=False,
            proxy_headers=bool(publish.trusted_proxies), forwarded_allow_ips=list(publish.trusted_proxies))
        uvicorn.Server(config).run(sockets=[listener])  # which, once shut down, raises the interrupt again


def _announced(host: str, place: tuple[Any, ...], path: str) -> str:
    """An address that opens on this machine, also where the site listens on all of its addresses."""
    address, port = ip_address(place[0]), place[1]
    if address.is_unspecified:
        loopback = "127.0.0.1" if address.version == 4 else "[::1]"
        return f"http://{loopback}:{port}{path} (on all addresses of this machine)"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{path}"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the site there; of a name that means nothing, yes."""
    try:
        place = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4]
    except OSError:
        return True  # listening says what is wrong with it
    return ip_address(str(place[0])).is_loopback


def _allow(host: str, address: str, full_text: FullText) -> None:
    """Refuse what the topic file does not let be served. `address` is what the host's name stands for."""
    if full_text == "none":
        raise NotPublic(
            'full_text = "none" under [publish] in the topic file, and this database has whole texts; serve one that '
            "has excerpts: 'stemma serve' and 'stemma publish' make it"
        )
    if full_text != "all" and not ip_address(address).is_loopback:
        raise NotPublic(
            f"{host} can be reached from other machines, and this database has whole texts, which are their owners'; "
            'if you may publish them, set full_text = "all" under [publish] in the topic file; else serve one that has '
            "excerpts: 'stemma serve' and 'stemma publish' make it"
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
