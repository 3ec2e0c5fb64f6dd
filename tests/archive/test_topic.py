"""The topic file: what it may say, and that every mistake is named at once."""

import hashlib
import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import TopicError
from archive.topic import (
    BackfillSettings,
    CrawlSettings,
    Source,
    Topic,
    WatchSettings,
    bundled_topics,
    load_topic,
    new_topic_text,
    parse_topic,
    with_overrides,
)

TOPIC = """
name = "floods"
title = "The floods"
contact = "https://floods.example/about"
languages = ["en", "uk"]
from = 2024-08-06
to = 2025-04-30

[keywords.en]
must = ["Spring flood*"]

[[gazetteer]]
name = "Sudzha"
kind = "place"
decides = true
spellings = { en = ["Sudzha"], uk = ["Суджа"] }
misspellings = ["Southzha"]

[[source]]
name = "first"
outlet = "First News"
kind = "feed"
url = "https://first.example/rss"
country = "GB"
language = "en"

[[source]]
name = "some-pages"
outlet = "Pages by hand"
kind = "list"
urls = ["https://a.example/1", "https://b.example/2"]

[crawl]
delay = 1.5
"""


def parsed(text: str = TOPIC) -> Topic:
    return parse_topic(text, path="floods.toml")


def problems(text: str) -> list[str]:
    """The lines of the error, without the path that each begins with."""
    with pytest.raises(TopicError) as caught:
        parsed(text)
    header, *lines = str(caught.value).split("\n")
    assert header == f"floods.toml has {f'{len(lines)} problems' if len(lines) > 1 else 'a problem'}:"
    assert all(line.startswith("  floods.toml: ") for line in lines)
    return [line.removeprefix("  floods.toml: ") for line in lines]


def test_a_topic_has_what_its_file_says() -> None:
    topic = parsed()
    assert (topic.name, topic.languages, topic.start, topic.end) == (
        "floods",
        ("en", "uk"),
        date(2024, 8, 6),
        date(2025, 4, 30),
    )
    assert topic.keywords[0].must == ("Spring flood*",)
    assert topic.gazetteer[0].spellings == (("en", ("Sudzha",)), ("uk", ("Суджа",)))
    assert topic.sources[1] == Source(
        name="some-pages",
        outlet="Pages by hand",
        kind="list",
        urls=("https://a.example/1", "https://b.example/2"),
    )
    assert topic.crawl == CrawlSettings(delay=1.5)


def test_the_digest_is_that_of_the_bytes_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "floods.toml"
    file.write_bytes(b"\xef\xbb\xbf" + TOPIC.replace("\n", "\r\n").encode())
    topic = load_topic(file)
    assert topic.digest == "sha256:" + hashlib.sha256(file.read_bytes()).hexdigest()
    assert topic.path == str(file)


