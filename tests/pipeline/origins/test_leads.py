"""What a text says of its own source where that is not held. The spun text is an imitation that was written for this test."""

from datetime import date
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.model import Days
from archive.topic import load_topic
from crawlers.archives import gdelt
from pipeline.origins.known_outlets import outlets_in
from pipeline.origins.language_traces import by_way_of, came_through, traces
from pipeline.origins.leads import Leads, as_json, leads, lines, subject_of
from pipeline.origins.queries import rarest

TOPIC = load_topic("kursk")
PERIOD = Days(first=TOPIC.start, last=TOPIC.end)
TITLE = "What must be known while Moscow resumes the Kursk lands"
SPUN = (
    "The Kremlin’s soldiers seemed near on Friday to throw the last Ukrainian units out of the Kursk Russia region, taken "
    "by surprise last year.",
    "The advance has run since Washington closed the tap of weapons on March 3. The deliveries are back this week, after "
    "Kiev said yes to an American idea of a ceased 30 days.",
    "Thursday the Russian leader insisted on the fact that the idea has merits, but many things are to be discussed.",
    "For months the defenders of the Ucraine’s Sumy border dug, because an attack on the vast scale was feared there, until "
    "they crossed it themselves last summer.",
    "“We wanted them to look behind their own backs for once”, a captain of the brigade, Taras Melnychuk, told the New York "
    "Times, to lighten the pressure and damage the enemy’s morality.",
    "The largest town that was taken was Southzha, which had 5,812 inhabitants. Its North Korean guests, an alloa of Moscow, "
    "were said to be 10,940 soldiers, and for a certain period left the first line.",
    "Wednesday evening General Oleksandr Syrsky denied any encirclement.",
    "Olena Hrytsak AND Peter Quillfeather Contributed relationships.",
)


def read(*paragraphs: str, title: str | None = None, language: str | None = "en", **known: str) -> Leads:
    return leads(title, paragraphs, language, gazetteer=TOPIC.gazetteer, outlets=known, period=PERIOD,
                 subject=subject_of(TOPIC.keywords, language), known=TOPIC.events)


@pytest.fixture(scope="module")
def spun() -> Leads:
    return read(*SPUN, title=TITLE)


def test_the_contributors_are_named_with_the_line_that_names_them(spun: Leads) -> None:
    assert [person.name for person in spun.contributors] == ["Olena Hrytsak", "Peter Quillfeather"]
    assert {person.line for person in spun.contributors} == {SPUN[-1]}


def test_the_outlet_that_was_told_something_is_a_candidate(spun: Leads) -> None:
    assert spun.candidates == ("New York Times",)
    assert "told the New York Times" in spun.outlets[0].phrase
    assert any(query.startswith("site:nytimes.com ") for query in spun.searches)


def test_the_days_of_writing_are_fridays_in_mid_march(spun: Leads) -> None:
    assert spun.window is not None
    assert (spun.window.first, spun.window.last) == (date(2025, 3, 11), date(2025, 4, 30))
    assert spun.window.days == (date(2025, 3, 14), date(2025, 3, 21))
    assert spun.window.phrases == ("last year", "March 3", "the proposal of a ceasefire of 30 days", "Friday")


def test_it_came_through_italian_and_every_reason_is_told(spun: Leads) -> None:
    assert spun.through == "it"
    told = " ".join(spun.reasons)
    for word in ("“Ucraine”", "“Southzha”", "“on the vast scale”", "“Contributed relationships”", "“alloa”"):
        assert word in told
    assert {trace.kind for trace in spun.traces} >= {"exonym", "garbled name", "calque", "article", "order"}


def test_queries_have_the_rarest_names_numbers_and_quotations_rightly_spelled(spun: Leads) -> None:
    assert {"Taras Melnychuk", "Oleksandr Syrsky", "Sudzha"} <= set(spun.rarest.names)
    assert not {"Southzha", "Ucraine", "New York Times", "Thursday", "American", "North Korean"} & set(spun.rarest.names)
    assert spun.rarest.numbers == ("10,940 soldiers", "5,812 inhabitants")
    assert '"Olena Hrytsak" "Peter Quillfeather"' in spun.searches
    assert '"We wanted them to look behind their own backs for once"' in spun.searches
    assert '(Syrskyi OR Syrsky OR Syrskyy OR Syrskiy) "Taras Melnychuk" Kursk' in spun.gdelt
    assert all(len(query) <= gdelt.LONGEST_QUERY for query in spun.gdelt)


def test_leads_are_told_to_people_and_machines(spun: Leads) -> None:
    told = "\n".join(lines(spun))
    assert "came through Italian" in told
    assert "perhaps Friday 2025-03-14" in told
    assert "source?      New York Times" in told
    assert as_json(spun)["came_through"] == "it"
    assert "stolen" not in told
    assert "original" not in told


PLAIN = "Ukraine said on Friday that its troops had left Sudzha, a town of 5,000 people in Russia’s Kursk region."


def test_a_text_without_traces_came_through_no_language(spun: Leads) -> None:
    found = read(PLAIN)
    assert (found.through, found.reasons, found.traces, found.contributors) == ("unknown", (), (), ())


