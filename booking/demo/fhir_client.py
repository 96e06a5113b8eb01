"""How invented systems call the service: FHIR JSON in and out, with faults of their own making."""

import json
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

WITHIN = 30
"""Seconds that an answer may take."""


class NoAnswer(Exception):
    """Nothing came back, so nobody knows whether it was done."""


class Answer(dict[str, Any]):
    """A body; `status` and `headers` are those of the answer."""

    status: int
    headers: dict[str, str]


def call(
    method: str, url: str, key: str, body: dict[str, Any] | None = None, **headers: str
) -> Answer:
    """Call the service once; `If_Match` as a name stands for If-Match. Raises NoAnswer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named |= {"Authorization": f"Bearer {key}", "Content-Type": "application/fhir+json"}
    raw = json.dumps(body).encode() if body is not None else None
    request = Request(url, data=raw, headers=named, method=method)
    try:
        with urlopen(request, timeout=WITHIN) as response:
            return _answer(response.status, response.headers, response.read())
    except HTTPError as error:
        return _answer(error.code, error.headers, error.read())
    except (URLError, OSError, HTTPException) as error:
        raise NoAnswer(f"{type(error).__name__}: {error}") from None


def _answer(status: int, headers: Any, raw: bytes) -> Answer:
    try:
        found = Answer(json.loads(raw))
    except ValueError:
        found = Answer()
    found.status, found.headers = status, {name.lower(): value for name, value in headers.items()}
    return found
