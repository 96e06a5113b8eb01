"""Whether the alarm works, as those who watch the service see it; and two at one moment."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from booking.alerts import acknowledging, due, figures, tasks
from booking.alerts.metrics import Alerts
from booking.alerts.state import AlertChanged
from booking.appointments import booking, holds
from booking.models import Alert, Heartbeat, Referral, Staff
from notifications.models import Kind, Message
from tests.booking.alerts.conftest import alert_of, run
from tests.racing import at_once, only_postgresql


def values():
    return {
        (sample.name, *sample.labels.values()): sample.value
        for metric in Alerts().collect()
        for sample in metric.samples
    }


def test_the_metrics_say_what_is_open_late_and_silent(jane, rota, now, time_machine):
    time_machine.move_to(now, tick=False)
    assert values()[("alerts_heartbeat_age_seconds",)] == float("inf")
    run(now)
    time_machine.move_to(now + timedelta(hours=3), tick=False)

    found = values()

    assert found[("alerts_open", "2 to 24 hours")] == 1
    assert found[("alerts_open", "under 2 hours")] == 0
    assert found[("alerts_past_acknowledge",)] == 1
    assert found[("alerts_past_book",)] == 0
    assert found[("alerts_steps_late",)] == 1
    assert found[("alerts_heartbeat_age_seconds",)] == 3 * 3600


def test_the_command_fails_while_the_clock_stands_still(jane, now, time_machine):
    time_machine.move_to(now, tick=False)
    with pytest.raises(CommandError, match="never ticked"):
        call_command("check_alerts", stdout=io.StringIO())
    tasks.tick()
    out = io.StringIO()
    call_command("check_alerts", stdout=out)
    assert "1 under 2 hours" in out.getvalue()


def test_the_task_that_looks_raises_what_is_missing_and_complains(
    make_referral, now, time_machine, caplog
):
    time_machine.move_to(now, tick=False)
    referral = make_referral()
    Referral.objects.update(urgency="suspected_cancer")
    tasks.audit()

    assert alert_of(referral).why == "found"
    assert "have no alert" in caplog.text
    assert Heartbeat.objects.count() == 0


def test_the_counts_of_a_person_are_of_their_trusts(jane, make_staff, now):
    mine, other = make_staff("imaging"), make_staff("imaging", [], username="b")

    assert figures.waiting(mine, now).to_acknowledge == 1
    assert figures.waiting(other, now).to_acknowledge == 0


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_clocks_and_two_people_at_one_moment(jane, rota, team, now):
    at_once(lambda: due.run_due(now=now), lambda: due.run_due(now=now))
    assert Message.objects.filter(kind=Kind.STAFF_ALERT).count() == 1

    alert = alert_of(jane)
    people = Staff.objects.filter(role="imaging")
    answers = at_once(
        *(
            lambda who=one.actor: acknowledging.acknowledge(
                alert.pk, alert.version, now=now, actor=who
            )
            for one in people
        ),
        refusals=(AlertChanged,),
    )
    assert sum(isinstance(one, AlertChanged) for one in answers) == 1


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_booked_and_acknowledged_at_one_moment_it_is_booked(jane, make_slot, now):
    for day in (3, 4, 5):
        slot, alert = make_slot(day=day), alert_of(jane)
        holds.hold(jane, slot.pk, now=now)
        at_once(
            lambda slot=slot: booking.book(jane, slot.pk, now=now, actor="patient"),
            lambda alert=alert: acknowledging.acknowledge(
                alert.pk, alert.version, now=now, actor="staff 1"
            ),
            refusals=(AlertChanged,),
        )
        assert Alert.objects.get().state == "booked"
