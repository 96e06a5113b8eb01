"""Accessibility, privacy and cookies: there for everybody, from every page, and true."""

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from booking.worklists import tasks
from tests.booking.patient.conftest import text

PAGES = ("/accessibility/", "/privacy/", "/cookies/")
FOOT = {*PAGES, "/performance/"}
FRAMES = ("/", "/code/", "/places", "/staff/sign-in/", "/nowhere/", *FOOT)


def links_at_the_foot(answer):
    _, foot = text(answer).split("<footer")
    return set(re.findall(r'href="([^"]+)"', foot))


def test_every_kind_of_page_leads_to_the_three_and_to_how_we_do(patient, make_staff, db):
    staff = Client()
    staff.force_login(make_staff().user)

    for address in FRAMES:
        assert links_at_the_foot(Client().get(address)) == FOOT, address
    assert links_at_the_foot(patient.get("/referral/")) == FOOT
    assert links_at_the_foot(staff.get("/staff/desk/")) == FOOT


def test_who_is_signed_in_may_read_them_and_stays_signed_in(patient):
    for address in PAGES:
        assert patient.get(address).status_code == 200
    assert patient.get("/referral/").status_code == 200


def test_the_cookies_page_names_every_cookie_that_is_set_and_no_other(
    patient, make_slot, make_staff
):
    patient.get("/code/"), patient.post("/hold/", {"slot": make_slot().pk}), patient.get("/check/")
    patient.get("/places?from=LA1")
    staff = Client()
    staff.get("/staff/sign-in/")
    user = make_staff(username="carol", password="a long one for the desk").user
    app = TOTPDevice.objects.create(user=user, name="app", confirmed=True)
    staff.post("/staff/sign-in/", {"username": "carol", "password": "a long one for the desk"})
    staff.post("/staff/sign-in/code/", {"code": f"{totp(app.bin_key):06}"})
    assert staff.get("/staff/desk/").status_code == 200

    said = re.findall(r'list__key">([^<]+)</dt>', text(Client().get("/cookies/")))

    assert set(said) == set(patient.cookies) | set(staff.cookies)


def test_no_cookie_that_signs_anybody_in_outlives_the_browser(patient, make_slot, make_staff):
    patient.get("/code/"), patient.post("/hold/", {"slot": make_slot().pk})
    staff = Client()
    staff.get("/staff/sign-in/")
    user = make_staff().user
    user.set_password("a long one for the desk")
    user.save()
    answers = {"username": user.username, "password": "a long one for the desk"}
    staff.post("/staff/sign-in/", answers)
    staff.get("/staff/desk/")

    for browser in (patient, staff):
        assert "finder" in browser.cookies
        for cookie in browser.cookies.values():
            assert (cookie["expires"], cookie["max-age"]) == ("", ""), cookie


def test_a_session_whose_browser_stays_open_ends_all_the_same_and_is_deleted(patient, clock):
    assert patient.get("/referral/").status_code == 200
    clock.shift(timedelta(hours=20, seconds=1))

    assert patient.get("/referral/")["Location"] == "/signed-out/"
    tasks.forget_drafts()
    assert not Session.objects.exists()


@pytest.mark.parametrize("gateway", ["twilio", "outbox"])
def test_the_privacy_page_says_who_sends_the_texts(client, settings, gateway):
    settings.SMS_GATEWAY = gateway

    page = text(client.get("/privacy/"))

    assert ("Twilio" in page) == (gateway == "twilio")
    assert "30 days after the last thing" in page
    assert "0303 123 1113" in page


def test_the_accessibility_statement_has_what_the_law_asks_for(client):
    page = text(client.get("/accessibility/"))

    for needed in ("partially compliant", "2.2", "EHRC", "EASS", "2018", "26 November 2026", "@"):
        assert needed in page
