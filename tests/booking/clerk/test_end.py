"""The desk ends a request, opens it again, and changes how urgent it is; each asked first."""

import re
from datetime import timedelta

import pytest
from django.db import transaction

from booking.appointments import booking, holds
from booking.models import Appointment, Referral, Slot, WorklistRow
from booking.pages.subject import subject_now, subject_token
from booking.referrals import ending
from booking.worklists import rows
from booking.worklists.chasing import open_due_rows
from booking.worklists.subjects import RowSubject, Topic
from notifications.models import Message
from tests.booking.clerk.conftest import abouts, confirm_of, form_of, shown_of, text

open_row = transaction.atomic(rows.open_row)

REASONS = {
    "withdrawn": "withdrawn by the referrer",
    "not_wanted": "the patient does not want the scan",
    "died": "the patient has died",
    "elsewhere": "scanned somewhere else",
    "duplicate": "sent twice or by mistake",
    "sent_back": "sent back to the referrer",
}


def address(referral, page="end"):
    return f"/staff/referrals/{referral.pk}/{page}/"


def end(browser, referral, reason):
    page = browser.post(address(referral), {"reason": reason})
    return browser.post(address(referral), {"reason": reason, "confirm": confirm_of(page)})


@pytest.mark.parametrize("reason", REASONS)
def test_an_end_is_asked_said_and_done_on_the_second_press(clerk, jane, booked, reason):
    asked = text(clerk.get(address(jane)))
    first = text(clerk.post(address(jane), {"reason": reason}))

    assert REASONS[reason].capitalize() in asked
    assert "is cancelled" in first
    assert "waiting texts will not go" in first
    jane.refresh_from_db()
    assert (jane.ended_at, Appointment.objects.get().status) == (None, "booked")

    end(clerk, jane, reason)

    jane.refresh_from_db()
    assert (jane.end_reason, jane.ended_by) == (reason, clerk.staff.actor)
    assert Appointment.objects.get().status == "cancelled"
    said = text(clerk.get(address(jane)))
    assert REASONS[reason] in said
    assert "carol" in said
    assert "A lead can open it again" in said
    assert REASONS[reason] in text(clerk.get(f"/staff/patient/{jane.patient_id}/"))


def test_an_end_without_a_reason_or_of_what_changed_meanwhile_is_not_done(clerk, jane, booked, now):
    page = clerk.post(address(jane), {"reason": "elsewhere"})
    booking.cancel(booked, booked.version, now=now, actor="patient")

    stale = clerk.post(address(jane), {"reason": "elsewhere", "confirm": confirm_of(page)})
    without = clerk.post(address(jane), {"reason": "bored", "confirm": confirm_of(page)})
    done = clerk.post(address(jane), {"reason": "done"})

    assert [one.status_code for one in (stale, without, done)] == [409, 400, 400]
    assert "Something changed meanwhile" in text(stale)
    jane.refresh_from_db()
    assert jane.ended_at is None


def test_only_a_lead_opens_it_again(clerk, sign_in, jane):
    end(clerk, jane, "elsewhere")
    lead = sign_in("lead", username="leela")

    assert clerk.post(address(jane, "reopen")).status_code == 403
    assert "Open it again" in text(lead.get(address(jane)))
    lead.post(address(jane, "reopen"))

    jane.refresh_from_db()
    assert jane.ended_at is None
    assert WorklistRow.objects.get(closed_at=None).kind == "not_booked"


@pytest.mark.parametrize("act", ["hold", "keep", "book", "undo"])
@pytest.mark.parametrize("reason", Referral.End)
def test_the_desk_says_that_it_ended_and_does_nothing(
    at_desk, jane, make_slot, clerk, booked, now, act, reason
):
    ending.end(jane, reason, now=now, actor=clerk.staff.actor)
    slot = make_slot(day=9)
    Slot.objects.filter(pk=slot.pk).update(held_by=jane, free_at=now + timedelta(hours=1))
    booked.refresh_from_db()

    about = form_of(booked) if act == "undo" else {"about": subject_token(subject_now(jane))}
    answer = at_desk(act, slot=slot.pk, reason="phoned", **about)

    said = text(clerk.get(answer["Location"]))
    late = "too late to undo" in said
    assert late or f"This request has ended: {jane.get_end_reason_display()}" in said
    assert set(Appointment.objects.values_list("status", flat=True)) == {"cancelled"}


@pytest.mark.parametrize("page", ["desk", "patient", "row", "text", "phone", "end", "urgency"])
def test_every_staff_page_of_a_patient_who_has_died_says_so(clerk, jane, booked, now, page):
    row = open_row(
        "needs_person", RowSubject(Topic.REPLY, "1", referral=jane), "x", now=now, actor="x"
    )
    sent = Message.objects.get(kind="confirmation")
    end(clerk, jane, "died")

    said = {
        "desk": lambda: clerk.post("/staff/desk/", {"who": "07700 900461"}, follow=True),
        "patient": lambda: clerk.get(f"/staff/patient/{jane.patient_id}/"),
        "row": lambda: clerk.get(f"/staff/lists/row/{row.pk}/"),
        "text": lambda: clerk.get(f"/staff/texts/{sent.pk}/"),
        "phone": lambda: clerk.get(f"/staff/texts/phone/{sent.pk}/"),
        "end": lambda: clerk.get(address(jane)),
        "urgency": lambda: clerk.get(address(jane, "urgency"), follow=True),
    }[page]()

    assert "Has died" in text(said)


