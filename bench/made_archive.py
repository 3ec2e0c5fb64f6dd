"""An archive of made-up articles in four languages for benchmarks of the site: rows as an update leaves them, seeded.

    python -m bench.made_archive DIR [--articles 200000]

Words are as often as news has them, with endings, so that a word has several forms; every eighth article is of a
family of 2 to 200 texts; some were edited, some are gone. There are no WARC files: nothing here was captured.
"""

import argparse
import json
import random
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

from archive.digests import address_key, payload_digest, text_digest
from archive.store import catalogue, open_database, texts, transaction, word_index
from archive.times import to_digits, to_iso
from bench.made_news import common_words

SEED = 20240806
START = datetime(2024, 8, 6, tzinfo=UTC)
OUTLETS = 170
WORDS = (100, 400)
RARE = 0.05  # share of the words that are not common ones
RARE_WORDS = 600_000
FAMILIES = 0.04  # of the new articles begin a family
EDITED, GONE = 0.06, 0.02
BATCH = 2_000
VOWELS = {"en": "aeiou", "de": "aeuio", "uk": "аоиеу", "ru": "оаеиу"}
ENDINGS = {
    "en": ("", "s", "ed", "ing", "er"), "de": ("", "en", "e", "er", "es", "em"),
    "uk": ("", "а", "и", "у", "ою", "ам", "ах", "і"), "ru": ("", "а", "ы", "у", "ой", "ам", "ах", "е")}
