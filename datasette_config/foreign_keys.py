"""Foreign keys that name a table only, made whole for Datasette: it takes them for keys to no column, and fails.

SQL lets `REFERENCES articles` stand for its primary key; Datasette 0.65 asks SQLite for the column that was written.
"""

from typing import Any


def named(database: Any) -> None:
    """Have a database object of Datasette's tell the column that each of its foreign keys refers to."""
    as_written = database.foreign_keys_for_table

    async def with_columns(table: str) -> list[dict[str, Any]]:
        keys = []
        for key in await as_written(table):
            if key["other_column"] is None:
                primary = await database.primary_keys(key["other_table"])
                keys += [key | {"other_column": primary[0]}] if len(primary) == 1 else []
            else:
                keys.append(key)
        return keys

    database.foreign_keys_for_table = with_columns
