"""One call to an address that a trust gave us: a server-side request, so it is looked at first.

The name is resolved once, every address behind it must be public, and the connection goes to the
address that was looked at, so that a name that changes its answer cannot lead us into our own
network. Over TLS the certificate must be the name's. However slowly the other side drips, the
call ends at its deadline.
"""

import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from string import punctuation
from threading import Event, Timer
from urllib.parse import SplitResult, parse_qsl, quote, urlsplit

from urllib3 import exceptions
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.connection import create_connection

GLOBAL_UNICAST = IPv6Network("2000::/3")
"""All that has been given out of IPv6 for the open internet."""
NAT64 = IPv6Network("64:ff9b::/96")
"""IPv4 addresses as a network that has only IPv6 writes them (RFC 6052)."""


SECRETS = re.compile(r"key|token|secret|passw|pwd|\bsig|signature|credential|auth", re.I)
"""Names of parameters that let somebody in."""


class NotAllowed(Exception):
    """The address is not one that we call. The text says why, in a few words."""


class _Opened(HTTPConnection):
    """A connection on a socket that is open already: no name is resolved for it again."""

    opened: socket.socket

    def _new_conn(self) -> socket.socket:
        return self.opened


class _OpenedTLS(_Opened, HTTPSConnection):
    """The same over TLS: SNI and certificate are the name's, not the address's."""


def check_url(url: str, *, private: bool) -> SplitResult:
    """Return the parts of an address that may be called. Raises NotAllowed; resolves nothing.

    `private` allows http, and addresses of private networks.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotAllowed("the address cannot be read") from None
    if parts.scheme not in (("https", "http") if private else ("https",)):
        raise NotAllowed("the address must start with https://")
    if not parts.hostname or parts.username is not None or port == 0:
        raise NotAllowed("the address needs a host, and no user name")
    return parts


def check_kept_url(url: str, *, private: bool) -> None:
    """Check an address that somebody typed and we keep: shown on pages, it may hold no secret.

    Raises NotAllowed. What a name leads to is looked at whenever it is called.
    """
    parts = check_url(url, private=private)
    if parts.fragment:
        raise NotAllowed("the address must end before #")
    if any(SECRETS.search(name) for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        raise NotAllowed("the address must not hold a key, token or password")
    host = str(parts.hostname).rstrip(".")
    with suppress(ValueError):
        if not private and not is_public(host):
            raise NotAllowed(f"{host} is not on the public internet")
    if not private and (host == "localhost" or "." not in host.strip("[]").replace(":", ".")):
        raise NotAllowed(f"{host} is not on the public internet")


@contextmanager
def open_connection(
    parts: SplitResult, *, private: bool, step: float, deadline: float
) -> Iterator[HTTPConnection]:
    """Yield a connection to a checked address, and close it. It follows no redirect and no proxy.

    One wait may take `step` seconds; at `deadline` (time.monotonic()'s seconds) all is cut off,
    which raises TimeoutError. Raises NotAllowed for an address that is not public, and OSError
    for whatever else goes wrong on the way, in the block too.
    """
    secure = parts.scheme == "https"
    host, port = str(parts.hostname), parts.port or (443 if secure else 80)
    address = _address(host, port, private)
    within = min(step, deadline - time.monotonic())
    if within <= 0:
        raise TimeoutError
    connection = (
        _OpenedTLS(host, port, timeout=within, ssl_context=ssl.create_default_context())
        if secure
        else _Opened(host, port, timeout=within)
    )
    opened = create_connection(
        (address, port), within, socket_options=HTTPConnection.default_socket_options
    )
    connection.opened = opened
    with opened, _cut_off_at(deadline, opened):
        try:
            connection.connect()
            yield connection
        except exceptions.TimeoutError:
            raise TimeoutError from None
        except (exceptions.HTTPError, HTTPException) as fault:
            raise ConnectionError(str(fault) or type(fault).__name__) from fault
        finally:
            connection.close()


@contextmanager
def _cut_off_at(deadline: float, opened: socket.socket) -> Iterator[None]:
    """End what goes over a socket at a moment, and raise TimeoutError then, whatever it does."""
    late = Event()
    # A handle of its own: TLS takes the socket's away before its handshake.
    handle = opened.dup()

    def give_up() -> None:
        late.set()
        with suppress(OSError):  # it was closed a moment before
            handle.shutdown(socket.SHUT_RDWR)  # wakes a read that waits

    timer = Timer(max(0.0, deadline - time.monotonic()), give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        handle.close()
        if late.is_set():
            raise TimeoutError


def path_and_query(parts: SplitResult) -> str:
    """Return the path and query to ask for."""
    asked = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return quote(asked, safe=punctuation)


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, whatever it is wrapped in."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inside = ip.ipv4_mapped or ip.sixtofour
        if ip in NAT64:
            inside = IPv4Address(int(ip) & 0xFFFFFFFF)
        if inside is not None:
            return is_public(str(inside))
        # Teredo is not global; the rest outside (site-local, IPv4-compatible) has no owner.
        if ip not in GLOBAL_UNICAST:
            return False
    return ip.is_global and not ip.is_multicast


def _address(host: str, port: int, private: bool) -> str:
    """Return the address to call. Raises NotAllowed if any of the name's is not public."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise NotAllowed("the host name cannot be read") from None
    addresses = [str(one[4][0]) for one in found]
    if not private and not all(map(is_public, addresses)):
        raise NotAllowed(f"{host} is not on the public internet")
    return addresses[0]
