"""Relevance: the rule on small topics, and its quality on 1,755 labelled titles with their first sentences.

How labelled.jsonl was made, all of it by hand:

- 120 examples in five languages of an earlier round, whose errors have been looked at: all of them "tuning".
- 355 in seven languages, each with a day of publication, written and labelled before the rule as it is now ran on any,
  and frozen then. Where the first byte of the SHA-256 of title and lead, modulo 5, is under 3, an example is "held-out"
  (210), else "tuning" (145).
- 88 more "tuning" ones, most of them very hard (no place is named), written when the errors of the tuning part were used
  up.

The terms and the rule were settled by the errors of the tuning part. Of the held-out part nothing but the figures by
language was printed, a dozen times in all; its examples have the same author as the terms, so it measures wording that was
not tuned on, not another mind. An example that is added later belongs to "tuning".

A second held-out part: 60 Ukrainian and 40 Russian ones, written when rule and terms were settled and before their writer
read the terms. Judged once as they were: precision 1.00, recall .889. Those with an even first byte then became "tuning"
(48, of which one was wrong); of the others (52) the figures alone were seen, before and after the Ukrainian and Russian
terms were completed by each other and five settlements were added.

Then 205 more "tuning" ones in seven languages, nine in ten hard, by whose errors terms that stand together were added, and
a third held-out part: 117 in seven languages (89 hard), written when these were settled, by one who knew them, and judged
once: precision .923, recall .800. Its errors were seen, so it cannot be judged again once they are mended.

A fourth held-out part: 150 in seven languages (75 hard), written by one who had seen neither the terms nor the other
texts, and judged as the rule was: precision .973, recall .947. Of its errors nobody saw more than their number.

Then 500 by two more such writers, half of them hard. Both halves were judged as the rule was: 280 of the one (.947 and
.899), 220 of the other (.925 and .900). By the errors of the 280 the terms were completed by kinds, in all languages, and
the rule learned to ask for a third term; they are "tuning" now, none of their labels was dropped. So are 120 more, written
meanwhile to try what had been added. The 220 are the fifth held-out part: judged once more at the end, precision .936,
recall .927, which is short of .98. Of its errors nobody saw more than their number by language.
"""

import hashlib
import json
import re
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.model import Relevance
from archive.topic import load_topic, parse_topic
from pipeline.relevance import Matcher, matcher_of, relevance

LABELLED = Path(__file__).parent / "relevance" / "labelled.jsonl"
LEAST = {"tuning": (0.99, 0.96), "held-out": (0.98, 0.98), "second held-out": (0.98, 0.96),
         "third held-out": (0.98, 0.98), "fourth held-out": (0.98, 0.94),
         "fifth held-out": (0.93, 0.92)}  # precision and recall
MOST_SECONDS = 0.015  # of the processor: some five times what 1,000 words take (2 to 3 ms on a busy machine)

