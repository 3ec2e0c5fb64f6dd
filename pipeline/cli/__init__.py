"""The command line: each command parses, opens the archive, calls one step and prints its Report."""

import sqlite3
import sys

import click

from archive import packing
from archive.errors import ArchiveError
from archive.lines import printable
from pipeline.cli import derive, far, intake, out, research, status
from pipeline.cli.base import cli

for command in (  # in the order of the work
    intake.init, intake.check, intake.crawl, intake.capture, intake.backfill, intake.import_, derive.update,
    derive.run, derive.reindex, derive.rebuild, research.trace, research.judge, research.hunt, status.status,
    out.verify, out.cite, out.key, out.withhold, out.erase, out.backup, out.restore, out.serve, out.publish, out.export,
    out.demo, far.batch, far.load,
):
    cli.add_command(command)


def main() -> None:
    """Run a command; an error that a person can mend is one message, and its class's exit code."""
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("stopped; run it again to go on", err=True)
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ArchiveError as error:
        click.echo(f"stemma: {printable(str(error))}", err=True)
        sys.exit(error.exit_code)
    except (OSError, sqlite3.OperationalError) as error:  # a full disk, a folder that cannot be written, a locked file
        if str(error) == packing.UNREADABLE:
            click.echo("stemma: a text in the database is damaged; 'stemma verify' says which, 'stemma rebuild' makes "
                       "it anew from the WARC files", err=True)
            sys.exit(1)
        # SQLite calls it so where there is no room for one of its side files.
        hint = " (is the disk full?)" if str(error) == "disk I/O error" else ""
        said = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else str(error)
        click.echo(f"stemma: {said}{hint}; mend that and run again, what was kept is whole", err=True)
        sys.exit(1)
    except sqlite3.DatabaseError as error:
        click.echo(f"stemma: the database is damaged ({error}); 'stemma rebuild' makes it anew from the WARC files",
                   err=True)
        sys.exit(1)
