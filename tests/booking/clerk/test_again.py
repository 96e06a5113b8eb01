"""Who signed in a while ago is asked again before what a thief of their session would do."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import get_resolver

from booking.changes import second_factors, staff_accounts
from booking.models import AuditEntry, FeedKey, SecondFactor, Staff
from tests.booking.clerk.conftest import problems, text

PASSWORD = "a-long-horse-2026"
LONG = timedelta(minutes=10)
ASK_AGAIN = {
    "recovery-codes", "sign-out-everywhere", "staff-account", "staff-account-act",
    "staff-account-new", "staff-key-new", "staff-key-revoke",
}  # fmt: skip
"""Addresses that change who gets in: people's and trusts' systems'."""
NEW = {
    "username": "tess", "given_name": "Tess", "family_name": "O’Old", "role": "lead",
    "trusts": ["RTX", "RXR"], "email": "tess@trust.nhs.uk", "phone": "",
}  # fmt: skip


@pytest.fixture
def admin(sign_in, clock, other_trust):
    browser = sign_in("network_admin", username="nina")
    browser.staff.user.set_password(PASSWORD)
    browser.staff.user.save()
    browser.force_login(browser.staff.user)
    return browser


@pytest.fixture
def later(clock):
    def later():
        clock.shift(LONG)

    return later


def carried(page):
    """What the page that asks sends on, as a browser would."""
    fields = {}
    for name, value in re.findall(
        r'<input type="hidden" name="([^"]+)" value="([^"]*)">', text(page)
    ):
        fields.setdefault(name, []).append(value)
    fields.pop("csrfmiddlewaretoken", None)
    return fields


def test_just_these_pages_ask():
    found = {
        one.name
        for one in get_resolver().url_patterns
        for one in getattr(one, "url_patterns", [one])
        if asks(getattr(one, "callback", None))
    }
    assert found == ASK_AGAIN


def asks(view):
    while view is not None:
        if getattr(view, "asks_again", False):
            return True
        view = getattr(view, "__wrapped__", None)
    return False


def test_within_ten_minutes_nobody_is_asked(admin, clock):
    clock.shift(LONG - timedelta(seconds=1))

    assert "First password of" in text(admin.post("/staff/accounts/new/", NEW))


def test_after_it_the_form_goes_through_the_page_that_asks(admin, later):
    later()

    page = admin.post("/staff/accounts/new/", NEW)

    assert (page.status_code, page["Cache-Control"]) == (403, "no-store")
    assert "Enter your password again" in text(page)
    assert not User.objects.filter(username="tess").exists()
    assert carried(page)["trusts"] == ["RTX", "RXR"]
    done = admin.post("/staff/accounts/new/", {**carried(page), "again_password": PASSWORD})
    assert "First password of" in text(done)
    tess = Staff.objects.get(user__username="tess")
    assert (tess.user.last_name, tess.trust_codes) == ("O’Old", {"RTX", "RXR"})
    assert "First password of" in text(admin.post("/staff/accounts/new/", {**NEW, "username": "t"}))


def test_what_it_is_about_stays_what_the_page_showed(admin, later, make_staff):
    """An account that somebody changed while the password was asked for is not overwritten."""
    carol = make_staff("clerk", username="carol")
    seen = staff_accounts.version_of(Staff.objects.get(pk=carol.pk))
    sent = {"given_name": "C", "family_name": "A", "role": "lead", "trusts": ["RTX"],
            "email": "new@trust.nhs.uk", "phone": "", "seen": seen}  # fmt: skip
    later()
    page = admin.post(f"/staff/accounts/{carol.pk}/", sent)
    Staff.objects.filter(pk=carol.pk).update(role="imaging")

    late = admin.post(f"/staff/accounts/{carol.pk}/", {**carried(page), "again_password": PASSWORD})

    assert late.status_code == 409
    assert Staff.objects.get(pk=carol.pk).role == "imaging"


