"""A text -> traces of the language that it came through, each with its reason, and that language if they agree (pure).

A trace speaks for the languages that would leave it, in equal parts. Nothing here proves anything by itself: names are
misspelt and idioms borrowed without any translation. So a language is named only where several traces agree on it and
on no other as much.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from archive.topic import Name

Rarity = Callable[[str], float]

UNKNOWN = "unknown"
# Of the sum of a language's shares, and before the next language. Set by hand: of 250 untranslated English texts 2 are
# given a language, both of which hold much of it; most translations leave too few traces to be given any.
ENOUGH, AHEAD = 1.5, 0.75
MOST = 3  # traces of one kind that count; fewer do not do alone
NEAR = 0.25  # share of a word that is only near one of a language
SHORTEST = 5  # letters of a word that is compared with others by its beginning, or by one letter

NAMES = {"cs": "Czech", "de": "German", "en": "English", "es": "Spanish", "fr": "French", "hu": "Hungarian",
         "it": "Italian", "nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian",
         "uk": "Ukrainian"}

# One thing a line, as languages write it.
_EXONYMS = (
    "en:Ukraine it:Ucraina es:Ucrania pt:Ucrânia ro:Ucraina fr:Ukraine de:Ukraine pl:Ukraina cs:Ukrajina nl:Oekraïne "
    "hu:Ukrajna",
    "en:Russia it:Russia es:Rusia fr:Russie de:Russland pl:Rosja pt:Rússia nl:Rusland ro:Rusia cs:Rusko",
    "en:Moscow it:Mosca es:Moscú fr:Moscou de:Moskau pl:Moskwa pt:Moscovo ro:Moscova nl:Moskou hu:Moszkva",
    "en:Kyiv en:Kiev it:Kiev fr:Kiev fr:Kyiv de:Kiew de:Kyjiw pl:Kijów cs:Kyjev hu:Kijev nl:Kiev es:Kiev pt:Kiev",
    "en:Kharkiv en:Kharkov it:Kharkiv fr:Kharkiv de:Charkiw pl:Charków es:Járkov es:Járkiv nl:Charkov cs:Charkov",
    "en:Crimea it:Crimea es:Crimea fr:Crimée de:Krim pl:Krym nl:Krim pt:Crimeia ro:Crimeea",
    "en:Putin it:Putin es:Putin fr:Poutine de:Putin pl:Putin nl:Poetin hu:Putyin",
    "en:Zelensky en:Zelenskyy en:Zelenskiy it:Zelensky fr:Zelensky es:Zelenski de:Selenskyj pl:Zełenski cs:Zelenskyj "
    "nl:Zelensky nl:Zelenski hu:Zelenszkij",
    "en:Lavrov it:Lavrov es:Lavrov fr:Lavrov de:Lawrow pl:Ławrow nl:Lavrov",
    "en:Gerasimov it:Gerasimov es:Guerásimov fr:Guerassimov de:Gerassimow pl:Gierasimow",
    "en:Syrsky en:Syrskyi en:Syrskyy it:Syrsky es:Sirski fr:Syrsky de:Syrskyj pl:Syrski",
    "en:Germany it:Germania es:Alemania fr:Allemagne de:Deutschland pl:Niemcy pt:Alemanha nl:Duitsland ro:Germania",
    "en:Poland it:Polonia es:Polonia fr:Pologne de:Polen pl:Polska pt:Polónia nl:Polen ro:Polonia",
    "en:Turkey en:Türkiye it:Turchia es:Turquía fr:Turquie de:Türkei pl:Turcja pt:Turquia nl:Turkije",
    "en:Korea it:Corea es:Corea fr:Corée de:Korea pl:Korea pt:Coreia nl:Korea ro:Coreea",
    "en:China it:Cina es:China fr:Chine de:China pl:Chiny nl:China",
    "en:Belarus it:Bielorussia es:Bielorrusia fr:Biélorussie de:Weißrussland de:Belarus pl:Białoruś nl:Wit-Rusland",
    "en:London it:Londra es:Londres fr:Londres de:London pl:Londyn nl:Londen ro:Londra",
)
# Words of a language that no text in another has reason to hold, by itself; what two of these share stands under both.
_WORDS = {
    "it": "della delle degli dello nella nelle nello sulla sulle dalla dalle alla allo perché anche più così essere "
          "stato stata sono questo questa quella quello allora invece secondo mentre ancora",
    "es": "pero también según está están había desde hasta cuando donde después mientras muy fueron segundo",
    "fr": "dans avec cette étaient était mais aussi selon depuis après leurs été être nous vous celui",
    "de": "und nicht dem eine einer wurde werden auch nach sich seine ihre gegen zwischen während wieder",
    "pl": "jest oraz przez który która które się był była było są także jednak",
    "pt": "não também foram então segundo depois ainda uma pelo pela está desde mais",
}
# Letters and endings that English words do not have, but for those that it borrowed.
_FORMS = (
    (re.compile("é.*[éè]|[éè].*(?:ques?|tions?|ements?|eux|euses?|ières?|iennes?)$|ées?$|œ"), ("fr",)),
    (re.compile("ñ|ci[oó]n$|ciones$|idad(?:es)?$|miento$"), ("es",)), (re.compile("[ãõ]|ç[aã]o|dades?$"), ("pt",)),
    (re.compile("zion[ei]$|ità$|[ìò]"), ("it",)), (re.compile("[äöüß]|keit(?:en)?$|lichen$"), ("de",)),
    (re.compile("[ąęłńśźż]"), ("pl",)), (re.compile("[êëîôûœ]|ère$|èr"), ("fr",)), (re.compile("ç"), ("fr", "pt")),
    (re.compile("[àèù]"), ("it", "fr")), (re.compile("é"), ("fr", "es")), (re.compile("[áíóú]"), ("es", "pt")),
)
_BORROWED = frozenset(
    "café cafés cliché clichés fiancé fiancée résumé résumés protégé protégés décor déjà naïve façade façades "
    "née touché communiqué émigré émigrés exposé exposés soirée attaché attachés piñata jalapeño jalapeños "
    "über führer señor señora mañana première crème brûlée entrée entrées sauté sautéed pâté matinée passé "
    "blasé risqué état régime régimes élite élites rôle mêlée détente voilà crêpe crêpes garçon raison être "
    "canapés purée vis-à-vis tête cortège apéritif habitué macramé papier-mâché déclassé doppelgänger "
    "schadenfreude coöperate coöperation reëlect reëlected naïveté señorita niño niña piñatas".split()
)
_SCRIPTS = (
    (re.compile("[іїєґІЇЄҐ]"), ("uk",)), (re.compile("[ыэъёЫЭЪЁ]"), ("ru",)), (re.compile("[а-яА-Я]"), ("ru", "uk")),
)

# English that renders another language word by word: what is written, the languages, what they say.
_CALQUES = (
    (r"on (?:a |the )?vast scale", "it", "“su vasta scala”"),
    (r"insist(?:s|ed|ing)? on the fact that", "it es fr", "“insistere sul fatto che” and its like"),
    (r"for a certain period", "it es fr", "“per un certo periodo” and its like"),
    (r"contribut\w+ relationships?", "it", "“relazioni”, which are reports and relationships"),
    (r"(?:damag|undermin|lift|lower|rais|boost|weaken|sapp)\w*(?: \w+){0,2} morality", "it es fr de",
     "“morale” and its like, which are morale and morals"),
    (r"(?:from|in|on|to) the first line", "it es fr", "“prima linea” and its like: the front"),
    (r"ceased(?: the)? (?:fire|\d+[- ]days?)", "it es fr", "“cessate il fuoco” and its like, taken for a verb"),
    (r"the (?:chief|head) of state major", "it fr es", "“stato maggiore” and its like: the general staff"),
    (r"the tenant of the (?:kremlin|elysee|élysée|white house)", "fr it", "“locataire”, “inquilino”"),
    (r"the actual (?:government|situation|moment|conflict)", "it es fr de", "“attuale” and its like: of today"),
    (r"assist(?:ed|s)? to (?:the|a)", "it es fr", "“assistere a” and its like: to be present"),
    (r"according to own (?:statements?|information|accounts?|figures)", "de", "“nach eigenen Angaben”"),
    (r"in the night (?:on|to) (?:mon|tues|wednes|thurs|fri|satur|sun)day", "de", "“in der Nacht auf ...”"),
    (r"populated (?:points?|areas?|localit(?:y|ies))", "ru uk", "“населённый пункт”, “населений пункт”"),
    (r"in the area of the (?:settlement|village) of", "ru uk", "“в районе населённого пункта”"),
    (r"on the territory of the \w+ region", "ru uk", "“на территории ... области”"),
    (r"(?:the )?special services", "ru uk pl", "“спецслужбы” and its like"),
    (r"liquidat(?:ed|es|ing)(?: \w+){0,3} (?:drones?|uavs?|soldiers?|militants?|fighters?)", "ru uk",
     "“ликвидировали”"),
    (r"the mandatary", "es", "“el mandatario”: the head of state"),
    (r"the present (?:mon|tues|wednes|thurs|fri|satur|sun)day", "es", "“el presente ...”"),
)
# What a translation makes of a part of a name that is a word in its own language: "Sudzha", by "sud".
_PARTS = {
    "South": "it:Sud fr:Sud ro:Sud de:Süd es:Sur pt:Sul", "North": "it:Nord fr:Nord de:Nord ro:Nord es:Norte pt:Norte",
    "East": "it:Est fr:Est ro:Est de:Ost es:Este", "West": "it:Ovest fr:Ouest de:West es:Oeste",
    "Under": "it:Sotto de:Unter",
    "Judge": "ru:Судья uk:Суддя",
}
_DAMAGE = (
    (re.compile(r"\b(?:the|a|an) (?:the|an?|her|his|their|its)\b", re.IGNORECASE), "article",
     "“{}”: two articles in a row"),
    (re.compile(r"\bthe [A-Z]\w*(?:raine|ussia|larus|oland|orea)['’]s [A-Z]\w+ \w+"), "article",
     "“{}”: an article before the name of a country"),
    (re.compile(r"\b(?:the|in the) [A-Z]\w+ (?:Russia|Ukraine)(?:['’]s)? (?:region|province|oblast)\b"), "order",
     "“{}”: two names in the order of another language"),
    (re.compile(r"\b\w+ -\w+\b|\b\w+- \w+(?= \w)"), "spacing", "“{}”: a hyphen that was taken apart"),
)
_TOKEN = re.compile(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*")
_POSSESSIVE = re.compile(r"['’]s$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One place of a text that looks translated; `languages` are those that would leave it, none where any would.

    kind: "exonym", "spelling", "garbled name", "word", "near a word", "calque", "article", "order" or "spacing". weight
    is the share of each language.
    """

    kind: str
    text: str
    languages: tuple[str, ...]
    reason: str
    weight: float


