"""What is counted of the alerts: for the banner of somebody's trusts, and for the network."""

from datetime import timedelta

import pytest
from django.utils import timezone

from booking.alerts import due, figures, tasks
from booking.alerts.metrics import Alerts
from booking.models import Alert, Heartbeat, Referral, Staff
from booking.referrals import ending
from sites.models import Trust
from tests.booking.alerts.conftest import alert_of
from tests.booking.alerts.test_following import acknowledge

H, SECOND = timedelta(hours=1), timedelta(seconds=1)


@pytest.fixture
def ines(make_staff, trust):
    return make_staff("imaging", username="ines")


@pytest.fixture
def four(jane, urgent, book, now):
    """One of each that is open: to acknowledge, to book, booked, and for a lead to close."""
    ann, bob, eve = (
        urgent(given_name=name, mobile=f"+44770090047{number}")
        for number, name in enumerate(("Ann", "Bob", "Eve"))
    )
    acknowledge(ann, now)
    book(bob)
    ending.end(eve, "not_wanted", now=now, actor="patient")
    return {"raised": jane, "acknowledged": ann, "booked": bob, "ended": eve}


def counts(staff, now):
    found = figures.waiting(staff, now)
    return found.to_acknowledge, found.to_book, found.booked, found.to_close, found.late


def test_each_is_counted_once_by_what_is_to_be_done_next(four, ines, now):
    assert counts(ines, now) == (1, 1, 1, 1, 0)
    assert figures.waiting(ines, now).to_do == 3


def test_nothing_to_count_is_none_of_each(ines, now):
    found = figures.waiting(ines, now)

    assert counts(ines, now) == (0, 0, 0, 0, 0)
    assert (found.to_do, found.seen) == (0, "0.0.0.0.0.0.0.0")


DATES = {"raised": "acknowledge_by", "acknowledged": "book_by", "booked": "scan_by"}
FAR = {"acknowledge_by": 90, "book_by": 91, "scan_by": 92}


@pytest.mark.parametrize("state", DATES)
def test_each_is_late_by_the_date_that_is_next_and_not_in_its_last_moment(four, ines, now, state):
    Alert.objects.update(**{name: now + timedelta(days=days) for name, days in FAR.items()})
    Alert.objects.update(**{DATES[state]: now})

    assert counts(ines, now)[-1] == 0
    assert counts(ines, now + SECOND)[-1] == 1


def test_what_has_ended_is_for_a_lead_to_close_however_far_it_had_come_and_not_late(
    four, ines, now
):
    alert = alert_of(four["ended"])
    for state in DATES:
        Alert.objects.filter(pk=alert.pk).update(state=state, acknowledge_by=now, book_by=now)
        Alert.objects.filter(pk=alert.pk).update(scan_by=now)
        assert counts(ines, now + SECOND) == (1, 1, 1, 1, 0)


@pytest.mark.parametrize(
    "change", [{"version": 9}, {"round": 1}, {"level": 1}], ids=["anything", "a round", "a step"]
)
def test_whatever_changes_is_seen(four, ines, now, change):
    before = figures.waiting(ines, now).seen
    Alert.objects.filter(referral=four["raised"]).update(**change)

    assert figures.waiting(ines, now).seen != before


def test_closed_and_raised_anew_it_is_another(jane, ines, now):
    before = figures.waiting(ines, now).seen
    Alert.objects.update(state="closed", closed_at=now, close_reason="mistake")
    again = Alert.objects.get()
    again.pk, again.state = None, "raised"
    again.save()

    assert counts(ines, now) == (1, 0, 0, 0, 0)
    assert figures.waiting(ines, now).seen != before