def test_a_text_to_a_patient_who_has_died_is_not_sent_again_by_hand(clerk, jane, booked):
    sent = Message.objects.get(kind="confirmation")
    Message.objects.filter(pk=sent.pk).update(state="delivered", wire_at=sent.created_at)
    end(clerk, jane, "died")

    answer = clerk.post(f"/staff/texts/{sent.pk}/again/", {"reason": "lost", "seen": "0"})

    assert "The patient has died" in text(clerk.get(answer["Location"]))
    assert Message.objects.filter(retry_of=sent).count() == 0


@pytest.mark.parametrize(
    ("chosen", "reason"),
    [("not_wanted", "not_wanted"), ("elsewhere", "elsewhere"), ("referrer", "withdrawn"),
     ("died", "died")],
)  # fmt: skip
def test_a_cancellation_that_means_the_end_asks_for_the_end(
    at_desk, clerk, jane, booked, chosen, reason
):
    answer = at_desk("cancel", cancel_reason=chosen, **form_of(booked))

    assert answer["Location"] == f"{address(jane)}?reason={reason}"
    assert Appointment.objects.get().status == "booked"
    assert REASONS[reason].capitalize() in text(clerk.get(answer["Location"]))


# --- the lists


def close(browser, row, outcome):
    page = f"/staff/lists/row/{row.pk}/"
    about = abouts(text(browser.get(page))).get("", "")
    return browser.post(page, {"do": "close", "outcome": outcome, "about": about})


@pytest.mark.parametrize("outcome", ["not_wanted", "sent_back"])
def test_a_row_closed_as_over_ends_its_referral_and_closes_only_then(clerk, jane, now, outcome):
    row = open_row(
        "needs_person", RowSubject(Topic.REPLY, "1", referral=jane), "x", now=now, actor="x"
    )

    answer = close(clerk, row, outcome)

    row.refresh_from_db()
    assert row.closed_at is None
    page = clerk.get(answer["Location"])
    clerk.post(address(jane), {"reason": outcome, "confirm": confirm_of(page)})
    row.refresh_from_db()
    jane.refresh_from_db()
    assert (row.outcome, jane.end_reason) == (outcome, outcome)


@pytest.mark.parametrize(("outcome", "status"), [("attended", "done"), ("did_not_attend", "")])
def test_did_they_come_is_closed_by_saying_so(clerk, jane, booked, clock, outcome, status):
    clock.move_to(booked.end + timedelta(days=20))
    clerk.force_login(clerk.staff.user)
    open_due_rows(now=booked.end + timedelta(days=20))
    row = WorklistRow.objects.get(kind="unmarked")

    page = text(clerk.get(f"/staff/lists/row/{row.pk}/"))
    refused = close(clerk, row, "reached")
    close(clerk, row, outcome)

    assert "Did not attend" in page
    assert "Spoke to the patient" not in page
    assert refused.status_code == 400
    row.refresh_from_db()
    jane.refresh_from_db()
    assert (row.outcome, Appointment.objects.get().status) == (outcome, outcome)
    assert jane.end_reason == status


def test_who_came_is_asked_for_however_long_ago(clerk, booked, clock):
    clock.move_to(booked.end + timedelta(days=100))
    clerk.force_login(clerk.staff.user)

    assert "Did they come?" in text(clerk.get("/staff/overview/"))


# --- how urgent


def test_the_urgency_is_raised_at_once_and_lowered_with_a_reason(clerk, jane, now):
    page = address(jane, "urgency")

    clerk.post(page, {"urgency": "suspected_cancer", **shown_of(jane)})
    jane.refresh_from_db()
    assert jane.target_day == now.date() + timedelta(days=10)
    assert WorklistRow.objects.get().reason.startswith("Now urgent suspected cancer")

    refused = clerk.post(page, {"urgency": "routine", **shown_of(jane)})
    assert (refused.status_code, "Type why" in text(refused)) == (400, True)
    clerk.post(page, {"urgency": "routine", "reason": "The referrer rang", **shown_of(jane)})
    jane.refresh_from_db()
    assert jane.urgency == "routine"
    assert clerk.post(page, {"urgency": "soonish", **shown_of(jane)}).status_code == 400


# --- later than the target day


def test_a_time_after_the_target_day_is_said_and_pressed_twice(at_desk, jane, make_slot, clerk):
    Referral.objects.update(target_day=jane.target_day - timedelta(days=40))
    slot = make_slot(day=8)
    at_desk("hold", slot=slot.pk)
    assert "This time is later than the target day" in at_desk.screen()

    first = at_desk("book", slot=slot.pk, seen="", reason="phoned")

    assert Appointment.objects.count() == 0
    page = text(clerk.get(first["Location"]))
    assert "after the target day" in page
    jane.refresh_from_db()
    known = re.search(r'name="known"[^>]*value="([0-9a-f]+)"', page)[1]
    at_desk("book", slot=slot.pk, seen="", reason="phoned", known=known)
    assert Appointment.objects.get().status == "booked"


def test_a_hold_of_somebody_elses_is_no_way_round(jane, make_slot, now):
    """The door may be slow: what decides is the referral when it is booked."""
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)
    ending.end(Referral.objects.get(pk=jane.pk), "elsewhere", now=now, actor="staff 1")

    with pytest.raises(holds.ReferralEnded):
        booking.book(jane, slot.pk, now=now, actor="patient")
