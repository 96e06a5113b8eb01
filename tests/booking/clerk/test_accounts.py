"""Accounts by page: made, changed, switched off, let in again; and what nobody may do."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.changes import second_factors, staff_accounts
from booking.models import AuditEntry, ProviderAccount, SecondFactor, SignInTries, Staff
from tests.booking.clerk.conftest import problems, text
from tests.racing import Rival, only_postgresql

MINE = "my own long password 7"


@pytest.fixture
def admin(sign_in):
    return sign_in("network_admin", username="nina")


@pytest.fixture
def carol(make_staff):
    carol = make_staff("clerk", username="carol")
    User.objects.filter(pk=carol.pk).update(first_name="Carol", last_name="Ashworth")
    return Staff.objects.select_related("user").get(pk=carol.pk)


def fields(page):
    return dict(re.findall(r'name="(seen|act_seen)" value="([^"]*)"', text(page)))


def save(browser, staff, page=None, **changes):
    address = f"/staff/accounts/{staff.pk}/"
    page = page or browser.get(address)
    is_ = {
        "given_name": "Carol", "family_name": "Ashworth", "role": "clerk", "trusts": ["RTX"],
        "email": "", "phone": "", "seen": fields(page)["seen"],
    }  # fmt: skip
    return browser.post(address, {**is_, **changes})


def press(browser, staff, do, page=None):
    page = page or browser.get(f"/staff/accounts/{staff.pk}/")
    sent = {"do": do, "act_seen": fields(page).get("act_seen", "none")}
    return browser.post(f"/staff/accounts/{staff.pk}/do/", sent)


def make(browser, **changes):
    wanted = {
        "username": "tess", "given_name": "Tess", "family_name": "Old", "role": "lead",
        "trusts": ["RTX"], "email": "tess@trust.nhs.uk", "phone": "07700 900123",
    }  # fmt: skip
    return browser.post("/staff/accounts/new/", {**wanted, **changes})


def audited(action):
    return [one.detail for one in AuditEntry.objects.filter(action=action).order_by("pk")]


def test_a_new_account_has_a_password_that_opens_nothing_until_it_is_changed(
    admin, client, clock, two_step
):
    page = make(admin)
    password = re.search("<code>(.+?)</code>", text(page))[1]

    assert (page.status_code, page["Cache-Control"]) == (200, "no-store")
    tess = Staff.objects.get(user__username="tess")
    assert (tess.role, tess.phone, tess.trust_codes) == ("lead", "+447700900123", {"RTX"})
    assert audited("account made") == [{"user": tess.pk, "role": "lead", "trusts": ["RTX"]}]
    two_step(client, tess, password)
    for page in ("/staff/desk/", "/staff/lists/", "/staff/lost/"):
        assert client.get(page)["Location"] == "/staff/password/"
    assert client.post("/staff/desk/", {"who": "Fell"})["Location"] == "/staff/password/"
    assert "Choose one that nobody else knows" in text(client.get("/staff/password/"))
    new = {"new_password1": MINE, "new_password2": MINE}
    same = {"new_password1": password, "new_password2": password}
    assert client.post("/staff/password/", {"old_password": password, **same}).status_code == 400
    assert client.post("/staff/password/", {"old_password": password, **new}).status_code == 302
    assert client.get("/staff/desk/").status_code == 200
    assert not Staff.objects.get(pk=tess.pk).password_is_first


@pytest.fixture
def two_step():
    """Sign in as a browser does, both steps."""

    def two_step(client, staff, password):
        SecondFactor.objects.create(user=staff.user, secret="00" * 20, confirmed=True)
        sent = {"username": staff.user.username, "password": password}
        assert client.post("/staff/sign-in/", sent)["Location"] == "/staff/sign-in/code/"
        code = second_factors.new_recovery_codes(staff.user, now=timezone.now())[0]
        assert client.post("/staff/sign-in/code/", {"code": code}).status_code == 302

    return two_step


@pytest.mark.parametrize(
    ("sent", "part", "words"),
    [
        ({"username": "NINA"}, "username", "already"),
        ({"username": "two words"}, "username", "without spaces"),
        ({"username": ""}, "username", "Type a user name"),
        ({"given_name": ""}, "given_name", "first names"),
        ({"trusts": []}, "trusts-RTX", "at least one trust"),
        ({"role": "queen"}, "role-clerk", "role"),
        ({"email": "tess at trust"}, "email", "like name@trust.nhs.uk"),
        ({"phone": "01524 123456"}, "phone", "mobile"),
    ],
)
def test_what_cannot_be_an_account_is_said_and_stays_typed(admin, sent, part, words):
    before = User.objects.count()

    answer = make(admin, **sent)

    assert answer.status_code == 400
    assert words.lower() in problems(text(answer))[part].lower()
    assert 'value="Tess"' in text(answer) or "given_name" in sent
    assert User.objects.count() == before


def test_a_role_and_trusts_are_changed_and_who_did_it_is_kept(admin, carol, sign_in, other_trust):
    assert save(admin, carol, role="lead", trusts=["RTX", "RXR"]).status_code == 302

    assert Staff.objects.get(pk=carol.pk).trust_codes == {"RTX", "RXR"}
    (noted,) = AuditEntry.objects.filter(action="role or trusts changed")
    assert (noted.actor, noted.detail) == (admin.staff.actor, {
        "user": carol.pk, "was": "clerk", "to": "lead",
        "trusts_were": ["RTX"], "trusts": ["RTX", "RXR"],
    })  # fmt: skip
    assert "The account is changed." in text(admin.get(f"/staff/accounts/{carol.pk}/"))
    save(admin, carol, role="lead", trusts=["RTX", "RXR"], given_name="Caroline")
    assert audited("account changed") == [{"user": carol.pk, "what": ["given_name"]}]
    assert save(admin, carol, role="lead", trusts=["RTX", "RXR"], given_name="Caroline")
    assert "Nothing was changed." in text(admin.get(f"/staff/accounts/{carol.pk}/"))
    assert len(audited("account changed")) == 1


def test_what_was_taken_away_is_gone_at_the_next_press(admin, sign_in, jane):
    lead = sign_in("lead", username="lena")
    assert lead.get("/staff/lost/").status_code == 200

    save(admin, lead.staff, role="clerk")
    assert lead.get("/staff/lost/").status_code == 403
    assert lead.get("/staff/desk/").status_code == 200
    press(admin, lead.staff, "off")
    assert lead.get("/staff/desk/").status_code == 302
    assert "Off" in text(admin.get("/staff/accounts/"))
    shown = press(admin, lead.staff, "on")
    assert "First password" in text(shown)
    assert User.objects.get(pk=lead.staff.pk).is_active
    assert lead.get("/staff/desk/").status_code == 302, "a session of before stays ended"
    assert (len(audited("account switched off")), len(audited("account switched on"))) == (1, 1)


def test_two_administrators_at_once_the_second_is_told_and_keeps_what_was_typed(
    admin, sign_in, carol
):
    other = sign_in("network_admin", username="noor")
    page = other.get(f"/staff/accounts/{carol.pk}/")
    save(admin, carol, role="lead")

    late = save(other, carol, page, role="imaging", given_name="Kept")

    assert late.status_code == 409
    assert Staff.objects.get(pk=carol.pk).role == "lead"
    assert 'value="Kept"' in text(other.get(f"/staff/accounts/{carol.pk}/"))
    for do in ("off", "password", "second", "provider"):
        assert press(other, carol, do, page).status_code == 409
    assert User.objects.get(pk=carol.pk).is_active


def test_nobody_changes_their_own_role_or_shuts_themselves_out(admin, sign_in):
    sign_in("network_admin", username="noor")
    me = admin.staff

    answer = save(admin, me, role="clerk")

    assert answer.status_code == 400
    assert "Another network administrator" in text(answer)
    page = admin.get(f"/staff/accounts/{me.pk}/")
    assert "act_seen" not in text(page)
    seen = staff_accounts.version_of(Staff.objects.get(pk=me.pk))
    for do in ("off", "password", "second", "provider"):
        admin.post(f"/staff/accounts/{me.pk}/do/", {"do": do, "act_seen": seen})
    assert User.objects.get(pk=me.pk).is_active
    assert not Staff.objects.get(pk=me.pk).password_is_first
    assert save(admin, me, role="network_admin", given_name="Nina").status_code == 302


def test_the_last_network_administrator_stays(admin, sign_in, now):
    """Whoever asks is one, too, and cannot do it to themselves: with two, one goes."""
    other = sign_in("network_admin", username="noor")

    assert save(admin, other.staff, role="clerk").status_code == 302

    assert save(admin, admin.staff, role="clerk").status_code == 400
    me = Staff.objects.get(pk=admin.staff.pk)
    sent = {"do": "off", "act_seen": staff_accounts.version_of(me)}
    assert admin.post(f"/staff/accounts/{me.pk}/do/", sent).status_code == 302
    assert Staff.objects.filter(role="network_admin", user__is_active=True).count() == 1


def test_who_is_no_administrator_any_more_does_nothing(admin, carol, now):
    was = Staff.objects.get(pk=admin.staff.pk)
    seen = staff_accounts.version_of(carol)
    Staff.objects.filter(pk=was.pk).update(role="lead")
    wanted = staff_accounts.Wanted("lead", frozenset({"RTX"}), "C", "A", "", "")

    for refused in (
        lambda: staff_accounts.change(carol, wanted, seen=seen, now=now, by=was),
        lambda: staff_accounts.switch_off(carol, seen=seen, now=now, by=was),
        lambda: staff_accounts.first_password(carol, seen=seen, now=now, by=was),
        lambda: staff_accounts.make("tess", wanted, now=now, by=was),
    ):
        with pytest.raises(staff_accounts.AccountRefused, match="no network administrator"):
            refused()


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_of_two_who_switch_each_other_off_one_stays(trust, make_staff, now, monkeypatch):
    nina, noor = (make_staff("network_admin", username=name) for name in ("nina", "noor"))
    of_nina = staff_accounts.version_of(nina)
    note, rivals = staff_accounts._note, []

    def note_while_the_other_tries(*args, **detail):
        if not rivals:
            rivals.append(Rival(lambda: staff_accounts.switch_off(
                nina, seen=of_nina, now=now, by=noor
            )))  # fmt: skip
            rivals[0].wait_until_done_or_blocked()
            assert not rivals[0].is_done()
        return note(*args, **detail)

    monkeypatch.setattr(staff_accounts, "_note", note_while_the_other_tries)
    staff_accounts.switch_off(noor, seen=staff_accounts.version_of(noor), now=now, by=nina)

    with pytest.raises(staff_accounts.AccountRefused):
        rivals[0].result()
    assert set(User.objects.filter(is_active=True).values_list("username", flat=True)) == {"nina"}


def test_a_first_password_opens_a_locked_account_and_ends_its_sessions(
    admin, sign_in, client, clock
):
    carol = sign_in(username="carol")
    for _ in range(5):
        client.post("/staff/sign-in/", {"username": "carol", "password": "wrong"})
    assert "Locked" in text(admin.get("/staff/accounts/"))

    page = press(admin, carol.staff, "password")

    password = re.search("<code>(.+?)</code>", text(page))[1]
    assert carol.get("/staff/desk/").status_code == 302
    assert not SignInTries.objects.exclude(wrong=0).exists()
    answer = client.post("/staff/sign-in/", {"username": "carol", "password": password})
    assert answer.status_code == 302
    assert len(audited("first password given")) == 1


def test_a_locked_name_is_unlocked_with_the_password_that_it_has(admin, carol, client, clock):
    assert "Forget the wrong passwords" not in text(admin.get(f"/staff/accounts/{carol.pk}/"))
    for _ in range(5):
        client.post("/staff/sign-in/", {"username": "carol", "password": "wrong"})

    clock.shift(timedelta(minutes=61))
    assert staff_accounts.locked(["carol"], now=timezone.now()) == set(), "the wait is over"
    clock.shift(timedelta(minutes=-61))
    press(admin, carol, "unlock")

    assert not SignInTries.objects.exclude(wrong=0).exists()
    assert audited("account unlocked") == [{"user": carol.pk}]
    press(admin, carol, "unlock")
    assert len(audited("account unlocked")) == 1


def test_a_lost_second_step_is_forgotten_with_its_codes(admin, carol):
    SecondFactor.objects.create(user=carol.user, secret="00" * 20, confirmed=True)
    second_factors.new_recovery_codes(carol.user, now=timezone.now())

    hers = Client()
    hers.force_login(carol.user)

    press(admin, carol, "second")

    assert hers.get("/staff/desk/").status_code == 302, "whoever has her app is out"
    assert not SecondFactor.objects.exists()
    assert not second_factors.codes_left(carol.user).exists()
    assert audited("second factor forgotten") == [{"user": carol.pk}]


def test_whom_their_trust_made_anew_is_forgotten_there(admin, carol):
    there = {"issuer": "https://sign-in.example", "subject": "17", "linked_at": timezone.now()}
    ProviderAccount.objects.create(staff=carol, **there)
    assert "Forget their trust’s sign-in" in text(admin.get(f"/staff/accounts/{carol.pk}/"))

    press(admin, carol, "provider")

    assert not ProviderAccount.objects.exists()
    assert "Forget their trust’s sign-in" not in text(admin.get(f"/staff/accounts/{carol.pk}/"))
    assert audited("trust's sign-in forgotten") == [{"user": carol.pk}]


def test_no_part_of_an_open_page_is_answered_before_the_password_is_changed(clerk, jane, make_slot):
    make_slot()
    jane.patient.postcode = "LA14 4LF"
    jane.patient.save()
    asked = f"?referral={jane.pk}&since={int(timezone.now().timestamp())}&times_seen=x"
    parts = [
        reverse("staff-alerts-banner"), reverse("staff-alerts-board"),
        reverse("patient-times-now", args=[jane.patient_id]) + asked,
    ]  # fmt: skip

    def shown():
        answers = [clerk.get(part, headers={"HX-Request": "true"}) for part in parts]
        return [answer.status_code == 200 and bool(answer.content) for answer in answers]

    before = shown()
    assert before[1:] == [True, True], before
    Staff.objects.update(password_is_first=True)
    assert shown() == [False] * 3


def test_who_signs_in_by_their_trust_is_asked_for_no_password(sign_in, clerk):
    Staff.objects.update(password_is_first=True)
    assert clerk.get("/staff/desk/")["Location"] == "/staff/password/"
    session = clerk.session
    session["_auth_user_backend"] = "booking.clerk.oidc.Backend"
    session.save()
    with pytest.MonkeyPatch.context() as patch:
        from django.conf import settings

        patch.setattr(
            settings, "AUTHENTICATION_BACKENDS",
            [*settings.AUTHENTICATION_BACKENDS, "booking.clerk.oidc.Backend"],
        )  # fmt: skip
        assert clerk.get("/staff/desk/").status_code == 200


def test_a_press_of_no_button_does_nothing(admin, carol):
    assert press(admin, carol, "delete").status_code == 302
    assert "Press one of the buttons" in text(admin.get(f"/staff/accounts/{carol.pk}/"))
    assert admin.get("/staff/accounts/999999/").status_code == 404


def test_a_first_password_that_nobody_changed_ends_after_a_week(admin, client, clock):
    page = make(admin)
    given = re.search("<code>(.+?)</code>", text(page))[1]
    sent = {"username": "tess", "password": given}
    assert "ends in 7 days" in text(page)
    clock.shift(timedelta(days=7, seconds=-1))
    assert client.post("/staff/sign-in/", sent).status_code == 302
    clock.shift(timedelta(seconds=1))

    ended = client.post("/staff/sign-in/", sent)

    assert ended.status_code == 400
    assert "Your first password has ended" in problems(text(ended))["username"]
    wrong = client.post("/staff/sign-in/", {**sent, "password": "wrong"})
    assert "ended" not in text(wrong), "told to nobody who does not have it"
    assert AuditEntry.objects.filter(detail={"reason": "first password has ended"}).count() == 1
    admin.force_login(admin.staff.user)
    tess = Staff.objects.get(user__username="tess")
    again = re.search("<code>(.+?)</code>", text(press(admin, tess, "password")))[1]
    answer = client.post("/staff/sign-in/", {"username": "tess", "password": again})
    assert answer.status_code == 302


def test_a_password_of_ones_own_does_not_end(client, clock, make_staff, trust):
    make_staff(username="carol", password=MINE)
    clock.shift(timedelta(days=700))

    answer = client.post("/staff/sign-in/", {"username": "carol", "password": MINE})

    assert answer.status_code == 302


@pytest.mark.parametrize("word", ["xCAROLx-long-2026", "my-ashworth-2026", "carol-carol-carol"])
def test_a_password_has_no_name_of_its_owner_in_it(client, trust, carol, clock, word):
    carol.user.set_password(MINE)
    carol.user.save()
    client.force_login(carol.user)
    new = {"new_password1": word, "new_password2": word}

    answer = client.post("/staff/password/", {"old_password": MINE, **new})

    assert answer.status_code == 400
    assert "without your name" in text(answer)