def test_archives_are_the_public_ones_unless_the_file_names_others() -> None:
    assert parsed().backfill == BackfillSettings()
    assert parsed().backfill.gdelt_files == "http://data.gdeltproject.org"
    named = parsed(TOPIC + """
[backfill]
gdelt_files = "https://mirror.example/gdelt/"
commoncrawl_files = "https://mirror.example/cc/"
range_bytes = "8 MB"
""").backfill
    assert (named.gdelt_files, named.commoncrawl_files) == ("https://mirror.example/gdelt", "https://mirror.example/cc")
    assert named.range_bytes == 8_000_000
    assert problems(TOPIC + '[backfill]\ngdelt_file = "https://a.example"\nrange_bytes = 0\n') == [
        "backfill.range_bytes: expected a size such as '20 MB' or a number of bytes, found a whole number: 0",
        "backfill.gdelt_file: unknown key; did you mean 'gdelt_files'?",
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param('title = "The floods"', "", "title: required, and missing", id="missing key"),
        pytest.param(
            'title = "The floods"', "title = 7", "title: expected a string, found a whole number: 7", id="type"
        ),
        pytest.param('title = "The floods"', 'title = "  "', "title: is empty", id="blank title"),
        pytest.param(
            'name = "floods"',
            'name = "The floods!"',
            "name: expected small letters, digits and hyphens, such as 'kursk', found a string: 'The floods!'",
            id="no slug",
        ),
        pytest.param(
            "https://floods.example/about",
            "me",
            "contact: expected an https:// or mailto: address, found a string: 'me'",
            id="contact that nobody can reach",
        ),
        pytest.param(
            '["en", "uk"]', "[]", "languages: is empty; give at least one, or leave the key out", id="empty list"
        ),
        pytest.param(
            '["en", "uk"]',
            '["en", "ua"]',
            "languages[2]: expected a language code of two letters (ISO 639-1), found a string: 'ua'; "
            "did you mean 'uk'?",
            id="country for language",
        ),
        pytest.param('["en", "uk"]', '["en", "en"]', "languages: has 'en' 2 times", id="a language twice"),
        pytest.param(
            "to = 2025-04-30", "to = 2024-08-05", "to: 2024-08-05 is before from: 2024-08-06", id="dates reversed"
        ),
        pytest.param("to = 2025-04-30", 'to = "2025-02-30"', "to: no such day: 2025-02-30", id="no such day"),
        pytest.param(
            "to = 2025-04-30",
            "to = 2025-04-30T10:00:00",
            "to: expected a date such as 2024-08-06, found a date or time: 2025-04-30 10:00:00",
            id="a time for a date",
        ),
        pytest.param(
            '["Spring flood*"]',
            '["Spring fl*od"]',
            "keywords.en.must[1]: 'Spring fl*od': a * may only end a word of at least two letters",
            id="a star inside a word",
        ),
        pytest.param(
            '["Spring flood*"]',
            '["Spring flood*"]\ntogether = [{ one = ["water"] }]',
            "keywords.en.together[1].other: required, and missing",
            id="terms together that have one side",
        ),
        pytest.param("must =", "any =", "keywords.en.must: required, and missing", id="keywords without must"),
        pytest.param(
            'kind = "place"',
            'kind = "plaec"',
            "gazetteer[1].kind: expected one of 'place', 'person', 'organisation', found a string: 'plaec'; "
            "did you mean 'place'? (in 'Sudzha')",
            id="choice",
        ),
        pytest.param(
            'spellings = { en = ["Sudzha"], uk = ["Суджа"] }',
            "",
            "gazetteer[1].spellings: required, in one language at least, such as { en = [\"Sudzha\"] } (in 'Sudzha')",
            id="a name without spellings",
        ),
        pytest.param(
            'language = "en"',
            'langauge = "en"',
            "source[1].langauge: unknown key; did you mean 'language'? (in 'first')",
            id="key misspelt",
        ),
        pytest.param(
            'country = "GB"',
            'country = "UK"',
            "source[1].country: expected a country code of two letters (ISO 3166-1): 'UK' is 'GB', Ukraine is 'UA' "
            "(in 'first')",
            id="UK",
        ),
        pytest.param(
            "https://first.example/rss",
            "ftp://first.example/rss",
            "source[1].url: bad address 'ftp://first.example/rss': it must begin with https:// or http:// (in 'first')",
            id="scheme",
        ),
        pytest.param(
            "https://first.example/rss",
            "https:///rss",
            "source[1].url: bad address 'https:///rss': it names no host (in 'first')",
            id="no host",
        ),
        pytest.param(
            "https://first.example/rss",
            "https://me:secret@first.example/rss",
            "source[1].url: bad address of first.example: it has a user name or password, and topic files are "
            "published (in 'first')",
            id="a password is not repeated",
        ),
        pytest.param(
            "https://first.example/rss",
            "https://[first/rss",
            "source[1].url: bad address 'https://[first/rss': Invalid IPv6 URL (in 'first')",
            id="not to be parsed",
        ),
        pytest.param(
            'url = "https://first.example/rss"',
            "",
            "source[1]: a feed needs 'url' (in 'first')",
            id="a feed without url",
        ),
        pytest.param(
            'kind = "feed"',
            'kind = "list"',
            "source[1].url: a list has no 'url'; it needs 'urls' or 'file' (in 'first')",
            id="a list with url",
        ),
        pytest.param(
            'name = "some-pages"',
            'name = "first"',
            "source[2].name: 'first' is already that of source[1]",
            id="name twice",
        ),
        pytest.param(
            "delay = 1.5",
            "delay = -1",
            "crawl.delay: expected a number of seconds from 0 up, found a whole number: -1",
            id="a number too small",
        ),
        pytest.param(
            "delay = 1.5",
            "retries = true",
            "crawl.retries: expected a whole number from 0 up, found true or false: True",
            id="truth is no number",
        ),
        pytest.param(
            "delay = 1.5",
            'revisit = ["1h", "1 year"]',
            "crawl.revisit[2]: expected a duration such as '90s', '6h' or '3d', found a string: '1 year'",
            id="duration",
        ),
        pytest.param(
            "delay = 1.5", 'revisit = ["6h", "1h"]', "crawl.revisit: expected ages that rise, each once", id="ages fall"
        ),
        pytest.param(
            "delay = 1.5",
            'max_body_bytes = "20 MZ"',
            "crawl.max_body_bytes: expected a size such as '20 MB' or a number of bytes, found a string: '20 MZ'",
            id="size",
        ),
        pytest.param(
            "delay = 1.5",
            'allow_private = ["10.0.0.0/40"]',
            "crawl.allow_private[1]: '10.0.0.0/40' does not appear to be an IPv4 or IPv6 network",
            id="network",
        ),
        pytest.param(
            "[crawl]",
            '[publish]\ntrusted_proxies = ["10.0.0.1", "::/0"]\n[crawl]',
            "publish.trusted_proxies[2]: ::/0 is every address, so that anybody would be believed; name the addresses "
            "that are yours",
            id="every proxy",
        ),
        pytest.param("[crawl]", "[crwal]", "crwal: unknown key; did you mean 'crawl'?", id="table misspelt"),
    ],
)
def test_a_mistake_is_named(old: str, new: str, expected: str) -> None:
    assert TOPIC.count(old) == 1
    assert problems(TOPIC.replace(old, new)) == [expected]


