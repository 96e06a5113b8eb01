"""What caches may keep of the open API, and who is told that nothing changed."""

import pytest
from django.conf import settings

from tests.booking.signing_in import prove

MOMENT, HOUR, MINUTE = "private, max-age=15", "max-age=3600", "max-age=60"
SEARCH = "/api/v1/places?postcode=LA14+4LF&modality=MR"
PLACE, SCHEMA = "/api/v1/places/furness", "/api/schema/"
KEPT = {
    SEARCH: MOMENT,
    PLACE: MOMENT,
    SCHEMA: HOUR,
    "/fhir/R4/$bulk-publish": MINUTE,
    "/fhir/R4/$bulk-publish/Location.ndjson": MINUTE,
    "/fhir/R4/metadata": HOUR,
    "/fhir/R4/.well-known/smart-configuration": HOUR,
}
"""Whatever is open to everybody, but pages: the description for people is one."""
MARKED = [address for address in KEPT if "metadata" not in address and "smart" not in address]
NOT_KEPT = [
    ("get", "/api/v1/places", 400),
    ("get", "/api/v1/places/none", 404),
    ("get", "/api/v1/scanners/none", 404),
    ("post", "/api/v1/places", 405),
    ("get", "/fhir/R4/$bulk-publish?_since=soon", 400),
    ("get", "/fhir/R4/$bulk-publish/Patient.ndjson", 404),
    ("get", "/fhir/R4/Device", 404),
]


@pytest.fixture(autouse=True)
def there(furness, make_slot, clock):
    return make_slot()


@pytest.mark.parametrize("address", KEPT)
def test_what_is_the_same_for_everybody_is_kept_so_long_and_varies_by_no_cookie(client, address):
    answer = client.get(address)

    assert (answer.status_code, answer["Cache-Control"]) == (200, KEPT[address])
    assert "Cookie" not in answer["Vary"]
    assert "Accept-Encoding" in answer["Vary"]


@pytest.mark.parametrize("address", MARKED)
@pytest.mark.parametrize("verb", ["get", "head"])
def test_who_has_it_is_told_so(client, address, verb):
    first = client.get(address)

    for sent in (first["ETag"], f'"other", {first["ETag"]}', first["ETag"].removeprefix("W/"), "*"):
        again = getattr(client, verb)(address, headers={"If-None-Match": sent})
        assert (again.status_code, again.content) == (304, b"")
        for name in ("ETag", "Cache-Control"):
            assert again[name] == first[name]
        assert "Accept-Encoding" in again["Vary"]


@pytest.mark.parametrize("address", MARKED)
def test_who_has_another_is_answered_and_if_match_is_passed_over(client, address):
    for headers in (
        {"If-None-Match": 'W/"other"'},
        {"If-None-Match": "x"},
        {"If-Match": '"other"'},
    ):
        assert client.get(address, headers=headers).status_code == 200

    mark = client.get(address)["ETag"]
    both = client.get(address, headers={"If-None-Match": mark, "If-Match": '"other"'})
    assert both.status_code == 304


@pytest.mark.parametrize(("verb", "address", "status"), NOT_KEPT)
def test_no_error_is_kept(client, verb, address, status):
    answer = getattr(client, verb)(address)

    assert (answer.status_code, answer["Cache-Control"]) == (status, "no-store")
    assert "ETag" not in answer


def test_too_many_calls_are_not_kept(client, settings):
    settings.OPEN_CALLS_A_MINUTE = 1
    client.get(PLACE)

    answer = client.get(PLACE)

    assert (answer.status_code, answer["Cache-Control"]) == (429, "no-store")


def test_a_mark_is_of_what_is_said_and_so_of_what_is_asked(client, there, make_slot):
    marks = [client.get(address)["ETag"] for address in (SEARCH, f"{SEARCH}&limit=1&sort=soonest")]
    assert len(set(marks)) == 1, "the same answer"

    there.free_at = None
    there.save()

    changed = client.get(SEARCH, headers={"If-None-Match": marks[0]})
    assert (changed.status_code, changed["ETag"] == marks[0]) == (200, False)


def test_options_says_no_more_than_what_there_is(client):
    answer = client.options(SEARCH)

    assert answer.status_code == 200
    assert "ETag" not in answer


def test_a_session_that_is_sent_is_looked_at_and_no_other(client, jane):
    prove(client)
    answer = client.get(PLACE)
    assert "Cookie" in answer["Vary"]

    client.cookies.pop(settings.SESSION_COOKIE_NAME)

    assert "Cookie" not in client.get(PLACE)["Vary"]
