"""What the history of an alert and the audit say once somebody sees to it, or it ends."""

from datetime import timedelta

import pytest
from django.db import transaction

from booking.alerts import acknowledging, closing
from booking.alerts.state import AlertChanged
from booking.identifiers.actors import CLOCK
from booking.models import WorklistRow
from booking.referrals import ending
from booking.referrals.urgency import change_urgency
from booking.worklists import rows, subjects
from tests.booking.alerts.conftest import alert_of, kinds
from tests.booking.alerts.test_edges import entry, last
from tests.booking.alerts.test_following import acknowledge


def test_who_sees_to_an_alert_is_in_the_audit_with_the_request(jane, now):
    acknowledge(jane, now)

    written = entry("alert acknowledged")
    assert (written.referral, written.detail) == (jane, {"alert": alert_of(jane).pk})


def test_what_was_seen_as_it_is_no_more_is_not_acknowledged(jane, now):
    alert = alert_of(jane)
    with pytest.raises(AlertChanged):
        acknowledging.acknowledge(alert.pk, alert.version + 7, now=now, actor="staff 2")
    acknowledge(jane, now)
    with pytest.raises(AlertChanged):
        acknowledge(jane, now + timedelta(minutes=1), actor="staff 3")

    assert alert_of(jane).acknowledged_by == "staff 2"


def test_of_a_death_the_history_says_no_more_than_that(jane, now):
    ending.end(jane, "died", now=now, actor="key abc")

    assert alert_of(jane).close_words == ""
    assert last(jane).detail == "the patient has died"


def test_why_a_trusts_system_ended_the_request_is_said(jane, now):
    ending.end(jane, "elsewhere", now=now, actor="key abc")

    assert alert_of(jane).close_words == "scanned somewhere else"
    assert last(jane).detail == "the request has ended: scanned somewhere else"


def test_why_a_patient_ended_the_request_is_said_of_what_stays_open(jane, now):
    ending.end(jane, "not_wanted", now=now, actor="patient")

    assert last(jane).detail == "the patient does not want the scan"


def test_what_is_less_urgent_is_closed_once_and_asks_for_nobody_more(jane, tom, now):
    about = subjects.of_referral(jane, subjects.Topic.ALERT)
    with transaction.atomic():
        rows.open_row(rows.Kind.NEEDS_PERSON, about, "Phone.", now=now, actor=CLOCK)
    change_urgency(jane, "routine", now=now, actor="staff 7", reason="benign")
    with transaction.atomic():
        for one in (jane, tom):  # of Tom there was no alert
            closing.downgraded(one, "benign", now=now, actor="staff 7")

    assert kinds(alert_of(jane)).count("closed") == 1
    assert WorklistRow.objects.get(about=about.about).outcome == "resolved"
