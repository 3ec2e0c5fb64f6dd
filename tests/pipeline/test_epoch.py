"""What a comparison takes from the whole corpus."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_texts import facts, report

from pipeline.epoch import FURNITURE_LEADS, OWN, counted, packed, shipped, unpacked
from pipeline.reading import read

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


def test_a_sentence_after_many_leads_is_furniture_and_after_one_it_is_a_copied_text() -> None:
    copies = [read(f"One lead of a text that was copied often.\n{BOX}") for _ in range(50)]
    assert counted(copies).furniture == frozenset()
    pages = [read(f"{report(facts(n, 1), n)}\n{BOX}") for n in range(FURNITURE_LEADS)]
    assert counted(pages).furniture == {pages[0].sentences[-1].key}
    assert counted(pages[1:]).furniture == frozenset()


@given(st.lists(st.integers(0, 5), max_size=12), st.randoms())
@settings(max_examples=40, deadline=None)
def test_an_epoch_is_a_function_of_the_set_of_texts(seeds: list[int], chance: st.DataObject) -> None:
    readings = [read(report(facts(seed), seed)) for seed in seeds]
    turned = readings[:]
    chance.shuffle(turned)  # type: ignore[attr-defined]
    assert counted(readings) == counted(turned)
    assert unpacked(packed(counted(readings))) == counted(readings)
