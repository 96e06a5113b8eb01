"""By plain http browsers are led on to https, and programs are refused."""

import pytest
from django.test import Client

from config.settings import PROGRAMS_CALL


@pytest.fixture
def plain(settings, db):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [PROGRAMS_CALL]
    return Client()


PROGRAMS = ["/fhir/R4/Slot", "/fhir", "/oauth2/token", "/api/v1/places", "/sms/twilio/inbound/"]


@pytest.mark.parametrize("path", PROGRAMS)
def test_a_program_is_refused_before_its_key_is_read(plain, path):
    answer = plain.get(path, headers={"Authorization": "Bearer RTX-1.x"})

    assert answer.status_code == 403
    assert "https" in str(answer.json())
    assert "Location" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/staff/", "/api/docs/", "/places", "/fhirs"])
def test_a_browser_is_led_on(plain, path):
    answer = plain.get(path)

    assert (answer.status_code, answer["Location"]) == (301, f"https://testserver{path}")


@pytest.mark.parametrize("path", PROGRAMS)
def test_by_https_nobody_is_refused_for_it(plain, path):
    assert plain.get(path, secure=True).status_code != 301
    assert "made anew" not in plain.get(path, secure=True).content.decode()


def test_a_demo_takes_plain_http(client, db):
    assert client.get("/fhir/R4/metadata").status_code == 200
