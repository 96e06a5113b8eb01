"""A Bundle of type batch or transaction to numbered resources."""

from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

from booking.exchange.feeds.parse import LineRefused
from booking.exchange.feeds.repairs import repaired
from received.json_body import JsonRefused, read_envelope, read_json

MAX_ENTRIES = 1000
"""Entries of one Bundle, which is one transaction; $import takes any number."""


class _Request(Struct):
    method: str = ""
    url: str = ""


class Entry(Struct):
    """A resource as it was sent, and what is to be done with it."""

    resource: Raw = Raw(b"null")
    request: _Request = msgspec.field(default_factory=_Request)


class _About(Struct, rename="camel"):
    resource_type: str = ""
    id: str = ""


class Bundle(Struct, tag_field="resourceType", tag="Bundle"):
    """What a partner sends that speaks plain FHIR."""

    type: str
    entry: Annotated[list[Entry], Meta(max_length=MAX_ENTRIES)] = []


_decoder = msgspec.json.Decoder(Bundle)
_about = msgspec.json.Decoder(_About)


def read(body: bytes) -> Bundle:
    """Return the Bundle. Raises Refused."""
    try:
        try:
            bundle = read_envelope(body, _decoder)
        except JsonRefused:
            bundle = read_envelope(repaired(body)[0], _decoder)
    except JsonRefused as error:
        raise LineRefused(error.code, str(error)) from None
    if bundle.type not in ("batch", "transaction"):
        raise LineRefused("value", "type must be batch or transaction.")
    if not bundle.entry:
        raise LineRefused("required", "entry is empty.")
    return bundle


def check(entry: Entry) -> None:
    """Refuse an entry that is not a PUT of its resource at its own address."""
    try:
        about = read_json(repaired(bytes(entry.resource))[0], _about)
    except JsonRefused as error:
        raise LineRefused(error.code, str(error)) from None
    where = f"{about.resource_type}/{about.id}"
    if entry.request.method != "PUT":
        raise LineRefused(
            "not-supported", "request.method must be PUT: your ids name things.", where
        )
    if entry.request.url != where:
        raise LineRefused("value", f"request.url must be {where}, as the resource says.", where)
