"""Commands by which the archive is cared for and goes out.

verify, cite, key, withhold, erase, backup, restore, serve, publish, export, demo
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from archive.errors import ArchiveError
from pipeline.cli.base import attend, finish, now, opened, options, tell

WRITERS = ("csl", "ris", "bibtex", "robust")  # of pipeline.sharing.citations, which --help need not load
DAY = click.DateTime(["%Y-%m-%d"])


def utc_day(day: datetime | None, *, add: int = 0) -> datetime | None:
    """A day's beginning in UTC, so many days later."""
    return day.replace(tzinfo=UTC) + timedelta(days=add) if day else None


@click.command()
@click.argument("files", nargs=-1, metavar="[PROOF|WACZ]...",
                type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--head", "heads", multiple=True, metavar="FILE",
              type=click.Path(path_type=Path, dir_okay=False, exists=True),
              help="A signed head, a proof, or a copy of log/heads.jsonl, kept elsewhere: the log must lead to each. "
                   "Repeatable.")
@click.option("--key", default=None, metavar="FINGERPRINT", help="The key that must have signed each PROOF.")
@click.option("--rebuild", "is_anew", is_flag=True,
              help="Also make the database anew beside the archive, and compare what the two say.")
@click.option("--authority", "authorities", multiple=True, metavar="PEM",
              type=click.Path(path_type=Path, dir_okay=False, exists=True),
              help="A root certificate on which the time stamp of each PROOF must rest. Repeatable.")
@options
def verify(
    topic: Any, data: Path, as_json: bool, files: tuple[Path, ...], heads: tuple[Path, ...], key: str | None,
    authorities: tuple[Path, ...], is_anew: bool,
) -> None:
    """Check everything that is kept: each record, the log that holds their digests, its signatures, the database.

    With PROOF files, as 'stemma cite --proof' writes them, or WACZ packages, check these alone; no archive is needed
    for that.
    """
    from pipeline import intake
    from pipeline.custody import anew, evidence

    if files:
        wrong = list[ArchiveError]()
        for file in files:
            try:
                click.echo(evidence.verified_file(file, key=key, authorities=authorities, now=now(), as_json=as_json))
            except ArchiveError as error:  # the others are looked at all the same
                wrong.append(error)
        tell([str(error) for error in wrong])
        if wrong:
            sys.exit(max(error.exit_code for error in wrong))
        return
    if key is not None or authorities:
        raise click.UsageError("--key and --authority are for PROOF files")
    outside = [head for file in heads for head in evidence.read_heads(file)]
    if evidence.is_unwritable(data):
        finish(evidence.verify_unwritten(topic, data, outside=outside, is_anew=is_anew, clock=now), as_json=as_json)
        return
    with opened(topic, data, "verify") as (work, reports):
        reports += [intake.index_pending(work), evidence.verify(work, outside=outside)]
        if is_anew:
            reports.append(anew.compare_anew(work))
        work.progress.close()
    finish(reports, as_json=as_json)


@click.command()
@click.argument("what", metavar="VERSION|FAMILY")
@click.option("--proof", "file", default=None, metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
              help="Write a file by which anyone can check the capture, with 'stemma verify FILE'.")
@click.option("--without-record", is_flag=True, help="Leave the page's bytes out of the proof: their digest stays.")
@click.option("--format", "kind", type=click.Choice(["text", *WRITERS]), default="text", show_default=True,
              help="CSL-JSON, RIS, BibTeX, or a Robust Link in HTML.")
@click.option("--site", default=None, metavar="URL", help="Where the archive is served, for the version's address.")
@click.option("--family", "is_family", is_flag=True,
              help="Cite the family as of now: its links and their evidence are kept as they are.")
@click.option("--run", type=click.IntRange(1), default=None, help="With --family: as it was cited as of that run.")
@click.option("--by", default=None, metavar="NAME", help="With --family: who cites it; it is kept with the event.")
@options
def cite(
    topic: Any, data: Path, as_json: bool, what: str, file: Path | None, without_record: bool, kind: str,
    site: str | None, is_family: bool, run: int | None, by: str | None,
) -> None:
    """Print the citation of a version, or of a family; with --proof, write its capture with all to check it by.

    VERSION is a public id; an article's address or key means its latest version.
    """
    from pipeline.custody import evidence
    from pipeline.sharing import citations

    if not is_family and (run is not None or by is not None):
        raise click.UsageError("--run and --by are for --family")
    if is_family:
        if file is not None:
            raise click.UsageError("--proof is for a version; a family's statement is an event, under the signed log")
        found, said = _cited_family(topic, data, what, run, by, site)
        parts = {"public_id": found.name, "citation": citations.plain(said), "digest": found.digest,
                 "statement": found.statement}
    else:
        cited = evidence.cite(data, what, site=site)
        said, parts = cited.citation, evidence.cited_as_json(cited)
        if file is not None:
            evidence.write_proof(data, cited, file, with_record=not without_record)
    if as_json:
        click.echo(json.dumps(parts, ensure_ascii=False))
    elif kind == "text":
        click.echo(citations.plain(said))
    else:
        click.echo(citations.WRITERS[kind]([said]), nl=False)


