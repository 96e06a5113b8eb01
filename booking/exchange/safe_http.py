"""One call to an address that a trust gave us: a server-side request, so it is looked at first.

The name is resolved once, every address behind it must be public, and the connection goes to the
address that was looked at, so that a name that changes its answer cannot lead us into our own
network. Over TLS the certificate must be the name's. However slowly the other side drips, the
call ends at its deadline.
"""

import http.client
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import IPv6Address, ip_address
from threading import Event, Timer
from urllib.parse import SplitResult, urlsplit


class NotAllowed(Exception):
    """The address is not one that we call. The text says why, in a few words."""


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


@contextmanager
def open_connection(
    parts: SplitResult, *, private: bool, step: float, deadline: float
) -> Iterator[http.client.HTTPConnection]:
    """Yield a connection to a checked address, and close it.

    One wait may take `step` seconds; at `deadline` (time.monotonic()'s seconds) all is cut off,
    which raises TimeoutError. Raises NotAllowed for an address that is not public, and OSError.
    """
    secure = parts.scheme == "https"
    host, port = str(parts.hostname), parts.port or (443 if secure else 80)
    within = min(step, deadline - time.monotonic())
    if within <= 0:
        raise TimeoutError
    address = _address(host, port, private)
    sock = socket.create_connection((address, port), timeout=within)
    if secure:
        context = ssl.create_default_context()
        # The handshake comes below, where the deadline holds for it too.
        sock = context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
    connection = http.client.HTTPConnection(host, port)
    if secure:
        connection = http.client.HTTPSConnection(host, port)
    connection.sock = sock
    late = Event()

    def give_up() -> None:
        late.set()
        with suppress(OSError):  # it was closed a moment before
            sock.shutdown(socket.SHUT_RDWR)  # wakes a read that waits

    timer = Timer(max(0.0, deadline - time.monotonic()), give_up)
    timer.daemon = True
    timer.start()
    try:
        if isinstance(sock, ssl.SSLSocket):
            sock.do_handshake()
        yield connection
    finally:
        timer.cancel()
        connection.close()
        if late.is_set():
            raise TimeoutError


def path_and_query(parts: SplitResult) -> str:
    """Return the path and query to ask for."""
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, whatever it is wrapped in."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inside = ip.ipv4_mapped or ip.sixtofour
        if inside is not None:
            return is_public(str(inside))
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