def traces(text: str, language: str | None, gazetteer: Iterable[Name], *, rarity: Rarity | None = None) -> list[Trace]:
    """What in a text looks as if it had been translated into `language`, and from which language each would come.

    `rarity` tells words that are in no vocabulary; without it, words that are near one of another language are told
    only where they look like no English.
    """
    own = (language or "en")[:2]
    tokens = list(dict.fromkeys(_POSSESSIVE.sub("", token) for token in _TOKEN.findall(text)))
    found = [*_exonyms(tokens, own), *_spellings(tokens, own, list(gazetteer)), *_words(text, own),
             *_nearly(tokens, own, text, rarity)]
    if own == "en":
        found += [*_calques(text), *_damage(text)]
    return found


def came_through(found: Sequence[Trace]) -> tuple[str, tuple[str, ...]]:
    """The language that the traces agree on, and their reasons; "unknown" and none where they do not."""
    shares, counted = defaultdict[str, float](float), Counter[tuple[str, str]]()
    places: dict[str, set[str]] = {}
    for trace in sorted(found, key=lambda one: -one.weight):
        for tongue in trace.languages:
            counted[trace.kind, tongue] += 1
            if counted[trace.kind, tongue] <= MOST or trace.kind == "calque":
                shares[tongue] += trace.weight
                places.setdefault(tongue, set()).add(trace.text)
    ranked = sorted(shares.items(), key=lambda pair: (-pair[1], pair[0]))
    if not ranked:
        return UNKNOWN, ()
    best, share = ranked[0]
    next_share = ranked[1][1] if len(ranked) > 1 else 0.0
    kinds = {trace.kind for trace in found if best in trace.languages}
    if share < ENOUGH or share < next_share + AHEAD or len(places[best]) < (2 if len(kinds) > 1 else MOST):
        return UNKNOWN, ()
    return best, tuple(dict.fromkeys(trace.reason for trace in found if best in trace.languages))


