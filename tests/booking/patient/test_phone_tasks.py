"""Who is phoned because texts do not do; and what texts ask for by themselves."""

from django.db import transaction

from booking.appointments import displacing
from booking.messages import texts
from booking.models import Patient, WorklistRow
from notifications import receipts
from notifications.models import Message
from tests.booking.patient.test_text_replies import rows, status


def test_a_patient_without_a_mobile_is_phoned_once(make_referral, booked):
    silent = make_referral(code="9GWP3KTY", mobile="")
    appointment = booked(silent)
    (row,) = rows("not_reached")
    assert (row.about, row.referral) == (appointment.reference, silent)
    assert row.reason == "There is no mobile number. Phone instead."


def test_a_patient_with_a_landline_is_never_texted(make_referral, booked):
    booked(make_referral(code="9GWP3KTY", mobile="+441524123456"))
    assert set(Message.objects.values_list("state", flat=True)) == {"suppressed"}
    assert rows("not_reached")[0].reason == "The number is not a UK mobile. Phone instead."


def test_a_text_that_is_not_delivered_is_a_phone_task_until_somebody_acts(jane, booked, now):
    appointment = booked(jane)
    message = Message.objects.get(kind="confirmation")
    receipts.take(message.pk, "SM1", "undelivered", source="callback", now=now)
    receipts.take(message.pk, "SM1", "failed", source="callback", now=now)
    (row,) = rows("not_reached")
    assert (row.about, row.appointment) == (appointment.reference, appointment)
    assert row.events.get().actor == "texts"


def test_another_reason_to_phone_is_noted_on_the_row_that_stands(jane, booked, write, now):
    booked(jane)
    message = Message.objects.get(kind="confirmation")
    receipts.take(message.pk, "SM1", "undelivered", source="callback", now=now)
    (row,) = rows("not_reached")
    before = row.events.count()

    write("STOP")

    assert rows("not_reached") == [row]
    (noted,) = row.events.all()[before:]
    assert (noted.actor, noted.at) == ("texts", now)
    assert noted.detail == "The patient asked for no more texts. Phone instead."


def test_nobody_phones_the_family_of_who_has_died(jane, booked, write, now):
    booked(jane)
    Patient.objects.filter(pk=jane.patient_id).update(died_at=now)
    write("STOP")
    assert rows("not_reached") == []


def test_an_opt_out_with_an_appointment_is_a_phone_task_for_each(jane, tom, booked, write):
    booked(jane), booked(tom, hour=15)
    assert write("STOP") == "opted out"
    assert {row.referral for row in rows("not_reached")} == {jane, tom}


def test_an_opt_out_without_an_appointment_is_none(jane, write):
    write("STOP")
    assert rows("not_reached") == []


def test_after_stop_a_clinic_that_is_cancelled_is_a_phone_call(jane, booked, write, now):
    appointment = booked(jane)
    write("STOP")
    with transaction.atomic():
        displacing.cancel_by_trust([appointment.slot_id], now=now, actor="feed RTX")
    assert Message.objects.get(kind="displaced").state == "suppressed"
    assert len(rows("displaced")) == len(rows("not_reached")) == 1


def test_a_bare_cancel_that_twilio_blocked_cancels_and_opts_out(jane, booked, write):
    appointment = booked(jane)
    assert write("CANCEL", opt_out_type="STOP") == "opted out, cancelled"
    assert status(appointment) == "cancelled"
    assert Message.objects.get(kind="cancelled_by_you").state == "suppressed"


# --- what else is told


def test_an_invitation_is_written_once_and_says_how_to_book(jane, now):
    with transaction.atomic():
        first = texts.send_invitation(jane, now)
    with transaction.atomic():
        assert texts.send_invitation(jane, now) is None
    assert "/a/7KQ49CRB" in first.body
    assert first.subject == f"referral-{jane.pk}"
    assert "7KQ49CRB" not in first.subject


def test_an_invitation_waits_for_the_morning_and_for_the_end_of_a_bank_holiday(jane, now):
    christmas = now.replace(month=12, day=25)
    with transaction.atomic():
        assert texts.send_invitation(jane, christmas).state == "scheduled"


def test_who_cannot_be_invited_by_text_is_phoned(make_referral, now):
    silent = make_referral(code="9GWP3KTY", mobile="")
    with transaction.atomic():
        texts.send_invitation(silent, now)
    (row,) = rows("not_reached")
    assert (row.about, row.referral) == (f"referral-{silent.pk}", silent)


def test_no_bank_holiday_and_no_weekend_counts_for_a_phone_task_unless_it_presses(
    make_referral, booked, now
):
    silent = make_referral(code="9GWP3KTY", mobile="")
    christmas_eve = now.replace(month=12, day=24)
    with transaction.atomic():
        texts.send_invitation(silent, christmas_eve)
    assert rows("not_reached")[0].due_at == now.replace(month=12, day=30)
    cancer = make_referral(code="9GWP3KTZ", mobile="")
    cancer.urgency = "suspected_cancer"
    cancer.save()
    with transaction.atomic():
        texts.send_invitation(cancer, now.replace(month=12, day=25))
    row = WorklistRow.objects.get(referral=cancer)
    assert row.due_at.day == 25