def test_all_mistakes_are_named_at_once() -> None:
    text = TOPIC.replace('title = "The floods"', "").replace("https://first", "first").replace("delay", "dleay")
    assert [line.split(":")[0] for line in problems(text)] == ["title", "source[1].url", "crawl.dleay"]


def test_a_topic_on_which_nothing_could_be_is_refused() -> None:
    text = TOPIC.replace('[keywords.en]\nmust = ["Spring flood*"]\n', "").replace("decides = true\n", "")
    assert problems(text) == [
        "keywords: required, unless a gazetteer name has decides = true; nothing could be on the topic"
    ]


def test_broken_toml_is_named_with_its_line() -> None:
    with pytest.raises(TopicError, match=r"^floods\.toml: no valid TOML: .*\(at line 3, column \d+\)$"):
        parsed('\nname = "floods"\ntitle = The floods\n')


def test_a_source_may_be_in_a_language_that_the_topic_does_not_list() -> None:
    assert parsed(TOPIC.replace('language = "en"', 'language = "pt"')).sources[0].language == "pt"


@pytest.mark.parametrize(
    ("setting", "key", "value"),
    [
        ('max_body_bytes = "20 MB"', "max_body_bytes", 20_000_000),
        ('max_body_bytes = "1MiB"', "max_body_bytes", 1_048_576),
        ("max_body_bytes = 500", "max_body_bytes", 500),
        ('bytes = "2 GB"', "bytes", 2_000_000_000),
        ('per_host_bytes = "200 MB"', "per_host_bytes", 200_000_000),
        ("per_host_minutes = 2.5", "per_host_minutes", 2.5),
        ('revisit = ["0s", "90m", "1d", "2w"]', "revisit", tuple(timedelta(minutes=m) for m in (0, 90, 1440, 20160))),
        ("revisit = []", "revisit", ()),
        ('allow_private = ["localhost", "10.0.0.0/8", "::1"]', "allow_private", ("localhost", "10.0.0.0/8", "::1")),
        ("minutes = 50", "minutes", 50.0),
    ],
)
def test_a_crawl_setting_is_read(setting: str, key: str, value: object) -> None:
    assert getattr(parsed(TOPIC.replace("delay = 1.5", setting)).crawl, key) == value


