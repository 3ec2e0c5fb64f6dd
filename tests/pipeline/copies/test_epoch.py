"""What a comparison takes from the whole corpus."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_texts import facts, report

from pipeline.copies.epoch import FURNITURE_TEXTS, OWN, counted, packed, shipped, unpacked
from pipeline.copies.reading import read

BOX = "Write a letter to the editors of this paper and tell them what you think."


def test_the_shipped_table_knows_what_is_common() -> None:
    epoch = shipped({"sts"})
    assert epoch.weight("nt") < 0.5 < 4 < epoch.weight("krnpl") <= 9.3
    assert epoch.rate("sts") == pytest.approx(OWN), "a topic's own names are common in its archive"
    assert epoch.weight("#15") < epoch.weight("#2024") < epoch.weight("#77") < epoch.weight("#1943")


def test_what_was_counted_outweighs_the_table() -> None:
    epoch = counted([read(f"Then Korenevo came up again, number {n}, in the text.") for n in range(2_000)])
    assert epoch.rate("krnf") > 0.9
    assert epoch.rate("sts") < 0.05 < shipped().rate("sts")


def test_a_sentence_in_many_different_texts_is_furniture() -> None:
    pages = [read(f"{report(facts(n, 6), n)}\n{BOX}") for n in range(2 * FURNITURE_TEXTS)]
    assert counted(pages).furniture == {pages[0].sentences[-1].key}
    assert counted(pages[:FURNITURE_TEXTS - 1]).furniture == frozenset()


@pytest.mark.parametrize("own", [2, 4, 12])
def test_what_most_of_a_page_is_made_of_is_furniture_whatever_its_hash(own: int) -> None:
    for seed in range(20):  # each with keys of its own, the smallest of some pages, or of all
        box = report(facts(100 + seed, 6), 100 + seed)
        keys = {sentence.key for sentence in read(box).sentences}
        pages = [read(f"{report(facts(n, own), n)}\n{box}") for n in range(3 * FURNITURE_TEXTS)]
        assert counted(pages).furniture == keys, f"{own} sentences of a page's own, seed {seed}"


def test_a_text_that_many_outlets_print_is_none_though_each_adds_a_line_of_its_own() -> None:
    story = report(facts(1, 20), 1)
    assert counted([read(f"{report(facts(n, 2), n)}\n{story}") for n in range(40)]).furniture == frozenset()


@given(st.lists(st.integers(0, 5), max_size=12), st.randoms())
@settings(max_examples=40, deadline=None)
def test_an_epoch_is_a_function_of_the_set_of_texts(seeds: list[int], chance: st.DataObject) -> None:
    readings = [read(report(facts(seed), seed)) for seed in seeds]
    turned = readings[:]
    chance.shuffle(turned)  # type: ignore[attr-defined]
    assert counted(readings) == counted(turned)
    assert unpacked(packed(counted(readings))) == counted(readings)
