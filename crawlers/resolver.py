"""Names -> the addresses that a connection may use, IPv4 and IPv6; what is judged is what is connected to."""

import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any, Self

from scrapy.crawler import Crawler
from twisted.internet._resolver import GAIResolver
from twisted.internet.interfaces import IHostnameResolver, IResolutionReceiver
from zope.interface import implementer

from crawlers.guard import Guard


@implementer(IResolutionReceiver)
class _Filter:
    def __init__(self, receiver: Any, pass_on: Callable[[Any], None]) -> None:
        self.resolutionBegan = receiver.resolutionBegan
        self.addressResolved = pass_on
        self.resolutionComplete = receiver.resolutionComplete


@implementer(IHostnameResolver)
class GuardedResolver:
    """Twisted connects to the addresses that come out of here and asks no second time, so an answer cannot change
    between check and connection. Of a name with several addresses the refused ones are left out.
    """

    guard = Guard()

    def __init__(self, reactor: Any, names: Any = None) -> None:
        self._reactor = reactor
        self._names: Any = names or GAIResolver(reactor, getaddrinfo=_addresses)
        self._refused: dict[str, str] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> Self:
        """Scrapy's way to make one."""
        del crawler
        return cls(reactor)

    def install_on_reactor(self) -> None:
        """Scrapy's way to put it in place."""
        self._reactor.installNameResolver(self)

    def resolveHostName(self, receiver: Any, name: str, *rest: Any, **options: Any) -> Any:
        """Look a name up, and pass on what the guard lets through."""
        host = name.rstrip(".").lower()
        self._refused.pop(host, None)

        def pass_on(address: Any) -> None:
            reason = self.guard.refusal_of_address(host, ip_address(address.host))
            if reason is None:
                receiver.addressResolved(address)
            else:
                self._refused[host] = reason

        return self._names.resolveHostName(_Filter(receiver, pass_on), name, *rest, **options)

    def refusal(self, host: str) -> str | None:
        """Why the last look-up of a host left addresses out; None where it left out none.

        A resolver can only say that it found nothing; this is what the failed request is then told.
        """
        return self._refused.get(host)


def refusal_of(host: str) -> str | None:
    """Why the resolver in place left out addresses of a host when it was last asked for it."""
    from twisted.internet import reactor  # importing it chooses it, which Scrapy does when a crawl starts

    resolver = getattr(reactor, "nameResolver", None)
    return resolver.refusal(host.rstrip(".")) if isinstance(resolver, GuardedResolver) else None


def _addresses(*arguments: Any, **options: Any) -> Any:
    """getaddrinfo, whose complaints about names that can be none would leave the request without any answer."""
    try:
        return socket.getaddrinfo(*arguments, **options)
    except (UnicodeError, OSError) as error:
        raise socket.gaierror(socket.EAI_NONAME, str(error)) from error
