"""An alert follows what is booked: lost, it is open again at once with its first dates."""

from datetime import timedelta

import pytest

from booking.alerts import acknowledging, closing
from booking.alerts.state import AlertChanged
from booking.appointments import booking, displacing, trust_answers, undo
from booking.models import Alert, Appointment, Slot, WorklistRow
from booking.patients import merging
from booking.patients.comparison import compare
from booking.referrals import ending
from tests.booking.alerts.conftest import alert_of, kinds, run

DATES = ("raised_at", "acknowledge_by", "book_by", "scan_by", "tell_by")


def dates(alert):
    return [getattr(alert, name) for name in DATES]


def acknowledge(referral, now, actor="staff 2"):
    alert = alert_of(referral)
    return acknowledging.acknowledge(alert.pk, alert.version, now=now, actor=actor)


def cancel(made, now):
    booking.cancel(made, made.version, now=now, actor="patient")


def displace(made, now):
    from django.db import transaction

    with transaction.atomic():
        displacing.withdraw_slots([made.slot_id], now=now, actor="feed RTX")


def refuse(made, now):
    trust_answers.refuse(made, made.version, now=now, actor="feed RTX")


def miss(made, now):
    trust_answers.missed(made, made.version, now=now, actor="feed RTX")


def test_read_is_not_acknowledged_and_acknowledged_is_not_booked(jane, book, now):
    assert alert_of(jane).state == "raised"
    acknowledge(jane, now)
    alert = alert_of(jane)
    assert (alert.state, alert.acknowledged_at, alert.acknowledged_by) == (
        "acknowledged", now, "staff 2",
    )  # fmt: skip
    assert alert.next_at == alert.book_by
    made = book(jane)
    assert (alert_of(jane).state, alert_of(jane).appointment) == ("booked", made)
    assert kinds(alert) == ["raised", "acknowledged", "booked"]


@pytest.mark.parametrize("lose", [cancel, displace, refuse, miss])
def test_what_is_lost_is_open_again_at_once_with_its_first_dates(jane, book, now, lose):
    first = dates(alert_of(jane))
    acknowledge(jane, now)
    made = book(jane)
    later = made.start + timedelta(minutes=1) if lose is miss else now + timedelta(days=2)

    lose(Appointment.objects.get(pk=made.pk), later)

    alert = alert_of(jane)
    assert (alert.state, alert.next_at, alert.appointment) == ("raised", later, None)
    assert (alert.acknowledged_at, alert.acknowledged_by) == (None, "")
    assert dates(alert) == first
    assert Alert.objects.count() == 1
    assert kinds(alert)[-1] == "reopened"


def test_who_came_is_scanned_and_who_did_not_after_all_is_open_again(jane, book, now):
    first = dates(alert_of(jane))
    made = book(jane)
    after = made.end
    trust_answers.attended(made, made.version, now=after, actor="staff 1")
    alert = alert_of(jane)
    assert (alert.state, alert.next_at, alert.closed_at) == ("scanned", None, after)

    made.refresh_from_db()
    trust_answers.missed(made, made.version, now=after, actor="staff 1")

    alert = alert_of(jane)
    assert (alert.state, dates(alert), alert.closed_at) == ("raised", first, None)


def test_a_later_time_than_the_scan_day_wants_somebody_to_look(jane, book, now):
    book(jane, day=12)
    alert = alert_of(jane)
    assert (alert.state, alert.books_late, alert.next_at) == ("raised", True, now)

    acknowledge(jane, now)

    assert alert_of(jane).state == "booked"


def test_moved_to_later_nobody_has_seen_it(jane, book, make_slot, now):
    book(jane, day=5)
    assert alert_of(jane).state == "booked"
    book(jane, day=12)
    assert alert_of(jane).state == "raised"
    book(jane, day=4)
    assert alert_of(jane).state == "booked"
    assert kinds(alert_of(jane)).count("booked") == 3


def test_a_cancellation_that_is_taken_back_is_booked_again(jane, book, now):
    made = book(jane)
    booking.cancel(made, made.version, now=now, actor="staff 3")
    assert alert_of(jane).state == "raised"
    made.refresh_from_db()

    undo.undo(made, made.version, now=now, actor="staff 3")

    assert alert_of(jane).state == "booked"


def test_a_booking_that_is_taken_back_is_open_again(jane, book, now):
    made = book(jane, actor="staff 3")
    undo.undo(made, made.version, now=now, actor="staff 3")

    assert alert_of(jane).state == "raised"


