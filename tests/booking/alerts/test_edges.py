"""Alerts at their edges: what their history says, whom an end is told, and who is left alone."""

from datetime import timedelta

import pytest
from django.db import transaction

from booking.alerts import chain, closing, dates, raising, state
from booking.alerts.rota import Duty
from booking.alerts.state import AlertChanged
from booking.appointments import booking, trust_answers, undo
from booking.changes.transactions import TransactionRuleBroken
from booking.identifiers.actors import CLOCK, Actor
from booking.models import (
    Alert,
    AlertEvent,
    Appointment,
    AuditAction,
    AuditEntry,
    Feed,
    Referral,
    WorklistRow,
)
from booking.referrals import ending
from booking.referrals.urgency import change_urgency
from notifications.models import Kind, Message, State
from tests.booking.alerts.conftest import alert_of, kinds, run
from tests.booking.alerts.test_following import cancel, displace, miss, refuse

M = timedelta(minutes=1)


def last(referral):
    return alert_of(referral).events.order_by("-pk").first()


def entry(action):
    return AuditEntry.objects.filter(action=action).latest("pk")


def test_what_raises_it_is_in_its_history(jane, now):
    event, written = last(jane), entry("alert raised")
    assert (event.kind, event.at, event.actor) == ("raised", now, Actor("key", "x"))
    assert event.detail == "came in as suspected cancer"
    assert (written.at, written.actor, written.referral) == (now, Actor("key", "x"), jane)
    assert written.detail == {"alert": alert_of(jane).pk}


def test_a_request_that_is_over_or_less_urgent_wants_no_alert(make_referral, now):
    over, routine = make_referral(), make_referral(code="3XRD7JQF")
    Referral.objects.filter(pk=over.pk).update(
        urgency="suspected_cancer", ended_at=now, end_reason="elsewhere"
    )
    for one in (over, routine):
        one.refresh_from_db()
        with transaction.atomic():
            assert raising.raise_alert(one, Alert.Why.FOUND, now=now, actor=CLOCK) is None
    assert not Alert.objects.exists()


def test_an_alert_is_changed_in_a_transaction_only(jane):
    for change in (lambda: state.lock_latest(jane.pk), lambda: state.lock(alert_of(jane).pk)):
        with pytest.raises(TransactionRuleBroken):
            change()


def test_of_several_alerts_of_a_request_the_last_is_meant(jane, now):
    change_urgency(jane, "routine", now=now, actor="staff 7", reason="benign")
    change_urgency(jane, "suspected_cancer", now=now, actor="staff 7")
    with transaction.atomic():
        assert state.lock_latest(jane.pk) == alert_of(jane) == Alert.objects.latest("pk")
    assert state.open_alert(jane) == alert_of(jane)


def test_a_long_story_is_cut_where_it_is_kept(jane, now):
    state.note(alert_of(jane), AlertEvent.Kind.TOLD, now=now, actor=CLOCK, detail="x" * 300)
    assert last(jane).detail == "x" * 200


@pytest.mark.parametrize(("day", "late"), [(5, ""), (12, ", after the day of the scan")])
def test_the_history_says_when_it_is_booked_for(jane, book, now, day, late):
    book(jane, day=day)
    weekday = {5: "Sunday 29 November", 12: "Sunday 6 December"}[day]
    event = last(jane)
    assert (event.kind, event.at, event.actor) == ("booked", now, "patient")
    assert event.detail == f"2pm, {weekday} 2026{late}"


@pytest.mark.parametrize(
    ("lose", "why"),
    [
        (cancel, "the appointment was cancelled"),
        (displace, "the hospital took the time away"),
        (refuse, "the hospital cannot give the time"),
        (miss, "the patient did not come"),
    ],
)
def test_the_history_says_why_it_is_open_again(jane, book, now, lose, why):
    made = book(jane)
    later = made.end if lose is miss else now + M
    seen = alert_of(jane).version

    lose(made, later)

    event, written = last(jane), entry("alert open again")
    assert (event.kind, event.at, event.detail) == ("reopened", later, why)
    assert (written.at, written.referral, written.actor) == (later, jane, event.actor)
    assert written.detail == {"alert": alert_of(jane).pk, "reason": why}
    assert alert_of(jane).version > seen


def test_the_history_says_that_a_booking_was_taken_back(jane, book, now):
    made = book(jane, actor="staff 3")
    undo.undo(made, made.version, now=now, actor="staff 3")

    assert last(jane).detail == "the booking was taken back"