class TestOverrides:
    def test_values_are_toml_and_bare_words_are_strings(self) -> None:
        topic = with_overrides(
            parsed(),
            [
                "crawl.delay=0.5",
                "crawl.requests = 100",
                "crawl.agent=other-bot",
                'crawl.revisit=["1h"]',
                "to=2024-12-31",
            ],
        )
        assert topic.crawl == CrawlSettings(delay=0.5, requests=100, agent="other-bot", revisit=(timedelta(hours=1),))
        assert topic.end == date(2024, 12, 31)
        assert topic.digest == parsed().digest

    @pytest.mark.parametrize(
        ("setting", "expected"),
        [
            ("crawl.dleay=1", "crawl.dleay: unknown key; did you mean 'delay'?"),
            ("crawl.delay=nan", "crawl.delay: expected a number of seconds from 0 up, found a number: nan"),
            ("crawl.delay", "crawl.delay: expected table.key=value, such as crawl.delay=0.5"),
            ("source.first.url=https://x.example/", "source.first.url: 'source' is no table; only single values"),
            ("crawl.agent=a\nb", "crawl.agent: expected a product name"),
        ],
    )
    def test_a_wrong_setting_is_named(self, setting: str, expected: str) -> None:
        with pytest.raises(TopicError) as caught:
            with_overrides(parsed(), [setting])
        assert expected in str(caught.value)

    def test_the_archives_that_have_timemaps_are_a_list_which_may_be_empty(self) -> None:
        assert parsed().backfill.timemaps == ("https://web.archive.org/web/timemap/link",)
        others = 'backfill.timemaps=["https://a.example/coll/timemap/link/", "https://b.example/timemap"]'
        assert with_overrides(parsed(), [others]).backfill.timemaps == (
            "https://a.example/coll/timemap/link", "https://b.example/timemap",
        )
        assert with_overrides(parsed(), ["backfill.timemaps=[]"]).backfill.timemaps == ()
        with pytest.raises(TopicError, match=r"backfill\.timemaps\[1\]: bad address 'a\.example'"):
            with_overrides(parsed(), ['backfill.timemaps=["a.example"]'])

    @given(st.lists(st.sampled_from(["crawl.delay=0", "crawl.delay=9", "crawl.retries=3", "title=x"]), max_size=5))
    def test_overrides_one_by_one_are_overrides_at_once(self, settings: list[str]) -> None:
        topic = parsed()
        for setting in settings:
            topic = with_overrides(topic, [setting])
        assert topic == (with_overrides(parsed(), settings) if settings else parsed())


class TestBundled:
    def test_the_kursk_topic_is_sound_and_large(self) -> None:
        topic = load_topic("kursk")
        assert (topic.start, topic.end) == (date(2024, 8, 6), date(2025, 4, 30))
        assert {keywords.language for keywords in topic.keywords} == set(topic.languages)
        assert len(topic.sources) >= 45
        assert len(topic.gazetteer) >= 40
        assert all(source.country and source.language for source in topic.sources)
        assert topic.crawl.delay >= 2
        assert topic.crawl.per_host == 1

    def test_the_kursk_topic_asks_for_a_contact_of_ones_own(self) -> None:
        topic = load_topic("kursk")
        assert topic.has_placeholder_contact
        assert not with_overrides(topic, ["contact=mailto:me@university.edu"]).has_placeholder_contact

    def test_a_name_that_is_not_there_is_answered_with_those_that_are(self) -> None:
        with pytest.raises(TopicError, match=r"there is: kursk\); did you mean 'kursk'\?\n.*\./kurks\.toml"):
            load_topic("kurks")
        assert bundled_topics() == ("kursk",)

    def test_a_file_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(TopicError, match=r"none\.toml: cannot read the topic file: No such file"):
            load_topic(tmp_path / "none.toml")

    def test_a_file_that_is_no_utf_8_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "a.toml").write_bytes(b'title = "\xe9"')
        with pytest.raises(TopicError, match="byte 9 is no UTF-8"):
            load_topic(tmp_path / "a.toml")

    @given(title=st.text(min_size=1).filter(lambda text: text.strip() == text))
    def test_a_new_topic_file_says_what_it_was_given(self, title: str) -> None:
        text = new_topic_text(name="floods", title=title, contact="mailto:me@floods.example")
        topic = parse_topic(text, path="floods.toml")
        assert (topic.name, topic.title, topic.contact) == ("floods", title, "mailto:me@floods.example")