SMALL = parse_topic(
    """
    name = "small"
    title = "Small"
    contact = "mailto:me@small.example"
    languages = ["en", "ru"]
    from = 2024-08-06
    to = 2025-04-30
    [keywords.en]
    must = ["Kursk region", "in Kursk", "incursion*"]
    likely = ["Kursk governor"]
    any = ["troops", "border", "drones", "shelling", "evacuation", "bridge"]
    never = ["1943", "born in Kursk"]
    [[keywords.en.together]]
    one = ["tanks", "conscript*"]
    other = ["Russian soil", "across the line", "FSB"]
    without = ["parade*"]
    [keywords.en.groups]
    men = ["Kyiv's men", "paratrooper*"]
    [[keywords.en.together]]
    one = ["@men", "marines"]
    other = ["crossed", "broke through"]
    also = ["frontier", "customs post*"]
    without = ["smuggl*"]
    [keywords.uk]
    must = ["Курськ* област*"]
    [keywords.ru]
    must = ["Курск* област*"]
    any = ["КТО", "КАБ*"]
    never = ["Курск* битв*"]
    [[gazetteer]]
    name = "Sudzha"
    kind = "place"
    decides = true
    spellings = { en = ["Sudzha"], uk = ["Суджа"], pl = ["Sudż*"] }
    misspellings = ["Judge"]
    [[gazetteer]]
    name = "Korenevo"
    kind = "place"
    decides = true
    spellings = { ru = ["Коренево"] }
    [[gazetteer]]
    name = "Malaya Loknya"
    kind = "place"
    decides = true
    spellings = { uk = ["Мала Локня"], ru = ["Малая Локня"] }
    [[gazetteer]]
    name = "Martynovka"
    kind = "place"
    decides = true
    spellings = { uk = ["Мартинівка"], ru = ["Мартыновка"] }
    [[gazetteer]]
    name = "Tetkino"
    kind = "place"
    decides = true
    spellings = { ru = ["Тёткино"] }
    [[gazetteer]]
    name = "Seim"
    kind = "place"
    likely = true
    spellings = { en = ["Seim"], ru = ["Сейм"] }
    [[gazetteer]]
    name = "Rylsk"
    kind = "place"
    decides = true
    spellings = { uk = ["Рильськ"], ru = ["Рыльск"] }
    [[gazetteer]]
    name = "Pogrebki"
    kind = "place"
    decides = true
    spellings = { ru = ["Погребки"] }
    [[gazetteer]]
    name = "Korean troops"
    kind = "organisation"
    likely = true
    spellings = { en = ["Korean soldiers"] }
    [[gazetteer]]
    name = "Sumy"
    kind = "place"
    spellings = { ru = ["Сумы"] }
    [[gazetteer]]
    name = "Syrskyi"
    kind = "person"
    spellings = { en = ["Syrskyi"], uk = ["Сирський"], ru = ["Сырский"] }
    """,
    path="small.toml",
)


@pytest.fixture(scope="module")
def small() -> Matcher:
    return matcher_of(SMALL)


@pytest.fixture(scope="module")
def kursk() -> Matcher:
    return matcher_of(load_topic("kursk"))


@pytest.mark.parametrize(
    ("title", "body", "language", "terms"),
    [
        pytest.param("Sudzha", "", "en", ["+6 Sudzha (place, decides, title)"], id="the title counts twice"),
        pytest.param("", "Sudzha. Sudzha!", "en", ["+3 Sudzha (place, decides)"], id="a term counts once"),
        pytest.param(
            "Sudzha", "Судже", "en", ["+6 Sudzha (place, decides, title)"], id="a name is one in all languages"
        ),
        pytest.param("", "In KURSK", "en", ["+3 In KURSK = in Kursk (must)"], id="in any case"),
        pytest.param("", "Incursions", "en", ["+3 Incursions = incursion* (must)"], id="a star is any ending"),
        pytest.param("", "born in Kursk", "en", ["-4 born in Kursk (never)"], id="the longest term that begins first"),
        pytest.param("1943", "", "en", ["-4 1943 (never, title)"], id="never once, in the title too"),
        pytest.param("", "Judge Smith", "en", ["+1 Judge = Sudzha (place, name)"], id="a misspelling does not decide"),
        pytest.param("", "a judge", "en", [], id="a name has a capital"),
        pytest.param("", "Sudzhansk", "en", [], id="a Latin name has no endings"),
        pytest.param("", "Курская область", "en", [], id="keywords are those of the language"),
        pytest.param(
            "", "Курская область", None, ["+3 Курская область = Курск* област* (must)"], id="language unknown"
        ),
        pytest.param(
            "", "Курская область", "pt", ["+3 Курская область = Курск* област* (must)"], id="language not listed"
        ),
        pytest.param("", "Kursk-region", "en", ["+3 Kursk-region = Kursk region (must)"], id="a hyphen for a blank"),
        pytest.param("", "«Kursk» region", "en", ["+3 Kursk region (must)"], id="quotation marks are passed over"),
        pytest.param("Kursk governor", "", "en", ["+4 Kursk governor (likely, title)"], id="a likely term counts two"),
        pytest.param("", "Kursk  \u00a0region", "en", ["+3 Kursk region (must)"], id="blanks of any kind"),
    ],
)
def test_terms(small: Matcher, title: str, body: str, language: str | None, terms: list[str]) -> None:
    assert list(relevance(title, [body], language, small).terms) == terms


