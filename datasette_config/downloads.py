"""What is taken away from the site as a file: lists of articles, citations, provenance, records."""

import asyncio
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote, urlencode

from datasette import Response
from datasette.utils import add_cors_headers
from datasette.utils.asgi import AsgiFileDownload

from archive.store.cited import Cited
from archive.store.lineage import Lineage
from archive.store.pages import Card
from datasette_config import answers, lists, offers, records, timemap
from datasette_config.frozen import FrozenAnswer, frozen_family
from datasette_config.plugin import DATABASE
from datasette_config.responses import (
    HEADERS,
    Build,
    View,
    ask,
    ending_of,
    may_view,
    problem,
    site_of,
    title_of,
    whole,
)
from datasette_config.searching import Listing
from pipeline import PROGRAM
from pipeline.sharing import citations, prov

TABLES = "tables"  # the folder of whole views beside a database

# Of the file's name: how it is written, and its media type.
FORMATS: Mapping[str, tuple[str, str]] = MappingProxyType({
    "ris": ("ris", "application/x-research-info-systems; charset=utf-8"),
    "bib": ("bibtex", "application/x-bibtex; charset=utf-8"),
    "json": ("csl", "application/vnd.citationstyles.csl+json"),
    "html": ("robust", "text/html; charset=utf-8"),
})


def listed(build: Build) -> View:
    """What a search found, as a file for a program: a table, a feed, or the citations of all."""

    async def view(request: Any, datasette: Any) -> Any:
        found = await ask(datasette, request, build)
        if not isinstance(found, Listing):
            return found

        def at(card: Card) -> str:
            return whole(datasette, request, f"/article/{card.key if card.is_latest else card.public_id}")

        ending = ending_of(request)
        headers = HEADERS | {"X-Total-Count": str(found.total)}
        if ending == "atom":
            here = whole(datasette, request, f"/search.atom?{urlencode(found.asked.arguments, doseq=True)}".rstrip("?"))
            return Response(lists.as_atom(found, at, title=await title_of(datasette), here=here), headers=headers,
                            content_type="application/atom+xml; charset=utf-8")
        headers["Content-Disposition"] = f'attachment; filename="stemma-search.{ending}"'
        if ending == "csv":
            return Response(lists.as_csv(found, at), headers=headers, content_type="text/csv; charset=utf-8")
        writer, media_type = FORMATS[ending.removeprefix("csl.")]
        site = site_of(datasette, request)
        text = citations.WRITERS[writer](citations.citation(one, site=site) for one in found.cited)
        return Response(text, headers=headers, content_type=media_type)

    return view


async def cite(request: Any, datasette: Any) -> Any:
    """/article/NAME/cite.ris and the like: the citation of one version, to be saved."""
    found = await ask(datasette, request, answers.cited)
    if not isinstance(found, Cited):
        return found
    return _cited(request, citations.citation(found, site=site_of(datasette, request)))


async def cite_family(request: Any, datasette: Any) -> Any:
    """/family/ID@RUN/cite.ris and the like: the citation of a family as it was then, to be saved."""
    found = await ask(datasette, request, frozen_family)
    if not isinstance(found, FrozenAnswer):
        return found
    return _cited(request, citations.family_citation(
        found.found, title=found.title, site=site_of(datasette, request)))


def _cited(request: Any, found: citations.Citation) -> Response:
    ending = ending_of(request)
    writer, media_type = FORMATS[ending]
    headers = {"Content-Disposition": f'attachment; filename="{found.public_id}.{ending}"'}
    return Response(body=citations.WRITERS[writer]([found]), status=200, headers=HEADERS | headers,
                    content_type=media_type)


def lineage(build: Build) -> View:
    """/article/NAME.prov.json, .prov.jsonld, .provn, and of /family the same: W3C PROV."""

    async def view(request: Any, datasette: Any) -> Any:
        found = await ask(datasette, request, build)
        if not isinstance(found, Lineage):
            return found
        ending = ending_of(request)
        text = await asyncio.to_thread(prov.written, found, ending, program=PROGRAM, site=site_of(datasette, request))
        headers = dict(HEADERS)
        if datasette.cors:
            add_cors_headers(headers)
        return Response(body=text, status=200, headers=headers, content_type=prov.FORMATS[ending][1])

    return view


async def table(request: Any, datasette: Any) -> Any:
    """/data/VIEW.parquet: a whole view, as it was when the database was made, where downloads are on."""
    if not await may_view(datasette, request):
        return await problem(datasette, request, 403, "This archive is not open to everyone.")
    file = tables_of(datasette).get(request.url_vars["file"])
    if file is None:
        return await problem(datasette, request, 404, "No such table is given away here.")
    return AsgiFileDownload(str(file), filename=f"stemma-{file.name}", headers=dict(HEADERS),
                            content_type="application/vnd.apache.parquet")


def tables_of(datasette: Any) -> dict[str, Path]:
    """The files of whole views that are given away, by their names."""
    if not offers.of_site(datasette).downloads:
        return {}
    folder = Path(datasette.databases[DATABASE].path or "").parent / TABLES
    return {file.name: file for file in sorted(folder.glob("*.parquet"))}


async def record(request: Any, datasette: Any) -> Any:
    """/capture/NAME.warc: the one record, to be saved, never shown."""
    found = await ask(datasette, request, records.record_bytes)
    if not isinstance(found, bytes):
        return found
    headers = {"Content-Disposition": f'attachment; filename="stemma-capture-{request.url_vars["name"]}.warc"'}
    return Response(body=found, status=200, headers=HEADERS | headers, content_type="application/warc")


async def times(request: Any, datasette: Any) -> Any:
    """/timemap/link/URL: when that address was captured; what follows a question mark is of the address."""
    query = f"?{request.query_string}" if request.query_string else ""
    given = request.url_vars["address"] + query
    # Servers in between make one slash of two.
    wanted = re.sub(r"^(https?):/(?!/)", r"\1://", given if "://" in given or ":/" in given else unquote(given))
    found = await ask(datasette, request, lambda conn, _: timemap.held(conn, wanted))
    if not isinstance(found, timemap.TimeMap):
        return found
    text = timemap.link_format(found, to=partial(whole, datasette, request))
    return Response(body=text, status=200, headers=dict(HEADERS), content_type=timemap.MEDIA_TYPE)
