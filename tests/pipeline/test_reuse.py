"""Whether a text was copied from another, however it was changed."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_texts import facts, report

from archive.model import Passage, Relation, Reuse
from pipeline.copies.alignment import profile
from pipeline.copies.epoch import Epoch, counted, shipped
from pipeline.copies.indexing import indexed
from pipeline.copies.reading import read
from pipeline.fingerprints import keys, meets
from pipeline.reuse import COPIED, is_link, reuse

EPOCH = counted([read(report(facts(seed), seed)) for seed in range(300)])


def shared(
    left: str, right: str, languages: tuple[str, str] = ("en", "en"), *, epoch: Epoch = EPOCH, identical: bool = False
) -> Reuse | None:
    """What an update finds: texts that do not meet are not compared."""
    one, other = (read(text, language) for text, language in zip((left, right), languages, strict=True))
    ours, theirs = keys(one, epoch), keys(other, epoch)
    meeting = sum(worth for key, worth in ours.items() if key in theirs)
    if not meets(meeting, *languages) and not identical:
        return None
    return reuse(profile(indexed(one), epoch), profile(indexed(other), epoch), meeting=meeting, identical=identical)


def must_share(
    left: str, right: str, languages: tuple[str, str] = ("en", "en"), *, epoch: Epoch = EPOCH, identical: bool = False
) -> Reuse:
    found = shared(left, right, languages, epoch=epoch, identical=identical)
    assert found is not None
    return found


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("epoch", [EPOCH, shipped()], ids=["counted", "shipped"])
def test_a_translation_is_found_by_its_names_and_numbers_in_their_order(seed: int, epoch: Epoch) -> None:
    told = facts(1_000 + seed)
    left, right = report(told, 1), report(told, 2, language=1)
    found = must_share(left, right, ("en", "uk"), epoch=epoch)
    assert found.relation == "translation"
    assert found.copied >= COPIED
    assert found.order > 0.9
    assert min(found.left_coverage, found.right_coverage) > 0.7
    first = found.passages[0]
    assert left[first.left_start:].startswith(left.split(" ")[0])
    assert right[first.right_start:first.right_end].count(".") == left[first.left_start:first.left_end].count(".")


def test_independent_reports_of_an_event_have_its_names_and_some_numbers_in_another_order() -> None:
    linked = 0
    for seed in range(40):
        told = facts(2_000 + seed)
        turned = [(name, number if place % 4 == 0 else number + 7) for place, (name, number) in enumerate(told)]
        random.Random(seed).shuffle(turned)
        linked += shared(report(told, 1), report(turned, 2, language=1), ("en", "uk")) is not None
        linked += shared(report(told, 1), report(turned, 2)) is not None
    assert linked <= 1, "of 80 pairs one may have kept, by chance, the order of what both tell"


def test_a_rewriting_keeps_the_order_of_its_source() -> None:
    told = facts(3_001)
    assert must_share(report(told, 1), report(told, 2)).relation == "rewrite"


def test_a_text_in_which_words_were_changed_is_a_near_duplicate() -> None:
    text = report(facts(3_002), 5)
    words = text.split(" ")
    for place in range(7, len(words), 23):
        words[place] = "changed"
    found = must_share(text, " ".join(words))
    assert (found.relation, found.order) == ("near-duplicate", 1.0)


def test_two_paragraphs_inside_a_longer_text_are_an_excerpt() -> None:
    source, host = report(facts(3_003), 6).split("\n"), report(facts(3_004, 40), 7).split("\n")
    found = must_share("\n".join(source), "\n".join([*host[:9], *source[2:5], *host[9:]]))
    assert found.relation == "excerpt"
    assert "\n".join(source)[found.passages[0].left_start:found.passages[0].left_end] == "\n".join(source[2:5])[:-1]
    assert found.right_coverage < 0.2


STATEMENT = report(facts(3_005, 6), 8).replace("\n", " ")


@pytest.mark.parametrize("marks", ["“”", "„“", "«»", "»«", "»»", "””", "‘’", "''", '""', "「」"])
@pytest.mark.parametrize("sentences", [3, 20], ids=["in short texts", "in long ones"])
def test_statements_that_both_quote_are_no_copy(marks: str, sentences: int) -> None:
    quoted = marks[0] + STATEMENT + marks[1]
    left, right = (report(facts(3_006 + n, sentences), 9 + n) for n in range(2))
    assert shared(f"{left}\n{quoted}", f"{right[:150]}.\n{quoted}\n{right[150:]}") is None


@pytest.mark.parametrize("statement", [STATEMENT, STATEMENT.replace(". ", ".\n\n")], ids=["in one", "a block"])
@pytest.mark.parametrize("between", [" ", "\n\n"], ids=["in the line", "below"])
def test_statements_that_both_introduce_are_no_copy_without_marks(statement: str, between: str) -> None:
    left, right = (report(facts(3_006 + n, 20), 9 + n) for n in range(2))
    one, other = f"In Moscow the ministry wrote:{between}{statement}", f"The bulletin said:{between}{statement}"
    assert shared(f"{left}\n{one}", f"{right[:300]}.\n{other}\n{right[300:]}") is None
    assert shared(f"{left}\n{one}", f"{right[:300]}.\n{one}\n{right[300:]}") is not None, "who copies takes the words"


def test_a_statement_and_the_report_that_quotes_it_whole_share_text() -> None:
    right = report(facts(3_007, 20), 10)
    assert must_share(STATEMENT, f"{right[:300]}.\n“{STATEMENT}”\n{right[300:]}").relation == "excerpt"
    assert shared(f"“{STATEMENT}”", f"“{STATEMENT}” He said no more.") is not None


def test_two_sentences_with_a_name_in_common_are_no_passage() -> None:
    told = facts(3_030, 8)
    left = report(told, 1) + "\nFor three days there has been no bread on the market square of old Krupets."
    right = report(told, 1) + "\nOn the exchange the rouble lost a little when Krupets was named by two traders."
    found = must_share(left, right)
    assert all(passage.left_end <= left.index("For three") for passage in found.passages)
    statement = "“" + STATEMENT + "”"
    assert shared(
        "The market of Sudzha is empty, and its traders count the days without any bread. Nobody mends the line, which "
        f"lies in a ditch behind the school.\n{statement}",
        f"{statement}\nThe rouble fell a little, since gas is metered near Sudzha, a banker in Frankfurt said. Europe has "
        "stored enough for one winter, whatever comes of it.") is None


def test_statements_with_the_sentence_that_a_reporter_put_between_them_are_a_copy() -> None:
    sentences = report(facts(3_005, 6), 8).replace("\n", " ").split(". ")
    passage = f"“{'. '.join(sentences[:2])}.” {sentences[2]}. “{'. '.join(sentences[3:])}”"
    left, right = (report(facts(3_006 + n, 20), 9 + n) for n in range(2))
    assert must_share(f"{left}\n{passage}", f"{right[:300]}\n{passage}\n{right[300:]}").relation == "excerpt"


def test_a_post_that_both_embed_is_no_copy() -> None:
    post = report(facts(3_005, 6), 8).replace("\n", " ") + " — The President (@president_1) July 9, 2024"
    left, right = (report(facts(3_006 + n, 20), 9 + n) for n in range(2))
    assert shared(f"{left}\n{post}", f"{right[:300]}\n{post}\n{right[300:]}") is None


def test_furniture_of_a_site_is_no_copy() -> None:
    box = "\n".join(f"Every morning {n} the editors of the paper write a letter to all of their readers." for n in range(9))
    pages = [f"{report(facts(4_000 + n), n)}\n{box}" for n in range(20)]
    epoch = counted([read(page) for page in pages])
    assert shared(pages[0], pages[1], epoch=epoch) is None
    one, other = ("\n".join([*page.split("\n")[:5], box, *page.split("\n")[5:8]]) for page in pages[:2])
    assert shared(one, other, epoch=epoch) is None
    assert shared(one, other, epoch=shipped()) is not None, "which only counting can tell"


BOX = """All opinions in contributed pieces are those of their authors and not always shared by the publisher, which was
founded in 1998 and is owned by a foundation whose only aim is the support of independent local news. Readers who find
a mistake are asked to write to the editors, who will look into it within five working days and publish a correction
where one is due."""


@pytest.mark.parametrize("sentences", [3, 20], ids=["short texts", "long ones"])
@pytest.mark.parametrize("last", ["", " © 2024 The Paper of the North"])
def test_a_box_at_the_edge_of_both_that_names_nothing_of_either_is_no_copy(sentences: int, last: str) -> None:
    left, right = (report(facts(3_040 + n, sentences), 20 + n) for n in range(2))
    assert shared(f"{left}\n\n{BOX}", f"{right}\n\n{BOX}{last}", epoch=shipped()) is None
    assert shared(f"{BOX}\n\n{left}", f"{BOX}\n\n{right}", epoch=shipped()) is None


def test_the_last_paragraphs_of_a_text_are_found_below_another() -> None:
    source, host = report(facts(3_003), 6).split("\n"), report(facts(3_004, 40), 7)
    found = must_share("\n".join(source), "\n".join([host, *source[-3:]]), epoch=shipped())
    assert (found.relation, len(found.passages)) == ("excerpt", 1)
    assert must_share(BOX, f"{host}\n\n{BOX}", epoch=shipped()).relation == "excerpt", "where it is the text, it is one"


def test_identical_texts_are_so_whatever_they_are_made_of_and_stubs_are_no_witness() -> None:
    short = "Three people were killed on Friday when a shell hit a bus stop in Zvannoe, the acting governor wrote."
    assert shared("Two tanks.", "Two tanks.", identical=True) is None
    assert shared(short, short, identical=True) is None, "a passage of less than forty words"
    whole = report(facts(1), 1)
    found = must_share(whole, whole, identical=True)
    assert (found.relation, found.left_coverage, found.order, found.copied) == ("identical", 1.0, 1.0, 0.999)


@given(st.integers(0, 30), st.integers(0, 30), st.sampled_from(["en", "uk", None]), st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_same_is_found_whichever_text_is_given_first(one: int, other: int, language: str, is_cut: bool) -> None:
    left = report(facts(one % 3), one)
    right = report(facts(other % 3)[3 * is_cut:], other, language=language == "uk")
    found = shared(left, right, ("en", language))
    turned = shared(right, left, (language, "en"))
    assert (found.turned() if found else None) == turned


@pytest.mark.parametrize(("left", "right"), [
    ("", ""), ("", "text"), ("one", "one"), ("…", "—"), ("Kyiv.", "Київ."), ("1 2 3", "1 2 3"),
    ("He did not answer questions about it on Monday.", "He did not answer questions about it on Monday."),
])
def test_next_to_nothing_shares_nothing(left: str, right: str) -> None:
    assert shared(left, right) is None


TABLE = "\n".join(" ".join(str(n * m % 9_973) for m in range(1, 13)) for n in range(1, 400))


@pytest.mark.parametrize(("left", "right"), [
    pytest.param("word " * 200_000, "word " * 100_000, id="one word"),
    pytest.param("Sudzha 1943. " * 70_000, "Sudzha 1943. Kyiv. " * 50_000, id="two names over and over"),
    pytest.param(report(facts(1, 12_000), 1), report(facts(1, 12_000), 2), id="a megabyte in other words"),
    pytest.param(report(facts(1, 500), 1), report(facts(1, 500)[::-1], 2, language=1), id="500 posts, latest first"),
    pytest.param(TABLE * 20, TABLE * 21, id="a table of numbers"),
    pytest.param("乌军越过边界进入库尔斯克州。" * 20_000, "军越过边界进入库尔斯克州乌。" * 20_000, id="characters"),
    pytest.param("x" * 1_000_000, "x" * 1_000_000, id="one long word"),
])
def test_hostile_texts_end_in_time(left: str, right: str) -> None:
    started = time.process_time()
    shared(left, right, ("en", "uk"))
    assert time.process_time() - started < 12


def test_a_text_without_spaces_is_compared_by_its_characters() -> None:
    chance = random.Random(7)
    text = "".join(chr(chance.randrange(0x4E00, 0x9000)) + ("。" if n % 20 == 19 else "") for n in range(400))
    assert must_share(text, "甲乙丙丁" + text[:205] + "乙" + text[205:], ("zh", "zh")).relation == "near-duplicate"


def found_in(words: int, left: float, right: float, relation: Relation = "near-duplicate") -> Reuse:
    passage = Passage(left_start=0, left_end=9, right_start=0, right_end=9, words=words)
    return Reuse(relation=relation, passages=(passage,), left_coverage=left, right_coverage=right, order=1.0)


def test_pages_of_one_site_need_more_in_common() -> None:
    assert is_link(found_in(50, 0.1, 0.1), same_site=False)
    assert not is_link(found_in(50, 0.1, 0.1), same_site=True)
    assert not is_link(found_in(50, 0.9, 0.9), same_site=True)
    assert is_link(found_in(90, 0.9, 0.1), same_site=True)
    assert is_link(found_in(10, 1.0, 1.0, "identical"), same_site=True)
