"""Commands for who reads the archive with questions: trace, judge, hunt."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from pipeline.cli.base import attend, now, opened, options, refuse_placeholder, show

MAX_STDIN = 5_000_000  # bytes
LONGEST = 1_000_000  # characters of a text that is traced


@click.command()
@click.argument("what", metavar="ARTICLE|FILE|-")
@options
def trace(topic: Any, data: Path, as_json: bool, what: str) -> None:
    """Where does this text come from? What the archive holds of it, who had it first, and what the text itself says.

    ARTICLE is an address or a public id, FILE a text file or a saved page, "-" standard input.
    """
    from pipeline import trace as tracing
    from pipeline.operating import care
    from pipeline.origins.subject import is_file, of_text, read_article, read_file

    with care.reading(data) as conn:
        if what == "-":
            subject = of_text(sys.stdin.buffer.read(MAX_STDIN).decode("utf-8", "replace"), name="standard input")
        else:
            subject = read_file(Path(what)) if is_file(what) else read_article(conn, what)
        found = tracing.trace(conn, topic, subject, longest=LONGEST)
    click.echo(json.dumps(tracing.as_json(found), ensure_ascii=False) if as_json else "\n".join(tracing.lines(found)))


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

    A and B are addresses of articles, or public ids. For "confirm" and "add" A is the copy; a "confirm" that names them
    the other way round than the link is refused. "reverse" is said of the direction that is shown. "undo" takes back
    what was decided before. Each is an event, kept through rebuilds and shown with the link.
    """
    from pipeline.operating import judging

    if not by.strip():
        raise click.UsageError("--by: say who decides")
    with opened(topic, data, "judge") as (work, reports):
        done, judged = judging.judge(work, one, other, verdict, by=by.strip(), note=(note or "").strip() or None)
        reports += done
    click.echo(json.dumps(judging.as_json(judged), ensure_ascii=False) if as_json else "\n".join(judging.lines(judged)))
    attend(reports)


DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("what", metavar="ARTICLE|FILE")
@click.option("--from", "first", type=DAY, default=None, help="First day (default: shortly before the text).")
@click.option("--to", "last", type=DAY, default=None, help="Last day (default: some weeks after the text).")
@click.option("--dry-run", is_flag=True, help="Print what would be asked, and what else the text says of its source.")
@options
def hunt(
    topic: Any, data: Path, as_json: bool, what: str, first: datetime | None, last: datetime | None, dry_run: bool
) -> None:
    """Look for a text's kin beyond the topic's sources: its rare names and numbers, asked of GDELT.

    ARTICLE is an address or a public id, FILE a text file or a saved page. What is found is announced by the source
    "hunt", and the next crawl fetches it.
    """
    from pipeline.operating import care, hunting
    from pipeline.origins.subject import is_file, read_article, read_file

    if first and last and last < first:
        raise click.UsageError(f"--to {last:%Y-%m-%d} is before --from {first:%Y-%m-%d}")
    if is_file(what):
        subject = read_file(Path(what))
    else:
        with care.reading(data) as conn:
            subject = read_article(conn, what)
    wanted = hunting.plan(topic, subject, today=now().date(), first=first.date() if first else None,
                          last=last.date() if last else None)
    if dry_run:
        click.echo(json.dumps(hunting.as_json(wanted, None), ensure_ascii=False) if as_json
                   else "\n".join(hunting.lines(wanted)))
        return
    refuse_placeholder(topic)
    with opened(topic, data, "hunt", create=True) as (work, reports):
        done, found = hunting.hunt(work, wanted)
        reports += done
        work.progress.close()
    if as_json:
        click.echo(json.dumps(hunting.as_json(wanted, found), ensure_ascii=False))
    else:
        show(reports, as_json=False)
        for url, title in found:
            click.echo(f"  {url}  {title or ''}".rstrip())
    attend(reports)
