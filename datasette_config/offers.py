"""What the site offers beside its pages, as its configuration says: plugins.stemma in Datasette's.

`stemma serve` and `stemma publish` write it by the topic file's [publish]; without it, what is off by default is off.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from archive.topic_settings import PublishSettings

PLUGIN = "stemma"  # the name in Datasette's configuration
USUAL = PublishSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """Whether the database and its tables can be taken whole, programs can ask by MCP, readers in SQL of their own; and
    how much one address may ask for in a minute, 0: as much as it likes; under which licence the data are, and to whom
    errors are reported.
    """

    downloads: bool = USUAL.downloads
    mcp: bool = USUAL.mcp
    requests_a_minute: int = USUAL.requests_a_minute
    sql: bool = USUAL.sql
    licence: str | None = USUAL.licence
    correction_contact: str | None = USUAL.correction_contact


def of_topic(publish: PublishSettings) -> Offers:
    """What a topic file lets the site offer."""
    return Offers(**{one.name: getattr(publish, one.name) for one in fields(Offers)})


def of_site(datasette: Any) -> Offers:
    """What this site offers."""
    told: Mapping[str, Any] = datasette.plugin_config(PLUGIN) or {}
    known = {one.name: told[one.name] for one in fields(Offers) if one.name in told}
    return Offers(**known | {"sql": bool(datasette.setting("default_allow_sql"))})


def configured(offers: Offers) -> dict[str, Any]:
    """The configuration that says so; SQL is a setting of Datasette's own."""
    return {PLUGIN: {name: value for name, value in asdict(offers).items() if name != "sql" and value is not None},
            "datasette-mcp": {"canned_queries": True}}


def settings(offers: Offers) -> dict[str, bool]:
    """Datasette's own settings of the same."""
    return {"allow_download": offers.downloads, "allow_csv_stream": offers.downloads, "default_allow_sql": offers.sql}