def _cited_family(
    topic: Any, data: Path, what: str, run: int | None, by: str | None, site: str | None
) -> tuple[Any, Any]:
    """A family as of a run, the present one where none is named, and its citation."""
    from archive.store import frozen
    from pipeline.custody import freezing
    from pipeline.operating import care
    from pipeline.sharing import citations

    if run is None:
        with opened(topic, data, "cite") as (work, reports):
            done, found = freezing.freeze(work, what, by=(by or "").strip() or None)
            reports += [report for report in done if report.step not in ("log", "stamp")]
    with care.reading(data) as conn:
        found = freezing.find(conn, what, run) if run is not None else found
        return found, citations.family_citation(found, title=frozen.title(conn, found), site=site)


@click.command()
@click.argument("action", type=click.Choice(["show", "rotate", "lost"]), default="show")
@click.option("--by", default=None, metavar="NAME", help="Who decides so; it is kept with the event.")
@options
def key(topic: Any, data: Path, as_json: bool, action: str, by: str | None) -> None:
    """Show the keys that sign the archive's log; "rotate" makes a new one, "lost" does where the old one is gone.

    A new key is an event that stays. "rotate" has it signed by the old one, which is kept beside it.
    """
    from pipeline.custody import evidence

    del topic
    if action != "show" and not (by or "").strip():
        raise click.UsageError("--by: say who decides")
    keys = evidence.keys_of(data)
    if action != "show":
        keys = evidence.renew_key(data, action, by=str(by).strip(), now=now())
    click.echo(json.dumps(evidence.keys_as_json(keys)) if as_json else "\n".join(evidence.key_lines(keys)))


@click.command()
@click.argument("target", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--check", "is_check", is_flag=True, help="Only read the backup in DIR, and say what in it is damaged.")
@options
def backup(topic: Any, data: Path, as_json: bool, target: Path, is_check: bool) -> None:
    """Copy the archive to DIR, or bring the copy there up to date; a crawl may go on meanwhile.

    The key that signs the log is left out: keep a copy of key.pem elsewhere.
    """
    from pipeline.custody import safekeeping

    finish([safekeeping.check(target) if is_check else safekeeping.backup(topic, data, target, clock=now)],
           as_json=as_json)


@click.command()
@click.argument("source", metavar="DIR", type=click.Path(path_type=Path, file_okay=False, exists=True))
@options
def restore(topic: Any, data: Path, as_json: bool, source: Path) -> None:
    """Put the archive together from the backup in DIR, into a --data folder that holds none; every file is checked."""
    from pipeline.custody import safekeeping

    del topic
    finish([safekeeping.restore(source, data)], as_json=as_json)
    if not as_json:
        click.echo(f"put the archive's key into {data / 'key.pem'}, then run 'stemma verify --data {data}'")


@click.command()
@click.argument("what", metavar="URL|FAMILY")
@click.option("--reason", default="", metavar="TEXT", help="Why; it is shown in the text's place. Needed to withhold.")
@click.option("--by", default=None, metavar="NAME", help="Who decides so; it is kept with the event.")
@click.option("--undo", is_flag=True, help="Show it again; the texts are read anew from the WARC files.")
@options
def withhold(topic: Any, data: Path, as_json: bool, what: str, reason: str, by: str | None, undo: bool) -> None:
    """Show a text no longer: the site has a tombstone in its place, exports and tables lack it, the evidence stays.

    URL is an address of an article, its key or the public id of a version; FAMILY, the public id of a family, means
    all articles that it has now, and those that join it later.
    """
    from pipeline.custody import withholding

    if not undo and not reason.strip():
        raise click.UsageError("--reason: say why; it is shown in the text's place")
    with opened(topic, data, "withhold") as (work, reports):
        decide = withholding.show_again if undo else withholding.withhold
        done, decided = decide(work, what, reason=" ".join(reason.split()), by=(by or "").strip() or None)
        reports += done
        work.progress.close()
    if as_json:
        click.echo(json.dumps(withholding.as_json(decided), ensure_ascii=False))
    else:
        click.echo("\n".join(withholding.lines(decided)))
    attend(reports)


@click.command()
@click.argument("what", metavar="URL|FAMILY")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is shown in the text's place.")
@click.option("--by", default=None, metavar="NAME", help="Who decides so; it is kept with the event.")
@click.option("--announcements", is_flag=True,
              help="Erase the captures of feeds, sitemaps and lists as well that name its address.")
@click.confirmation_option(prompt="Its captures are overwritten for good. Go on?")
@options
def erase(
    topic: Any, data: Path, as_json: bool, what: str, reason: str, by: str | None, announcements: bool
) -> None:
    """Erase a text's captures from the WARC files, for when a court or a person in danger demands it.

    It is withheld too; that something was there, when it was erased and why stays in the log, which still verifies.
    """
    from pipeline.custody import erasing

    if not reason.strip():
        raise click.UsageError("--reason: say why; it is shown in the text's place")
    with opened(topic, data, "erase") as (work, reports):
        done, made = erasing.erase(work, what, reason=" ".join(reason.split()), by=(by or "").strip() or None,
                                   announcements=announcements)
        reports += done
        work.progress.close()
    click.echo(json.dumps(erasing.as_json(made), ensure_ascii=False) if as_json else "\n".join(erasing.lines(made)))
    attend(reports)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve at.")
@click.option("--port", default=8001, show_default=True, type=click.IntRange(0, 65535))
@options
def serve(topic: Any, data: Path, as_json: bool, host: str, port: int) -> None:
    """Publish the archive through Datasette."""
    from pipeline.operating import care

    del as_json
    care.serve(topic, data, host=host, port=port, clock=now)


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--site", default=None, metavar="URL", help="Where DIR will be served, for the feed's and the citations' "
                                                         "addresses.")
