"""Which addresses may be fetched: http and https to public hosts, and to the private ones that the topic names."""

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from archive.urls import is_fetchable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
LOOPBACK = ipaddress.IPv4Address("127.0.0.1")  # what names under "localhost" stand for, by RFC 6761 (6.3)
_EMBEDDING = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "::/96", "::ffff:0:0:0/96")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Refuses private addresses; `allowed` holds hosts and networks (CIDR) that may be private.

    The hosts of forward `proxies` may have any address, since connections go there; pages on them may not be fetched.
    """

    allowed: frozenset[str] = frozenset()
    proxies: frozenset[str] = frozenset()

    def refusal(self, url: str) -> str | None:
        """Why a URL may not be fetched; None if it may. A name is judged by its address, when it is resolved."""
        if not is_fetchable(url):
            return "only http and https addresses are fetched"
        host = (urlsplit(url).hostname or "").rstrip(".")
        if host in self.proxies and host not in self.allowed and literal_address(host) is None:
            return f"{host} is the host of the forward proxy; name it in crawl.allow_private to fetch it"
        address = LOOPBACK if host == "localhost" or host.endswith(".localhost") else literal_address(host)
        return self.refusal_of_address(host, address) if address is not None else None

    def refusal_of_address(self, host: str, address: Address) -> str | None:
        """Why a host may not be asked at an address; None if it may."""
        if host in self.allowed or _is_public(address) or self._in_allowed_network(address):
            return None
        return f"{address} is a private address; name {host} in crawl.allow_private to fetch it"

    def _in_allowed_network(self, address: Address) -> bool:
        return any(address in network for network in _networks(self.allowed) if network.version == address.version)


def _networks(allowed: Collection[str]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    found = []
    for text in allowed:
        try:
            found.append(ipaddress.ip_network(text, strict=False))
        except ValueError:
            continue
    return found


def literal_address(host: str) -> Address | None:
    """The address that a host is by itself, also written as one number, in octal or in hexadecimal; else None."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return _old_style_ipv4(host)


def _old_style_ipv4(host: str) -> ipaddress.IPv4Address | None:
    """inet_aton's forms ("2130706433", "0x7f.1", "0177.0.0.1"), which clients still follow."""
    parts = host.split(".")
    if not 1 <= len(parts) <= 4:
        return None
    try:
        numbers = [int(p, 16) if p.lower().startswith("0x") else int(p, 8 if p.startswith("0") else 10) for p in parts]
    except ValueError:
        return None
    *heads, tail = numbers
    if any(not 0 <= n <= 255 for n in heads) or not 0 <= tail < 256 ** (5 - len(parts)):
        return None
    value = sum(n << 8 * (3 - i) for i, n in enumerate(heads)) + tail
    return ipaddress.IPv4Address(value)


def _is_public(address: Address) -> bool:
    inner = _embedded(address)
    if inner is not None:
        return _is_public(inner)
    return address.is_global and not address.is_multicast and not getattr(address, "is_site_local", False)


def _embedded(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for: mapped, translated (NAT64), compatible, or by 6to4."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if any(address in network for network in _EMBEDDING) and int(address) > 1:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None
