"""Whole requests that are wrong, to every address: never our fault, and a refusal changes nothing.

Beside test_every_door.py, where one value is wrong: here it is the form, the query or the type.
"""

import logging

import pytest

from tests.booking.addresses import all_addresses
from tests.booking.test_every_door import FORM, encode, names_of, world  # noqa: F401 - a fixture

MULTIPART = "multipart/form-data; boundary=x"
CURSOR = "A" * 6000
LARGE = 10 * 1024 * 1024
PART = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n--x--\r\n'


def queries(right):
    """What may stand in an address after the question mark; `right` is all that its view reads."""
    yield "nothing", ""
    yield "each twice", encode([*right.items(), *right.items()])
    yield "each twice, once empty", encode([*right.items(), *((name, "") for name in right)])
    yield "no UTF-8", "&".join(f"{name}=%ff%fe" for name in right) + "&%ff=%c3%28"
    yield "names as lists", encode({f"{name}[]": value for name, value in right.items()})
    yield "cursors", encode({**right, "cursor": CURSOR, "page": "9" * 400, "after": CURSOR})
    yield "signs alone", "&&=&=x&%&%zz&;"


def bodies(right):
    """What may be sent, each with its type."""
    form = encode(right).encode()
    yield "nothing", b"", FORM
    yield "each twice", form + b"&" + form, FORM
    yield "no UTF-8", b"&".join(name.encode() + b"=\xff\xfe\xc3(" for name in right), FORM
    yield "raw UTF-16", encode(right).encode("utf-16"), FORM
    yield "another charset", form, f"{FORM}; charset=no-such"
    yield "a form as JSON", form, "application/json"
    yield "JSON as a form", b'{"a": [1, NaN, Infinity, 1e999]}', FORM
    yield "numbers in JSON", b'{"a": [NaN, -Infinity, 1e999, 9223372036854775808]}', "text/json"
    yield "XML", b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "text/xml"
    yield "no type", form, ""
    yield "no boundary", form, "multipart/form-data"
    yield "a torn form", b"--x\r\nContent-Disposition: form-d", MULTIPART
    yield "parts that are no UTF-8", PART % (b"\xff", b"\xff\xfe"), MULTIPART
    yield "many fields", b"&".join(b"a%d=1" % number for number in range(2000)), FORM
    yield "large", b"note=" + b"x" * LARGE, FORM


@pytest.fixture
def faults(caplog):
    caplog.set_level(logging.ERROR)
    return lambda: [
        one for one in caplog.records if one.exc_info and not one.name.startswith("django.security")
    ]


def test_no_query_is_our_fault(world, faults):  # noqa: F811
    for address in all_addresses():
        path, fields = address.path(world.path_values(address)), world.fields_of(address)
        right = {name: fields.get(name, "1") for name in names_of(address, "GET")}
        for kind, query in queries(right):
            world.ask(address, "GET", path, query)
            assert faults() == [], (address.route, kind)


def test_no_form_is_our_fault(world, faults):  # noqa: F811
    for address in all_addresses():
        path, fields = address.path(world.path_values(address)), world.fields_of(address)
        names = {*names_of(address, "POST"), "about", "asked"} & fields.keys()
        for kind, body, content_type in bodies({name: fields[name] for name in sorted(names)}):
            world.ask(address, "POST", path, body=body, content_type=content_type)
            assert faults() == [], (address.route, kind)