def key_places(table: dict[str, object], place: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every key of the file that is not free to choose, with the tables that it is in."""
    found: list[tuple[str, ...]] = []
    for key, value in table.items():
        found.append((*place, key))
        inner = value[0] if isinstance(value, list) else value
        if isinstance(inner, dict) and key != "spellings":
            found += key_places(inner, (*place, key))
    return [path for path in found if path[-1] not in ("en", "uk")]


@given(place=st.sampled_from(key_places(tomllib.loads(TOPIC))), cut=st.integers(min_value=0))
def test_a_letter_lost_from_any_key_is_noticed(place: tuple[str, ...], cut: int) -> None:
    key = place[-1]
    misspelt = key[: cut % len(key)] + key[cut % len(key) + 1 :]
    text = TOPIC.replace(f"{key} =", f"{misspelt} =").replace(f"[{key}", f"[{misspelt}")
    if misspelt and text != TOPIC:
        with pytest.raises(TopicError, match=rf"(^|[. ]){misspelt}: unknown key"):
            parsed(text)


def test_the_thresholds_of_the_watch_have_defaults_and_bounds() -> None:
    assert parse_topic(TOPIC, path="t.toml").watch == WatchSettings()
    watched = TOPIC + '[watch]\nsilence = 5\nbackup_days = 2\nbackup = "../copies"\nping = "https://ping.example/x"\n'
    assert parse_topic(watched, path="t.toml").watch == WatchSettings(
        silence=5.0, backup_days=2.0, backup="../copies", ping="https://ping.example/x")
    with pytest.raises(TopicError) as caught:
        parse_topic(TOPIC + '[watch]\nsilence = 0\nfailures = 2\ndays = 0\nping = "file:///etc/passwd"\n', path="t.toml")
    assert [line.split(":")[1].strip() for line in str(caught.value).splitlines()[1:]] == [
        "watch.silence", "watch.failures", "watch.days", "watch.ping"]


def test_the_vantage_of_the_crawler_is_a_country() -> None:
    assert with_overrides(parse_topic(TOPIC, path="t.toml"), ["crawl.vantage=DE"]).crawl.vantage == "DE"
    with pytest.raises(TopicError, match="country code"):
        with_overrides(parse_topic(TOPIC, path="t.toml"), ["crawl.vantage=Berlin"])


def test_the_template_shows_every_key_of_the_watch_with_its_default() -> None:
    text = new_topic_text(name="floods", title="Floods", contact="mailto:me@university.edu")
    shown = text.replace("# [watch]", "[watch]").partition("[watch]")[2].partition("[publish]")[0]
    keys = tomllib.loads("\n".join(line.removeprefix("# ") for line in shown.splitlines()[1:]))
    assert set(keys) == set(WatchSettings.__slots__)
    assert {key: keys[key] for key in ("silence", "failures", "days", "disk_days")} == {
        "silence": 3.0, "failures": 0.5, "days": 7, "disk_days": 30}


EVENT = '[[event]]\nname = "the Easter truce"\nday = 2025-04-19\nwords = { en = ["Easter truc*"], uk = ["великодн* перемир*"] }\n'


def test_events_have_a_day_and_the_words_that_tell_of_them() -> None:
    (event,) = parse_topic(TOPIC + EVENT, path="t.toml").events
    assert (event.name, event.day.isoformat()) == ("the Easter truce", "2025-04-19")
    assert dict(event.words) == {"en": ("Easter truc*",), "uk": ("великодн* перемир*",)}
    assert parse_topic(TOPIC, path="t.toml").events == ()
    with pytest.raises(TopicError) as caught:
        parse_topic(TOPIC + '[[event]]\nname = "x"\ndya = 2025-04-19\n', path="t.toml")
    for said in ("event[1].day: required", "did you mean 'day'", "event[1].words: required"):
        assert said in str(caught.value)