@pytest.mark.parametrize("do", ["password", "off", "on", "second", "unlock"])
def test_no_button_of_an_account_works_before(do, admin, later, make_staff):
    carol = make_staff("clerk", username="carol", password="x")
    SecondFactor.objects.create(user=carol.user, secret="00" * 20, confirmed=True)
    before = carol.user.password
    later()

    answer = admin.post(f"/staff/accounts/{carol.pk}/do/", {
        "do": do, "act_seen": staff_accounts.version_of(Staff.objects.get(pk=carol.pk)),
    })  # fmt: skip

    assert answer.status_code == 403
    assert User.objects.get(pk=carol.pk).password == before
    assert SecondFactor.objects.exists()


def test_recovery_codes_are_shown_only_after_it(admin, later):
    old = second_factors.new_recovery_codes(admin.staff.user, now=admin_now())
    later()

    page = admin.post("/staff/recovery-codes/")

    assert "<code>" not in text(page)
    assert second_factors.codes_left(admin.staff.user).count() == len(old) == 8
    shown = text(admin.post("/staff/recovery-codes/", {"again_password": PASSWORD}))
    assert len(re.findall("<code>", shown)) == 8


def admin_now():
    from django.utils import timezone

    return timezone.now()


def test_a_key_of_a_trust_is_made_only_after_it(admin, later):
    later()

    assert admin.post("/staff/feeds/RTX/keys/", {"label": "x"}).status_code == 403
    assert not FeedKey.objects.exists()


def test_looking_asks_nobody(admin, later):
    later()

    for page in ("accounts/new/", "recovery-codes/", f"accounts/{admin.staff.pk}/"):
        assert admin.get(f"/staff/{page}").status_code == 200


def test_five_wrong_passwords_end_the_session(admin, later):
    later()
    for _ in range(4):
        page = admin.post("/staff/accounts/new/", {**NEW, "again_password": "no"})
        assert page.status_code == 400
        assert problems(text(page)) == {"again_password": "That is not right. Try again"}
        assert carried(page)["username"] == ["tess"]

    assert admin.post("/staff/accounts/new/", {**NEW, "again_password": "no"}).status_code == 302

    assert admin.get("/staff/accounts/")["Location"].startswith("/staff/sign-in/")
    failed = AuditEntry.objects.filter(action="sign-in failed")
    assert {one.detail["reason"] for one in failed} == {"asked again"}
    assert not User.objects.filter(username="tess").exists()


def test_nothing_typed_is_asked_for(admin, later):
    later()

    page = admin.post("/staff/accounts/new/", {**NEW, "again_password": ""})

    assert problems(text(page)) == {"again_password": "Type your password"}


def test_who_has_no_password_of_ours_shows_a_code(admin, later, settings):
    settings.AUTHENTICATION_BACKENDS = [
        *settings.AUTHENTICATION_BACKENDS, "booking.clerk.oidc.Backend",
    ]  # fmt: skip
    session = admin.session
    session["_auth_user_backend"] = "booking.clerk.oidc.Backend"
    session.save()
    later()
    assert "Sign in again" in text(admin.post("/staff/accounts/new/", NEW))
    SecondFactor.objects.create(user=admin.staff.user, secret="00" * 20, confirmed=True)
    code = second_factors.new_recovery_codes(admin.staff.user, now=admin_now())[0]

    wrong = admin.post("/staff/accounts/new/", {**NEW, "again_password": PASSWORD})
    assert wrong.status_code == 400
    factor = SecondFactor.objects.get()
    factor.throttle_reset()
    done = admin.post("/staff/accounts/new/", {**NEW, "again_password": code.upper()})

    assert "First password of" in text(done)


def test_who_may_not_is_told_so_and_asked_for_nothing(sign_in, later):
    clerk = sign_in(username="carol")
    later()

    assert "Your role is" in text(clerk.post("/staff/accounts/new/", NEW))


def test_a_session_that_does_not_say_when_it_began_is_asked(admin):
    session = admin.session
    del session["signed_in_at"]
    session.save()

    assert admin.post("/staff/accounts/new/", NEW).status_code == 403
