"""The chart counts every article once, in bars without gaps, whatever days the pages state."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from datasette_config.chart import HEIGHT, WIDTH, chart

DAYS = st.lists(st.tuples(
    st.dates(date(1970, 1, 5), date(2099, 12, 1)).map(date.isoformat) | st.just("not a day"),
    st.sampled_from(["en", "uk", "ru", "de", "it", "fr", ""]), st.integers(1, 50)), max_size=40)


@given(DAYS)
def test_every_article_is_in_one_bar_or_said_to_be_before_or_after(counted: list[tuple[str, str, int]]) -> None:
    found = chart(counted)
    real = [row for row in counted if row[0] != "not a day"]
    if found is None:
        assert not real
        return
    assert sum(bar.articles for bar in found.bars) + found.before + found.after == sum(n for _, _, n in real)
    for bar, following in zip(found.bars, found.bars[1:], strict=False):
        assert date.fromisoformat(bar.last) + timedelta(days=1) == date.fromisoformat(following.first)
    for bar in found.bars:
        assert sum(n for _, n in bar.by_language) == bar.articles
        for part in bar.parts:
            assert -0.1 <= part.y <= HEIGHT
            assert part.x + part.width <= WIDTH + 0.1


def test_one_wrong_date_does_not_press_the_others_together() -> None:
    days = [((date(2024, 8, 6) + timedelta(days=n)).isoformat(), "en", 10) for n in range(30)]
    found = chart([("1970-01-01", "en", 1), *days, ("2099-01-01", "ru", 1)])
    assert found is not None
    assert (found.unit, len(found.bars), found.before, found.after) == ("day", 30, 1, 1)


def test_a_long_time_is_drawn_in_weeks_and_a_longer_one_in_months() -> None:
    def bars(days: int) -> tuple[str, int]:
        found = chart([((date(2024, 8, 5) + timedelta(days=n)).isoformat(), "en", 1) for n in range(days)])
        assert found is not None
        return found.unit, len(found.bars)

    assert [bars(1), bars(62), bars(98), bars(3 * 365)] == [("day", 1), ("day", 62), ("week", 14), ("month", 36)]
