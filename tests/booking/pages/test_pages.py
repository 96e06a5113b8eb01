"""What every page stands on: the policy's hash, the staff's page."""

import base64
import hashlib
import re

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured

from booking.appointments import booking, holds
from config.environment import flag, whole_number


def test_the_policys_hash_is_of_the_one_inline_script(client, db):
    page = client.get("/").content.decode()
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)

    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()

    assert len(scripts) == 1
    assert f"'sha256-{digest}'" == django_settings.TEMPLATE_SCRIPT_HASH


def test_staff_see_who_is_booked_and_who_waits(client, jane, tom, make_slot, now, make_staff):
    slot = make_slot(day=2000)
    holds.hold(jane, slot.pk, now=now)
    booking.book(jane, slot.pk, now=now, actor="patient")
    client.force_login(make_staff().user)

    page = client.get("/staff/overview/").content.decode()

    waiting, coming = page.split('id="to-come"')
    assert "Tom Fell" in waiting
    assert "Jane Fell" not in waiting
    assert "Jane Fell" in coming


def test_the_staff_page_needs_a_login(client, db):
    assert client.get("/staff/")["Location"].startswith("/staff/sign-in/")
    wrong = client.post("/staff/sign-in/", {"username": "clerk", "password": "no"})
    assert "belong together" in wrong.content.decode()


def test_a_page_that_does_not_exist_says_what_to_do(client, db):
    response = client.get("/nowhere/")

    assert response.status_code == 404
    assert "start again with the booking code" in response.content.decode()


def test_our_own_fault_says_what_is_safe(client, db, monkeypatch):
    client.raise_request_exception = False

    def fail(*args):
        raise RuntimeError

    monkeypatch.setattr("booking.patient.identify_views.render", fail)
    response = client.get("/")

    assert response.status_code == 500
    assert "you still have it" in response.content.decode()


def test_a_slip_in_a_setting_is_an_error_and_not_a_no(monkeypatch):
    monkeypatch.setenv("DEBUG", "flase")
    monkeypatch.setenv("PORT", "80 00")

    with pytest.raises(ImproperlyConfigured, match="DEBUG is 'flase'"):
        flag("DEBUG")
    with pytest.raises(ImproperlyConfigured, match="whole number"):
        whole_number("PORT", 8000)
