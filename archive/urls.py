"""Addresses: the canonical URL that makes one article one article, SURT keys, hosts and registered domains."""

import ipaddress
import re
from functools import lru_cache
from urllib.parse import quote, quote_plus, unquote, unquote_plus, urljoin, urlsplit, urlunsplit

import tldextract
from w3lib.url import safe_url_string

# Parameters that name the reader, or the reader's way to a page, and never the page (prefixes and whole names).
_TRACKING_PREFIXES = ("utm_", "at_", "mc_", "pk_", "hsa_", "ga_", "_hs", "wt.", "xtor", "vero_", "oly_")
_TRACKING = frozenset(
    "fbclid gclid dclid gbraid wbraid msclkid yclid ysclid twclid igshid igsh gclsrc smid smtyp cmpid cmp ncid ocid "
    "ito ftag icid ref_src ref_url guccounter guce_referrer guce_referrer_sig __twitter_impression amp amp_js_v "
    "usqp outputtype feedtype feedname ns_source ns_mchannel ns_campaign ns_linkname phpsessid jsessionid".split()
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_AMP_SUFFIX = re.compile(r"(?:(?:/amp)+/?|\.amp|/amp\.html|/amp=1)$|\.amp(?=\.html$)", re.IGNORECASE)
_AMP_PREFIX = re.compile(r"^(?:/amp)+(?=/)", re.IGNORECASE)
MAX_LENGTH = 8_000  # characters; a longer address is no page's
# Encoded, these two are other characters than themselves: a slash within a segment, a percent sign.
_KEPT_ENCODED = re.compile(r"(%2f|%25)", re.IGNORECASE)
_NO_HOST = re.compile(r"[\x00-\x20\x7f-\xa0<>\"\\^`{|}\ud800-\udfff]")
MAX_PARAMETERS = 200  # a query of more is kept as it is

# The snapshot that the package brings: a list fetched at run time would make keys depend on the day. With private
# suffixes: one blog of a blogging service is no other's site.
_extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


def canonical_url(url: str) -> str:
    """The address with everything taken off that does not name the page; idempotent.

    Lower-case scheme and host, no default port, no fragment, no tracking parameters, query in its order, no AMP
    marker, no trailing slash but the root's, percent-encoding in upper case and only where needed. http and https
    are one (as https), "www." is kept, since it is part of some sites' only name. What is no http(s) address is
    returned as it came.
    """
    if len(url) > MAX_LENGTH:
        return url
    try:
        parts = urlsplit(url.encode("utf-8", "replace").decode().strip())
        host, port = _host(parts.hostname or ""), parts.port
    except ValueError:
        return url
    if parts.scheme.lower() not in ("http", "https") or not host:
        return url
    if port not in (None, _DEFAULT_PORTS[parts.scheme.lower()], _DEFAULT_PORTS["https"]):
        host = f"{host}:{port}"
    return urlunsplit(("https", host, _path(parts.path), _query(parts.query), ""))


def plain_url(url: str) -> str:
    """The address as it was fetched, without what never names the page: tracking parameters, default port, fragment.

    Unlike `canonical_url` it keeps scheme, path and the spelling of the rest, by which the server knows it.
    """
    try:
        parts = urlsplit(without_default_port(url))
        named = [part.split("=", 1)[0] for part in parts.query.split("&")]
    except ValueError:
        return url
    if len(named) > MAX_PARAMETERS:
        return url
    query = "&".join(part for part, name in zip(parts.query.split("&"), named, strict=True)
                     if not _is_tracking(unquote_plus(name).lower()))
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def without_default_port(address: str) -> str:
    """The address without ":80" (http) or ":443" (https)."""
    return re.sub(r"^(http://[^/?#]*?):80(?=[/?#]|$)|^(https://[^/?#]*?):443(?=[/?#]|$)",
                  lambda m: m[1] or m[2], address, flags=re.IGNORECASE)


def _host(host: str) -> str:
    host = host.rstrip(".").lower()
    if ":" in host:
        return f"[{host}]"
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii").rstrip(".")
    except UnicodeError:
        return host


def _path(path: str) -> str:
    path = "".join(
        piece.upper() if place % 2 else quote(unquote(piece, errors="surrogateescape"), errors="surrogateescape",
                                              safe="/!$&'()*+,;=:@~-._")
        for place, piece in enumerate(_KEPT_ENCODED.split(path))
    )
    while True:
        shorter = re.sub(r"//+", "/", path)
        shorter = _AMP_PREFIX.sub("", _AMP_SUFFIX.sub("", shorter.rstrip("/"))).rstrip("/")
        if shorter == path.rstrip("/"):
            return shorter or "/"
        path = shorter


def _query(query: str) -> str:
    parameters = [part for part in query.split("&") if part]
    if len(parameters) > MAX_PARAMETERS:
        return query
    return "&".join(
        "=".join(_plus(side) for side in part.split("=", 1))
        for part in parameters if not _is_tracking(unquote_plus(part.split("=", 1)[0]).lower())
    )


def _plus(text: str) -> str:
    """A name or value of a query in one spelling; bytes of other charsets than UTF-8 stay what they are."""
    return quote_plus(unquote_plus(text, errors="surrogateescape"), errors="surrogateescape")


def _is_tracking(name: str) -> bool:
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)


def is_fetchable(url: str) -> bool:
    """An absolute http or https address with a host and a port that can be."""
    try:
        url.encode()
        parts = urlsplit(url)
        if len(url) > MAX_LENGTH:
            return False
        host = parts.hostname or ""
        return parts.scheme in ("http", "https") and bool(host) and not _NO_HOST.search(host) \
            and (1 if parts.port is None else parts.port) > 0
    except ValueError:
        return False


def is_front_page(url: str) -> bool:
    """The root of a site, which lists articles and is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.path in ("", "/") and not parts.query


def absolute(base: str, link: str) -> str | None:
    """The link as an absolute http(s) address without fragment, encoded as it will be asked for; None where it is none.

    What a browser and the crawler would send: other spellings would not meet their own observations again.
    """
    try:
        joined = urlsplit(urljoin(base, link.strip()))._replace(fragment="").geturl()
    except ValueError:
        return None
    safe = safe_url_string(joined) if is_fetchable(joined) else ""
    return safe if is_fetchable(safe) else None


def host_of(url: str) -> str:
    """The host of an address, lower case; "" where there is none."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


@lru_cache(maxsize=65_536)
def registered_domain(host: str) -> str:
    """The registered domain ("bbc.co.uk") of a host by the public suffix list; the host itself where it has none.

    Under a suffix that the list does not know, the last label is one (publicsuffix.org, the rule "*").
    """
    try:
        ipaddress.ip_address(host)
    except ValueError:
        found = _extract(host)
        return found.top_domain_under_public_suffix or (host if found.suffix else ".".join(host.split(".")[-2:]))
    return host


def same_site(one: str, other: str) -> bool:
    """Two addresses are of one site if their registered domains agree."""
    domain = registered_domain(host_of(one))
    return bool(domain) and domain == registered_domain(host_of(other))


def surt(url: str) -> str:
    """Sort-friendly key of an address as CDX indexes use it: "example,news)/path?query", without "www.".

    What is no http(s) address is returned as it came.
    """
    url = canonical_url(url)
    if not is_fetchable(url):
        return url
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    reverse = ",".join(reversed(host.split("."))) if not host.replace(".", "").isdigit() else host
    port = f":{parts.port}" if parts.port else ""
    return f"{reverse}{port}){parts.path}{'?' + parts.query if parts.query else ''}".lower()