@pytest.mark.parametrize(
    "form",
    [
        *("Суджа", "Суджи", "Судже", "Суджу", "Суджей", "Суджею", "Суджі", "СУДЖА", "Су\u0301джа"),
        *("Sudża", "Sudży", "Sudżę"),
        *("Коренево", "Кореневе", "Кореневом", "Кореневому"),
        *("Мала Локня", "Малої Локні", "Малій Локні", "Малу Локню", "Малою Локнею", "Малой Локни", "Малая Локня"),
        *("Мартинівка", "Мартинівці", "Мартинівки", "Мартыновке", "Мартыновкой"),
        *("Теткино", "Тёткино", "Тёткина"),
        *("Рильськ", "Рильська", "Рильську", "Рильськом", "Рыльске", "Рыльска", "Погребков", "Погребках"),
        *("Курської області", "Курською областю", "Курській області", "Курскую область", "Курской области"),
    ],
)
def test_an_inflected_form_decides(small: Matcher, form: str) -> None:
    assert relevance("", [f"Бої тривають: {form}, повідомили очевидці."], None, small).on_topic


@pytest.mark.parametrize(
    "other",
    ["Суд", "Судья", "суджа", "Коренева", "Мартынова", "Сумма", "Малая", "Локня", "Курская битва", "Курск",
     "Суджич", "Рильського", "Рильський", "Рыльский"],
)
def test_a_word_that_is_only_alike_does_not_decide(small: Matcher, other: str) -> None:
    assert not relevance("", [f"Повідомили: {other}, сказано."], None, small).on_topic


def test_support_alone_does_not_put_a_text_on_the_topic(small: Matcher) -> None:
    result = relevance("Troops at the border", ["Drones, shelling, evacuation; a bridge. Syrskyi spoke."], "en", small)
    assert (result.score, result.on_topic) == (4.0, False)
    assert result.terms[-1] == "-5 (any terms and names count 4 at most)"


def test_a_phrase_does_not_cross_paragraphs(small: Matcher) -> None:
    assert relevance("Kursk", ["region", "Kursk", "region"], "en", small).terms == ()


words = st.lists(
    st.sampled_from(["Sudzha", "Суджу", "in", "Kursk", "region", "1943", "troops", "border", "Judge", "Сирського"]),
    max_size=30,
)


@given(title=words, body=st.lists(words, max_size=4))
def test_the_numbers_of_the_terms_add_up_to_the_score(small: Matcher, title: list[str], body: list[list[str]]) -> None:
    result = relevance(" ".join(title), [" ".join(paragraph) for paragraph in body], "en", small)
    assert sum(int(term.split(" ")[0]) for term in result.terms) == result.score


@given(body=st.lists(words, max_size=4).flatmap(lambda body: st.tuples(st.just(body), st.permutations(body))))
def test_the_order_of_paragraphs_does_not_matter(small: Matcher, body: tuple[list[list[str]], list[list[str]]]) -> None:
    one, other = (relevance("", [" ".join(words) for words in paragraphs], "en", small) for paragraphs in body)
    assert (one.score, one.on_topic) == (other.score, other.on_topic)


@given(title=st.text(), body=st.lists(st.text(), max_size=3), language=st.sampled_from([None, "en", "uk", "xx"]))
def test_any_text_has_a_relevance(small: Matcher, title: str, body: list[str], language: str | None) -> None:
    result = relevance(title, body, language, small)
    assert result == relevance(title, body, language, matcher_of(SMALL))
    assert isinstance(result, Relevance)


@pytest.mark.parametrize(
    ("title", "body", "expected"),
    [
        pytest.param("The Seim in spring", "Anglers like it.", False, id="a likely name alone"),
        pytest.param("A bridge over the Seim", "", True, id="with a word of the subject"),
        pytest.param("", "Troops at a bridge over the Seim.", True, id="in the text, with two"),
        pytest.param("", "A bridge over the Seim.", False, id="in the text, with one"),
        pytest.param("The Seim flows past Сумы", "", False, id="a place does not vouch for another"),
        pytest.param("Kursk governor at the Seim", "", False, id="nor a likely term for another"),
        pytest.param("Syrskyi at the Seim", "", True, id="a person does"),
        pytest.param("Korean soldiers on parade", "", False, id="an organisation not for itself"),
        pytest.param("Korean soldiers near the Seim", "", True, id="but for a place"),
        pytest.param("A bridge over the Seim, 1943", "", False, id="a never term weighs against it"),
    ],
)
def test_a_likely_term_needs_a_voucher(small: Matcher, title: str, body: str, expected: bool) -> None:
    assert relevance(title, [body], None, small).on_topic is expected