def test_booked_again_after_a_missed_time_its_dates_are_the_first(jane, book, now):
    first = dates(alert_of(jane))
    made = book(jane, day=1)
    book(jane, at=made.end, day=6)

    assert (alert_of(jane).state, dates(alert_of(jane))) == ("booked", first)


def test_a_lead_closes_with_a_reason_and_the_referrer_is_told(jane, now):
    alert = alert_of(jane)
    for reason, words in [("", "x"), ("elsewhere", " "), ("ended", "x"), ("less_urgent", "x")]:
        with pytest.raises(closing.ReasonMissing):
            closing.close(alert.pk, alert.version, reason, words, now=now, actor="staff 1")
    with pytest.raises(AlertChanged):
        closing.close(alert.pk, alert.version + 1, "elsewhere", "x", now=now, actor="staff 1")

    closing.close(alert.pk, alert.version, "elsewhere", "At Bolton", now=now, actor="staff 1")

    alert = alert_of(jane)
    assert (alert.state, alert.close_reason, alert.close_words) == (
        "closed", "elsewhere", "At Bolton",
    )  # fmt: skip
    assert WorklistRow.objects.filter(referral=jane, about__startswith="referrer:").count() == 1


def test_what_a_lead_closed_stays_closed_whatever_is_booked(jane, book, now):
    alert = alert_of(jane)
    closing.close(alert.pk, alert.version, "elsewhere", "At Bolton", now=now, actor="staff 1")
    cancel(book(jane), now)

    assert alert_of(jane).state == "closed"
    assert Alert.objects.count() == 1


def test_the_dead_are_alerted_of_no_more(jane, book, now):
    book(jane)
    ending.end(jane, "died", now=now, actor="staff 1")

    alert = alert_of(jane)
    assert (alert.state, alert.close_reason, alert.next_at) == ("closed", "died", None)
    assert not WorklistRow.objects.filter(about__startswith="referrer:").exists()


def test_a_clerk_cannot_make_it_vanish_by_ending_the_request(jane, make_staff, rota, now):
    clerk, lead = make_staff("clerk"), make_staff("lead", username="boss")
    ending.end(jane, "not_wanted", now=now, actor=clerk.actor)

    alert = alert_of(jane)
    assert (alert.state, alert.next_at, kinds(alert)[-1]) == ("raised", None, "referral_ended")
    assert run(now + timedelta(days=1)) == 0
    closing.close(alert.pk, alert.version, "ended", "GP told", now=now, actor=lead.actor)
    assert (alert_of(jane).state, alert_of(jane).close_reason) == ("closed", "ended")


@pytest.mark.parametrize(("actor", "rows"), [("lead", 1), ("key abc", 0)])
def test_a_lead_and_the_trusts_own_system_end_it_with_the_request(
    jane, make_staff, now, actor, rows
):
    by = make_staff("lead").actor if actor == "lead" else actor
    ending.end(jane, "not_wanted", now=now, actor=by)

    assert (alert_of(jane).state, alert_of(jane).closed_by) == ("closed", by)
    about = WorklistRow.objects.filter(about__startswith="referrer:", closed_at=None)
    assert about.count() == rows


def test_a_request_that_is_open_again_has_its_alert_with_the_first_dates(jane, now):
    first = dates(alert_of(jane))
    later = now + timedelta(days=3)
    ending.end(jane, "not_wanted", now=now, actor="key abc")
    ending.reopen(jane, now=later, actor="staff 1")

    alert = alert_of(jane)
    assert (alert.state, dates(alert), alert.next_at) == ("raised", first, later)


def test_joined_records_keep_the_alert(jane, make_referral, now, make_staff):
    other = make_referral(code="4HT8VMXD", given_name="Jayne")
    seen = compare(other.patient, jane.patient, now=now).version
    asked = merging.Asked(seen=seen, reason="one person")
    merging.merge(other.patient, jane.patient, asked, now=now, actor="staff 1")

    jane.refresh_from_db()
    assert jane.patient_id == other.patient_id
    assert alert_of(jane).state == "raised"
    assert Alert.objects.count() == 1


def test_a_withdrawn_slot_frees_nothing_for_the_alert_of_another(jane, urgent, book, now):
    other = urgent(given_name="Ann", mobile="+447700900462")
    book(jane)
    made = book(other, day=6)
    displace(made, now)

    assert (alert_of(jane).state, alert_of(other).state) == ("booked", "raised")
    assert Slot.objects.get(pk=made.slot_id).status == "withdrawn"
