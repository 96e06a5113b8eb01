"""Who is at the other end: the address and the scheme of whoever sent a request.

The socket knows who handed the request over. What that peer says of somebody further off
(`X-Forwarded-For`, `X-Forwarded-Proto`) counts only if it is a proxy of ours: anybody can write
those headers. `config.proxies` puts what is so where Django and `client_address` find it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Protocol

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
IPV6_NETWORK = 64
"""Bits of an IPv6 address that one sender has all addresses of."""
LONGEST = 64


class HasMeta(Protocol):
    """A request, as Django or the REST framework has it."""

    @property
    def META(self) -> Any:  # noqa: N802 - Django's name
        """The request's environment and headers, as WSGI has them."""


@dataclass(frozen=True)
class Client:
    """Whom a request is from. `scheme` is empty where no proxy of ours says it."""

    address: str
    scheme: str
    is_by_proxy: bool
    """Whether a proxy of ours handed it over."""


def client_address(request: HasMeta) -> str:
    """Return the address that a request is from, empty if none is known."""
    return str(request.META.get("REMOTE_ADDR", ""))


def network_of(address: str) -> str:
    """Return an address as one sender has it: of IPv6 the network; as it is what is no address."""
    found = _read(address)
    if found is None:
        return address[:LONGEST]
    if isinstance(found, IPv6Address):
        return str(ip_network((found, IPV6_NETWORK), strict=False))
    return str(found)


def who_sent(meta: Mapping[str, Any], proxies: Sequence[Network]) -> Client:
    """Return whom a request is from: the right-most hop that is no proxy of ours.

    Each proxy writes down, at the end, whom it had the request from: what stands left of the first
    stranger is that stranger's own word. `meta` is the request's, as WSGI has it.
    """
    peer = str(meta.get("REMOTE_ADDR", ""))
    address = _read(peer)
    if not _is_ours(address, proxies):
        return Client(peer, "", is_by_proxy=False)
    ours = 0
    for hop in reversed(_split(meta.get("HTTP_X_FORWARDED_FOR"))):
        found = _read(hop)
        if found is None:
            break
        address = found
        if not _is_ours(found, proxies):
            break
        ours += 1
    schemes = _split(meta.get("HTTP_X_FORWARDED_PROTO"))
    # Proxies that each write one have as many as hops; most put their own in place of what came.
    scheme = schemes[max(-len(schemes), -1 - ours)].lower() if schemes else ""
    return Client(str(address), scheme, is_by_proxy=True)


def _is_ours(address: Address | None, proxies: Sequence[Network]) -> bool:
    return address is not None and any(address in network for network in proxies)


def _split(header: Any) -> list[str]:
    return [word.strip() for word in str(header or "").split(",") if word.strip()]


def _read(text: str) -> Address | None:
    """Return an address, without the port that some proxies write after it; None if it is none."""
    word = text.strip()
    if word.startswith("["):
        word = word[1:].partition("]")[0]
    elif word.count(":") == 1:
        word = word.partition(":")[0]
    try:
        found = ip_address(word.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
