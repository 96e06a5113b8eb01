"""What patients' replies do, and who is phoned when texts do not do."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import transaction

from booking.appointments import booking, displacing, holds
from booking.messages import texts
from booking.models import Appointment, AuditEntry, Feed, Patient, ReplyCode, WorklistRow
from notifications import replies
from notifications.models import Inbound, Message
from tests.booking.patient.conftest import JANES


def code_of(appointment):
    return ReplyCode.objects.get(appointment=appointment, version=appointment.version).code


def written(kind):
    return list(
        Message.objects.filter(kind=kind).order_by("created_at").values_list("body", flat=True)
    )


def rows(kind):
    return list(WorklistRow.objects.filter(kind=kind, closed_at=None))


def status(appointment):
    return Appointment.objects.get(pk=appointment.pk).status


def test_the_texts_of_an_appointment_carry_its_code(jane, booked):
    code = code_of(booked(jane))
    assert 3200 <= int(code) <= 9999  # no time, day or year
    for kind in ("confirmation", "reminder_7_days", "reminder_2_days"):
        assert f"CANCEL {code}" in written(kind)[0]


def test_yes_is_written_down_and_thanked_for(jane, booked, write):
    appointment = booked(jane)
    assert write(f"Yes {code_of(appointment)}") == "coming"
    assert status(appointment) == "booked"
    assert AuditEntry.objects.filter(action="said yes by text", actor="patient").count() == 1
    assert written("answer")[0].startswith("Thank you. We look forward to seeing you at 2pm")


def test_cancel_frees_the_time_and_says_so(jane, tom, booked, write, now):
    appointment = booked(jane)
    assert write(f"CANCEL {code_of(appointment)}") == "cancelled"
    assert status(appointment) == "cancelled"
    assert "you cancelled your scan" in written("cancelled_by_you")[0]
    assert holds.hold(tom, appointment.slot_id, now=now)
    assert not Message.objects.filter(kind__startswith="reminder", state="scheduled").exists()
    assert [row.about for row in rows("not_rebooked")] == [appointment.reference]


def test_no_with_a_code_cancels_after_can_you_come_and_only_then(jane, booked, write):
    appointment = booked(jane)
    reminded = appointment.start - timedelta(days=2)
    write("no")
    write(f"no {code_of(appointment)}")  # to "reply CANCEL to cancel"
    write("no", at=reminded)
    assert status(appointment) == "booked"
    assert len(rows("needs_person")) == 1
    write(f"no {code_of(appointment)}", at=reminded)
    assert status(appointment) == "cancelled"


def test_change_sends_the_link_and_keeps_the_time(jane, booked, write):
    appointment = booked(jane)
    assert write(f"change {code_of(appointment)}") == "told how to change"
    assert status(appointment) == "booked"
    assert "/a/7KQ49CRB" in written("answer")[0]


def test_help_is_answered_unless_twilio_did(jane, booked, write):
    booked(jane)
    write("HELP", opt_out_type="HELP")
    assert written("answer") == []
    write("HELP")
    assert "Reply YES, CANCEL or CHANGE with the 4 numbers" in written("answer")[0]


@pytest.mark.parametrize(("word", "ends"), [("yes", "booked"), ("CANCEL", "cancelled")])
def test_without_a_code_what_was_last_asked_about_is_meant(jane, booked, write, word, ends):
    appointment = booked(jane)
    write(word)
    assert status(appointment) == ends


def test_no_two_appointments_of_a_phone_get_the_same_code(jane, tom, booked, monkeypatch):
    monkeypatch.setattr(texts, "secrets", SimpleNamespace(choice=lambda free: free[0]))
    assert [code_of(booked(jane)), code_of(booked(tom, hour=15))] == ["3200", "3201"]


def test_on_a_shared_phone_the_code_says_whose(jane, tom, booked, write):
    janes, toms = booked(jane), booked(tom, hour=15)
    assert code_of(janes) != code_of(toms)
    write(f"cancel {code_of(toms)}")
    assert (status(janes), status(toms)) == ("booked", "cancelled")


def test_on_a_shared_phone_a_word_without_a_code_goes_to_a_clerk(jane, tom, booked, write):
    janes, toms = booked(jane), booked(tom, hour=15)
    write("cancel")
    assert (status(janes), status(toms)) == ("booked", "booked")
    (row,) = rows("needs_person")
    assert row.about == str(Inbound.objects.get().pk)
    assert row.referral is None  # whose it is, is the question
    assert JANES not in row.reason + row.about


def test_a_reply_after_the_change_does_nothing_and_says_so(jane, booked, write, make_slot, now):
    appointment = booked(jane)
    old = code_of(appointment)
    new = make_slot(day=22)
    holds.hold(jane, new.pk, now=now)
    moved = booking.book(jane, new.pk, now=now, actor="patient")

    assert write(f"CANCEL {old}") == "too late: changed since"

    assert (status(moved), moved.version) == ("booked", 2)
    assert "about an older text" in written("answer")[0]
    assert "2pm on Wednesday 16 December" in written("answer")[0]
    assert write(f"CANCEL {code_of(moved)}") == "cancelled"


def test_yes_then_cancel_cancels_and_cancel_then_yes_does_not_bring_it_back(jane, booked, write):
    appointment = booked(jane)
    code = code_of(appointment)
    assert [write(f"YES {code}"), write(f"CANCEL {code}")] == ["coming", "cancelled"]
    assert write(f"YES {code}") == "too late: changed since"
    assert status(appointment) == "cancelled"


def test_a_reply_after_the_appointment_does_nothing(jane, booked, write):
    appointment = booked(jane)
    late = appointment.start + timedelta(minutes=1)
    assert write(f"cancel {code_of(appointment)}", at=late) == "too late: changed since"
    assert write("cancel", at=late).startswith("for a clerk to read")


def test_a_displaced_appointment_cannot_be_confirmed(jane, booked, write, now):
    appointment = booked(jane)
    code = code_of(appointment)
    with transaction.atomic():
        displacing.cancel_by_trust([appointment.slot_id], now=now, actor="feed RTX")
    assert write(f"YES {code}") == "too late: changed since"


@pytest.mark.parametrize("body", ["YES 0000", "YES 1234", "STOP it hurts", "\N{PARTY POPPER}", ""])
def test_what_is_not_understood_is_answered_and_on_the_clerks_list(jane, booked, write, body):
    booked(jane)
    assert write(body) == "for a clerk to read; told how"
    assert "Use the 4 numbers" in written("not_understood")[0]
    (row,) = rows("needs_person")
    assert row.referral == jane
    assert row.about == str(Inbound.objects.get().pk)  # nothing of the number outlives the reply


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("what?", "A reply could not be understood. Read it under Texts, then phone."),
        ("YES 1234", "A reply does not say for certain what it is about."),
        ("no", "A reply does not say for certain what it is about."),
    ],
)
def test_the_row_says_what_a_clerk_has_to_find_out(jane, booked, write, now, body, reason):
    booked(jane)
    write(body)
    (row,) = rows("needs_person")
    assert row.reason.startswith(reason)
    (event,) = row.events.all()
    assert (event.actor, event.at) == ("patient", now)


def test_a_yes_that_says_more_is_a_yes_that_a_clerk_reads(jane, booked, write, now):
    appointment = booked(jane)
    assert write(f"yes {code_of(appointment)} by bus") == "for a clerk to read; coming"
    assert written("answer")[0].startswith("Thank you. We look forward to seeing you")
    said = AuditEntry.objects.get(action="said yes by text")
    assert (said.appointment, said.at, said.detail) == (appointment, now, {"version": 1})
    (row,) = rows("needs_person")
    assert row.referral == jane
    assert row.reason == "A reply says yes and something more. Read it under Texts."


@pytest.mark.parametrize("body", ["yes", "YES {}", "CANCEL {}", "what?", "YES 1234"])
def test_from_the_phone_of_who_has_died_a_clerk_reads_and_nothing_is_sent(
    jane, booked, write, now, body
):
    appointment = booked(jane)
    Patient.objects.filter(pk=jane.patient_id).update(died_at=now)
    before = Message.objects.count()

    assert write(body.format(code_of(appointment))) == "for a clerk to read; has died"

    assert (status(appointment), Message.objects.count()) == ("booked", before)
    (row,) = rows("needs_person")
    assert row.referral == jane
    assert row.reason == "A text from the number of a patient who has died. Read it under Texts."


def test_with_twilios_own_word_what_was_done_is_still_said_in_full(jane, booked, write, now):
    Feed.objects.update(confirms=True)
    booked(jane)
    pending = write("YES", opt_out_type="START")
    assert pending == "opted in, told the hospital will confirm"
    Patient.objects.filter(pk=jane.patient_id).update(died_at=now)
    assert write("CANCEL", opt_out_type="STOP") == "opted out, for a clerk to read; has died"


def test_who_lives_is_answered_though_another_of_the_phone_has_died(jane, tom, booked, write, now):
    booked(jane), booked(tom, hour=15)
    Patient.objects.filter(pk=tom.patient_id).update(died_at=now)
    assert write("what?") == "for a clerk to read; told how"
    (row,) = rows("needs_person")
    assert row.referral is None
    assert row.reason.startswith("A reply could not be understood")


def test_a_new_row_is_opened_once_the_last_was_closed_and_for_each_phone(jane, booked, write, now):
    booked(jane)
    write("what?"), write("what?", number="+447700900999")
    assert len(rows("needs_person")) == 2
    WorklistRow.objects.update(closed_at=now)
    write("and what now?"), write("and then?")
    assert len(rows("needs_person")) == 1


def test_a_reply_at_the_very_time_of_the_scan_is_too_late(jane, booked, write):
    appointment = booked(jane)
    at = appointment.start
    assert write(f"cancel {code_of(appointment)}", at=at) == "too late: changed since"
    assert "has passed" in written("answer")[0]
    assert status(appointment) == "booked"
    assert write("yes", at=at).startswith("for a clerk to read")


def test_how_to_reply_is_said_again_after_a_day(jane, booked, write, now):
    booked(jane)
    said = [
        write("what?", at=now + timedelta(hours=24, seconds=seconds) * bool(seconds))
        for seconds in (0, -1, 1)
    ]
    how = "for a clerk to read; told how"
    assert said == [how, "for a clerk to read", how]


def test_a_patient_with_two_referrals_is_still_one_person(jane, booked, write, make_referral):
    booked(jane)
    second = make_referral(code="9GWP3KTY")
    second.patient = jane.patient
    second.save()
    write("what?")
    assert rows("needs_person")[0].referral == second


def test_anothers_code_from_a_strange_phone_does_nothing(jane, booked, write):
    appointment = booked(jane)
    assert write(f"CANCEL {code_of(appointment)}", number="+447700900999").startswith("for a clerk")
    assert status(appointment) == "booked"
    assert rows("needs_person")[0].referral is None


def test_an_out_of_office_loop_gets_one_answer_a_day_and_one_row(jane, booked, write, now):
    booked(jane)
    for minute in range(0, 600, 10):
        write("I am out of the office.", at=now + timedelta(minutes=minute))
    assert len(written("not_understood")) == 1
    assert len(rows("needs_person")) == 1
    write("I am out of the office.", at=now + timedelta(hours=25))
    assert len(written("not_understood")) == 2


def test_a_reply_is_acted_on_once_however_often_it_comes(jane, booked, now):
    appointment = booked(jane)
    for _ in range(3):
        fields = {"body": f"yes {code_of(appointment)}", "opt_out_type": "", "now": now}
        replies.handle(replies.keep("SM1", number=JANES, **fields), now)
    assert AuditEntry.objects.filter(action="said yes by text").count() == 1
    assert len(written("answer")) == 1


def test_one_reply_under_two_ids_is_two_replies_that_cancel_once(jane, booked, write):
    appointment = booked(jane)
    cancel = f"CANCEL {code_of(appointment)}"
    assert write(cancel) == "cancelled"
    write(cancel)
    assert Appointment.objects.get(pk=appointment.pk).version == 2
    assert len(written("cancelled_by_you")) == 1


def test_an_answer_goes_at_night(jane, booked, write, now):
    appointment = booked(jane)
    write(f"YES {code_of(appointment)}", at=now + timedelta(hours=15))
    assert Message.objects.get(kind="answer").state == "ready"


def test_an_answer_about_a_time_that_has_changed_since_is_not_sent(jane, booked, write, now):
    appointment = booked(jane)
    write(f"YES {code_of(appointment)}")
    with transaction.atomic():
        displacing.cancel_by_trust([appointment.slot_id], now=now, actor="feed RTX")
    assert Message.objects.get(kind="answer").state == "cancelled"


# --- when texts do not do


def test_yes_to_a_time_that_the_hospital_has_not_confirmed_promises_nothing(jane, booked, write):
    Feed.objects.update(confirms=True)
    assert booked(jane).status == "pending"
    assert write("YES") == "told the hospital will confirm"
    assert "The hospital will confirm it" in written("answer")[0]
