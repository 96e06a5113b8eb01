"""A session in use ends after a day's work, and nothing that was typed is lost."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from booking.changes.sign_ins import SIGNED_IN_AT
from booking.models import AuditAction, AuditEntry
from tests.booking.clerk.conftest import text


def test_a_session_in_use_ends_after_a_days_work_and_the_note_is_still_there(clerk, jane, clock):
    page = f"/staff/patient/{jane.patient_id}/"
    for _ in range(71):
        clock.shift(timedelta(minutes=10))
        assert clerk.get(page).status_code == 200
    clock.shift(timedelta(minutes=10))

    answer = clerk.post(
        f"{page}note/",
        {"note": "Ring the daughter"},
        headers={"referer": f"http://testserver{page}?referral={jane.pk}"},
    )

    assert answer["Location"].startswith("/staff/sign-in/?idle=long&next=")
    said = text(clerk.get(answer["Location"]))
    assert "You were signed in for 12 hours" in said
    assert "What you had typed is kept" in said
    ended = AuditEntry.objects.filter(action=AuditAction.SIGNED_OUT).latest("pk")
    assert ended.detail["reason"] == "signed in too long"
    assert clerk.get(page)["Location"].startswith("/staff/sign-in/")
    clerk.force_login(clerk.staff.user)
    assert ">Ring the daughter</textarea>" in text(clerk.get(page))


def test_who_signs_out_everywhere_is_out_everywhere_and_may_sign_in_again(clerk, sign_in, clock):
    other = Client()
    other.force_login(clerk.staff.user)
    colleague = sign_in("clerk", username="colin")
    clock.shift(timedelta(seconds=1))

    assert "Sign out everywhere" in text(clerk.get("/staff/password/"))
    answer = clerk.post("/staff/sign-out/everywhere/")

    assert answer["Location"] == "/staff/sign-in/"
    for browser in (clerk, other):
        assert browser.get("/staff/desk/")["Location"].startswith("/staff/sign-in/")
    assert colleague.get("/staff/desk/").status_code == 200
    entry = AuditEntry.objects.get(action=AuditAction.SIGNED_OUT_EVERYWHERE)
    assert entry.detail == {"user": clerk.staff.pk}
    clock.shift(timedelta(seconds=1))
    clerk.force_login(clerk.staff.user)
    assert clerk.get("/staff/desk/").status_code == 200


def test_a_thief_of_an_old_session_is_asked_before_everybody_is_thrown_out(clerk, clock):
    clock.shift(timedelta(minutes=11))

    assert clerk.post("/staff/sign-out/everywhere/").status_code == 403
    assert clerk.get("/staff/desk/").status_code == 200


def test_to_be_asked_again_who_one_is_begins_no_session_anew(clerk, clock, settings):
    settings.STAFF_IDLE_MINUTES = 10**4
    clock.shift(timedelta(hours=11))
    session = clerk.session
    session[SIGNED_IN_AT] = timezone.now().isoformat()
    session.save()
    assert clerk.get("/staff/desk/").status_code == 200
    clock.shift(timedelta(hours=1))

    assert clerk.get("/staff/desk/").status_code == 302
