"""One file from a server that we do not trust: bounded in time, size, hops and addresses."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import BinaryIO
from urllib.parse import SplitResult, urljoin, urlsplit

from urllib3.exceptions import ProtocolError
from urllib3.response import BaseHTTPResponse

from booking.exchange import safe_http
from received import trace
from received.moments import is_usual
from received.text import keep_fit

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
    """What came: `is_new` is False for a 304. `max_age` is in seconds, None if not said.

    `modified` is when the server says that the file was last changed, None if it does not.
    """

    is_new: bool
    etag: str
    max_age: int | None
    modified: datetime | None = None


def fetch(
    url: str, into: BinaryIO, *, deadline: float, limit: int, private: bool, etag: str = ""
) -> Fetched:
    """Write the file at `url` to `into`, unless it still has `etag`. Raises FetchFailed.

    `deadline` is in time.monotonic()'s seconds, `limit` in bytes; `private` allows http and
    addresses of private networks.
    """
    for _ in range(MAX_HOPS + 1):
        try:
            parts = safe_http.check_url(url, private=private)
            target = _get(parts, into, deadline, limit, private, etag)
        except safe_http.NotAllowed as refusal:
            raise FetchFailed(f"We do not call it: {refusal}.") from None
        except TimeoutError:
            raise FetchFailed(f"{parts.hostname} took too long.") from None
        except OSError as error:
            why = str(error) or type(error).__name__
            raise FetchFailed(f"{parts.hostname} could not be read: {why}") from None
        if isinstance(target, Fetched):
            return target
        url = address_from(url, target)
        if parts.scheme == "https" and urlsplit(url).scheme != "https":
            raise FetchFailed(f"{parts.hostname} sends us on from https to another scheme.")
    raise FetchFailed(f"{parts.hostname} sends us on more than {MAX_HOPS} times.")


def address_from(base: str, said: str) -> str:
    """Return the address that the file at `base` means by what it says. Raises FetchFailed."""
    try:
        found = urljoin(base, said)
        urlsplit(found)
    except ValueError:
        raise FetchFailed(f"It names an address that is none: {said[:100]}") from None
    return found


def _get(
    parts: SplitResult, into: BinaryIO, deadline: float, limit: int, private: bool, etag: str
) -> Fetched | str:
    """Return what came, or where to go instead."""
    headers = {"Accept-Encoding": "gzip", "User-Agent": "scan-finder", **trace.headers()}
    if etag:
        headers["If-None-Match"] = etag
    with safe_http.open_connection(
        parts, private=private, step=READ_WITHIN, deadline=deadline
    ) as connection:
        connection.request(
            "GET",
            safe_http.path_and_query(parts),
            headers=headers,
            preload_content=False,
            decode_content=False,
        )
        return _read(connection.getresponse(), into, limit)


def _read(response: BaseHTTPResponse, into: BinaryIO, limit: int) -> Fetched | str:
    status, etag = response.status, keep_fit(response.headers.get("ETag", ""))
    age = re.search(r"max-age=(\d{1,9})", response.headers.get("Cache-Control", ""))
    max_age = int(age[1]) if age else None
    if status in REDIRECTS and response.headers.get("Location"):
        return response.headers["Location"]
    modified = _modified(response.headers.get("Last-Modified", ""))
    if status == 304:
        return Fetched(False, etag, max_age, modified)
    if status != 200:
        raise FetchFailed(f"it answered {status} {response.reason}.")
    seen = 0
    try:
        while part := response.read(READ):
            seen += len(part)
            if seen > limit:
                raise FetchFailed("it is larger than we take.")
            into.write(part)
    except ProtocolError:
        raise FetchFailed("it broke off.") from None
    return Fetched(True, etag, max_age, modified)


def _modified(said: str) -> datetime | None:
    """Return a Last-Modified; None if it is none, or too far off for anything to be meant by it."""
    try:
        at = parsedate_to_datetime(said).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if is_usual(at) else None
