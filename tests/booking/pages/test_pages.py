"""What every page stands on: the policy's hash, the staff's page, production settings."""

import base64
import hashlib
import re

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured

from booking.appointments import booking, holds
from config.environment import DEMO_SECRET_KEY, flag, refuse_unsafe_production, whole_number


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


SAFE = {
    "SECRET_KEY": "k" * 50,
    "DEBUG": False,
    "ALLOWED_HOSTS": ["scans.example"],
    "PUBLIC_BASE_URL": "https://scans.example",
    "SMS_GATEWAY": "twilio",
}


def test_safe_production_settings_are_accepted():
    refuse_unsafe_production(SAFE)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"SECRET_KEY": DEMO_SECRET_KEY}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"DEBUG": True}, "DEBUG is on"),
        ({"ALLOWED_HOSTS": []}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": ["*"]}, "ALLOWED_HOSTS"),
        ({"PUBLIC_BASE_URL": "http://scans.example"}, "https://"),
        ({"SMS_GATEWAY": "outbox"}, "SMS_GATEWAY"),
    ],
)
def test_production_refuses_to_start_with_a_demo_setting(change, says):
    with pytest.raises(ImproperlyConfigured, match=re.escape(says)):
        refuse_unsafe_production({**SAFE, **change})


def test_every_fault_is_named_at_once():
    with pytest.raises(ImproperlyConfigured) as refused:
        refuse_unsafe_production({**SAFE, "DEBUG": True, "ALLOWED_HOSTS": []})
    assert "DEBUG" in str(refused.value)
    assert "ALLOWED_HOSTS" in str(refused.value)


def test_a_slip_in_a_setting_is_an_error_and_not_a_no(monkeypatch):
    monkeypatch.setenv("DEBUG", "flase")
    monkeypatch.setenv("PORT", "80 00")

    with pytest.raises(ImproperlyConfigured, match="DEBUG is 'flase'"):
        flag("DEBUG")
    with pytest.raises(ImproperlyConfigured, match="whole number"):
        whole_number("PORT", 8000)