def say_again(made, now):
    """Say of an appointment what loses none, so that the alerts look at what is so."""
    made.refresh_from_db()
    with transaction.atomic():
        booking.record(made, AuditAction.PLACE_CHANGED, now, CLOCK)


def test_lost_in_a_way_that_nobody_thought_of_it_is_open_again_all_the_same(jane, book, now):
    made = book(jane)
    Appointment.objects.filter(pk=made.pk).update(status="cancelled")
    say_again(made, now)

    assert (alert_of(jane).state, alert_of(jane).appointment) == ("raised", None)
    assert last(jane).detail == "nothing is booked any more"


def test_not_scanned_after_all_and_booked_the_history_says_so(jane, book, now):
    made = book(jane)
    trust_answers.attended(made, made.version, now=made.end, actor="staff 1")
    Appointment.objects.filter(pk=made.pk).update(status="booked")
    say_again(made, made.end)

    assert (alert_of(jane).state, alert_of(jane).closed_at) == ("booked", None)
    assert last(jane).detail == "not scanned after all"


def test_what_is_said_of_a_lost_time_leaves_alone_whom_the_chain_told(jane, book, rota, now):
    made = book(jane)
    cancel(made, now)
    run(now)
    seen = alert_of(jane)
    say_again(made, now + M)

    alert = alert_of(jane)
    assert (alert.version, alert.next_at) == (seen.version, seen.next_at)
    assert kinds(alert)[-1] == "told"


def test_what_is_said_of_a_scan_is_written_down_once(jane, book, now):
    made = book(jane)
    trust_answers.attended(made, made.version, now=made.end, actor="staff 1")
    seen = alert_of(jane).version
    say_again(made, made.end)

    assert (alert_of(jane).version, kinds(alert_of(jane))[-1]) == (seen, "scanned")
    assert kinds(alert_of(jane)).count("scanned") == 1


def test_a_time_that_the_hospital_confirms_is_booked_once(jane, book, now):
    Feed.objects.update(confirms=True)
    made = book(jane)
    seen = alert_of(jane).version
    trust_answers.confirm(made, made.version, now=now + M, actor="feed RTX")

    assert alert_of(jane).version == seen
    assert kinds(alert_of(jane)) == ["raised", "booked"]


def test_a_scan_closes_it_for_who_said_so_and_calls_off_what_was_sent(jane, book, rota, now):
    run(now)
    made = book(jane, day=12)
    trust_answers.attended(made, made.version, now=made.end, actor="staff 1")

    alert, event = alert_of(jane), last(jane)
    assert (alert.state, alert.closed_by, alert.appointment) == ("scanned", "staff 1", made)
    assert alert.page == ""
    assert (event.kind, event.at, event.actor) == ("scanned", made.end, "staff 1")
    assert Message.objects.get(kind=Kind.STAFF_ALERT).state == State.CANCELLED


def test_scanned_and_not_after_all_the_history_says_so(jane, book, now):
    made = book(jane)
    trust_answers.attended(made, made.version, now=made.end, actor="staff 1")
    made.refresh_from_db()
    trust_answers.missed(made, made.version, now=made.end, actor="staff 1")

    alert = alert_of(jane)
    assert (alert.closed_by, alert.close_reason, alert.close_words) == ("", "", "")
    assert last(jane).detail == "the request is open again"


def test_what_a_lead_closed_stays_closed_though_the_request_is_open_again(jane, now):
    alert = alert_of(jane)
    closing.close(alert.pk, alert.version, "elsewhere", "At Bolton", now=now, actor="staff 1")
    with transaction.atomic():
        raising.referral_reopened(jane, now=now, actor="staff 1")
    assert alert_of(jane).state == "closed"


def test_open_again_a_request_that_never_had_an_alert_gets_one(make_referral, now):
    referral = make_referral()
    Referral.objects.filter(pk=referral.pk).update(urgency="suspected_cancer")
    referral.refresh_from_db()
    with transaction.atomic():
        raising.referral_reopened(referral, now=now, actor="staff 1")

    alert = alert_of(referral)
    assert (alert.why, alert.raised_by, alert.raised_at) == ("found", "staff 1", now)


