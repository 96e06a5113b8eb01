"""The alerts' clock at its edges: whom it tells, whom it passes over, and when it ends."""

from datetime import timedelta

from booking.alerts import due
from booking.identifiers.actors import CLOCK
from booking.models import (
    Alert,
    Feed,
    Referral,
    Shift,
    WorklistRow,
)
from booking.referrals import ending
from notifications.models import Email, Kind, Message, State
from sites.models import Trust
from tests.booking.alerts.conftest import alert_of, kinds, run, texts
from tests.booking.alerts.test_edges import last
from tests.booking.alerts.test_following import acknowledge

M = timedelta(minutes=1)


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
