"""Keys by which texts that share something meet."""

from hypothesis import given, settings
from hypothesis import strategies as st
from made_texts import facts, report

from pipeline.copies.epoch import counted, shipped
from pipeline.copies.reading import read
from pipeline.fingerprints import MEETING, TRANSLATED, keys, meets, method

EPOCH = counted([read(report(facts(seed), seed)) for seed in range(100)])


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_keys_fit_into_the_database_and_are_worth_something(text: str) -> None:
    found = keys(read(text), shipped())
    assert all(-2**63 <= key < 2**63 and worth > 0 for key, worth in found.items())


def test_a_text_keeps_its_keys_and_an_epoch_names_them() -> None:
    text = report(facts(1), 1)
    assert keys(read(text), EPOCH) == keys(read(text, "en"), EPOCH)
    assert 40 < len(keys(read(text), EPOCH)) < 200
    assert method(EPOCH.digest) != method(shipped().digest)


def test_a_translation_meets_its_source_and_another_report_does_not() -> None:
    told = facts(500)
    ours, theirs, other = (keys(read(text), EPOCH) for text in (
        report(told, 1), report(told, 2, language=1), report(facts(501), 3)))
    assert sum(worth for key, worth in ours.items() if key in theirs) > 3 * MEETING
    assert sum(worth for key, worth in ours.items() if key in other) < TRANSLATED


def test_less_brings_two_texts_together_when_their_languages_differ() -> None:
    assert meets(TRANSLATED, "uk", "en")
    assert not meets(TRANSLATED, "uk", "uk")
    assert not meets(TRANSLATED, None, "en"), "a language that is not known may be the same"
    assert meets(MEETING, "uk", "uk")
    assert TRANSLATED < MEETING


def test_next_to_nothing_has_no_key() -> None:
    assert keys(read(""), EPOCH) == {}
    assert keys(read("a a a. o!"), EPOCH) == {}
    assert len(keys(read("word " * 100_000), EPOCH)) <= 2


def test_a_table_of_numbers_has_no_more_keys_than_a_long_text() -> None:
    table = [str(number) for number in range(20_000, 60_000)]
    ours, theirs = (keys(read("\n".join(rows)), shipped()) for rows in (table, table[50:]))
    assert len(ours) < 2_000
    assert sum(worth for key, worth in ours.items() if key in theirs) > 100 * MEETING, "and the same of what both have"
