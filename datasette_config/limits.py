"""How much one client may ask: a bucket of tokens for each, in memory, of a bounded number of clients."""

from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from time import monotonic

MAX_CLIENTS = 10_000  # that are remembered; the one that has asked nothing for longest is forgotten first
_NETWORK = 64  # bits of an IPv6 address that one client has to itself


@dataclass(slots=True)
class Bucket:
    """Lets each client ask `a_minute` times at once, and then as often as tokens drip in."""

    a_minute: int
    clock: Callable[[], float] = monotonic
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)

    def wait(self, client: str) -> float:
        """Take a token: 0.0, or the seconds until there is one again."""
        name, now, drip = _network(client), self.clock(), self.a_minute / 60
        tokens, at = self._left.pop(name, (float(self.a_minute), now))
        tokens = min(float(self.a_minute), tokens + (now - at) * drip)
        allowed = tokens >= 1
        self._left[name] = (tokens - allowed, now)
        if len(self._left) > MAX_CLIENTS:
            del self._left[next(iter(self._left))]
        return 0.0 if allowed else (1 - tokens) / drip


def _network(client: str) -> str:
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if isinstance(address, IPv6Address):
        return f"{int(address) >> (128 - _NETWORK):x}"
    return client
