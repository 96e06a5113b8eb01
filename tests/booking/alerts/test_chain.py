"""Who is told, and when: the chain, its rounds, the gaps of a rota, an outage; and what other
services' users suffered, one by one.
"""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from booking.alerts import auditor
from booking.alerts import rota as rotas
from booking.alerts.rota import NewShift, ShiftInvalid, add_shift, remove_shift
from booking.models import Alert, AlertEvent, AuditEntry, Heartbeat, Staff, WorklistRow
from booking.referrals.urgency import change_urgency
from notifications import dispatch
from notifications.models import Email, Kind, Message, State
from tests.booking.alerts.conftest import alert_of, kinds, run, texts
from tests.booking.alerts.test_following import acknowledge, cancel, dates

M = timedelta(minutes=1)


def at_each_step(now, count):
    """Run the clock at each moment at which the first alert's next step is due."""
    for _ in range(count):
        alert = Alert.objects.order_by("pk").first()
        if alert.next_at is None:
            return
        now = max(now, alert.next_at)
        run(now)


def test_the_chain_goes_from_place_to_place_and_round_again(jane, rota, now):
    run(now)
    assert texts() == ["on_call"]
    run(now + 14 * M)
    assert texts() == ["on_call"], "not before its time"
    for minutes in (15, 30, 60, 120):
        run(now + minutes * M)
    assert texts() == ["on_call", "second", "lead", "duty_manager", "on_call"]


def test_it_goes_round_five_times_and_then_a_row_asks_for_a_person(jane, rota, now):
    at_each_step(now, 40)

    assert len(texts()) == 20
    assert texts()[-1] == "duty_manager"
    alert = alert_of(jane)
    assert (alert.state, alert.next_at) == ("raised", None)
    assert kinds(alert)[-1] == "chain_ended"
    row = WorklistRow.objects.get(about=f"alert:{jane.code}")
    assert row.closed_at is None
    acknowledge(jane, now + timedelta(days=1))
    row.refresh_from_db()
    assert row.outcome == "resolved"


def test_the_text_names_nobody_and_may_go_at_night(jane, rota, now):
    at_night = now + timedelta(hours=16)
    run(at_night)

    text = Message.objects.get(kind=Kind.STAFF_ALERT)
    assert text.body == (
        "1 urgent request waits. See them, and acknowledge: http://localhost:8000/staff/alerts/"
    )
    assert text.state == State.READY, "at 2am"
    mail = Email.objects.get()
    assert (mail.heading, mail.to) == ("1 urgent request waits", "on_call@trust.example")
    for word in ("Jane", "Fell", "knee", jane.code):
        assert word not in text.body + mail.body + mail.heading


def test_whoever_is_told_of_several_gets_one_text(jane, urgent, rota, now):
    for number in range(3):
        urgent(given_name=f"Ann{number}", mobile=f"+44770090046{number}")
    run(now)

    assert Message.objects.get(kind=Kind.STAFF_ALERT).body.startswith("4 urgent requests wait.")
    assert AlertEvent.objects.filter(kind="told").count() == 4


def test_the_chain_is_copied_when_it_is_raised(jane, urgent, rota, now, settings):
    settings.ALERT_CHAIN_MINUTES = [1, 1, 1, 1]
    run(now)
    run(now + 2 * M)
    assert texts() == ["on_call"], "Jane’s has the delays of when it was raised"

    other = urgent(given_name="Ann", mobile="+447700900462")
    assert alert_of(other).chain[0] == ["on_call", 1]


def test_after_an_outage_only_the_first_overdue_step_runs(jane, rota, now):
    run(now)
    later = now + timedelta(hours=6)
    for seconds in range(3):
        run(later + timedelta(seconds=seconds))

    assert texts() == ["on_call", "second"]
    assert alert_of(jane).next_at == later + 15 * M


def test_two_clocks_take_a_step_once(jane, rota, now):
    assert (run(now), run(now)) == (1, 0)


def test_an_override_wins_and_the_last_of_two(jane, rota, shift, team, make_staff, now):
    stand_in = make_staff("imaging", username="stand in")
    Staff.objects.filter(pk=stand_in.pk).update(phone="+447700900599")
    shift("on_call", stand_in, now - M, now + timedelta(hours=2), is_override=True)
    shift("on_call", team["second"], now - M, now + timedelta(hours=2))

    assert _to(now) == "+447700900599"
    assert rota_of(now + timedelta(hours=3)) == team["on_call"]


def rota_of(moment):
    return rotas.duties("RTX", moment)["on_call"].person


def _to(now):
    run(now)
    return Message.objects.filter(kind=Kind.STAFF_ALERT).latest("created_at").to


