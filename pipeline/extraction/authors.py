"""Readings of an author field -> the names of persons, else of organisations (pure).

The readings are tried by how they say who wrote: persons in structured data, meta, links to an author's page, elements
that are named after a byline; organisations last. In each, job titles, addresses, domains, sections and dates are no
names, and several names in one field are taken apart.
"""

import re
from collections.abc import Collection, Sequence

from archive.model import Candidate
from pipeline.extraction.agencies import named_in
from pipeline.extraction.credit import is_credit, is_desk
from pipeline.extraction.places import key_of

MAX_FIELD = 400  # characters of a field; a longer one is no list of names
MAX_NAME, MAX_SIGNATURE, MAX_BYLINE = 60, 40, 120
MAX_HEAD = 4  # paragraphs, in which a byline is looked for
MAX_LONE = 3  # words of a name that stands alone
TAIL = 4  # paragraphs, in which the desk is looked for that signs
MAX_WORDS = 6
_BY = re.compile(
    r"^\W*(?:(?:written|reporting|reported|compiled|edited|story|words|text|analysis|opinion|guest post"
    r"|(?:propos )?recueillis?"
    r"|écrit|rédigé|escrito|redactado|scritto|testo|geschrieben|protokoll)\s+)?(?:by|von|par|por|(?-i:di)|door"
    r"|oprac\.|opracował[ai]?|rozmawiał[ai]?|a cura di|підготува(?:в|ла|ли)|спілкува(?:вся|лася|лись)|подготовил[аи]?"
    r"|записал[аи]?|беседовал[аи]?|розмовля(?:в|ла|ли)"
    r"|(?-i:av)|af|(?-i:od)|przez|"
    r"bởi|від|от|text|author|autore?|autor|auteur|автор(?:ка|ы|и)?|автори|текст|redacción)\s*:?\s+", re.IGNORECASE)
_SPLIT = re.compile(r"\s*[;|/•·\n]\s*|\s*[,،、]\s*|\s+(?:and|und|et|e|y|en|og|och|i|и|та|і|ve|dan|&|with"
        r"|mit)\s+", re.IGNORECASE)
_ADDRESS = re.compile(r"https?:|www\.|@|\.(?:com|org|net|ru|ua|it|uk|de|fr|co|info|tv|eu)\b|\bwp-"
        r"|^\w+_\w+$", re.IGNORECASE)
_BRACKETS = re.compile(r"\s*[(\[][^)\]]{0,60}[)\]]\s*")
_TITLED = re.compile(r"(?<=\S)\s?(?:기자|선임기자|특파원|논설위원|記者|记者)$")  # "reporter", behind the name
_DASHED = re.compile(r"\s+[–—|-]\s+.*$")
_ROLE = re.compile(
    r"(?<!\w)(?:chief|editor(?:s|ial)?|reporter|correspondent|writer|staff|journalist(?:in)?|columnist|producer|bureau"
    r"|desk|team|newsroom|"
    r"contributor|contributing|analyst|director|professor|lecturer|researcher|photographer|guest|admin(?:istrator)?"
    r"|webmaster|developer|"
    r"redaktion\w*|nachrichtenagentur|\w*redakteur\w*|korrespondent\w*|chef\w*|autor(?:in)?|mitarbeiter\w*|reda(?:cción"
    r"|zione|ction|kcja|ktion|kce|ksi)|"
    r"редакци\w*|редакці\w*|корреспондент\w*|кореспондент\w*|журналіст\w*|журналист\w*|редактор\w*|автор\w*"
    r"|обозреватель|оглядач\w*|"
    r"periodista|giornalista|journaliste|publisher|news|online|agencies|agency|updated|published|minutes?|read|follow"
    r"|share|senior|"
    r"politics|business|sports?|world|opinion|section|subscribe|contact|profile|more|view|posts?|all|unknown|none|null"
    r"|n/a)(?!\w)", re.IGNORECASE)
_PICTURE = re.compile(r"(?:photos?|fotos?|bild|image|picture|фото|світлина|зображення)\b", re.IGNORECASE)
_NAME_WORD = re.compile(r"(?!\d)[^\W_a-zа-яіїєґ][\w.'’-]*")
_DIGITS = re.compile(r"\d")
_LETTERS = re.compile(r"[^\W\d_]{3,}")
_SURNAMES = re.compile(r"(?<=\w)\s{2,}(?=\w)")
STATED = ("json-ld author", "json-ld creator", "microdata author", "meta", "opengraph")  # in fields made for it
KINDS = (*STATED, "rel=author", "byline element", "trafilatura", "first line", "last line")
ORGANISATIONS = ("json-ld author (organisation)", "json-ld creator (organisation)", "microdata author (organisation)")
MAX_ORGANISATIONS = 5


