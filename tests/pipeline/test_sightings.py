"""Pages that change by themselves, through the real commands: every look is kept, and only texts make versions."""

import json
from collections.abc import Callable
from typing import Any

from public_rows import public_rows
from stemma_testing import Stemma, topic_file

from crawlers.demo.server import WebRequest, WebResponse

Serve = Callable[[Callable[[WebRequest], WebResponse]], tuple[Any, Stemma]]
SITE = "http://news.example.com"
TEXT = [
    f"Report {n}: Ukrainian troops crossed into the Kursk region, and in the {n}th village the shops were shut, the "
    f"cellars full and the road to the east closed by {n} burnt-out lorries." for n in range(2, 9)
]
NOTICE = "Correction: an earlier version gave another number of lorries."


class Outlet:
    """Serves one article for each way in which a page changes between looks."""

    def __init__(self) -> None:
        self.look = 1

    def __call__(self, request: WebRequest) -> WebResponse:
        n, text, around, attribute = self.look, list(TEXT), "Read also", "a"
        match request.path:
            case "/clock":
                around = f"It is {n} o'clock. {1000 + n} readers are here"
            case "/nonce":
                attribute = f"nonce-{n}"
            case "/quotes":
                text.append("The mayor said it was “quiet” there." if n % 2 else 'The mayor said it was "quiet" there.')
            case "/corrected":
                if n > 2:
                    text = [text[0].replace("2 burnt-out", "three burnt-out"), *text[1:], NOTICE]
            case _:
                return WebResponse(status=404)
        title = f"Across the border in Kursk: {request.path[1:]}"
        body = (f"<html><head><title>{title}</title></head><body><h1>{title}</h1><article class='{attribute}'>"
                + "".join(f"<p>{p}</p>" for p in text) + f"</article><footer>{around}</footer></body></html>")
        return WebResponse(body=body.encode(), headers=(("Content-Type", "text/html; charset=utf-8"),))


def test_clocks_nonces_and_quotes_are_counted_and_make_no_version(serve: Serve) -> None:
    outlet = Outlet()
    _, stemma = serve(outlet)
    topic_file(stemma.folder, [f"{SITE}/{name}" for name in ("clock", "nonce", "quotes", "corrected")])
    for outlet.look in (1, 2, 3):
        stemma.run("run", "--topic", "topic.toml")
    rows = {(row["url"].rpartition("/")[2], row["ordinal"]): row for row in stemma.database().execute("SELECT * FROM version")}
    told = {name: (row["sightings"], row["payloads"], json.loads(row["differences"])) for name, row in rows.items()}
    assert told == {
        ("clock", 1): (3, 3, {"surroundings": 2}), ("nonce", 1): (3, 3, {"markup": 2}),
        ("quotes", 1): (3, 2, {"typography": 1}),
        ("corrected", 1): (2, 1, {}), ("corrected", 2): (1, 1, {}),
    }
    corrected = rows["corrected", 2]
    assert json.loads(corrected["change"]) == ["body", "correction"]
    passages = json.loads(corrected["passages"])
    assert [(p["was"], p["now"], p["is_notice"]) for p in passages] == [("2", "three", False), ("", NOTICE, True)]
    assert stemma.database().execute("SELECT count(*) FROM sighting").fetchone()[0] == 12
    noted = stemma.database().execute(
        "SELECT difference, count(*) FROM sighting WHERE difference IS NOT NULL GROUP BY 1 ORDER BY 1").fetchall()
    assert [tuple(row) for row in noted] == [("markup", 2), ("surroundings", 2), ("typography", 1)]
    before = public_rows(stemma.folder / "data" / "archive.db")
    stemma.run("update", "--topic", "topic.toml")
    assert public_rows(stemma.folder / "data" / "archive.db") == before, "a rerun does nothing"
    stemma.run("rebuild", "--topic", "topic.toml")
    assert public_rows(stemma.folder / "data" / "archive.db") == before