def test_a_shift_that_was_taken_away_counts_no_more_and_is_kept(rota, now):
    assert remove_shift(rota["on_call"], now=now, actor="staff 1")
    assert not remove_shift(rota["on_call"], now=now, actor="staff 2")

    rota["on_call"].refresh_from_db()
    assert rota["on_call"].removed_by == "staff 1"
    assert rota_of(now) is None
    assert AuditEntry.objects.filter(action="rota shift removed").count() == 1


@pytest.mark.parametrize(
    "lose",
    [
        lambda person: Staff.objects.filter(pk=person.pk).update(phone=""),
        lambda person: person.trusts.clear(),
        lambda person: person.user.__class__.objects.filter(pk=person.pk).update(is_active=False),
        lambda person: Staff.objects.filter(pk=person.pk).update(role="clerk"),
        lambda person: Staff.objects.filter(pk=person.pk).update(phone="+441524846000"),
    ],
    ids=["no number", "works elsewhere", "has left", "another role", "no mobile"],
)
def test_who_cannot_be_reached_is_shown_before_and_passed_over_at_once(jane, rota, team, now, lose):
    assert rotas.gaps("RTX", now) == []
    lose(team["on_call"])
    [gap] = rotas.gaps("RTX", now)
    assert (gap.level, gap.person) == ("on_call", team["on_call"])
    assert (gap.begins_at, gap.ends_at) == (now, now + timedelta(days=7))

    run(now)

    assert texts() == ["second"]
    passed = AlertEvent.objects.get(kind="passed_over")
    assert (passed.whom, passed.at) == (team["on_call"].actor, now)


def test_a_gap_is_shown_before_it_happens(rota, shift, team, now):
    remove_shift(rota["second"], now=now, actor="staff 1")
    shift("second", team["second"], now - M, now + timedelta(days=2))
    shift("second", team["second"], now + timedelta(days=3), now + timedelta(days=9))

    [gap] = rotas.gaps("RTX", now)
    assert (gap.begins_at, gap.ends_at) == (now + timedelta(days=2), now + timedelta(days=3))
    assert gap.why_not == "Nobody is on the rota."


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ends_at": -1}, "ends"),
        ({"begins_at": -100, "ends_at": -90}, "ends"),
        ({"ends_at": 24 * 100}, "ends"),
        ({"person": "clerk"}, "person"),
    ],
)
def test_a_shift_that_cannot_be_is_refused(team, make_staff, now, change, field):
    hours = {"begins_at": 0, "ends_at": 8} | change
    person = make_staff("clerk") if "person" in change else team["lead"]
    times = (now + timedelta(hours=hours[name]) for name in ("begins_at", "ends_at"))

    with pytest.raises(ShiftInvalid) as refused:
        add_shift(
            NewShift("RTX", "lead", person, *times, is_override=False), now=now, actor="staff 1"
        )
    assert list(refused.value.errors) == [field]


# --- what other services' users suffered


def test_an_acknowledged_alert_does_not_fire_again_two_months_later(jane, book, rota, now):
    run(now)
    acknowledge(jane, now + M)
    book(jane, at=now + 2 * M)
    for days in (1, 7, 60):
        assert run(now + timedelta(days=days)) == 0
    assert texts() == ["on_call"]


def test_nothing_is_told_after_the_acknowledgement(jane, rota, now):
    run(now)
    assert Message.objects.get(kind=Kind.STAFF_ALERT).state == State.READY
    acknowledge(jane, now)

    assert Message.objects.get(kind=Kind.STAFF_ALERT).state == State.CANCELLED
    assert Email.objects.get().ended_at == now
    run(now + timedelta(hours=3))
    assert texts() == ["on_call"]


def test_what_was_told_of_two_still_goes_while_one_of_them_waits(jane, urgent, rota, now):
    other = urgent(given_name="Ann", mobile="+447700900462")
    run(now)
    acknowledge(jane, now)
    assert Message.objects.get(kind=Kind.STAFF_ALERT).state == State.READY
    acknowledge(other, now)
    assert Message.objects.get(kind=Kind.STAFF_ALERT).state == State.CANCELLED


def test_a_second_without_a_number_does_not_stop_the_chain(jane, rota, team, now):
    Staff.objects.filter(pk=team["second"].pk).update(phone="")
    run(now)
    run(now + 15 * M)

    assert texts() == ["on_call", "lead"]


def test_a_chain_goes_on_after_a_restart_at_night(jane, rota, now):
    run(now + timedelta(hours=14))
    with transaction.atomic():
        run(now + timedelta(hours=15))
        transaction.set_rollback(True)  # killed before it was committed
    assert texts() == ["on_call"]

    run(now + timedelta(hours=16))
    assert texts() == ["on_call", "second"]