FAR = " ".join(["word"] * 21)


@pytest.mark.parametrize(
    ("title", "body", "terms", "expected"),
    [
        pytest.param("", "Tanks stood on Russian soil.",
                     ["+3 Tanks … Russian soil = tanks … Russian soil (together)"], True, id="one before the other"),
        pytest.param("", "On Russian soil stood tanks.",
                     ["+3 Russian soil … tanks = tanks … Russian soil (together)"], True, id="or behind it"),
        pytest.param("Conscripts on Russian soil", "Tanks across the line.",
                     ["+6 Conscripts … Russian soil = tanks … Russian soil (together, title)"], True, id="once, in the title"),
        pytest.param("Conscripts lost", "Their mothers wait across the line.",
                     ["+3 Conscripts … across the line = tanks … Russian soil (together)"], True, id="headline and lead"),
        pytest.param("", "Tanks, tanks and conscripts.", [], False, id="two of one side"),
        pytest.param("", f"Tanks {FAR} Russian soil.", [], False, id="too far apart"),
        pytest.param("", f"Tanks {FAR} Russian soil. Conscripts there.",
                     ["+3 Russian soil … Conscripts = tanks … Russian soil (together)"], True, id="the nearest counts"),
        pytest.param("", "Tanks on Russian soil, 1943", ["+3 Tanks … Russian soil = tanks … Russian soil (together)",
                                                        "-4 1943 (never)"], False, id="a never term weighs against it"),
        pytest.param("Parade", "Tanks on Russian soil.", [], False, id="not beside what rules them out"),
        pytest.param("", "Tanks parade on Russian soil.", [], False, id="nor around it"),
        pytest.param("Parade", f"{FAR} Tanks on Russian soil.",
                     ["+3 Tanks … Russian soil = tanks … Russian soil (together)"], True, id="which is far"),
        pytest.param("", "Tanks of the fsb.", [], False, id="what is capitals is met in capitals"),
        pytest.param("", "Tanks of the FSB.", ["+3 Tanks … FSB = tanks … Russian soil (together)"], True, id="there"),
    ],
)
def test_terms_that_stand_together_decide(
    small: Matcher, title: str, body: str, terms: list[str], expected: bool
) -> None:
    result = relevance(title, [body], "en", small)
    assert (list(result.terms), result.on_topic) == (terms, expected)


@pytest.mark.parametrize(
    ("body", "terms"),
    [
        pytest.param("Kyiv's men crossed the frontier.",
                     ["+3 Kyiv's men … crossed = Kyiv's men … crossed … frontier (together)"], id="all three"),
        pytest.param("At the frontier the paratroopers broke through.",
                     ["+3 paratroopers … broke through = Kyiv's men … crossed … frontier (together)"], id="in any order"),
        pytest.param("The marines crossed the river.", [], id="not without the third"),
        pytest.param("The paratroopers slept at the frontier.", [], id="nor with the third alone"),
        pytest.param(f"The marines crossed it. {FAR} The frontier.", [], id="nor where it is far"),
        pytest.param("Smugglers fled as marines crossed the frontier.", [], id="nor beside what rules them out"),
    ],
)
def test_terms_that_stand_together_may_ask_for_a_third(small: Matcher, body: str, terms: list[str]) -> None:
    assert list(relevance("", [body], "en", small).terms) == terms


def test_two_pairs_that_begin_alike_are_two() -> None:
    pairs = (f'[[keywords.en.together]]\none = ["tanks"]\nother = ["river"]\nwithout = ["{word}"]'
             for word in ("drill", "film"))
    topic = parse_topic(
        'name = "two"\ntitle = "Two"\ncontact = "mailto:me@small.example"\nlanguages = ["en"]\nfrom = 2024-08-06\n'
        'to = 2025-04-30\n[keywords.en]\nmust = ["front"]\n' + "\n".join(pairs), path="two.toml")
    assert len(relevance("", ["A drill: tanks at the river."], "en", matcher_of(topic)).terms) == 1


