"""A database file that was replaced, as by `stemma rebuild` -> the running site on the new one.

Open connections stay with the file that they opened, also when it is deleted; without this, a site would show the
archive of the day on which it was started.
"""

import gc
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any

from datasette_config.foreign_keys import named
from datasette_config.plugin import DATABASE

INTERVAL = 1.0  # seconds between two looks at the file

App = Callable[[Any, Any, Any], Awaitable[None]]


def renewing(app: App, datasette: Any, *, clock: Callable[[], float] = monotonic) -> App:
    """The application, which before a request looks whether the archive's file is still the one that it opened."""
    named(datasette.databases[DATABASE])
    seen = _identity(datasette)
    looked_at = clock()

    async def renewed(scope: Any, receive: Any, send: Any) -> None:
        nonlocal seen, looked_at
        if scope["type"] == "http" and clock() - looked_at >= INTERVAL:
            looked_at = clock()
            found = _identity(datasette)
            if found is not None and found != seen:
                seen = found
                reopen(datasette)
        await app(scope, receive, send)

    return renewed


def reopen(datasette: Any) -> None:
    """Give the site a new database object and new threads; requests under way end with what they began with.

    Datasette keeps a connection for each thread and database name, so that a new object of that name alone would
    get the old connections.
    """
    _replace_database(datasette)
    threads = datasette.executor
    if threads is not None:  # None: Datasette was told to use no threads, and connections belong to the object
        datasette.executor = ThreadPoolExecutor(max_workers=datasette.setting("num_sql_threads"))
        Thread(target=_let_go, args=(threads,), daemon=True).start()


def _replace_database(datasette: Any) -> None:
    from datasette.database import Database

    former = datasette.databases[DATABASE]
    datasette.remove_database(DATABASE)
    database = Database(datasette, former.path, is_mutable=former.is_mutable)
    named(database)
    datasette.add_database(database, name=DATABASE, route=former.route)


def _let_go(threads: ThreadPoolExecutor) -> None:
    """Free the disk space of the former file: its connections hold themselves (sqlite3's cache of statements), and
    closing them would break a request that still uses the former database object."""
    threads.shutdown(wait=True)
    gc.collect()


def _identity(datasette: Any) -> tuple[int, int] | None:
    """What tells the file from one that takes its place; None while there is none."""
    database = datasette.databases.get(DATABASE)
    if database is None or database.path is None:
        return None
    try:
        found = Path(database.path).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
