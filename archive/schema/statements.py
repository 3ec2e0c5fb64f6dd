"""A script of SQL -> its statements."""

import sqlite3


def statements(script: str) -> list[str]:
    """The script's statements, cut by SQLite's own rule for where one ends (triggers hold semicolons)."""
    found, buffer = [], ""
    for line in script.splitlines(keepends=True):
        buffer += line
        if line.rstrip().endswith(";") and sqlite3.complete_statement(buffer):
            found.append(buffer.strip())
            buffer = ""
    return found