@pytest.mark.parametrize(("text", "kind", "languages"), [
    ("They spoke of Corea again.", "exonym", {"it", "es"}), ("Troops left Sudscha.", "spelling", {"de"}),
    ("They marched allora on.", "word", {"it"}), ("The слово came.", "word", {"ru", "uk"}),
    ("A preparativos list.", "", set()), ("The ingérence goes on.", "word", {"fr", "es"}),
    ("The seguridad of all.", "word", {"es"}), ("He said “dove vai allora secondo”.", "", set()),
    ("A café with naïve façades.", "", set()), ("Thе war", "", set()), ("the the war", "article", set()),
])
def test_traces(text: str, kind: str, languages: set[str]) -> None:
    found = traces(text, "en", TOPIC.gazetteer)
    assert [one.kind for one in found] == ([kind] if kind else [])
    assert {tongue for one in found for tongue in one.languages} == languages


@pytest.mark.parametrize(("language", "text"), [
    ("pt", "O primeiro-ministro está em Londres desde segunda-feira, mas a ponte está fechada. A Rússia não respondeu."),
    ("es", "El presidente está en Londres desde el lunes, según el segundo comunicado. Moscú habla con Ucrania."),
    ("fr", "Il est à Londres depuis lundi, mais Moscou et Kiev se taisent. Les deux étaient dans la salle."),
    ("gl", "O ministro está en Londres desde o luns, segundo dixo, pero a ponte está pechada desde a mañá."),
    ("it", "È stato a Londra, secondo Mosca, e allora anche Kiev si è mossa."),
])
def test_a_language_leaves_no_traces_of_its_neighbours_in_itself(language: str, text: str) -> None:
    assert traces(text, language, ()) == []
    assert by_way_of(text, "The minister has been there since Monday.", language) == "unknown"


def test_the_way_between_two_texts_leaves_what_the_exemplar_does_not_have() -> None:
    text = "\n".join(SPUN)
    assert by_way_of(text, "", "en") == "it"
    assert by_way_of(text, text, "en") == "unknown"
    assert by_way_of("The seguridad of all, an ingérence and a sophistiqués.", "", "en") == "unknown", "words alone"


def test_one_trace_names_no_language() -> None:
    assert came_through(traces("An attack on the vast scale.", "en", ())) == ("unknown", ())


@pytest.mark.parametrize(("text", "outlet", "is_source"), [
    ("An aide told the BBC that it was over.", "BBC", True), ("Le Monde rapporte que Soudja est tombée.", "Le Monde", True),
    ("It hung beside the Guardian.", None, False), ("The Guardian reported it first.", "The Guardian", True),
    ("The Fox News host spoke.", "Fox News", False), ("Їх відступ, як пише Українська правда, почався.", "Українська правда", True),
    ("An officer told the Fen Courier so.", "Fen Courier", True), ("See https://www.bbc.com/CNN/x.", None, False),
])
def test_outlets_that_are_mentioned(text: str, outlet: str | None, is_source: bool) -> None:
    found = outlets_in(text, {"Fen Courier": "courier.example"})
    assert [(one.outlet, one.is_source) for one in found] == ([(outlet, is_source)] if outlet else [])


@pytest.mark.parametrize(("line", "names"), [
    ("Reporting by Jane Roe in Kyiv and John Doe; Editing by Ann Other", ["Jane Roe", "John Doe", "Ann Other"]),
    ("Hanno contribuito Maria Rossi e Luca Bianchi", ["Maria Rossi", "Luca Bianchi"]),
    ("Source: Reuters", []), ("Marc Santora contributed reporting from Kyiv.", ["Marc Santora"]),
])
def test_contributors_of_credit_lines(line: str, names: list[str]) -> None:
    assert [person.name for person in read(PLAIN, line).contributors] == names


def test_an_agency_is_a_lead() -> None:
    assert read(PLAIN, "Source: Reuters").agencies == ("Reuters",)


def test_what_is_rare_is_told_by_the_one_who_knows_the_words() -> None:
    found = rarest("In Glarus they met Ursula Zzyzx and Bob Smith.", (), "en", rarity=lambda word: float(word == "Smith"))
    assert found.names[0] == "Bob Smith"


TEXTS = st.lists(st.one_of(st.text(max_size=80), st.sampled_from(SPUN)), max_size=5)


@given(TEXTS, st.sampled_from(["en", "it", "uk", "ru", "zh", None]))
@settings(deadline=None)
def test_no_text_breaks_them(paragraphs: list[str], language: str | None) -> None:
    found = read(*paragraphs, language=language)
    assert len(list(lines(found))) < 500
    assert all('""' not in query for query in (*found.searches, *found.gdelt))


@pytest.mark.parametrize("text", [
    "Kursk Sudzha " * 80_000, "A" * 1_000_000, "1." * 500_000, "«" * 1_000_000, "On March 3, Mr. Xyzzy Abc said 5,812. " * 25_000,
    "the-" * 250_000, "алло Ucraine’s " * 60_000, "1,234,567 " * 100_000, " - " * 300_000,
], ids=["names", "one word", "digits", "marks", "dates", "hyphens", "scripts", "numbers", "dashes"])
def test_a_text_of_a_megabyte_is_read_in_seconds(text: str) -> None:
    started = process_time()
    read(text, text[:1_000])
    assert process_time() - started < 10


def test_a_long_text_is_read_at_its_beginning_and_its_end() -> None:
    found = read("Aid was cut on March 3.", *(["A paragraph of nothing. " * 100] * 100), "Jane Roe contributed reporting.")
    assert found.window is not None
    assert [person.name for person in found.contributors] == ["Jane Roe"]
