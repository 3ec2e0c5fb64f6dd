"""Keys by which texts that share words meet."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.fingerprints import MIN_SHARED, SHINGLE, WINDOW, keys
from pipeline.reuse import MIN_WORDS
from pipeline.text import words

WORDS = st.lists(
    st.sampled_from(["зерно", "bridge", "l’alba", "two", "tanks", "乌", "ferry", "mayor", "road", "night"])
)
RUN = SHINGLE + WINDOW - 1


@given(WORDS, WORDS, WORDS, WORDS, st.lists(st.text("abcdefgh", min_size=3, max_size=6), min_size=RUN, max_size=30))
@settings(max_examples=200, deadline=None)
def test_texts_with_a_common_run_of_twelve_words_share_a_key(
    before: list[str], after: list[str], other_before: list[str], other_after: list[str], run: list[str]
) -> None:
    assert RUN == 12
    one, other = " ".join(before + run + after), ", ".join(other_before + run + other_after).upper()
    assert keys(words(one)) & keys(words(other))


@given(WORDS, WORDS, st.integers(0, 10**6))
@settings(max_examples=100, deadline=None)
def test_texts_with_a_common_run_that_makes_a_link_share_keys_enough_to_meet(
    before: list[str], after: list[str], seed: int
) -> None:
    run = [f"w{seed}x{n}" for n in range(MIN_WORDS)]
    one, other = words(" ".join(before + run)), words(" ".join(run + after))
    assert len(keys(one) & keys(other)) >= MIN_SHARED


@given(st.text())
@settings(max_examples=100, deadline=None)
def test_keys_fit_into_the_database_and_are_no_more_than_words(text: str) -> None:
    found = words(text)
    assert all(-2**63 <= key < 2**63 for key in keys(found))
    assert len(keys(found)) <= len(found)


def test_a_text_of_fewer_words_than_a_shingle_has_no_key() -> None:
    assert keys(words("one two three four")) == frozenset()
    assert len(keys(words("one two three four five"))) == 1
    assert keys(()) == frozenset()


def test_one_word_over_and_over_is_one_key() -> None:
    assert len(keys(words("word " * 100_000))) == 1


def test_a_key_stands_for_few_words() -> None:
    text = " ".join(f"w{n * n % 9_973}" for n in range(9_000))
    assert 0.15 < len(keys(words(text))) / 9_000 < 0.3
