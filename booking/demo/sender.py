"""How an invented trust's system calls the slots API, rightly or wrongly."""

import gzip
import json
from collections.abc import Iterable
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

WITHIN = 120
"""Seconds that an answer may take."""


class NotTaken(Exception):
    """The service did not take a push; the text says what it answered. `status` 0: no answer."""

    def __init__(self, said: str, status: int = 0) -> None:
        """Keep the HTTP status."""
        super().__init__(said)
        self.status = status


def pack(lines: Iterable[bytes]) -> bytes:
    """Return lines as one gzip body."""
    return gzip.compress(b"\n".join(line.rstrip(b"\n") for line in lines) + b"\n", 1)


def push(
    url: str, key: str, body: bytes, *, replace: bool = False, once: str = ""
) -> dict[str, int]:
    """Send one gzip body; return the counts of the answer. `once` is an Idempotency-Key.

    Raises NotTaken.
    """
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/fhir+ndjson",
        "Content-Encoding": "gzip",
    }
    if once:
        headers["Idempotency-Key"] = once
    address = f"{url}/fhir/R4/$import" + ("?mode=replace" if replace else "")
    request = Request(address, data=body, headers=headers)
    try:
        with urlopen(request, timeout=WITHIN) as response:
            answer = json.load(response)
    except HTTPError as error:
        said = error.read(500).decode(errors="replace")
        raise NotTaken(f"The slots API answered {error.code}: {said}", error.code) from None
    except (URLError, OSError, HTTPException) as error:
        raise NotTaken(f"The slots API cannot be reached: {error}") from None
    return {
        parameter["name"]: parameter["valueInteger"]
        for parameter in answer["parameter"]
        if "valueInteger" in parameter
    }
