"""Two factors in, nothing left after; time-outs that keep what was typed."""

import re
from datetime import timedelta
from io import StringIO
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from django_otp.oath import totp

from booking.changes import second_factors
from booking.models import Appointment, Draft, RecoveryCode, Referral, SecondFactor
from tests.booking.clerk.conftest import text
from tests.booking.signing_in import prove

PASSWORD = "a-long-password-2026"
SECRET = "3132333435363738393031323334353637383930"


@pytest.fixture
def carol(make_staff, trust, clock):
    return make_staff(username="carol", password=PASSWORD)


@pytest.fixture
def device(carol):
    return SecondFactor.objects.create(user=carol.user, secret=SECRET, confirmed=True)


def password(browser, word=PASSWORD, **fields):
    return browser.post("/staff/sign-in/", {"username": "carol", "password": word, **fields})


def code(device):
    device.refresh_from_db()
    return f"{totp(bytes.fromhex(device.secret)):06}"


def test_a_password_alone_opens_nothing(client, device):
    answer = password(client)

    assert answer["Location"] == "/staff/sign-in/code/"
    assert client.get("/staff/desk/").status_code == 302


def test_password_and_code_open_the_page_that_was_asked_for(client, device):
    asked = client.get("/staff/lists/")["Location"]
    password(client, next=asked.partition("next=")[2])
    answer = client.post("/staff/sign-in/code/", {"code": code(device)})

    assert answer["Location"] == "/staff/lists/"
    assert client.get("/staff/lists/").status_code == 200


def test_nobody_is_sent_to_another_site_after_signing_in(client, device):
    password(client, next="https://evil.example/")
    answer = client.post("/staff/sign-in/code/", {"code": code(device)})

    assert answer["Location"] == "/staff/"


def test_a_code_works_once(client, device):
    used = code(device)
    password(client)
    client.post("/staff/sign-in/code/", {"code": used})
    other = Client()
    password(other)

    assert other.post("/staff/sign-in/code/", {"code": used}).status_code == 400


def test_five_wrong_codes_ask_for_the_password_again(client, device):
    password(client)
    for _ in range(4):
        assert client.post("/staff/sign-in/code/", {"code": "000000"}).status_code == 400

    assert client.post("/staff/sign-in/code/", {"code": "000000"}).status_code == 302
    assert client.get("/staff/sign-in/code/")["Location"] == "/staff/sign-in/"


def test_half_a_sign_in_ends_after_ten_minutes(client, device, clock):
    password(client)
    clock.shift(timedelta(minutes=11))

    answer = client.post("/staff/sign-in/code/", {"code": code(device)})

    assert answer["Location"] == "/staff/sign-in/"


def test_the_first_sign_in_sets_up_an_app_and_shows_recovery_codes_once(client, carol):
    assert password(client)["Location"] == "/staff/sign-in/set-up/"
    page = text(client.get("/staff/sign-in/set-up/"))
    device = SecondFactor.objects.get()
    picture = client.get("/staff/sign-in/set-up/qr.svg")

    assert "key" in page
    assert picture["Content-Type"] == "image/svg+xml"
    assert client.post("/staff/sign-in/set-up/", {"code": "1"}).status_code == 400
    clock_moves_on(device)
    page = text(client.post("/staff/sign-in/set-up/", {"code": code(device)}))

    codes = re.findall("<code>(.+?)</code>", page)
    assert len(set(codes)) == 8 == RecoveryCode.objects.count()
    assert client.get("/staff/desk/").status_code == 200
    assert codes[0] not in text(client.get("/staff/recovery-codes/"))


def clock_moves_on(device):
    """A wrong code slows the next: let that time pass."""
    device.refresh_from_db()
    device.throttle_reset()


def test_a_recovery_code_works_once(client, carol, device):
    first, *_ = second_factors.new_recovery_codes(carol.user, now=timezone.now())
    password(client)
    assert client.post("/staff/sign-in/code/", {"code": first.upper()}).status_code == 302
    other = Client()
    password(other)

    assert other.post("/staff/sign-in/code/", {"code": first}).status_code == 400
    assert second_factors.codes_left(carol.user).count() == 7


def test_new_recovery_codes_end_the_old(sign_in):
    browser = sign_in()
    browser.post("/staff/recovery-codes/")
    old = set(second_factors.codes_left(browser.staff.user))
    browser.post("/staff/recovery-codes/")

    assert len(old) == 8 == second_factors.codes_left(browser.staff.user).count()
    assert not old & set(second_factors.codes_left(browser.staff.user))