@pytest.mark.parametrize("reason", ["died", "not_wanted"])
def test_closed_with_the_request_it_opens_with_it(jane, now, reason):
    ending.end(jane, reason, now=now, actor="key abc")
    jane.refresh_from_db()
    ending.reopen(jane, now=now + M, actor="staff 1")

    alert = alert_of(jane)
    assert (alert.state, alert.next_at) == ("raised", now + M)
    assert (alert.closed_at, alert.closed_by) == (None, "")
    assert (alert.close_reason, alert.close_words) == ("", "")
    assert last(jane).detail == "the request is open again"


def test_a_close_says_who_when_and_why(jane, rota, now):
    run(now)
    alert = alert_of(jane)
    words = f"  {'x' * 200}  "
    closing.close(alert.pk, alert.version, "mistake", words, now=now + M, actor="staff 1")

    alert, event, written = alert_of(jane), last(jane), entry("alert closed")
    assert (alert.closed_at, alert.closed_by, alert.next_at) == (now + M, "staff 1", None)
    assert alert.close_words == "x" * 150
    assert (event.kind, event.at, event.actor) == ("closed", now + M, "staff 1")
    assert event.detail == f"raised by mistake: {'x' * 150}"
    assert (written.at, written.actor, written.referral) == (now + M, "staff 1", jane)
    assert written.detail == {"alert": alert.pk, "reason": "mistake"}
    assert Message.objects.get(kind=Kind.STAFF_ALERT).state == State.CANCELLED
    row = WorklistRow.objects.get(about__startswith="referrer:")
    assert row.reason == "Suspected cancer, closed: raised by mistake. Tell the referrer."
    with pytest.raises(AlertChanged):
        closing.close(alert.pk, alert.version, "mistake", "x", now=now, actor="staff 1")


def test_a_referrer_who_took_it_back_is_not_told_that_it_ended(jane, make_staff, rota, now):
    clerk = make_staff("clerk")
    ending.end(jane, "withdrawn", now=now, actor=clerk.actor)
    event = last(jane)
    assert (event.kind, event.at, event.actor) == ("referral_ended", now, clerk.actor)
    alert = alert_of(jane)
    with pytest.raises(closing.ReasonMissing):
        closing.close(alert.pk, alert.version, "elsewhere", "x", now=now, actor="staff 1")
    closing.close(alert.pk, alert.version, "ended", "x", now=now, actor="staff 1")
    assert not WorklistRow.objects.filter(about__startswith="referrer:").exists()


def test_a_lead_who_ends_what_the_referrer_took_back_tells_nobody(jane, make_staff, now):
    ending.end(jane, "withdrawn", now=now, actor=make_staff("lead").actor)
    assert alert_of(jane).state == "closed"
    assert not WorklistRow.objects.filter(about__startswith="referrer:").exists()


def test_an_end_by_the_patient_stays_on_the_screen_and_what_was_sent_is_called_off(jane, rota, now):
    run(now)
    ending.end(jane, "not_wanted", now=now, actor="patient")

    alert = alert_of(jane)
    assert (alert.state, alert.next_at, alert.page) == ("raised", None, "")
    assert Message.objects.get(kind=Kind.STAFF_ALERT).state == State.CANCELLED


def test_an_end_does_not_touch_what_is_closed_already(jane, now):
    change_urgency(jane, "routine", now=now, actor="staff 7", reason="benign")
    seen = alert_of(jane).version
    ending.end(jane, "not_wanted", now=now, actor="patient")
    assert (alert_of(jane).version, kinds(alert_of(jane))[-1]) == (seen, "closed")


def test_two_working_days_to_book_are_two_and_never_over_in_the_same_moment(now, settings):
    settings.ALERT_BOOK_DAYS = 2
    by = dates.dates_of("MR-1", now=now, since=now.date()).book_by
    assert by == now + timedelta(days=2), "from a Tuesday to a Thursday"

    assert dates.book_again_by(by, now=by - M) == by
    assert dates.book_again_by(by, now=by) > by


def test_a_round_is_over_once_it_is_past_those_who_cannot_be_texted(now):
    places = [("on_call", 10), ("second", 10), ("lead", 10)]
    duties = {level: Duty(level, None, "no mobile" * (level == "lead")) for level, _ in places}

    taken = chain.step(places, 2, 0, duties, now=now)

    assert taken.told == duties["on_call"]
    assert (taken.level, taken.round, taken.next_at) == (1, 1, now + 10 * M)
