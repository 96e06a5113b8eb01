"""The second look: what is late, what has no alert, and what is said of it."""

from datetime import timedelta

import pytest

from booking.alerts.auditor import Findings, look, without_alert
from booking.appointments import trust_answers
from booking.models import Alert, Referral
from tests.booking.alerts.conftest import alert_of

MINUTES = timedelta(minutes=1)


def test_what_is_wrong_is_said_with_how_many_and_how_long():
    assert Findings(2, 3, 122 * MINUTES + MINUTES / 2).complaints == [
        "2 steps of alerts are over 5 minutes late",
        "3 requests of suspected cancer have no alert",
        "the clock of the alerts has not ticked for 122 minutes",
    ]
    assert Findings(0, 0, 5 * MINUTES).complaints == []


@pytest.mark.parametrize(
    ("state", "reason", "is_missing"),
    [
        ("raised", "", False),
        ("scanned", "", False),
        ("closed", "elsewhere", False),
        ("closed", "ended", True),
        ("closed", "died", True),
    ],
)
def test_an_open_request_has_an_alert_or_was_closed_for_good(jane, now, state, reason, is_missing):
    closed = {"closed_at": now, "closed_by": "staff 1", "close_reason": reason}
    Alert.objects.update(state=state, **(closed if reason else {}))

    assert list(without_alert()) == [jane] * is_missing


def test_only_an_open_request_of_suspected_cancer_wants_an_alert(make_referral, now):
    referral = make_referral()
    assert not without_alert().exists()
    Referral.objects.update(urgency="suspected_cancer")
    assert without_alert().get() == referral
    Referral.objects.update(ended_at=now, end_reason="elsewhere")
    assert not without_alert().exists()


def test_a_step_is_late_only_of_an_alert_that_is_to_be_seen_to(jane, now):
    Alert.objects.update(next_at=now - 6 * MINUTES)
    assert look(now).late_steps == 1
    Alert.objects.update(state="booked")
    assert look(now).late_steps == 0
    Alert.objects.update(state="acknowledged")
    assert look(now).late_steps == 1
    Referral.objects.update(ended_at=now, end_reason="elsewhere")
    assert look(now).late_steps == 0


def test_that_somebody_else_came_ends_nobodys_alert(jane, tom, book, now):
    theirs = book(tom, day=1)
    trust_answers.attended(theirs, theirs.version, now=theirs.end, actor="key ab")

    book(jane, at=theirs.end)

    assert alert_of(jane).state != "scanned"


def test_who_did_not_come_after_all_and_has_another_time_is_not_scanned(jane, book, now):
    first = book(jane, day=1)
    at = first.end
    book(jane, day=5, at=at)
    for version, say in ((2, trust_answers.attended), (3, trust_answers.missed)):
        first.refresh_from_db()
        assert first.version == version
        say(first, version, now=at, actor="key ab")

    said = alert_of(jane).events.filter(kind="reopened").last()
    assert (said.at, said.actor, said.detail) == (at, "key ab", "the patient did not come")
    assert alert_of(jane).state != "scanned"
