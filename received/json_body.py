"""JSON from other systems, read by the shape that it must have."""

import re
from typing import TypeVar

import msgspec

T = TypeVar("T")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""U+0000 as JSON writes it. Raw in a text it is no JSON, like half of a surrogate pair."""
UNFIT = "processing"
"""FHIR issue type of JSON that is whole, but holds what cannot be kept."""


class JsonRefused(ValueError):
    """A body that cannot be used. `code` is a FHIR issue type; the text says what to change."""

    def __init__(self, code: str, what: str) -> None:
        """Keep the issue type: structure for what is no JSON, invalid for another shape, UNFIT."""
        super().__init__(what)
        self.code = code


def read_json(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Return what a body says, none of whose texts is unfit. Raises JsonRefused."""
    if b"\\u0000" in body and _NUL.search(body):
        raise JsonRefused(UNFIT, "a text holds the character U+0000.")
    return read_envelope(body, decoder)


def read_envelope(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Return what stands around parts that are read one by one. Raises JsonRefused.

    Its own texts may be unfit: they are compared, never kept.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise JsonRefused("invalid", str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise JsonRefused("structure", f"not JSON in UTF-8: {error}") from None
