"""What is sent is compressed once, for who accepts it, and conditional requests still work."""

import gzip
import re

import pytest

GZIP = {"Accept-Encoding": "gzip, deflate, br"}
PAGE, JSON, FILE = "/places?from=LA1", "/fhir/R4/metadata", "/fhir/R4/$bulk-publish/Location.ndjson"
MARKED = (FILE, "/fhir/R4/$bulk-publish")


def body(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


@pytest.mark.parametrize("address", [PAGE, JSON, FILE, "/staff/sign-in/"])
def test_an_answer_is_compressed_once_for_who_accepts_it(client, jane, make_slot, address):
    make_slot()
    usual = client.get(address, follow=True)
    packed = client.get(address, headers=GZIP, follow=True)

    assert "Content-Encoding" not in usual.headers
    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed["Vary"]
    assert "Accept-Encoding" in usual["Vary"]
    plain, sent = body(usual), body(packed)
    assert len(sent) < len(plain)
    same = re.compile(rb'value="[^"]{64}"')  # the token of forms is masked anew each time
    assert same.sub(b"", gzip.decompress(sent)) == same.sub(b"", plain)


@pytest.mark.parametrize("address", MARKED)
def test_who_has_it_already_is_told_so_compressed_or_not(client, jane, make_slot, address):
    make_slot()
    for headers in ({}, GZIP):
        mark = client.get(address, headers=headers)["ETag"]
        again = client.get(address, headers={**GZIP, "If-None-Match": mark})

        assert (again.status_code, again.content, mark[:2]) == (304, b"", "W/")
        assert "Content-Encoding" not in again.headers


def test_two_loads_of_a_page_never_carry_the_same_token_nor_length(client, db):
    pages = [client.get("/code/", headers=GZIP).content for _ in range(8)]

    tokens = {re.search(rb'token" value="(\w{64})"', gzip.decompress(page))[1] for page in pages}
    assert len(tokens) == 8
    assert len({len(page) for page in pages}) > 1


def test_what_is_short_is_left_as_it_is(client):
    assert "Content-Encoding" not in client.get("/healthz", headers=GZIP).headers
