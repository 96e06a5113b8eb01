"""What is open to everybody is limited by address; what answers is for people or for systems."""

import pytest
from django.test import Client
from django.urls import get_resolver

from config import doors
from tests.booking.conftest import NOW
from tests.config.test_every_address import addresses

OPEN = ["/api/v1/places", "/api/v1/scanners/x", "/fhir/R4/metadata", "/fhir/R4/$bulk-publish",
        "/api/schema/", "/api/docs/", "/fhir/nothing"]  # fmt: skip


@pytest.fixture(autouse=True)
def _few(settings, db, time_machine):
    settings.OPEN_CALLS_A_MINUTE = settings.OPEN_PAGES_A_MINUTE = 2
    time_machine.move_to(NOW, tick=False)


@pytest.mark.parametrize("address", OPEN)
def test_an_open_call_too_many_is_429_with_when_to_come_again(client, address):
    assert all(client.get(address).status_code != 429 for _ in range(2))

    answer = client.get(address)

    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    if address.startswith("/fhir"):
        said = answer.json()["issue"][0]
        assert said["code"] == "throttled"
        assert said["details"]["coding"][0]["code"] == "SEND_TOO_MANY_REQUESTS"
        assert answer["Content-Type"] == "application/fhir+json"
    else:
        assert answer.json() == {
            "detail": "Too many calls from your address. Come again in 60 seconds."
        }
    assert Client(REMOTE_ADDR="192.0.2.7").get(address).status_code != 429


def test_the_calls_of_one_address_count_together(client):
    answers = [client.get(address).status_code == 429 for address in OPEN]
    assert answers == [False, False, True, True, True, True, True]


@pytest.mark.parametrize("address", ["/places", "/places/map", "/performance/", "/api/docs/"])
def test_a_page_too_many_says_when_to_load_it_again(client, address):
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    for _ in range(2):
        assert client.get(address, headers=browser).status_code != 429

    page = client.get(address, headers=browser)

    words = " ".join(page.content.decode().split())
    assert (page.status_code, page["Retry-After"]) == (429, "60")
    assert "Wait 60 seconds, then load this page again" in words
    assert "01632 960 100" in words
    assert page["Cache-Control"] == "no-store"


def test_looking_for_a_postcode_counts_as_well(client):
    answers = [client.post("/places", {"postcode": "LA14 4LF"}).status_code for _ in range(3)]
    assert answers[2] == 429


def test_codes_are_typed_so_often_and_looking_at_the_page_is_no_try(client):
    for _ in range(40):
        assert client.get("/code/").status_code == 200
    answers = [client.post("/code/", {"code": "9GWP3KTY"}).status_code for _ in range(31)]
    assert answers == [302] * doors.CODES_A_MINUTE + [429]


def test_tokens_of_the_figures_cannot_be_guessed_quickly(client, settings):
    settings.METRICS_TOKEN = "secret"
    wrong = [
        client.get("/metrics", headers={"Authorization": f"Bearer {n}"}).status_code
        for n in range(doors.METRICS_A_MINUTE + 1)
    ]
    assert wrong == [403] * doors.METRICS_A_MINUTE + [429]


def test_what_asks_for_a_key_or_a_sign_in_and_health_is_not_counted_here(client):
    for address in ("/staff/desk/", "/fhir/R4/Slot", "/healthz", "/readyz", "/referral/", "/"):
        assert 429 not in [client.get(address).status_code for _ in range(5)], address


def test_nought_is_no_limit(client, settings):
    settings.OPEN_CALLS_A_MINUTE = 0
    assert 429 not in [client.get("/api/v1/places").status_code for _ in range(9)]


def test_every_name_that_is_limited_is_an_address():
    names = {name for _, name in addresses(get_resolver())}
    assert names >= doors.OPEN_PAGES | doors.DESCRIPTIONS | {"code", "metrics"}