def authors(
    found: Sequence[Candidate], *, outlets: Sequence[str], sections: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(persons, organisations) who wrote a page: what the first kind of reading that names persons says.

    `outlets` are names of the site: an organisation at best, and only where nobody else is named; `sections` are
    those of its parts.
    """
    readings = [c for c in found if c.field == "author"]
    organised = [c.value for c in readings if c.basis in ORGANISATIONS and not named_in(c.value)]
    own, parts = {key_of(name) for name in (*outlets, *organised)}, {key_of(name) for name in sections}
    persons, agencies, sites, desks = list[str](), list[str](), list[str](), list[str]()
    for basis in KINDS:
        is_stated = basis in STATED
        for reading in (c for c in readings if c.basis.startswith(basis)):
            if reading.basis in ORGANISATIONS:
                listed = [_BRACKETS.sub(" ", reading.value).strip()]
            else:
                listed = names(reading.value) or [v for v in (reading.value,) if is_stated and _is_domain(v)]
            for name in listed:
                if key_of(name) in own or _is_domain(name):
                    sites.append(name)
                elif reading.basis in ORGANISATIONS or _is_organisation(name):
                    # A line that names an agency is no better reading than the site's own statement.
                    agencies += [name] if is_stated or not sites else []
                elif key_of(name) not in parts and (is_stated or _is_full(name)):
                    persons.append(name)
            desks += [reading.value] if not listed and is_desk(reading.value) else []
        if persons or (agencies and is_stated):
            break
    organisations = agencies or ([] if persons else sites or desks[:1])
    return tuple(_unique(persons)), tuple(_unique(organisations))[:MAX_ORGANISATIONS]


def signed(paragraphs: Sequence[str], titles: Sequence[str] = ()) -> tuple[Candidate, ...]:
    """The names that a text is signed with: a byline before it begins, or a last paragraph that is a name alone.

    A desk may be followed by what the site says below each of its texts. Whom a title names wrote none of it.
    """
    subjects = {word for title in titles for word in _LETTERS.findall(title.casefold())}
    last = paragraphs[-1] if len(paragraphs) > 1 else ""
    lines = [p for p in paragraphs[:MAX_HEAD] if len(p) <= MAX_BYLINE and not is_credit(p)
             and (_BY.match(p) or (p != last and _is_lone(p, subjects)))]
    found = [Candidate(field="author", value=line, basis="first line") for line in lines
             if (read := names(line)) and all(map(_is_full, read))]
    is_short = 3 < len(last) <= MAX_SIGNATURE and last[-1].isalpha() and ":" not in last and not is_credit(last)
    desks = [p for p in paragraphs[-TAIL:] if is_desk(p) and p[-1].isalpha()] if len(paragraphs) > TAIL else []
    if is_short and (is_desk(last) or (is_name(last) and _is_full(last) and not _is_organisation(last))):
        found.append(Candidate(field="author", value=last, basis="last line"))
    elif desks:
        found.append(Candidate(field="author", value=desks[-1], basis="last line"))
    return tuple(found)


def _is_lone(line: str, subjects: Collection[str]) -> bool:
    """Whether a line is nothing but names of two or three words, each with a capital: a byline without "by"."""
    listed = line.split("/")
    if len(line) > MAX_SIGNATURE * len(listed) or not line[-1:].isalpha() or _PICTURE.match(line):
        return False
    most = MAX_LONE - line.isupper()  # three words in capitals are a heading mostly
    are_names = all(
        1 < len(words := name.split()) <= most and all(map(_NAME_WORD.fullmatch, words)) and is_name(name)
        for name in listed)
    return are_names and not any(word in subjects for word in _LETTERS.findall(line.casefold()))


def _is_domain(name: str) -> bool:
    return re.fullmatch(r"[\w-]{2,40}(?:\.[\w-]{2,20}){1,2}", name) is not None


def _is_full(name: str) -> bool:
    """Two words or more that begin as names do; scripts without capitals or spaces are taken as they are."""
    parts = name.split()
    if not name[0].isascii() and name[0].lower() == name[0].upper():
        return True
    return len(parts) > 1 and parts[0][0].isupper() and parts[-1][0].isupper()


def names(value: str) -> list[str]:
    """The names that an author field lists, cleaned."""
    if len(value) > MAX_FIELD or _ADDRESS.search(value):
        return []
    value = _BY.sub("", _BRACKETS.sub(" ", value).strip())
    cleaned = (_clean(part) for part in _SPLIT.split(value))
    return [name for name in cleaned if is_name(name)]


def _clean(part: str) -> str:
    return _DASHED.sub("", _TITLED.sub("", _BY.sub("", " ".join(part.split())))).strip(" .,:;-–—*|\"'“”«»")


def is_name(text: str) -> bool:
    """Whether a text can be somebody's name: a few words without digits, roles and addresses."""
    if not 1 < len(text) <= MAX_NAME or len(text.split()) > MAX_WORDS:
        return False
    return not (_ADDRESS.search(text) or _DIGITS.search(text) or _ROLE.search(text)) or _is_organisation(text)


def _is_organisation(name: str) -> bool:
    return bool(named_in(name))


def _unique(found: Sequence[str]) -> list[str]:
    """Each once; a short form of a name that stands there in full is the same."""
    kept = list(dict.fromkeys(found))
    keys = [key_of(name) for name in kept]
    return [name for n, name in enumerate(kept) if key_of(name) not in keys[:n]]
