"""Readers of the single values of a topic file: names, codes, terms, addresses of people and hosts."""

import ipaddress
import re

from archive.toml_table import Problems, expected, matching, problem, text, url

CODES = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en "
    "eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv "
    "ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne "
    "ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st "
    "su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
)
ISO_639_1 = frozenset(CODES.split())
LANGUAGE_OF_COUNTRY = {"ua": "uk", "gb": "en", "us": "en", "cz": "cs", "gr": "el", "jp": "ja", "cn": "zh", "dk": "da"}

slug = matching(r"[a-z0-9]+(?:-[a-z0-9]+)*", "small letters, digits and hyphens, such as 'kursk'")


def contact(raw: object) -> str | Problems:
    """Where a site's owner can complain: a page or a mail address."""
    if isinstance(raw, str) and re.fullmatch(r"mailto:[^@\s]+@[^@\s]+", raw):
        return raw
    return raw if isinstance(raw, str) and url(raw) == raw else expected("an https:// or mailto: address", raw)


def language_code(raw: object) -> str | Problems:
    """ISO 639-1, in small letters."""
    if isinstance(raw, str) and raw in ISO_639_1:
        return raw
    wrong = expected("a language code of two letters (ISO 639-1)", raw).found[0][1]
    meant = LANGUAGE_OF_COUNTRY.get(raw.lower()) if isinstance(raw, str) else None
    return problem(f"{wrong}; did you mean '{meant}'?" if meant else wrong)


def country_code(raw: object) -> str | Problems:
    """ISO 3166-1 alpha-2, in capitals."""
    if raw == "UK":
        return problem("expected a country code of two letters (ISO 3166-1): 'UK' is 'GB', Ukraine is 'UA'")
    return matching("[A-Z]{2}", "a country code of two capital letters (ISO 3166-1)")(raw)


def term(raw: object) -> str | Problems:
    """A word or phrase; * only at the end of a word of at least two letters."""
    term = text(raw)
    if isinstance(term, str) and not all(re.fullmatch(r"[^*]+|[^*]{2,}\*", word) for word in term.split()):
        return problem(f"{term!r}: a * may only end a word of at least two letters")
    return " ".join(term.split()) if isinstance(term, str) else term


def network(raw: object) -> str | Problems:
    """An IP address, or a network such as 10.0.0.0/8; not all addresses that there are."""
    try:
        found = ipaddress.ip_network(raw, strict=False) if isinstance(raw, str) else None
    except ValueError:
        found = None
    if found is None:
        return expected("an IP address, or a network such as 10.0.0.0/8", raw)
    if not found.prefixlen:
        return problem(f"{raw} is every address, so that anybody would be believed; name the addresses that are yours")
    return str(found)


def private_host(raw: object) -> str | Problems:
    """A host's name, an IP address, or a network such as 10.0.0.0/8."""
    host = matching(r"[\w-]+(\.[\w-]+)*|[0-9a-fA-F:.]+(/\d+)?", "a host, or a network such as 10.0.0.0/8")(raw)
    if isinstance(host, str) and re.fullmatch(r"[\d.]+(/\d+)?|.*[:/].*", host):
        try:
            ipaddress.ip_network(host, strict=False)
        except ValueError as error:
            return problem(str(error))
    return host
