"""Words with their places, clean paragraphs."""

import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.digests import normalised
from pipeline.text import MAX_WORD, clean_paragraph, quotations, words


@given(st.text())
@settings(max_examples=200, deadline=None)
def test_words_stand_where_they_say_in_order_and_do_not_overlap(text: str) -> None:
    found = words(text)
    assert all(word.form == normalised(text[word.start:word.end][:MAX_WORD]) for word in found)
    assert all(before.end <= after.start for before, after in itertools.pairwise(found))
    assert all(word.end > word.start for word in found)


@pytest.mark.parametrize(("text", "expected"), [
    ("Two tanks, 3 guns.", ["two", "tanks", "3", "guns"]),
    ("l’offensiva l'offensiva", ["l'offensiva", "l'offensiva"]),
    ("об’єкт обʼєкт", ["об'єкт", "об'єкт"]),
    ("'quoted' rock'n'roll'", ["quoted", "rock'n'roll"]),
    ("snake_case a-b", ["snake", "case", "a", "b"]),
    ("乌军越过", ["乌", "军", "越", "过"]),
    ("F-16战机", ["f", "16", "战", "机"]),
    ("ปี2566ที่", ["ป", "ี", "2566", "ท", "ี", "่"]),
    ("и\u0306од Су\u0301джа", ["йод", "су\u0301джа"]),
    ("", []),
    ("—…!", []),
])
def test_words(text: str, expected: list[str]) -> None:
    assert [word.form for word in words(text)] == expected


@given(st.text(alphabet="ab. \n“”„«»‘’‚›‹「」'\"(@)2024"))
@settings(max_examples=300, deadline=None)
def test_quotations_stand_in_order_and_none_within_another(text: str) -> None:
    found = quotations(text)
    assert all(0 <= start < end <= len(text) for start, end in found)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(found))


@pytest.mark.parametrize(("text", "expected"), [
    ("He “said so” and left.", ["“said so”"]),
    ("»A«, sagte er, »und B.« Dann ging er.", ["»A«", "»und B.«"]),
    ("Noch A.« Dann sagte er: »B.«", ["»B.«"]),
    ("„A“, sagte er, „und B.“ Ein „C” dazu.", ["„A“", "„und B.“", "„C”"]),
    ("Noch A.“ Dann ging er.", []),
    ("« A », dit-il, « et B. » Puis il partit.", ["« A »", "« et B. »"]),
    ("L’«operazione» finì.", ["«operazione»"]),
    ("”Me jatkamme”, hän sanoi. ”Huomenna.” Näin.", ["”Me jatkamme”", "”Huomenna.”"]),
    ("»Me jatkamme», hän sanoi.", ["»Me jatkamme»"]),
    ("The soldiers’ camp: ‘We don’t know. The troops’ guns stay.’ He left.", ["‘We don’t know. The troops’ guns stay.’"]),
    ("‘We will go on’, said Moscow’s man; the ’90s were others.", ["‘We will go on’"]),
    ("The soldiers' camp. 'We don't know. We stay,' he said, in the '90s.", ["'We don't know. We stay,'"]),
    ("他说：“我们继续。”然后走了。「是的」他说。", ["“我们继续。”", "「是的」"]),
    ("Er sagte: ›Nein.‹ Und ‚doch‘.", ["›Nein.‹", "‚doch‘"]),
    ("A “wrong“ mark, and more.", ["“wrong“"]),
    ("A mark: \"never closed\nNext.", ["\"never closed"]),
    ("Before.\nWe “hold” Sudzha and will go on. — A. Staff (@staff) 9 серпня 2024\nAfter.",
     ["We “hold” Sudzha and will go on. — A. Staff (@staff) 9 серпня 2024"]),
    ("Before.\n\nWe hold Sudzha.\n\n— A. Staff (@staff) August 9, 2024\n\nAfter.",
     ["We hold Sudzha.\n\n— A. Staff (@staff) August 9, 2024"]),
    ("— A. Staff (@staff) August 9, 2024", ["— A. Staff (@staff) August 9, 2024"]),
    ("Write to us (@paper) or call.", []),
])
def test_quotations(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in quotations(text)] == expected


@given(st.text())
@settings(max_examples=200, deadline=None)
def test_a_clean_paragraph_is_one_printable_line_and_stays_clean(text: str) -> None:
    clean = clean_paragraph(text)
    assert clean.isprintable()
    assert clean == clean.strip()
    assert clean_paragraph(clean) == clean
    clean.encode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" a\n\tb\u00a0c ", "a b c"),
        ("Kur\u00adsk", "Kursk"),
        ("a\u200bb\u2060c\ufeff", "abc"),
        ("\u202eevil\u202c", "evil"),
        ("a\x00b\x07c", "a b c"),
        ("a\ud800b", "a b"),
        ("\u2028", ""),
    ],
)
def test_clean_paragraph(text: str, expected: str) -> None:
    assert clean_paragraph(text) == expected


@pytest.mark.parametrize(
    "text", ["word " * 200_000, "x" * 1_000_000, "a'" * 500_000, "乌" * 300_000, "а\u0301" * 300_000]
)
def test_a_megabyte_takes_seconds_at_most(text: str) -> None:
    started = time.process_time()
    words(text)
    clean_paragraph(text)
    assert time.process_time() - started < 3


@pytest.mark.parametrize("pair", [f"{before}{mark}a" for mark in "“”„«»‘’‚‹›'\"「" for before in ("", " ")])
def test_marks_over_and_over_take_seconds_at_most(pair: str) -> None:
    started = time.process_time()
    quotations(pair * 100_000)
    assert time.process_time() - started < 2