def test_somebody_sees_the_open_alerts_of_their_trusts(four, ines, now, make_staff):
    Alert.objects.filter(referral=four["raised"]).update(
        state="closed", closed_at=now, close_reason="mistake"
    )
    Alert.objects.filter(referral=four["booked"]).update(state="scanned")
    other = Trust.objects.create(code="RXR", name="East Lancashire Hospitals")
    Alert.objects.filter(referral=four["ended"]).update(trust=other)

    assert list(figures.of_staff(ines)) == [alert_of(four["acknowledged"])]
    ines.trusts.add(other)
    assert figures.of_staff(Staff.objects.get(pk=ines.pk)).count() == 2


@pytest.mark.parametrize(
    ("ago", "age"),
    [
        (0 * H, "under 2 hours"),
        (2 * H - SECOND, "under 2 hours"),
        (2 * H, "2 to 24 hours"),
        (24 * H - SECOND, "2 to 24 hours"),
        (24 * H, "1 to 3 days"),
        (72 * H - SECOND, "1 to 3 days"),
        (72 * H, "3 days and over"),
        (9999 * H, "3 days and over"),
    ],
)
def test_an_alert_has_one_age(jane, now, ago, age):
    Alert.objects.update(raised_at=now - ago)

    found = figures.totals(now).by_age
    assert found == {name: int(name == age) for name in figures.AGES}


def past(now):
    found = figures.totals(now)
    return found.past_acknowledge, found.past_book, found.past_scan


@pytest.mark.parametrize(
    ("name", "states", "place"),
    [
        ("acknowledge_by", ["raised"], 0),
        ("book_by", ["raised", "acknowledged"], 1),
        ("scan_by", ["raised", "acknowledged", "booked"], 2),
    ],
)
def test_what_is_past_a_date_is_counted_while_the_date_is_to_be_kept(
    four, now, name, states, place
):
    Alert.objects.update(**{one: now + timedelta(days=days) for one, days in FAR.items()})
    Alert.objects.update(**{name: now})

    assert past(now) == (0, 0, 0)
    assert past(now + SECOND)[place] == len(states), "and not of what has ended"
    assert sum(past(now + SECOND)) == len(states)


def test_what_is_closed_is_counted_nowhere(jane, now):
    Alert.objects.update(state="closed", closed_at=now, close_reason="mistake")

    assert not any(figures.totals(now + timedelta(days=99)).by_age.values())
    assert past(now + timedelta(days=99)) == (0, 0, 0)


# --- /metrics, and the clock's doors


def test_each_figure_has_a_metric_of_its_own(four, now, time_machine):
    Alert.objects.update(acknowledge_by=now, book_by=now, scan_by=now, raised_at=now)
    Alert.objects.filter(state="acknowledged").update(next_at=now)
    Heartbeat.objects.create(name=due.HEARTBEAT, at=now - SECOND)
    time_machine.move_to(now + 6 * timedelta(minutes=1), tick=False)

    found = {metric.name: metric for metric in Alerts().collect()}

    assert {name: one.samples[0].value for name, one in found.items() if name != "alerts_open"} == {
        "alerts_past_acknowledge": 1,
        "alerts_past_book": 2,
        "alerts_past_scan": 3,
        "alerts_steps_late": 2,
        "alerts_missing": 0,
        "alerts_heartbeat_age_seconds": 361,
    }
    assert all(metric.documentation for metric in found.values())
    assert {one.labels["age"]: one.value for one in found["alerts_open"].samples} == {
        "under 2 hours": 4, "2 to 24 hours": 0, "1 to 3 days": 0, "3 days and over": 0,
    }  # fmt: skip


def test_a_request_without_an_alert_is_a_metric(make_referral, now, time_machine):
    time_machine.move_to(now, tick=False)
    make_referral()
    Referral.objects.update(urgency="suspected_cancer")

    (missing,) = (one for one in Alerts().collect() if one.name == "alerts_missing")
    assert missing.samples[0].value == 1


def test_where_all_is_well_the_auditor_says_and_raises_nothing(jane, now, time_machine, caplog):
    time_machine.move_to(now, tick=False)
    Heartbeat.objects.create(name=due.HEARTBEAT, at=timezone.now())
    tasks.audit()

    assert caplog.text == ""
    assert Alert.objects.count() == 1
