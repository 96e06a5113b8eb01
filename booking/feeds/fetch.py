"""One file from a server that we do not trust: bounded in time, size, hops and addresses.

The address is resolved once, checked, and connected to as it is, so that a name that changes its
answer cannot lead us into our own network.
"""

import http.client
import re
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from threading import Event, Timer
from typing import BinaryIO
from urllib.parse import SplitResult, urljoin, urlsplit

MAX_HOPS = 3
"""Redirects followed; each hop is checked like the first, and none goes from https to http."""
READ_WITHIN = 10.0
"""Seconds that one read may take; the deadline bounds all of them together."""
READ = 64 * 1024
REDIRECTS = (301, 302, 303, 307, 308)


class FetchFailed(Exception):
    """The file did not come, or not whole. The text says why, for the staff's page."""


@dataclass(frozen=True)
class Fetched:
    """What came: `is_new` is False for a 304. `max_age` is in seconds, None if not said."""

    is_new: bool
    etag: str
    max_age: int | None


def fetch(
    url: str, into: BinaryIO, *, deadline: float, limit: int, private: bool, etag: str = ""
) -> Fetched:
    """Write the file at `url` to `into`, unless it still has `etag`. Raises FetchFailed.

    `deadline` is in time.monotonic()'s seconds, `limit` in bytes; `private` allows http and
    addresses of private networks.
    """
    for _ in range(MAX_HOPS + 1):
        parts = _checked(url, private)
        try:
            target = _get(parts, into, deadline, limit, private, etag)
        except TimeoutError:
            raise FetchFailed(f"{parts.hostname} took too long.") from None
        except (OSError, http.client.HTTPException) as error:
            why = str(error) or type(error).__name__
            raise FetchFailed(f"{parts.hostname} could not be read: {why}") from None
        if isinstance(target, Fetched):
            return target
        url = urljoin(url, target)
        if parts.scheme == "https" and urlsplit(url).scheme != "https":
            raise FetchFailed(f"{parts.hostname} sends us on from https to another scheme.")
    raise FetchFailed(f"{parts.hostname} sends us on more than {MAX_HOPS} times.")


def _checked(url: str, private: bool) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise FetchFailed("The address cannot be read.") from None
    if parts.scheme not in (("https", "http") if private else ("https",)):
        raise FetchFailed("The address must start with https://")
    if not parts.hostname or parts.username is not None or port == 0:
        raise FetchFailed("The address needs a host, and no user name.")
    return parts


def _get(
    parts: SplitResult, into: BinaryIO, deadline: float, limit: int, private: bool, etag: str
) -> Fetched | str:
    """Return what came, or where to go instead."""
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    host = parts.hostname or ""
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(host, port)
    sock = _connect(host, port, secure, deadline, private)
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
        headers = {"Accept-Encoding": "gzip", "User-Agent": "scan-finder"}
        if etag:
            headers["If-None-Match"] = etag
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", path, headers=headers)
        return _read(connection.getresponse(), into, limit)
    except (OSError, http.client.HTTPException):
        if late.is_set():
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()
        connection.close()
        if late.is_set():
            raise TimeoutError


def _connect(host: str, port: int, secure: bool, deadline: float, private: bool) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    if not private and not all(is_public(address) for address in addresses):
        raise FetchFailed(f"{host} is not on the public internet.")
    within = min(READ_WITHIN, deadline - time.monotonic())
    if within <= 0:
        raise TimeoutError
    sock = socket.create_connection((addresses[0], port), timeout=within)
    if secure:
        sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host)
    return sock


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, whatever it is wrapped in."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        ip = ip.ipv4_mapped or ip.sixtofour or ip
    return ip.is_global and not ip.is_multicast


def _read(response: http.client.HTTPResponse, into: BinaryIO, limit: int) -> Fetched | str:
    status, etag = response.status, response.headers.get("ETag", "")
    age = re.search(r"max-age=(\d{1,9})", response.headers.get("Cache-Control", ""))
    max_age = int(age[1]) if age else None
    if status in REDIRECTS and response.headers.get("Location"):
        return response.headers["Location"]
    if status == 304:
        return Fetched(False, etag, max_age)
    if status != 200:
        raise FetchFailed(f"it answered {status} {response.reason}.")
    declared, seen = response.length, 0
    while part := response.read(READ):
        seen += len(part)
        if seen > limit:
            raise FetchFailed("it is larger than we take.")
        into.write(part)
    if declared is not None and seen != declared:
        raise FetchFailed("it broke off.")
    return Fetched(True, etag, max_age)
