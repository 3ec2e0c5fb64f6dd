"""Relevance: the rule on small topics, and its quality on 120 labelled titles with their first sentences.

How labelled.jsonl was made: all 120 were written by hand, in five languages, half of them hard, before the rule ran on
any. A title whose SHA-256 begins with an odd byte is "held-out", the others are "tuned". The topic file and the weights
were settled by looking at the errors of the tuned half alone (two at first: `never` terms no longer count twice in a
title); then the held-out half was run once, and no keyword or weight was changed after. Measured so: tuned 1.00 precision, 1.00
recall; held-out 1.00 precision, 0.95 recall (21 of 22: the battle named in the title and 1943 in the lead outweigh the
news). An example that is added later belongs to "tuned", if anybody has looked at it.
"""

import hashlib
import json
import re
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.model import Relevance
from archive.topic import load_topic, parse_topic
from pipeline.relevance import Matcher, matcher_of, relevance

LABELLED = Path(__file__).parent / "relevance" / "labelled.jsonl"
LEAST_PRECISION = LEAST_RECALL = 0.95
MOST_SECONDS = 0.01  # ten times what 1,000 words take (0.3 to 0.7 ms), so that a busy machine does not fail the test

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
    any = ["troops", "border", "drones", "shelling", "evacuation", "bridge"]
    never = ["1943", "born in Kursk"]
    [keywords.uk]
    must = ["Курськ* област*"]
    [keywords.ru]
    must = ["Курск* област*"]
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
        *("Курської області", "Курською областю", "Курській області", "Курскую область", "Курской области"),
    ],
)
def test_an_inflected_form_decides(small: Matcher, form: str) -> None:
    assert relevance("", [f"Бої тривають: {form}, повідомили очевидці."], None, small).on_topic


@pytest.mark.parametrize(
    "other",
    ["Суд", "Судья", "суджа", "Коренева", "Мартынова", "Сумма", "Малая", "Локня", "Курская битва", "Курск"],
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    half: str
    language: str
    on_topic: bool
    hard: bool
    why: str
    title: str
    lead: str


def examples() -> list[Example]:
    return [Example(**json.loads(line)) for line in LABELLED.read_text(encoding="utf-8").splitlines()]


def test_the_labelled_set_is_what_it_says_it_is() -> None:
    found = examples()
    assert len(found) == 120
    assert sum(example.hard for example in found) == 60
    assert {example.language for example in found} == {"en", "uk", "ru", "it", "es"}
    for example in found:
        is_odd = hashlib.sha256(example.title.encode()).digest()[0] % 2 == 1
        assert example.half == "tuned" or is_odd, "an example may be moved to the tuned half, never to the other"


@pytest.mark.parametrize("half", ["tuned", "held-out"])
def test_relevance_is_right_on_the_labelled_set(kursk: Matcher, half: str) -> None:
    judged = [
        (example, relevance(example.title, [example.lead], example.language, kursk))
        for example in examples()
        if example.half == half
    ]
    right = sum(example.on_topic and result.on_topic for example, result in judged)
    precision = right / sum(result.on_topic for _, result in judged)
    recall = right / sum(example.on_topic for example, _ in judged)
    print(f"relevance, {half}: precision {precision:.2f}, recall {recall:.2f}")
    wrong = [(example.title, result.terms) for example, result in judged if example.on_topic != result.on_topic]
    assert precision >= LEAST_PRECISION, wrong
    assert recall >= LEAST_RECALL, wrong


@pytest.mark.parametrize("language", ["en", "uk", "ru", "it", "es"])
def test_a_thousand_words_are_judged_fast(kursk: Matcher, language: str) -> None:
    leads = " ".join(example.lead for example in examples() if example.language == language)
    thousand = (re.findall(r"\S+", leads) * 10)[:1000]
    paragraphs = [" ".join(thousand[start : start + 50]) for start in range(0, 1000, 50)]
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        relevance("", paragraphs, language, kursk)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < MOST_SECONDS
