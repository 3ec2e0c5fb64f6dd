"""Commands for who reads the archive with questions: judge, hunt."""

import json
from pathlib import Path
from typing import Any

import click

from pipeline.cli.base import attend, opened, options

VERDICTS = ("confirm", "reject", "reverse", "add", "undo")


@click.command()
@click.argument("one", metavar="A")
@click.argument("other", metavar="B")
@click.argument("verdict", type=click.Choice(VERDICTS))
@click.option("--by", required=True, metavar="NAME", help="Who decides: it is shown with the link, and published.")
@click.option("--note", default=None, metavar="TEXT", help="Why, in a sentence or two; published too.")
@options
def judge(
    topic: Any, data: Path, as_json: bool, one: str, other: str, verdict: Any, by: str, note: str | None
) -> None:
    """Decide on two texts: whether one was made from the other, and which.

    A and B are addresses of articles, or public ids. "confirm" and "reverse" are said of the direction that is shown;
    where it is undecided, and for "add", A is the copy. "undo" takes back what was decided before. Each is an event,
    kept through rebuilds and shown with the link.
    """
    from pipeline import judging

    if not by.strip():
        raise click.UsageError("--by: say who decides")
    with opened(topic, data, "judge") as (work, reports):
        done, judged = judging.judge(work, one, other, verdict, by=by.strip(), note=(note or "").strip() or None)
        reports += done
    click.echo(json.dumps(judging.as_json(judged), ensure_ascii=False) if as_json else "\n".join(judging.lines(judged)))
    attend(reports)
