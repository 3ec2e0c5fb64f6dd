"""Commands by which the archive is cared for and goes out: verify, serve, export, demo."""

from pathlib import Path
from typing import Any

import click

from pipeline.cli.base import finish, opened, options


@click.command()
@options
def verify(topic: Any, data: Path, as_json: bool) -> None:
    """Read every WARC record and check its sums and digests."""
    from pipeline import care, intake

    with opened(topic, data, "verify") as (work, reports):
        reports += [intake.index_pending(work), care.verify(work)]
        work.progress.close()
    finish(reports, as_json=as_json)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve at.")
@click.option("--port", default=8001, show_default=True, type=click.IntRange(0, 65535))
@options
def serve(topic: Any, data: Path, as_json: bool, host: str, port: int) -> None:
    """Publish the archive through Datasette."""
    from pipeline import care

    del as_json
    care.serve(topic, data, host=host, port=port)


@click.command()
@click.argument("kind", type=click.Choice(["jsonl"]))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@options
def export(topic: Any, data: Path, as_json: bool, kind: str, file: Path) -> None:
    """Write the articles to FILE ("-": standard output), one JSON object a line (docs/export.md)."""
    from pipeline import care

    del topic, kind
    finish([care.export_jsonl(data, file)], as_json=as_json) if str(file) != "-" else care.export_jsonl(data, file)


@click.command()
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), default=Path("demo-data"), show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8001, show_default=True, type=click.IntRange(0, 65535))
@click.option("--no-serve", is_flag=True, help="Fill the archive and stop.")
def demo(data: Path, host: str, port: int, no_serve: bool) -> None:
    """Crawl the bundled web twice, find its copies and versions, and serve the archive."""
    from archive.topic import load_topic
    from pipeline import care
    from pipeline import demo as show

    show.fill(data, say=click.echo)
    if not no_serve:
        care.serve(load_topic(data / show.TOPIC_FILE), data, host=host, port=port)
