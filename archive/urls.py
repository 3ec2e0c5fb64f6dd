"""Addresses: the canonical URL that makes one article one article, SURT keys, hosts and registered domains."""

import ipaddress
import re
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

import tldextract

# Parameters that name the reader's way to a page and never the page (their prefixes and whole names).
_TRACKING_PREFIXES = ("utm_", "at_", "mc_", "pk_", "hsa_", "ga_", "_hs", "wt.", "xtor", "vero_", "oly_")
_TRACKING = frozenset(
    "fbclid gclid dclid gbraid wbraid msclkid yclid ysclid twclid igshid igsh gclsrc smid smtyp cmpid cmp ncid ocid "
    "ito ftag icid ref_src ref_url guccounter guce_referrer guce_referrer_sig __twitter_impression amp amp_js_v "
    "usqp outputtype feedtype feedname ns_source ns_mchannel ns_campaign ns_linkname".split()
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_AMP_SUFFIX = re.compile(r"(?:/amp/?|\.amp(?=\.html$|$)|/amp\.html|/amp=1)$", re.IGNORECASE)
_AMP_PREFIX = re.compile(r"^/amp(?=/)", re.IGNORECASE)

# The snapshot that the package brings: a list fetched at run time would make keys depend on the day.
_extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=False)


def canonical_url(url: str) -> str:
    """The address with everything taken off that does not name the page; idempotent.

    Lower-case scheme and host, no default port, no fragment, no tracking parameters, query in its order, no AMP
    marker, no trailing slash but the root's, percent-encoding in upper case and only where needed. http and https
    are one (as https), "www." is kept, since it is part of some sites' only name. What is no http(s) address is
    returned as it came.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = _host(parts.hostname or ""), parts.port
    except ValueError:
        return url
    if parts.scheme.lower() not in ("http", "https") or not host:
        return url
    if port is not None and port != _DEFAULT_PORTS[parts.scheme.lower()]:
        host = f"{host}:{port}"
    return urlunsplit(("https", host, _path(parts.path), _query(parts.query), ""))


def _host(host: str) -> str:
    host = host.rstrip(".").lower()
    if host.isascii():
        return f"[{host}]" if ":" in host else host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def _path(path: str) -> str:
    path = quote(unquote(path, errors="surrogateescape"), safe="/!$&'()*+,;=:@~-._", errors="surrogateescape") \
        if "%2f" not in path.lower() and "%25" not in path.lower() else path
    while True:
        shorter = re.sub(r"//+", "/", path)
        shorter = _AMP_PREFIX.sub("", _AMP_SUFFIX.sub("", shorter.rstrip("/"))).rstrip("/")
        if shorter == path.rstrip("/"):
            return shorter or "/"
        path = shorter


def _query(query: str) -> str:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=200)
    except ValueError:
        return query
    return urlencode([(name, value) for name, value in pairs if not _is_tracking(name.lower())])


def _is_tracking(name: str) -> bool:
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)


def is_fetchable(url: str) -> bool:
    """An absolute http or https address with a host and a port that can be."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
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
    """The link as an absolute http(s) address without fragment; None where it is none."""
    try:
        joined = urljoin(base, link.strip()).split("#", 1)[0]
    except ValueError:
        return None
    return joined if is_fetchable(joined) else None


def host_of(url: str) -> str:
    """The host of an address, lower case; "" where there is none."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


@lru_cache(maxsize=65_536)
def registered_domain(host: str) -> str:
    """The registered domain ("bbc.co.uk") of a host by the public suffix list; the host itself where it has none."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return _extract(host).top_domain_under_public_suffix or host
    return host


def same_site(one: str, other: str) -> bool:
    """Two addresses are of one site if their registered domains agree."""
    return registered_domain(host_of(one)) == registered_domain(host_of(other))


def surt(url: str) -> str:
    """Sort-friendly key of an address as CDX indexes use it: "example,www)/path?query"."""
    parts = urlsplit(canonical_url(url))
    host = (parts.hostname or "").removeprefix("www.")
    reverse = ",".join(reversed(host.split("."))) if not host.replace(".", "").isdigit() else host
    port = f":{parts.port}" if parts.port else ""
    return f"{reverse}{port}){parts.path}{'?' + parts.query if parts.query else ''}".lower()
