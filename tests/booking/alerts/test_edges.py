"""Alerts at their edges: what their history says, whom an end is told, and who is left alone."""

from datetime import timedelta

import pytest
from django.db import transaction

from booking.alerts import chain, closing, dates, due, raising, state
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
    Shift,
    WorklistRow,
)
from booking.referrals import ending
from booking.referrals.urgency import change_urgency
from notifications.models import Email, Kind, Message, State
from sites.models import Trust
from tests.booking.alerts.conftest import alert_of, kinds, run, texts
from tests.booking.alerts.test_following import acknowledge, cancel, displace, miss, refuse

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


# --- the clock


def test_what_is_told_is_of_use_for_six_hours_and_says_to_whom(jane, rota, team, now):
    run(now)

    text, mail, event = Message.objects.get(kind=Kind.STAFF_ALERT), Email.objects.get(), last(jane)
    assert (text.due_at, text.not_after) == (now, now + timedelta(hours=6))
    assert mail.not_after == now + timedelta(hours=6)
    assert mail.body == (
        "1 urgent request waits.\n\nSee them, and acknowledge: http://localhost:8000/staff/alerts/\n"
    )
    assert text.subject == alert_of(jane).page
    assert (event.kind, event.at, event.actor) == ("told", now, CLOCK)
    assert (event.whom, event.detail) == (team["on_call"].actor, "On call")


def test_each_time_one_is_told_there_is_an_e_mail_of_its_own(jane, rota, now):
    for minutes in (0, 15, 30, 60, 120):
        run(now + minutes * M)
    to = list(Email.objects.order_by("pk").values_list("to", flat=True))
    assert to.count("on_call@trust.example") == 2
    assert len(to) == 5


def test_who_has_no_e_mail_is_texted_alone(jane, rota, team, now):
    user = team["on_call"].user
    user.email = ""
    user.save()
    run(now)
    assert texts() == ["on_call"]
    assert not Email.objects.exists()


def test_who_is_passed_over_is_in_the_history_with_the_reason(jane, rota, team, now):
    team["on_call"].phone = ""
    team["on_call"].save()
    run(now)

    passed, told = alert_of(jane).events.order_by("pk")[1:]
    assert (passed.kind, passed.whom) == ("passed_over", team["on_call"].actor)
    assert passed.detail.startswith("On call: ")
    assert (passed.at, passed.actor) == (now, CLOCK)
    assert (told.kind, told.whom) == ("told", team["second"].actor)


def test_a_trust_counts_and_tells_of_its_own_alone(jane, urgent, rota, now):
    Trust.objects.create(code="RXR", name="East Lancashire Hospitals")
    Feed.objects.create(trust_id="RXR", last_contact_at=now, last_change_at=now)
    other = urgent(given_name="Ann", mobile="+447700900462")
    Alert.objects.filter(referral=other).update(trust_id="RXR")

    assert run(now) == 2

    text = Message.objects.get(kind=Kind.STAFF_ALERT)
    assert text.body.startswith("1 urgent request waits.")
    assert kinds(alert_of(other)) == ["raised", "nobody"]
    assert alert_of(other).next_at == now + 15 * M


def test_only_who_waits_is_counted(jane, urgent, book, rota, now):
    for number, change in enumerate((book, lambda one: acknowledge(one, now))):
        change(urgent(given_name=f"Ann{number}", mobile=f"+44770090046{number}"))
    over = urgent(given_name="Eve", mobile="+447700900469")
    Referral.objects.filter(pk=over.pk).update(ended_at=now, end_reason="elsewhere")
    run(now)
    assert Message.objects.get(kind=Kind.STAFF_ALERT).body.startswith("1 urgent request waits.")


def test_more_than_one_turn_can_take_comes_at_the_next(jane, urgent, rota, now, monkeypatch):
    monkeypatch.setattr(due, "AT_ONCE", 1)
    urgent(given_name="Ann", mobile="+447700900462")
    assert [run(now), run(now), run(now)] == [1, 1, 0]


def test_a_step_of_the_clock_is_no_new_version(jane, rota, now):
    seen = alert_of(jane).version
    run(now)
    assert alert_of(jane).version == seen
    assert alert_of(jane).next_at == now + 15 * M


def test_a_text_that_failed_hastens_nobody_once_it_is_acknowledged(jane, urgent, rota, now):
    run(now)
    acknowledge(jane, now)
    alert = alert_of(jane)
    Message.objects.filter(kind=Kind.STAFF_ALERT).update(state=State.UNDELIVERED)

    assert run(now + M) == 0
    assert alert_of(jane).next_at == alert.next_at


def test_a_text_that_failed_hastens_the_next_once(jane, rota, now):
    run(now)
    Message.objects.filter(kind=Kind.STAFF_ALERT).update(state=State.UNDELIVERED)
    assert [run(now + M), run(now + 2 * M)] == [1, 0]
    assert texts() == ["on_call", "second"]


def test_when_everybody_was_told_the_row_and_the_history_say_so(jane, rota, now, settings):
    settings.ALERT_ROUNDS = 0
    run(now)

    row, event = WorklistRow.objects.get(about=f"alert:{jane.code}"), last(jane)
    assert (row.kind, row.opened_at) == ("needs_person", now)
    assert row.reason == (
        "Suspected cancer: everybody on the rota was told, and nobody acknowledged. Phone."
    )
    assert (event.kind, event.at, event.actor) == ("chain_ended", now, CLOCK)
    assert texts() == []


def test_acknowledged_though_the_request_has_ended_it_comes_up_for_nobody(jane, rota, now):
    ending.end(jane, "not_wanted", now=now, actor="patient")
    acknowledge(jane, now)

    assert run(alert_of(jane).next_at + M) == 0
    assert (alert_of(jane).state, texts()) == ("acknowledged", [])


def test_a_text_that_failed_after_everybody_was_told_begins_nothing_anew(jane, rota, now, settings):
    settings.ALERT_ROUNDS = 1
    for minutes in (0, 15, 30, 60, 120):
        run(now + minutes * M)
    assert (alert_of(jane).next_at, kinds(alert_of(jane))[-1]) == (None, "chain_ended")
    Message.objects.filter(kind=Kind.STAFF_ALERT).update(state=State.UNDELIVERED)

    assert run(now + 121 * M) == 0
    assert kinds(alert_of(jane)).count("chain_ended") == 1


def test_a_text_that_failed_hastens_once_though_there_is_nobody_to_tell(jane, rota, now):
    run(now)
    Message.objects.filter(kind=Kind.STAFF_ALERT).update(state=State.UNDELIVERED)
    Shift.objects.update(removed_at=now)

    assert [run(now + M), run(now + 2 * M)] == [1, 0]
    assert (kinds(alert_of(jane))[-1], alert_of(jane).page) == ("nobody", "")