def by_way_of(copy: str, exemplar: str, language: str | None) -> str:
    """The language in which a text lay between an exemplar and its copy, which is in `language`; "unknown" if none.

    What the exemplar has too, such as a title that both quote, is no trace of the way between them. A language is named
    only where every trace allows it, traces of two kinds among them, and for a copy in a language that has no names
    here none: words left in a language are often those of a stepping stone of the engine's own. Of 1,458 copies of the
    copies benchmark, 451 of them translated and back, none is given a language so (9 by words alone, 6 of them right).
    """
    own = (language or "")[:2]
    if own not in NAMES:
        return UNKNOWN
    found = [trace for trace in traces(copy, own, ()) if trace.languages and trace.text not in exemplar]
    through, _ = came_through(found)
    agree = len({trace.kind for trace in found}) > 1 and all(through in trace.languages for trace in found)
    return through if agree and through != own else UNKNOWN


def _trace(kind: str, text: str, languages: Sequence[str], reason: str, *, share: float = 1.0) -> Trace:
    return Trace(kind=kind, text=text, languages=tuple(languages), reason=reason,
                 weight=round(share / max(1, len(languages)), 2))


def _listed(languages: Iterable[str]) -> str:
    return " or ".join(NAMES.get(one, one) for one in languages)


def _forms(line: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for pair in line.split():
        tongue, _, form = pair.partition(":")
        found.setdefault(tongue, []).append(form)
    return found


def _begins_as(word: str, form: str) -> bool:
    """The same word but for its ending: all of the form but the last letter."""
    return word == form or (len(form) > SHORTEST and len(word) <= len(form) + 1 and word.startswith(form[:-1]))


def _exonyms(tokens: Sequence[str], own: str) -> Iterator[Trace]:
    """Names of countries, cities and people that are written as another language writes them."""
    table = [_forms(line) for line in _EXONYMS]
    for word in tokens:
        for forms in table if word[0].isupper() else ():
            if own not in forms or any(_begins_as(word, form) for form in forms[own]):
                continue  # how the text's own language writes the name is not known, or is so
            theirs = {tongue: form for tongue, listed in forms.items() for form in listed if _begins_as(word, form)}
            if theirs:
                form = next(iter(theirs.values()))
                yield _trace("exonym", word, list(theirs), f"“{word}” is written as {_listed(theirs)} “{form}”, "
                             f"not as {NAMES.get(own, own)} “{forms[own][0]}”")


def _spellings(tokens: Sequence[str], own: str, gazetteer: Sequence[Name]) -> Iterator[Trace]:
    """Names of the topic as another language spells them, or as translation makes something of them."""
    held = set(tokens)
    here = {word for name in gazetteer for form in (name.name, *dict(name.spellings).get(own, ()))
            for word in (form, *_TOKEN.findall(form))}
    for name in gazetteer:
        forms = dict(name.spellings)
        others: dict[str, list[str]] = {}
        for tongue, listed in forms.items():
            for form in listed if tongue != own else ():
                if form in held and form not in here and not any(_begins_as(form, one) for one in here):
                    others.setdefault(form, []).append(tongue)
        for form, tongues in others.items():
            yield _trace("spelling", form, tongues, f"“{form}” is how {_listed(tongues)} spells {name.name}")
        for wrong in name.misspellings:
            if wrong in held and wrong not in here:
                yield _garbled(wrong, name, forms)


def _garbled(wrong: str, name: Name, forms: Mapping[str, Sequence[str]]) -> Trace:
    spelled = {name.name, *(form.rstrip("*") for listed in forms.values() for form in listed)}
    for part, line in _PARTS.items():
        rest = wrong[len(part):] if wrong.startswith(part) else None
        theirs = {tongue: form for tongue, listed in _forms(line).items() for form in listed
                  if rest is not None and any(one.casefold() == (form + rest).casefold() for one in spelled)}
        if theirs:
            word = next(iter(theirs.values())).casefold()
            return _trace("garbled name", wrong, list(theirs), f"“{wrong}” is {name.name} with its beginning "
                          f"translated from {_listed(theirs)} “{word}”")
    return _trace("garbled name", wrong, (), f"“{wrong}” is what machine translation makes of {name.name}")


def _words(text: str, own: str) -> Iterator[Trace]:
    """Words of another language, or in another alphabet, that were left as they are, each by itself.

    Several in a row are a title or a saying that the author put there.
    """
    if own not in NAMES:  # it may share words with its neighbours, as Galician does with Spanish
        return
    of_tongues: dict[str, tuple[str, ...]] = {}
    for tongue, line in _WORDS.items():
        for word in line.split():
            of_tongues[word] = (*of_tongues.get(word, ()), tongue)
    listed = {word: tongues for word, tongues in of_tongues.items() if own not in tongues}
    words = [_POSSESSIVE.sub("", token) for token in _TOKEN.findall(text)]
    theirs = [_foreign(word, own, listed) for word in words]
    told = set[str]()
    for place, (word, (tongues, said)) in enumerate(zip(words, theirs, strict=True)):
        beside = [theirs[n][0] for n in (place - 1, place + 1) if 0 <= n < len(words)]
        if tongues and word not in told and not any(beside):
            told.add(word)
            yield _trace("word", word, tongues, f"“{word}” {said} {_listed(tongues)}")


def _foreign(word: str, own: str, listed: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, ...], str]:
    """The languages of which a word is, and how that is said; none where it can be of the text's own."""
    if word in listed:
        return listed[word], "is"
    if own in ("ru", "uk", "bg", "el", "he", "ar", "zh", "ja", "ko"):
        return (), ""
    for letters, tongues in _SCRIPTS:
        if letters.search(word):
            return (tongues, "is left in the letters of") if not re.search("[A-Za-z]", word) else ((), "")
    if own == "en" and word.islower() and len(word) >= SHORTEST and word not in _BORROWED:
        for pattern, tongues in _FORMS:
            if pattern.search(word):
                return tongues, "is no English word, but by its form"
    return (), ""