CYRILLIC = dict(zip("bcdfghjklmnpqrstvwxyz", "бцдфгхжклмнпщрствюшчз", strict=True))
COUNTRIES = ("US", "GB", "UA", "RU", "DE", "IT", "FR", "ES", "PL", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An article: its text, and the number of the article that it was made from."""

    number: int
    language: str
    title: str
    text: str
    source: int | None = None
    root: int | None = None


def main() -> None:
    """Make it and say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--articles", type=int, default=200_000)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    path = options.folder / "archive.db"
    conn = open_database(path, create=True)
    fill(conn, options.articles)
    print(f"{options.articles:,} articles, {path.stat().st_size / 1e6:,.0f} MB")


def fill(conn: sqlite3.Connection, articles: int) -> None:
    """Put so many articles in, and what an update derives from them."""
    chance = random.Random(SEED)
    for number in range(OUTLETS):
        conn.execute("INSERT INTO outlets (domain, outlet, country) VALUES (?, ?, ?)",
                     (f"outlet-{number}.example", f"Outlet {number}", COUNTRIES[number % len(COUNTRIES)]))
    conn.execute("INSERT INTO warcs VALUES ('made.warc.gz', 0)")
    made = articles_of(chance)
    for start in range(0, articles, BATCH):
        with transaction(conn):
            for _ in range(min(BATCH, articles - start)):
                _insert(conn, chance, next(made))
            conn.execute("DELETE FROM unfolded")
    while pending := catalogue.pending(conn, limit=BATCH):
        with transaction(conn):
            catalogue.renew(conn, pending)
    word_index.settle(conn)


def articles_of(chance: random.Random) -> Iterator[Made]:
    """Articles without end; a family's come one after the other, its first one first."""
    words = {language: _Words(chance, language) for language in VOWELS}
    number = 0
    while True:
        language = chance.choice(tuple(words))
        first = _own(chance, words[language], number, language)
        yield first
        number += 1
        if chance.random() >= FAMILIES:
            continue
        # Few families are large: the size is 2 at a half, 200 at a hundredth of that.
        members = [first]
        for _ in range(min(199, int(1 / max(chance.random(), 0.005)))):
            member = _copy(chance, words, number, first, chance.choice(members))
            members.append(member)
            yield member
            number += 1


class _Words:
    """A language's words by frequency, with endings."""

    def __init__(self, chance: random.Random, language: str) -> None:
        found = common_words()
        self.language = language
        self.weights = list(accumulate(weight for _, weight in found))
        self.stems = [_sounded(word, language) for word, _ in found]
        self.endings = ENDINGS[language]
        self.chance = chance

    def some(self, count: int) -> list[str]:
        stems = self.chance.choices(self.stems, cum_weights=self.weights, k=count)
        endings = self.chance.choices(self.endings, k=count)
        words = [stem + ending for stem, ending in zip(stems, endings, strict=True)]
        for place in range(count):
            if self.chance.random() < RARE:
                word = _sounded(_rare(int(RARE_WORDS ** self.chance.random())), self.language)
                words[place] = (word + self.chance.choice(self.endings)).capitalize()
        return words


def _rare(rank: int) -> str:
    letters = []
    for _ in range(5):
        rank, place = divmod(rank, 20)
        letters.append("bcdfghjklmnpqrstvwxz"[place])
    return "".join(letters)


def _sounded(skeleton: str, language: str) -> str:
    """A skeleton with vowels, so that it looks like a word of the language."""
    vowels = VOWELS[language]
    letters = [CYRILLIC.get(letter, letter) for letter in skeleton] if language in ("uk", "ru") else list(skeleton)
    sounded = [letter + vowels[(place + len(letters)) % 5] for place, letter in enumerate(letters[:-1])]
    return "".join([*sounded, letters[-1]])


def _own(chance: random.Random, words: _Words, number: int, language: str) -> Made:
    length = chance.randint(*WORDS)
    found = words.some(length)
    lines = [" ".join(found[start:start + 18]).capitalize() + "." for start in range(0, length, 18)]
    text = "\n\n".join(" ".join(lines[start:start + 3]) for start in range(0, len(lines), 3))
    return Made(number=number, language=language, title=" ".join(words.some(9)).capitalize(), text=text)


def _copy(chance: random.Random, words: dict[str, _Words], number: int, first: Made, source: Made) -> Made:
    if chance.random() < 0.3:
        language = chance.choice(tuple(words))
        new = _own(chance, words[language], number, language)
        return Made(number=number, language=language, title=new.title, text=new.text, source=source.number,
                    root=first.number)
    return Made(number=number, language=source.language, title=source.title, source=source.number, root=first.number,
                text=source.text + "\n\n" + " ".join(words[source.language].some(20)).capitalize() + ".")


def _insert(conn: sqlite3.Connection, chance: random.Random, made: Made) -> None:
    seen = START + timedelta(days=chance.triangular(0, 250, 20))
    # An outlet writes in one language; few have much of all news.
    place = min(int(chance.expovariate(1 / 8)), OUTLETS // 4 - 1)
    domain = f"outlet-{4 * place + tuple(VOWELS).index(made.language)}.example"
    url = f"https://{domain}/{made.number}"
    key = address_key(url)
    article = made.number + 1
    conn.execute("INSERT INTO articles VALUES (?, ?, ?, ?, ?, 1)", (article, url, url, key, domain))
    conn.execute("INSERT INTO addresses VALUES (?, ?, 1)", (url, article))
    count = 2 if chance.random() < EDITED else 1
    for ordinal in range(1, count + 1):
        text = made.text if ordinal == count else made.text.rsplit("\n\n", 1)[0]
        add_version(conn, made, url=url, key=key, article=article, ordinal=ordinal, count=count, text=text,
                    at=seen + timedelta(hours=30 * ordinal))
    if chance.random() < GONE:
        conn.execute("INSERT INTO observations VALUES (?, ?, 'article', NULL, 'gone', '404', 'stemma')",
                     (url, to_iso(seen + timedelta(days=9))))
    _kin(conn, made, article)


def add_version(
    conn: sqlite3.Connection, made: Made, *, url: str, key: str, article: int, ordinal: int, count: int, text: str,
    at: datetime,
) -> None:
    """A version of so many of an article, with all rows that stand for its only capture."""
    digest = payload_digest(f"{url} {ordinal}".encode())
    identity = 2 * article + ordinal - 1
    moment = to_iso(at)
    conn.execute(
        "INSERT INTO captures VALUES (?, ?, ?, 'stemma', 'article', NULL, 200, 'text/html', 'utf-8', NULL, NULL, NULL, "
        "NULL, ?, ?, ?, 0, NULL, 'made.warc.gz', ?, 10)",
        (identity, url, moment, digest, f"{identity:064x}", len(text), identity * 10))
    conn.execute("INSERT INTO observations VALUES (?, ?, 'article', NULL, 'new', NULL, 'stemma')", (url, moment))
    text_id = texts.keep(conn, text)
    published = {"verbatim": moment, "earliest": moment, "latest": moment, "offset": "+00:00", "basis": "json-ld",
                 "iso": moment[:19] + "+00:00"}
    conn.execute(
        "INSERT INTO documents (document_id, payload_digest, url, charset, extractor, title, byline, authors, "
        "published, language, text_id, credits, candidates, text_digest, body_digest, state_digest, on_topic, score, "
        "terms) "
        "VALUES (?, ?, ?, 'utf-8', 'made', ?, NULL, '[]', ?, ?, ?, '[]', '[]', ?, ?, ?, 1, 5.0, '[]')",
        (identity, digest, url, made.title, json.dumps(published), made.language, text_id, text_digest(text),
         text_digest(text), text_digest(made.title + text)))
    conn.execute(
        "INSERT INTO versions (version_id, public_id, article_id, ordinal, document_id, first_seen, last_seen, "
        "sightings, change, is_latest, title, text_id) VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?)",
        (identity, f"{key}-{to_digits(at)}-{digest[5:13].lower()}", article, ordinal, identity, moment, moment,
         '["first"]' if ordinal == 1 else '["body"]', ordinal == count, made.title, text_id))
    conn.execute("INSERT INTO sightings (capture_id, article_id, document_id, version_id) VALUES (?, ?, ?, ?)",
                 (identity, article, identity, identity))


def _kin(conn: sqlite3.Connection, made: Made, article: int) -> None:
    if made.source is None or made.root is None:
        return
    root, source = made.root + 1, made.source + 1
    latest = "SELECT version_id, public_id FROM versions WHERE article_id = ? AND is_latest"
    first_version, first_id = conn.execute(latest, (root,)).fetchone()
    source_version, _ = conn.execute(latest, (source,)).fetchone()
    version, _ = conn.execute(latest, (article,)).fetchone()
    family = conn.execute("SELECT family_id FROM families WHERE public_id = ?", (first_id,)).fetchone()
    if family is None:
        family = (conn.execute("INSERT INTO families (public_id) VALUES (?)", (first_id,)).lastrowid,)
        conn.execute("INSERT INTO members VALUES (?, ?, ?, NULL)", (root, family[0], first_version))
    conn.execute("INSERT INTO members VALUES (?, ?, ?, ?)", (article, family[0], version, source))
    conn.execute("INSERT INTO links VALUES (?, ?, ?, .999, 'decided', .95, '[]')",
                 (version, source_version, "near-duplicate"))


if __name__ == "__main__":
    main()
