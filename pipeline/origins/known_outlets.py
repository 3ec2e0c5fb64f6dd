"""Outlets that are named in the news as the source of something, and where a text names one (pure)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# Name: domain. A name that is a word besides is taken for an outlet only beside a verb of saying.
OUTLETS: Mapping[str, str] = {
    "New York Times": "nytimes.com", "Washington Post": "washingtonpost.com", "Wall Street Journal": "wsj.com",
    "Los Angeles Times": "latimes.com", "USA Today": "usatoday.com", "New York Post": "nypost.com", "CNN": "cnn.com",
    "Fox News": "foxnews.com", "NBC News": "nbcnews.com", "ABC News": "abcnews.go.com", "CBS News": "cbsnews.com",
    "NPR": "npr.org", "PBS": "pbs.org", "Politico": "politico.com", "Axios": "axios.com",
    "Bloomberg": "bloomberg.com", "The Hill": "thehill.com", "The Atlantic": "theatlantic.com",
    "The New Yorker": "newyorker.com", "Time magazine": "time.com", "Newsweek": "newsweek.com",
    "Forbes": "forbes.com", "Foreign Policy": "foreignpolicy.com", "Foreign Affairs": "foreignaffairs.com",
    "Business Insider": "businessinsider.com", "Vice News": "vice.com", "Daily Beast": "thedailybeast.com",
    "The Intercept": "theintercept.com", "Voice of America": "voanews.com", "Radio Free Europe": "rferl.org",
    "RFE/RL": "rferl.org", "BBC": "bbc.com", "The Guardian": "theguardian.com",
    "The Times of London": "thetimes.co.uk", "Sunday Times": "thetimes.co.uk", "The Telegraph": "telegraph.co.uk",
    "Daily Telegraph": "telegraph.co.uk", "Financial Times": "ft.com", "The Economist": "economist.com",
    "The Independent": "independent.co.uk", "Daily Mail": "dailymail.co.uk", "The Sun": "thesun.co.uk",
    "Daily Mirror": "mirror.co.uk", "Sky News": "news.sky.com", "ITV News": "itv.com",
    "Channel 4 News": "channel4.com", "Daily Express": "express.co.uk", "Reuters": "reuters.com",
    "Associated Press": "apnews.com", "Agence France-Presse": "afp.com", "Deutsche Welle": "dw.com",
    "Der Spiegel": "spiegel.de", "Spiegel": "spiegel.de", "Die Zeit": "zeit.de", "Die Welt": "welt.de",
    "Bild": "bild.de", "Frankfurter Allgemeine": "faz.net", "Süddeutsche Zeitung": "sueddeutsche.de",
    "Tagesschau": "tagesschau.de", "Handelsblatt": "handelsblatt.com", "Neue Zürcher Zeitung": "nzz.ch",
    "Der Standard": "derstandard.at", "Die Presse": "diepresse.com", "Le Monde": "lemonde.fr",
    "Le Figaro": "lefigaro.fr", "Libération": "liberation.fr", "Le Parisien": "leparisien.fr",
    "Mediapart": "mediapart.fr", "France 24": "france24.com", "BFM TV": "bfmtv.com", "Euronews": "euronews.com",
    "La Repubblica": "repubblica.it", "Corriere della Sera": "corriere.it", "La Stampa": "lastampa.it",
    "Il Sole 24 Ore": "ilsole24ore.com", "Il Post": "ilpost.it", "Il Foglio": "ilfoglio.it", "ANSA": "ansa.it",
    "El País": "elpais.com", "El Mundo": "elmundo.es", "ABC": "abc.es", "La Vanguardia": "lavanguardia.com",
    "Clarín": "clarin.com", "Gazeta Wyborcza": "wyborcza.pl", "Rzeczpospolita": "rp.pl", "Onet": "onet.pl",
    "TVP": "tvp.pl", "Hromadske": "hromadske.ua", "Громадське": "hromadske.ua", "Ukrainska Pravda": "pravda.com.ua",
    "Ukrayinska Pravda": "pravda.com.ua", "Українська правда": "pravda.com.ua", "Украинская правда": "pravda.com.ua",
    "Kyiv Independent": "kyivindependent.com", "Kyiv Post": "kyivpost.com", "Suspilne": "suspilne.media",
    "Суспільне": "suspilne.media", "Ukrinform": "ukrinform.ua", "Укрінформ": "ukrinform.ua", "UNIAN": "unian.ua",
    "Babel": "babel.ua", "Forbes Ukraine": "forbes.ua", "Детектор медіа": "detector.media", "NV": "nv.ua",
    "Meduza": "meduza.io", "Медуза": "meduza.io", "Novaya Gazeta": "novayagazeta.ru",
    "Новая газета": "novayagazeta.ru", "Novaya Gazeta Europe": "novayagazeta.eu", "The Insider": "theins.ru",
    "The Bell": "thebell.io", "Mediazona": "zona.media", "Медиазона": "zona.media", "iStories": "istories.media",
    "Важные истории": "istories.media", "Moscow Times": "themoscowtimes.com", "TASS": "tass.ru", "ТАСС": "tass.ru",
    "RIA Novosti": "ria.ru", "РИА Новости": "ria.ru", "Interfax": "interfax.ru", "Интерфакс": "interfax.ru",
    "Kommersant": "kommersant.ru", "Коммерсантъ": "kommersant.ru", "Vedomosti": "vedomosti.ru",
    "Ведомости": "vedomosti.ru", "RBC": "rbc.ru", "РБК": "rbc.ru", "Izvestia": "iz.ru", "Известия": "iz.ru",
    "Komsomolskaya Pravda": "kp.ru", "RT": "rt.com", "Sputnik": "sputnikglobe.com", "Al Jazeera": "aljazeera.com",
    "Al Arabiya": "alarabiya.net", "Xinhua": "xinhuanet.com", "Global Times": "globaltimes.cn",
    "South China Morning Post": "scmp.com", "Yonhap": "yna.co.kr", "Anadolu": "aa.com.tr", "Haaretz": "haaretz.com",
    "Jerusalem Post": "jpost.com", "Times of Israel": "timesofisrael.com",
    "Times of India": "timesofindia.indiatimes.com", "Hindustan Times": "hindustantimes.com",
    "Japan Times": "japantimes.co.jp", "Toronto Star": "thestar.com", "Globe and Mail": "theglobeandmail.com",
    "CBC": "cbc.ca", "Sydney Morning Herald": "smh.com.au",
}
_WORDS = frozenset({"Spiegel", "Bild", "ABC", "NV", "RT", "RBC", "Babel", "Sputnik", "Известия", "Ведомости",
                    "Громадське", "Die Welt", "Die Zeit", "Libération", "El Mundo", "La Stampa", "Le Monde"})
# Somebody speaks to the outlet, or the outlet is given as the source: it printed it first.
_BEFORE = re.compile(
    r"(?:\btold|\btells|\bspoke (?:to|with)|\bspeaking to|\binterview (?:with|to|for)|\breport(?:s|ed)? (?:by|in)"
    r"|\baccording to|\bcited by|\bpublished (?:by|in)|\bwrote in|\bobtained by|\bseen by|\breviewed by|\bfrom"
    r"|detto (?:al|a)|dichiarato (?:al|a)|secondo|intervista (?:al|a|con)|dijo a|declaró a|según|déclaré (?:au|à)|selon"
    r"|sagte|berichte(?:t|te)|laut|gegenüber|powiedzia\w+|według|сказал\w*|рассказал\w*|сообщил\w*|по данным|как пишет"
    r"|розпові\w+|повідомил\w*|за даними|як пише)\W+(?:изданию |виданню |газете |газеті )?"
    r"(?:the |il |la |le |el |lo |l['’]|der |dem |die |das )?[“\"«]?$", re.IGNORECASE)
_AFTER = re.compile(
    r"^[”\"»]?(?:['’]s)?,?\s+(?:\w+\s+)?(?:reported|reports|wrote|writes|said|says|has learned|revealed"
    r"|published|scrive|riporta|ha scritto|informó|publicó|rapporte|écrit|berichtet|schreibt|pisze|podaje"
    r"|сообщает|пишет|сообщил\w*|пише|повідомля\w+|повідомил\w*)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletMention:
    """An outlet that a text names, with the words around that place; `is_source`: as who printed or was told it."""

    outlet: str
    domain: str | None
    phrase: str
    is_source: bool


def outlets_in(text: str, known: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> list[OutletMention]:
    """The outlets that a text names, candidates for its source first; `known` are the archive's, name and domain."""
    listed = dict(OUTLETS) | {name: domain for name, domain in dict(known).items() if len(name) > 3}
    bare = {name.removeprefix("The ").removeprefix("the "): name for name in listed}
    names = "|".join(re.escape(name) for name in sorted(bare, key=len, reverse=True))
    found: dict[str, OutletMention] = {}
    for match in re.finditer(rf"(?<![\w.@/-])(?:{names})(?![\w@/-]|\.\w)", text):
        name = bare[match[0]]
        before, after = text[max(0, match.start() - 60):match.start()], text[match.end():match.end() + 40]
        is_source = _BEFORE.search(before) is not None or _AFTER.match(after) is not None
        if not is_source and (name in _WORDS or match[0] not in listed):
            continue
        earlier = found.get(listed[name])
        if earlier is None or (is_source and not earlier.is_source):
            found[listed[name]] = OutletMention(
                outlet=name, domain=listed[name] or None, is_source=is_source,
                phrase=" ".join(f"{_last(before)}{match[0]}{_first(after)}".split()))
    return sorted(found.values(), key=lambda one: not one.is_source)


def _last(before: str) -> str:
    """The few words that stand before, within their sentence."""
    return "".join(re.findall(r"\S+\s+|\s+", re.split(r"[.!?\n]\s", before)[-1])[-4:])


def _first(after: str) -> str:
    return re.split(r"[.!?\n,;]", after)[0].rsplit(" ", 1)[0] if " " in after else ""
