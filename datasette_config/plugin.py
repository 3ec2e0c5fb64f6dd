"""Datasette's hooks: routes, what templates know, and the way back from Datasette's own pages.

Nothing here imports Datasette at the top: Datasette imports this package while it is itself being imported, and if
this package were first, it would be registered half made, without its hooks.
"""

import hashlib
from collections.abc import Callable
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

from pluggy import HookimplMarker

PACKAGE = "datasette_config"
DATABASE = "archive"
TURNS = "stemma_turns"  # an attribute of the site: who is asking for what takes long
MCP = "/-/mcp"  # where datasette-mcp answers, if that is installed
# KiB of pages that each thread keeps: of SQLite's own 2 MB a search of 200,000 articles leaves nothing to the next. To
# map the file into memory cost as much in page faults as it saved.
KEPT_PAGES = "PRAGMA cache_size = -16000"

hookimpl = HookimplMarker("datasette")


@hookimpl
def register_routes(datasette: Any) -> list[tuple[str, Any]]:
    """The site's pages, where the archive is served; a Datasette with other databases only stays as it is."""
    from datasette_config.pages import routes

    return routes(datasette) if DATABASE in datasette.databases else []


@hookimpl
def prepare_connection(conn: Any, database: str) -> None:
    """How its texts are read, how much of its file a thread keeps, and how much a question may bring into memory."""
    if database == DATABASE:
        from archive import packing
        from datasette_config.bounds import MOST_OF_TEXT, bound

        packing.prepare_connection(conn, most=MOST_OF_TEXT)
        conn.execute(KEPT_PAGES)
        bound(conn)


@hookimpl
def prepare_jinja2_environment(env: Any, datasette: Any) -> None:
    """The addresses of style sheet, script and mark; the digest makes browsers fetch what changed."""
    from datasette_config import offers, rendering

    for name, file in (("stemma_style", "stemma.css"), ("stemma_copy", "copy.js")):
        held = resources.files(PACKAGE).joinpath(f"static/{file}").read_bytes()
        env.globals[name] = (
            f"{datasette.urls.static_plugins(static_name(), file)}?{hashlib.sha256(held).hexdigest()[:8]}")
    env.globals["stemma_contact"] = partial(_contact, datasette, {})
    env.globals["stemma_offers"] = partial(offers.of_site, datasette)
    env.globals["stemma_mark"] = datasette.urls.static_plugins(static_name(), "mark.svg")
    rendering.prepare(env)


def _contact(datasette: Any, kept: dict[str, Any]) -> str | None:
    """To whom errors are reported, a mail or a web address: as it is published, else the topic file's contact, which
    a copy for readers does not have.
    """
    from datasette_config import offers
    from datasette_config.kept_topic import KeptTopic

    if DATABASE not in datasette.databases:
        return None
    if published := offers.of_site(datasette).correction_contact:
        return published
    topic = kept.setdefault("topic", KeptTopic(Path(datasette.databases[DATABASE].path or ""))).read()
    contact = topic.contact if topic else ""
    return contact if contact.startswith(("mailto:", "https://", "http://")) else None


@hookimpl
def asgi_wrapper(datasette: Any) -> Callable[[Any], Any]:
    """The site goes on with the new file when the database is replaced; every page has a rule of what may run, and
    every address of how much it may ask for, in a minute and at once; what is not offered is not there.
    """
    from datasette_config import offers
    from datasette_config.limits import Bucket, limited
    from datasette_config.policy import guarded, tabular, without
    from datasette_config.renewal import renewing
    from datasette_config.returning import returning
    from datasette_config.standing import set_apart
    from datasette_config.turns import Turns, in_turn

    def wrapped(app: Any) -> Any:
        if DATABASE not in datasette.databases:
            return app
        offered, base = offers.of_site(datasette), str(datasette.urls.path("/"))
        site = renewing(guarded(tabular(returning(app, base=base))), datasette=datasette)
        if not offered.mcp:
            site = without(site, base + MCP.lstrip("/"))
        if not hasattr(datasette, TURNS):  # Datasette makes an application anew for each request of its own client
            setattr(datasette, TURNS, Turns())
        bucket = Bucket(offered.requests_a_minute) if offered.requests_a_minute else None
        site = in_turn(site, getattr(datasette, TURNS), bucket, base=base)
        return set_apart(limited(site, bucket, base=base) if bucket is not None else site)

    return wrapped


@hookimpl
def handle_exception(datasette: Any, request: Any, exception: Exception) -> Any:
    """An address that nothing has gets a page of ours; what Datasette's own pages say of theirs stays."""
    from datasette.utils.asgi import NotFound

    path = str(request.scope.get("route_path") or request.path)
    first = path.split("/")[1] if "/" in path else path
    if not isinstance(exception, NotFound) or DATABASE not in datasette.databases or (
            first == "-" or first in datasette.databases):
        return None
    from datasette_config.responses import problem

    return partial(problem, datasette, request, 404, "There is no page at this address.")


@hookimpl
def skip_csrf(datasette: Any, scope: Any) -> bool:
    """/trace is a question that changes nothing: no site gains anything by making a reader's browser ask it.

    So its form needs no cookie, and a program can ask as it is.
    """
    path = str(scope.get("path", ""))
    return DATABASE in datasette.databases and path in {
        found for name in ("/trace", "/trace.json") for found in (name, str(datasette.urls.path(name)))}


@hookimpl(optionalhook=True)
def register_actions(datasette: Any) -> list[Any]:
    """Datasette 1.0: who may judge links is a permission that its configuration can name."""
    from datasette.permissions import Action

    from datasette_config.responses import REVIEW

    return [Action(name=REVIEW, description="Judge uncertain links")] if DATABASE in datasette.databases else []


@hookimpl(optionalhook=True)
def permission_resources_sql(datasette: Any, actor: Any, action: str) -> Any:
    """Datasette 1.0: who is signed in may judge, unless a plugin or the configuration says no, which goes before."""
    from datasette.permissions import PermissionSQL

    from datasette_config.responses import REVIEW

    del datasette
    return PermissionSQL.allow(reason="signed in") if action == REVIEW and actor is not None else None


@hookimpl(optionalhook=True)
def register_mcp_tools(datasette: Any, mcp: Any) -> None:
    """datasette-mcp: what programs can ask beside SQL."""
    from datasette_config.mcp_tools import register

    register(datasette, mcp)


@hookimpl
def menu_links(datasette: Any) -> list[dict[str, str]]:
    """From Datasette's own pages to ours."""
    if DATABASE not in datasette.databases:
        return []
    return [
        {"href": datasette.urls.path("/"), "label": "Stemma: start"},
        {"href": datasette.urls.path("/search"), "label": "Stemma: search"},
        {"href": datasette.urls.path("/trace"), "label": "Stemma: trace a text"},
    ]


def static_name() -> str:
    """The name under which Datasette serves our static files: the distribution's, the package's where it has none."""
    from datasette.plugins import pm

    return next(
        (str(found.project_name) for plugin, found in pm.list_plugin_distinfo()
         if getattr(plugin, "__name__", "") == PACKAGE), PACKAGE,
    )
