"""Whatever form comes after a session has ended: what was typed is there once they are back."""

import html
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from django.test import Client
from django.urls import get_resolver

from booking.clerk import idle
from booking.models import Draft, Staff
from tests.booking.clerk.conftest import text
from tests.booking.pages.test_subject import STAFFS

AWAY, A_DAY = timedelta(minutes=16), timedelta(hours=13)
NEW = {
    "username": "tess", "given_name": "Tess", "family_name": "O’Old", "role": "lead",
    "trusts": ["RTX", "RXR"], "email": "tess@trust.nhs.uk", "phone": "",
}  # fmt: skip


@pytest.fixture
def admin(sign_in, other_trust):
    return at_work(sign_in("network_admin", username="nina"))


def at_work(browser):
    """Who has a page open: that they were seen is written down."""
    browser.get("/staff/password/")
    return browser


def send_late(browser, clock, address, fields, *, away=AWAY):
    """Send a form after the session has ended; sign in; return the page that they are led to."""
    clock.shift(away)
    answer = browser.post(address, fields)
    assert answer["Location"].startswith("/staff/sign-in/?idle=")
    browser.said = text(browser.get(answer["Location"]))
    browser.force_login(browser.staff.user)
    return browser.get(next_of(answer))


def next_of(answer):
    return parse_qs(urlsplit(answer["Location"]).query)["next"][0]


def carried(page):
    fields = {}
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', text(page))
    for name, value in found:
        fields.setdefault(html.unescape(name), []).append(html.unescape(value))
    fields.pop("csrfmiddlewaretoken")
    return fields


@pytest.mark.parametrize("away", [AWAY, A_DAY])
def test_a_new_account_that_came_too_late_is_made_with_one_press(admin, clock, away):
    page = send_late(admin, clock, "/staff/accounts/new/", NEW, away=away)

    assert "What you had typed is kept" in admin.said
    assert "O’Old" in text(page)
    assert "Given name" in text(page)
    assert page["Cache-Control"] == "no-store"
    assert not Staff.objects.filter(user__username="tess").exists()
    admin.post("/staff/accounts/new/", carried(page))
    tess = Staff.objects.get(user__username="tess")
    assert tess.user.last_name == "O’Old"
    assert tess.trust_codes == {"RTX", "RXR"}


def test_it_is_shown_once_and_to_nobody_else(admin, clock, sign_in):
    other = sign_in("network_admin", username="noor")
    clock.shift(AWAY)
    address = next_of(admin.post("/staff/accounts/new/", NEW))
    other.force_login(other.staff.user)

    assert other.get(address)["Location"] == "/staff/"
    admin.force_login(admin.staff.user)
    assert "O’Old" in text(admin.get(address))
    assert admin.get(address)["Location"] == "/staff/"
    assert Draft.objects.get().fields == {}


def test_what_signs_in_or_out_is_not_kept(admin, clock):
    for address in ("/staff/password/", "/staff/recovery-codes/", "/staff/sign-out/everywhere/"):
        clock.shift(AWAY)
        answer = admin.post(address, {"new_password1": "never to be kept"})
        assert "idle=1" in answer["Location"], address
        admin.force_login(admin.staff.user)
        at_work(admin)

    assert not Draft.objects.exists()


@pytest.mark.parametrize("of", ["", "/staff/desk/", "https://evil.example/", "//x"])
def test_an_address_that_nobody_sent_to_leads_nowhere(admin, of):
    assert admin.get("/staff/kept/", {"of": of})["Location"] == "/staff/"


def addresses():
    """Every address of the staff that takes a form, and does not refill the page that it is on."""
    for pattern in get_resolver().url_patterns:
        for one in getattr(pattern, "url_patterns", [pattern]):
            route = str(one.pattern)
            if not route.startswith("staff/") or "oidc" in route:
                continue
            if one.name in idle.NOT_SENT_AGAIN | idle.FILLS_IN_AGAIN | STAFFS:
                continue
            for kind, value in (("int", "1"), ("uuid", str(UUID(int=1))), (r"\w+", "x")):
                route = re.sub(rf"<{kind}:[^>]+>", value, route)
            yield f"/{route}"


@pytest.mark.parametrize("address", sorted(set(addresses())))
def test_no_form_of_the_staff_loses_what_was_typed(clerk, clock, address):
    if address.startswith(idle.POLLED):
        pytest.skip("an open page asks for it by itself")
    typed = "Ring the daughter"
    at_work(clerk)
    clock.shift(AWAY)
    answer = clerk.post(address, {"note": typed}, headers={"referer": "http://testserver/staff/"})

    assert "kept=1" in answer["Location"], address
    clerk.force_login(clerk.staff.user)
    page = clerk.get(next_of(answer))
    assert typed in text(page)
    assert f'action="{address}"' in text(page)


def test_the_button_sends_it_where_it_went(admin, clock):
    strict = Client(enforce_csrf_checks=True)
    strict.staff = admin.staff
    strict.force_login(admin.staff.user)
    clock.shift(AWAY)
    Draft.objects.create(
        user=admin.staff.user, page="sent /staff/accounts/new/", fields={"username": ["t"]},
        kept_at=admin.staff.user.date_joined,
    )  # fmt: skip
    strict.force_login(admin.staff.user)

    page = text(strict.get("/staff/kept/?of=/staff/accounts/new/"))

    assert '<form method="post" action="/staff/accounts/new/">' in page
    assert "csrfmiddlewaretoken" in page