def _nearly(tokens: Sequence[str], own: str, text: str, rarity: Rarity | None) -> Iterator[Trace]:
    """Words that stand once, are in no vocabulary, and are one letter from a word of another language."""
    for word in tokens:
        if len(word) < SHORTEST or not word.isascii() or not word.islower():
            continue
        # Without a vocabulary: "oa", "aio" and their like end hardly any English word.
        is_strange = rarity(word) >= 1.0 if rarity else own == "en" and re.search(r"[aeiou][ao]$", word) is not None
        for tongue, line in _WORDS.items() if is_strange and text.count(word) == 1 else ():
            near = [one for one in line.split() if len(one) >= SHORTEST - 1 and _one_letter_off(word, one)]
            if own in NAMES and tongue != own and near:
                yield _trace("near a word", word, (tongue,),
                             f"“{word}” is no word of its own, one letter from {NAMES[tongue]} “{near[0]}”", share=NEAR)


def _one_letter_off(one: str, other: str) -> bool:
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    a, b = one[start:], other[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:]


def _calques(text: str) -> Iterator[Trace]:
    for pattern, tongues, said in _CALQUES:
        if match := re.search(rf"\b(?:{pattern})\b", text, re.IGNORECASE):
            listed = tongues.split()
            yield _trace("calque", match[0], listed, f"“{match[0]}” renders {_listed(listed)} {said}")


def _damage(text: str) -> Iterator[Trace]:
    """What any translation leaves: it says that there was one, not from where."""
    for pattern, kind, said in _DAMAGE:
        if match := pattern.search(text):
            yield _trace(kind, match[0], (), said.format(match[0]))