@pytest.mark.parametrize("form", ["Sudzhi", "Sudzhoy", "Sudscha", "Maloj Lokni", "Mala Loknia", "Malaja Loknja", "Rilsk", "Rylska"])
def test_a_place_in_the_latin_letters_of_a_repost_decides(small: Matcher, form: str) -> None:
    assert relevance("", [f"Bei {form} wird gekämpft."], "de", small).on_topic is (form not in ("Rilsk", "Rylska"))


def test_terms_that_stand_together_are_those_of_the_language(small: Matcher) -> None:
    assert not relevance("Tanks on Russian soil", [], "ru", small).terms
    assert relevance("Tanks on Russian soil", [], None, small).on_topic


@pytest.mark.parametrize(("text", "is_met"), [("Кто там?", False), ("режим КТО", True), ("кабинет", False), ("КАБы", True)])
def test_a_keyword_of_capitals_is_no_other_word(small: Matcher, text: str, is_met: bool) -> None:
    assert bool(relevance("", [text], "ru", small).terms) is is_met


def test_many_terms_that_never_meet_are_compared_in_bounded_time(small: Matcher) -> None:
    start = time.process_time()
    relevance("", [f"{'tanks ' * 100_000}{FAR}{' FSB' * 100_000}"], "en", small)
    assert time.process_time() - start < 5


def day(text: str) -> tuple[datetime, datetime]:
    """A day whose zone is not known."""
    start = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return start - timedelta(hours=14), start + timedelta(hours=36)


@pytest.mark.parametrize(
    ("title", "published", "expected", "said"),
    [
        pytest.param("Sudzha", "2024-08-10", True, "", id="a name decides within the days"),
        pytest.param("Sudzha", "2024-08-05", True, "", id="and where it may have been the first day"),
        pytest.param("Sudzha", "2025-05-01", True, "", id="or the last"),
        pytest.param("Sudzha", "2019-12-30", False, "before", id="not before"),
        pytest.param("Incursion", "2019-12-30", False, "before", id="nor does a must term"),
        pytest.param("Sudzha", "2026-05-12", False, "after", id="nor a name after"),
        pytest.param("Troops at the Seim", "2026-05-12", False, "after", id="nor a likely one"),
        pytest.param("Tanks on Russian soil", "2026-05-12", False, "after", id="nor two together"),
        pytest.param("A year after the incursion", "2026-05-12", True, "after", id="a must term does"),
    ],
)
def test_the_day_of_publication_is_part_of_the_decision(
    small: Matcher, title: str, published: str, expected: bool, said: str
) -> None:
    result = relevance(title, [], "en", small, dated=day(published))
    assert result.on_topic is expected
    assert sum(int(term.split(" ")[0]) for term in result.terms) == result.score
    dates = [term for term in result.terms if term.endswith("(date)")]
    assert all(said in term for term in dates)
    assert len(dates) == bool(said)


def test_a_term_of_another_language_hides_none_of_the_text_s_own() -> None:
    topic = parse_topic(
        """
        name = "two"
        title = "Two"
        contact = "mailto:me@small.example"
        languages = ["en", "pl"]
        from = 2024-08-06
        to = 2025-04-30
        keywords.en = { must = ["front"], never = ["Wehrmacht"] }
        keywords.pl = { must = ["front"], any = ["Wehrmacht*"] }
        """,
        path="two.toml",
    )
    assert relevance("", ["Wehrmacht"], "en", matcher_of(topic)).terms == ("-4 Wehrmacht (never)",)


@pytest.mark.parametrize(("language", "form"), [
    ("en", "Sudzha"), ("en", "Sverdlikovo"), ("en", "Korenevo"), ("uk", "біля Суджі"), ("uk", "у Свердликовому"),
    ("uk", "під Кореневим"), ("ru", "в Судже"), ("ru", "под Свердликовом"), ("ru", "в Коренево"), ("it", "Sudzha"),
    ("es", "Korenevo"), ("de", "Sudscha"), ("fr", "Soudja"),
])
def test_a_text_that_names_one_village_alone_is_on_the_topic_in_its_days(
    kursk: Matcher, language: str, form: str
) -> None:
    for title, body in ((form, "."), (".", f"… {form}, 12.08.")):
        assert relevance(title, [body], language, kursk, dated=day("2024-08-12")).on_topic, (title, body)
        assert not relevance(title, [body], language, kursk, dated=day("2019-08-12")).on_topic


