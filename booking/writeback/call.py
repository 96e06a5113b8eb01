"""One POST to an address that a trust gave us: a server-side request, so it is looked at first.

The name is resolved once, every address behind it must be public, and the connection goes to the
address that was looked at: a name cannot point elsewhere a moment later. No redirect is
followed. Only a status comes back: nothing of the answer's body is read.
"""

import ipaddress
import socket
import ssl
import threading
from http.client import HTTPException
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

STEP = 5.0
"""Seconds to connect, and for each wait for something to arrive."""
WHOLE = 15.0
"""Seconds for the whole call, however slowly it drips."""


class NotReached(Exception):
    """No status came back. The text is a few words for a log, with nothing personal in it."""


class NotAllowed(NotReached):
    """The address is not one that we call."""


def check(url: str) -> SplitResult:
    """Return the parts of an address that may be called. Raises NotAllowed; resolves nothing."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotAllowed("not a URL") from None
    schemes = ("https", "http") if settings.FEEDS_MAY_BE_PRIVATE else ("https",)
    if parts.scheme not in schemes:
        raise NotAllowed("not https")
    if not parts.hostname or parts.username is not None or port == 0:
        raise NotAllowed("needs a host name, and no user name")
    return parts


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Send `body`; return the status. Raises NotReached and NotAllowed."""
    parts = check(url)
    try:
        connection = _connect(parts)
    except (OSError, HTTPError, ValueError) as fault:  # a wrong certificate is a ValueError
        raise NotReached(f"cannot connect: {type(fault).__name__}") from None
    watch = threading.Timer(WHOLE, _cut, [connection])
    watch.daemon = True
    watch.start()
    try:
        named = {**headers, "Host": parts.netloc}  # the connection knows the address only
        connection.request("POST", _target(parts), body=body, headers=named)
        return connection.getresponse().status
    except (OSError, HTTPError, HTTPException, ValueError) as fault:
        raise NotReached(f"no answer: {type(fault).__name__}") from None
    finally:
        watch.cancel()
        connection.close()


def _connect(parts: SplitResult) -> HTTPConnection:
    host, port = str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)
    address = _address(host, port)
    if parts.scheme == "https":
        connection: HTTPConnection = HTTPSConnection(
            address,
            port,
            timeout=STEP,
            server_hostname=host,
            assert_hostname=host,
            ssl_context=ssl.create_default_context(),
        )
    else:
        connection = HTTPConnection(address, port, timeout=STEP)
    connection.connect()
    return connection


def _address(host: str, port: int) -> str:
    """Return the address to call. Raises NotAllowed if any of the name's is not public."""
    found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    for address in found:
        if not settings.FEEDS_MAY_BE_PRIVATE and not _is_public(address):
            raise NotAllowed("not a public address")
    return found[0]


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    inside = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None) or ip
    return ip.is_global and inside.is_global and not ip.is_multicast


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _cut(connection: HTTPConnection) -> None:
    sock = connection.sock
    if sock is not None:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it ended by itself