@options
def publish(topic: Any, data: Path, as_json: bool, folder: Path, site: str | None) -> None:
    """Write the archive to DIR as others may see it, for any host that has Datasette; also while DIR is being served.

    DIR holds a read-only database, its description, the newest articles as a feed, and the citations of all. It holds
    excerpts of the texts, unless the topic file's full_text says otherwise.
    """
    from pipeline.sharing import publishing

    finish([publishing.publish(topic, data, folder, site=site, clock=now)], as_json=as_json)


@click.command()
@click.argument("kind", type=click.Choice(["jsonl", "wacz", "prov", "cdxj"]))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--article", default=None, metavar="ARTICLE", help="wacz, prov: only of this address, key or public id.")
@click.option("--family", default=None, metavar="ID", help="wacz, prov: only of the articles of this family.")
@click.option("--source", default=None, metavar="NAME", help="wacz: only what this source led to.")
@click.option("--from", "first", type=DAY, default=None, help="wacz: only captures from this day on, UTC.")
@click.option("--to", "last", type=DAY, default=None, help="wacz: only captures up to this day, UTC.")
@click.option("--site", default=None, metavar="URL", help="prov: where the archive is served, for addresses of texts.")
@options
def export(
    topic: Any, data: Path, as_json: bool, kind: str, file: Path, article: str | None, family: str | None,
    source: str | None, first: datetime | None, last: datetime | None, site: str | None,
) -> None:
    """Write the archive to FILE, for other tools (docs/export.md).

    "jsonl" are the articles, one JSON object a line ("-": standard output); "wacz" the captures, as a package that
    replays by itself; "prov" where an article or a family comes from, as W3C PROV (FILE.json, .jsonld or .provn);
    "cdxj" the index by which pywb replays the folder warc/ as it is.
    """
    from pipeline.operating import care
    from pipeline.sharing import packages

    if kind in ("wacz", "cdxj") and str(file) == "-":
        raise click.UsageError(f"{kind} is a file, not a stream: name one")
    if kind == "wacz":
        if first and last and last < first:
            raise click.UsageError(f"--to {last:%Y-%m-%d} is before --from {first:%Y-%m-%d}")
        wanted = packages.Wanted(article=article, family=family, source=source, since=utc_day(first),
                                 before=utc_day(last, add=1))
        finish([packages.export(topic, data, file, wanted, now=now())], as_json=as_json)
        return
    if kind == "prov":
        if source or first or last:
            raise click.UsageError("--source, --from and --to are for wacz")
        report = packages.export_lineage(data, file, packages.Wanted(article=article, family=family), site=site)
        if str(file) != "-":
            finish([report], as_json=as_json)
        return
    if article or family or source or first or last:
        raise click.UsageError("--article and --family are for wacz and prov, --source, --from and --to for wacz")
    if kind == "cdxj":
        finish([packages.export_index(data, file)], as_json=as_json)
        return
    finish([care.export_jsonl(data, file)], as_json=as_json) if str(file) != "-" else care.export_jsonl(data, file)


@click.command()
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), default=Path("demo-data"), show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8001, show_default=True, type=click.IntRange(0, 65535))
@click.option("--no-serve", is_flag=True, help="Fill the archive and stop.")
def demo(data: Path, host: str, port: int, no_serve: bool) -> None:
    """Crawl the bundled web twice, find its copies and versions, and serve the archive."""
    from archive.topic import load_topic
    from pipeline.operating import care
    from pipeline.operating import demo as show

    show.fill(data, say=click.echo)
    if not no_serve:
        care.serve(load_topic(data / show.TOPIC_FILE), data, host=host, port=port, clock=now)