def test_nobody_on_call_is_said_only_when_it_is_so(jane, rota, now):
    run(now)
    run(now + 15 * M)
    assert "nobody" not in kinds(alert_of(jane))


def test_a_night_without_a_rota_uses_up_no_round(jane, team, shift, now):
    for minutes in range(0, 600, 15):
        run(now + minutes * M)
    alert = alert_of(jane)
    assert (alert.round, alert.level) == (0, 0)
    assert kinds(alert).count("nobody") == 1, "said once, not at every look"
    assert texts() == []

    shift("on_call", team["on_call"], now + 600 * M, now + timedelta(days=2))
    run(now + 615 * M)
    assert texts() == ["on_call"]


def test_an_e_mail_alone_is_not_enough(jane, rota, team, now):
    Staff.objects.filter(pk=team["on_call"].pk).update(phone="")
    run(now)

    assert texts() == ["second"]
    assert set(Email.objects.values_list("to", flat=True)) == {
        "on_call@trust.example", "second@trust.example",
    }  # fmt: skip


def test_a_text_that_does_not_arrive_calls_the_next_at_once(jane, rota, now):
    run(now)
    Message.objects.filter(kind=Kind.STAFF_ALERT).update(state=State.UNDELIVERED)

    run(now + M)

    assert texts() == ["on_call", "second"]


def test_the_on_call_person_leaves_while_it_waits(jane, rota, team, shift, now):
    run(now)
    remove_shift(rota["second"], now=now, actor="staff 1")
    run(now + 15 * M)

    assert texts() == ["on_call", "lead"]


def test_acknowledged_and_not_booked_in_time_it_is_open_again(jane, rota, now):
    run(now)
    acknowledge(jane, now + M)
    alert = alert_of(jane)
    assert run(alert.book_by - M) == 0

    run(alert.book_by + M)

    again = alert_of(jane)
    assert (again.state, again.acknowledge_by) == ("raised", alert.acknowledge_by)
    assert kinds(again)[-2:] == ["reopened", "told"]
    assert texts() == ["on_call", "on_call"]


def test_acknowledged_after_its_date_to_be_booked_it_is_given_time(jane, rota, now):
    late = alert_of(jane).book_by + timedelta(days=1)
    acknowledge(jane, late)

    assert run(late + M) == 0
    assert alert_of(jane).next_at > late + timedelta(hours=1)


@pytest.mark.parametrize("lose", ["role", "account", "trust"])
def test_acknowledged_by_somebody_who_leaves_it_is_open_again_at_the_next_tick(
    jane, rota, team, now, lose
):
    person, first = team["second"], dates(alert_of(jane))
    acknowledge(jane, now, actor=person.actor)
    assert run(now + M) == 0
    if lose == "role":
        Staff.objects.filter(pk=person.pk).update(role="clerk")
    elif lose == "account":
        User.objects.filter(pk=person.user_id).update(is_active=False)
    else:
        person.trusts.clear()

    assert run(now + 2 * M) == 1

    alert = alert_of(jane)
    assert (alert.state, alert.acknowledged_by, dates(alert)) == ("raised", "", first)
    again = alert.events.get(kind="reopened")
    assert again.detail == "whoever acknowledged it can see to it no more"
    assert texts() == ["on_call"]
    assert AuditEntry.objects.get(action="alert acknowledged").actor == person.actor


def test_lost_after_it_was_acknowledged_the_chain_begins_anew(jane, book, rota, now):
    run(now)
    acknowledge(jane, now + M)
    cancel(book(jane, at=now + 2 * M), now + 3 * M)
    run(now + 3 * M)

    assert texts() == ["on_call", "on_call"]


def test_a_downgrade_stops_the_chain(jane, rota, now):
    run(now)
    change_urgency(jane, "routine", now=now, actor="staff 1", reason="benign")

    assert run(now + timedelta(hours=1)) == 0
    assert Message.objects.get(kind=Kind.STAFF_ALERT).state == State.CANCELLED


def test_the_auditor_hears_of_a_clock_that_stands_still(jane, rota, now):
    assert auditor.look(now).complaints == ["the clock of the alerts has never ticked"]
    run(now)
    assert auditor.look(now + 4 * M).complaints == []

    late = auditor.look(now + 21 * M)

    assert (late.late_steps, late.silent_for) == (1, 21 * M)
    assert len(late.complaints) == 2
    assert Heartbeat.objects.get().at == now


def test_a_page_leaves_the_outbox(jane, rota, now, settings):
    settings.SMS_GATEWAY = "console"
    run(now)
    assert dispatch.dispatch_due(now) == 1


def test_where_nothing_is_due_a_tick_asks_little(jane, rota, now, django_assert_max_num_queries):
    run(now)
    with django_assert_max_num_queries(7):
        run(now + M)