def test_a_new_password_opens_a_locked_account_at_once_as_the_page_says(
    client, device, clock, sign_in, now
):
    for _ in range(6):
        locked = password(client, "wrong")
    assert "with it you can sign in at once" in text(locked)
    admin = sign_in(role="network_admin", username="ada")
    carol = User.objects.get(username="carol")
    page = text(admin.get(f"/staff/accounts/{carol.pk}/"))
    seen = re.search('name="act_seen" value="([^"]+)"', page)[1]

    assert password(client).status_code == 429
    shown = admin.post(f"/staff/accounts/{carol.pk}/do/", {"do": "password", "act_seen": seen})

    given = re.search("<code>(.+?)</code>", text(shown))[1]
    assert password(client, given)["Location"] == "/staff/sign-in/code/"


def test_who_has_no_role_cannot_sign_in(client, db, clock):
    User.objects.create_user("carol", password=PASSWORD)

    assert password(client).status_code == 400


def test_a_stolen_cookie_is_dead_after_sign_out(sign_in):
    browser = sign_in()
    thief = Client()
    thief.cookies["finder"] = browser.cookies["finder"].value
    assert thief.get("/staff/desk/").status_code == 200

    browser.post("/staff/sign-out/")

    assert thief.get("/staff/desk/")["Location"].startswith("/staff/sign-in/")


def test_a_role_that_is_taken_away_is_gone_at_the_next_request(at_desk, clerk, make_slot):
    slot = make_slot()
    at_desk("hold", slot=slot.pk)
    clerk.staff.role = "imaging"
    clerk.staff.save()

    answer = at_desk("book", slot=slot.pk, reason="phoned")

    assert answer.status_code == 403
    assert "Your role is imaging team" in text(answer)
    assert not Appointment.objects.exists()


def test_an_account_that_is_switched_off_is_out_at_the_next_request(clerk):
    assert clerk.get("/staff/desk/").status_code == 200
    clerk.staff.user.is_active = False
    clerk.staff.user.save()

    assert clerk.get("/staff/desk/").status_code == 302


def test_a_trust_that_is_taken_away_closes_its_patients(clerk, jane):
    clerk.staff.trusts.clear()

    answer = clerk.get(f"/staff/patient/{jane.patient_id}/")

    assert answer["Location"] == f"/staff/patient/{jane.patient_id}/reason/"


def test_an_idle_session_ends_and_the_note_is_still_there(at_desk, clerk, jane, clock):
    page = f"/staff/patient/{jane.patient_id}/"
    clerk.get(page)
    clock.shift(timedelta(minutes=16))

    answer = clerk.post(
        f"{page}note/",
        {"note": "Ring the daughter"},
        headers={"referer": f"http://testserver{page}?referral={jane.pk}"},
    )

    assert answer["Location"].startswith("/staff/sign-in/?idle=1&next=")
    assert "What you had typed is kept" in text(clerk.get(answer["Location"]))
    assert not jane.patient.notes.exists()
    clerk.force_login(clerk.staff.user)
    assert ">Ring the daughter</textarea>" in text(clerk.get(page))
    assert "Ring the daughter" not in text(clerk.get(page))
    assert Draft.objects.get().fields == {}


AWAY = [
    ("patient/{}/from/", "patient/{}/", "place", "Kendal", 'value="Kendal"'),
    ("patient/{}/mobile/", "patient/{}/", "mobile", "07700 900462", 'value="07700 900462"'),
    ("desk/", "patient/{}/", "who", "Fell 12 3 1961", 'value="Fell 12 3 1961"'),
    ("desk/", "desk/", "who", "Fell 12 3 1961", 'value="Fell 12 3 1961"'),
    ("audit/", "audit/", "who", "7KQ49CRB", 'value="7KQ49CRB"'),
    ("password/", "password/", "new_password1", "never to be kept", None),
    ("recovery-codes/", "recovery-codes/", "code", "abcdefgh", None),
]


@pytest.mark.parametrize(("form", "page", "name", "typed", "again"), AWAY)
def test_what_was_typed_is_said_to_be_kept_only_where_it_is(
    form, page, name, typed, again, sign_in, jane, furness, clock
):
    lead = sign_in(role="lead")
    form, page = (f"/staff/{path.format(jane.patient_id)}" for path in (form, page))
    lead.get(page)
    clock.shift(timedelta(minutes=16))

    answer = lead.post(form, {name: typed}, headers={"referer": f"http://testserver{page}"})

    said = text(lead.get(answer["Location"]))
    assert ("What you had typed is kept" in said) == (again is not None)
    assert "You were away, so we signed you out" in said
    lead.force_login(lead.staff.user)
    assert again is None or again in text(lead.get(page))
    assert again or not Draft.objects.exists()


def test_who_only_looked_is_told_of_nothing_kept_and_finds_the_same_search(clerk, jane, clock):
    page = f"/staff/patient/{jane.patient_id}/?daypart=morning"
    clerk.get(page)
    clock.shift(timedelta(minutes=16))

    answer = clerk.get(page)

    assert parse_qs(urlsplit(answer["Location"]).query)["next"] == [page]
    assert "What you had typed" not in text(clerk.get(answer["Location"]))