@pytest.mark.parametrize(("language", "title"), [
    ("en", "The battle of Kursk, 1943: tanks, soldiers and a Ukrainian front"), ("uk", "Курська битва: танки і солдати 1943 року"),
    ("ru", "Курская дуга: бои 1943 года и украинские фронты"), ("en", "The submarine Kursk and its dead"),
    ("uk", "Підводний човен «Курськ»: солдати й матроси"), ("ru", "Подводная лодка «Курск»: бойцы вспоминают"),
    ("en", "Kursk magnetic anomaly: ore near the front"), ("uk", "Курська магнітна аномалія"),
    ("ru", "Курская магнитная аномалия"), ("en", "Kursk football club attacks again"), ("ru", "Футбол: «Авангард» Курск атакует"),
    ("uk", "Футбол: «Авангард» з Курська в наступі"), ("it", "Il sottomarino Kursk"), ("de", "Das U-Boot Kursk"),
    ("fr", "Le sous-marin Koursk"), ("es", "El submarino Kursk"),
])
def test_what_else_is_called_kursk_is_off_the_topic_in_its_days(kursk: Matcher, language: str, title: str) -> None:
    assert not relevance(title, [], language, kursk, dated=day("2024-08-12")).on_topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    part: str
    language: str
    on_topic: bool
    hard: bool
    why: str
    published: str | None
    title: str
    lead: str


def examples() -> list[Example]:
    return [Example(**json.loads(line)) for line in LABELLED.read_text(encoding="utf-8").splitlines()]


def test_the_labelled_set_is_what_it_says_it_is() -> None:
    found = examples()
    assert len(found) >= 1_755
    assert sum(example.hard for example in found) >= len(found) / 2
    assert {example.language for example in found} == {"en", "uk", "ru", "it", "es", "de", "fr"}
    held_out = [example for example in found if example.part == "held-out"]
    assert len(held_out) == 210, "an example may be moved to the tuning part, never to the other"
    for example in held_out:
        first_byte = hashlib.sha256(f"{example.title}\n{example.lead}".encode()).digest()[0]
        assert first_byte % 5 < 3
    second = [example for example in found if example.part == "second held-out"]
    assert len(second) == 52, "an example may be moved to the tuning part, never to the other"
    third = [example for example in found if example.part == "third held-out"]
    assert len(third) == 117, "an example may be moved to the tuning part, never to the other"
    assert sum(example.part == "fourth held-out" for example in found) == 150
    assert sum(example.part == "fifth held-out" for example in found) == 220


def judged(example: Example, matcher: Matcher) -> Relevance:
    dated = day(example.published) if example.published else None
    return relevance(example.title, [example.lead], example.language, matcher, dated=dated)


@pytest.mark.parametrize("part", LEAST)
def test_relevance_is_right_on_the_labelled_set(kursk: Matcher, part: str) -> None:
    decided = [(example, judged(example, kursk)) for example in examples() if example.part == part]
    for language in ("", *sorted({example.language for example, _ in decided})):
        counts = Counter(
            (example.on_topic, result.on_topic) for example, result in decided if language in ("", example.language)
        )
        precision = counts[True, True] / (counts[True, True] + counts[False, True])
        recall = counts[True, True] / (counts[True, True] + counts[True, False])
        print(f"relevance, {part} {language or 'all'}: precision {precision:.3f}, recall {recall:.3f}, {counts.total()}")
        if not language:
            assert precision >= LEAST[part][0]
            assert recall >= LEAST[part][1]


@pytest.mark.parametrize("language", ["en", "uk", "ru", "it", "es"])
def test_a_thousand_words_are_judged_fast(kursk: Matcher, language: str) -> None:
    leads = " ".join(example.lead for example in examples() if example.language == language)
    thousand = (re.findall(r"\S+", leads) * 10)[:1000]
    paragraphs = [" ".join(thousand[start : start + 50]) for start in range(0, 1000, 50)]
    seconds = []
    for _ in range(5):
        start = time.process_time()
        relevance("", paragraphs, language, kursk)
        seconds.append(time.process_time() - start)
    assert min(seconds) < MOST_SECONDS
