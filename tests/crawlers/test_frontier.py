"""What is fetched next, and in which order."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from archive.store.discoveries import Look
from crawlers.frontier import HIGHEST, UNRANKED, Ranking, due

NOW = datetime(2025, 3, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def weigh(url: str, title: str | None, lead: str | None) -> float | None:
    """Points as the title says them."""
    return float(title) if title else None


def look(path: str, *, title: str | None = None, looked: timedelta | None = None, on_topic: bool | None = None) -> Look:
    at = NOW - looked if looked is not None else None
    return Look(
        url=f"https://news.example/{path}",
        source="s",
        looks=int(at is not None),
        first_at=at,
        last_at=at,
        on_topic=on_topic,
        title=title,
    )


def order(*looks: Look, ranking: Ranking) -> list[str]:
    return [fetch.url.rpartition("/")[2] for fetch in due(looks, now=NOW, revisit=(HOUR,), ranking=ranking)[0]]


def test_the_promising_come_first_and_what_is_clearly_off_last_in_the_order_of_discovery() -> None:
    ranking = Ranking(weigh=weigh, seed="x", share=0.0)
    looks = [
        look("off", title="0"),
        look("none"),
        look("some", title="1"),
        look("much", title="6"),
        look("off-2", title="-3"),
        look("known", title="0", looked=2 * HOUR, on_topic=True),
        look("none-2"),
    ]
    assert order(*looks, ranking=ranking) == ["much", "some", "none", "none-2", "known", "off", "off-2"]
    last = {f.url: f.is_last for f in due(looks, now=NOW, revisit=(HOUR,), ranking=ranking)[0]}
    assert [url.rpartition("/")[2] for url, is_last in last.items() if is_last] == ["off", "off-2"]
    assert order(*looks, ranking=UNRANKED) == ["off", "none", "some", "much", "off-2", "none-2", "known"]


def test_points_beyond_the_scale_are_its_end() -> None:
    fetch = Ranking(weigh=lambda *_: 1e9, seed="", share=0.0).fetch(
        "https://a.example/x", source="s", title=None, lead=None
    )
    assert (fetch.rank, fetch.is_last) == (HIGHEST, False)


@given(st.text(max_size=20))
@settings(max_examples=25)
def test_the_sample_is_a_share_that_depends_on_seed_and_address_alone(seed: str) -> None:
    numbers = range(300)
    ranking = Ranking(weigh=lambda *_: 0.0, seed=seed, share=0.2)
    drawn = {
        n for n in numbers if not ranking.fetch(f"https://a.example/{n}", source="s", title="t", lead=None).is_last
    }
    assert 10 <= len(drawn) <= 120
    again = Ranking(weigh=lambda *_: 0.0, seed=seed, share=0.2)
    assert drawn == {n for n in reversed(numbers) if again.is_sampled(f"http://a.example/{n}/?utm_source=x")}
    assert not any(Ranking(weigh=weigh, seed=seed, share=0.0).is_sampled(str(n)) for n in numbers)
    assert all(Ranking(weigh=weigh, seed=seed, share=1.0).is_sampled(str(n)) for n in numbers)


def test_what_ranking_loses_is_measured_on_the_fetched_part_of_the_sample() -> None:
    ranking = Ranking(weigh=weigh, seed="x", share=1.0)
    looks = [
        look("lost", title="0", looked=HOUR, on_topic=True),
        look("off", title="0", looked=HOUR, on_topic=False),
        look("unjudged", title="0", looked=HOUR),
        look("waiting", title="0"),
        look("promising", title="3", looked=HOUR, on_topic=True),
    ]
    assert ranking.lost(looks) == (2, 1)


HOURLY = tuple(timedelta(hours=n) for n in (1, 6, 24, 72, 168, 720))


def moments(**known: object) -> list[float]:
    """The hours from the first look on at which an hourly crawl looks again, if it finds nothing new, in 60 days."""
    first, looked, found = NOW, NOW, []
    for hour in range(1, 60 * 24):
        now = NOW + hour * HOUR
        seen = Look(url="https://a.example/x", source="s", looks=1, first_at=first, last_at=looked,
                    on_topic=True, **known)  # type: ignore[arg-type]
        if due([seen], now=now, revisit=HOURLY, ranking=UNRANKED)[0]:
            looked = now
            found.append(hour)
    return found


def test_looks_count_from_publication_and_are_few() -> None:
    assert moments() == [1, 6, 24, 72, 168, 720]
    assert moments(published=NOW - 4 * HOUR) == [2, 20, 68, 164, 716]
    assert moments(published=NOW - timedelta(days=200)) == [], "an old article was seen when it was found"
    assert moments(published=NOW + timedelta(days=3)) == [1, 6, 24, 72, 168, 720], "a time to come counts for nothing"


def test_an_edit_begins_the_looks_anew() -> None:
    assert moments(published=NOW - timedelta(days=200), edits=(NOW - 2 * HOUR,)) == [4, 22, 70, 166, 718]


def test_what_is_gone_is_looked_at_until_that_is_sure() -> None:
    assert moments(published=NOW - timedelta(days=200), gone_since=NOW) == [24, 168, 336]