def test_a_colleague_at_the_same_desk_does_not_see_the_draft(clerk, jane, clock, make_staff):
    page = f"/staff/patient/{jane.patient_id}/"
    clerk.get(page)
    clock.shift(timedelta(minutes=16))
    clerk.post(f"{page}note/", {"note": "Secret"}, headers={"referer": f"http://testserver{page}"})
    clerk.force_login(make_staff(username="bob").user)

    assert "Secret" not in text(clerk.get(page))


def test_the_referral_form_survives_a_time_out(clerk, clock):
    clerk.get("/staff/refer/")
    clock.shift(timedelta(minutes=16))
    fields = {"given_name": "Ann", "family_name": "O’Neill", "needs": ["hoist", "carer"]}
    clerk.post("/staff/refer/", fields, headers={"referer": "http://testserver/staff/refer/"})
    clerk.force_login(clerk.staff.user)

    page = text(clerk.get("/staff/refer/"))

    assert 'value="O’Neill"' in page
    assert page.count("checked") == 2
    assert not Referral.objects.filter(patient__given_name="Ann").exists()


def test_a_session_that_ended_between_hold_and_book_keeps_the_time(
    at_desk, clerk, jane, make_slot, clock
):
    slot = make_slot()
    page = f"/staff/patient/{jane.patient_id}/"
    at_desk("hold", slot=slot.pk)
    clerk.post("/staff/sign-out/")

    answer = clerk.post(
        f"{page}book/",
        {"slot": slot.pk, "reason": "phoned"},
        headers={"referer": f"http://testserver{page}"},
    )

    assert answer["Location"].endswith(f"next={page}")
    assert not Appointment.objects.exists()
    clerk.force_login(clerk.staff.user)
    assert "by you until 10:15am" in " ".join(text(clerk.get(page)).split())
    at_desk("book", slot=slot.pk, reason="phoned")
    assert Appointment.objects.count() == 1


def test_a_patients_session_is_not_timed_out_as_staffs_are(client, jane, clock, settings):
    prove(client)
    clock.shift(timedelta(minutes=29))

    assert settings.STAFF_IDLE_MINUTES < 29
    assert client.get("/referral/").status_code == 200


def test_a_new_password_ends_the_other_sessions(make_staff, trust, clock):
    user = make_staff(username="carol", password=PASSWORD).user
    here, elsewhere = Client(), Client()
    for browser in (here, elsewhere):
        browser.force_login(user)
    fields = {"old_password": PASSWORD, "new_password1": "short", "new_password2": "short"}
    assert here.post("/staff/password/", fields).status_code == 400

    better = "another-long-password-2026"
    here.post("/staff/password/", {**fields, "new_password1": better, "new_password2": better})

    assert here.get("/staff/desk/").status_code == 200
    assert elsewhere.get("/staff/desk/").status_code == 302


def test_a_draft_that_nobody_came_back_for_is_emptied(clerk, jane, clock):
    from booking.worklists.tasks import forget_drafts

    page = f"/staff/patient/{jane.patient_id}/"
    clerk.get(page)
    clock.shift(timedelta(minutes=16))
    clerk.post(f"{page}note/", {"note": "x"}, headers={"referer": f"http://testserver{page}"})

    forget_drafts()
    assert Draft.objects.get().fields
    clock.shift(timedelta(hours=25))
    forget_drafts()
    assert Draft.objects.get().fields == {}


def test_the_first_account_is_made_by_a_command_and_sets_up_its_second_factor(client, trust):
    said = StringIO()
    call_command("create_staff", "carol", "--role", "network_admin", "--trust", "rtx", stdout=said)

    assert password(client, said.getvalue().strip())["Location"] == "/staff/sign-in/set-up/"
    assert User.objects.get().staff.trust_codes == {"RTX"}
    assert User.objects.get().staff.password_is_first, "who made it knows it"


@pytest.mark.parametrize(
    ("name", "code", "says"),
    [("carol", "RTX", "already"), ("bob", "XXX", "Known: RTX")],
)
def test_an_account_that_is_there_or_a_trust_that_is_not_is_refused(carol, name, code, says):
    with pytest.raises(CommandError, match=says):
        call_command("create_staff", name, "--role", "clerk", "--trust", code)
    assert User.objects.count() == 1


def test_who_guesses_the_password_now_at_somebodys_desk_is_signed_out(client, make_staff, trust):
    staff = make_staff(password="right-horse-1")
    client.force_login(staff.user)
    new = {"new_password1": "better-horse-2", "new_password2": "better-horse-2"}

    answers = [client.post("/staff/password/", {"old_password": "no", **new}) for _ in range(5)]

    assert [one.status_code for one in answers] == [400] * 4 + [302]
    assert client.get("/staff/password/").url.startswith("/staff/sign-in/")
    staff.user.refresh_from_db()
    assert staff.user.check_password("right-horse-1")
