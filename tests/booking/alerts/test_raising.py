"""An alert is raised once, whoever brings the request; its dates are written down then."""

import csv
from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import transaction

from booking.alerts import acknowledging, auditor, raising
from booking.alerts.dates import dates_of
from booking.models import Alert, AuditEntry, Exam, Referral
from booking.referrals.intake import create_referral
from booking.referrals.submission import ReferralSubmission
from booking.referrals.urgency import change_urgency
from booking.worklists import nobody_lost
from tests.booking.alerts.conftest import alert_of, kinds
from times.london import LONDON


@pytest.fixture
def sent(trust, now):
    Exam.objects.create(
        code="MR-1", name="an MRI scan of your knee", modality="MR", body_part="knee", minutes=30,
        preparation="x",
    )  # fmt: skip
    return ReferralSubmission(
        trust="RTX", identifier="A1", given_name="Jane", family_name="Fell", born="12/3/1961",
        mobile="07700900461", exam="MR-1", urgency="suspected_cancer",
        clock_start=now.date().isoformat(),
    )  # fmt: skip


def receive(sent, now, **changes):
    from dataclasses import replace

    return create_referral(replace(sent, **changes), now=now, actor="key x")[0]


def test_a_request_that_comes_in_raises_its_alert_once(sent, now):
    referral = receive(sent, now)
    receive(sent, now + timedelta(days=1))

    alert = Alert.objects.get()
    assert (alert.referral, alert.state, alert.why) == (referral, "raised", "received")
    assert (alert.raised_at, alert.raised_by, alert.next_at) == (now, "key x", now)
    assert kinds(alert) == ["raised"]
    assert AuditEntry.objects.filter(action="alert raised", referral=referral).count() == 1


def test_no_other_urgency_raises_one(sent, now):
    for number, urgency in enumerate(["urgent", "routine", "planned"]):
        receive(sent, now, urgency=urgency, identifier=str(number))

    assert not Alert.objects.exists()


def test_an_upgrade_raises_it_by_the_desk_or_by_the_trust(sent, now):
    desk = receive(sent, now, urgency="routine")
    change_urgency(desk, "suspected_cancer", now=now, actor="staff 1")
    change_urgency(desk, "suspected_cancer", now=now, actor="staff 1")
    trusts = receive(sent, now, urgency="routine", identifier="A2", clock_start="2026-10-01")
    receive(sent, now, identifier="A2", clock_start="2026-10-01")

    assert [alert_of(one).why for one in (desk, trusts)] == ["upgraded"] * 2
    assert Alert.objects.count() == 2
    # Its days count from the upgrade: the clock of its first wait had begun long before.
    assert alert_of(trusts).scan_by.astimezone(LONDON).date() == now.date() + timedelta(days=10)


def test_the_days_of_a_request_count_from_its_clock(sent, now):
    referral = receive(sent, now, clock_start=(now.date() - timedelta(days=3)).isoformat())

    alert = alert_of(referral)
    assert alert.scan_by.astimezone(LONDON).date() == referral.target_day
    assert alert.tell_by.astimezone(LONDON).date() == referral.clock_start + timedelta(days=28)


def test_a_file_raises_one_for_each_and_again_none(sent, now, tmp_path, time_machine):
    time_machine.move_to(now)
    path = tmp_path / "referrals.csv"
    row = {
        "trust": "RTX", "identifier": "B1", "given_name": "Ann", "family_name": "Hill",
        "born": "1961-03-12",
        "exam": "MR-1", "urgency": "suspected_cancer", "clock_start": now.date().isoformat(),
    }  # fmt: skip
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow(row)

    for _ in range(2):
        call_command("import_referrals", str(path))

    assert Alert.objects.count() == 1


def test_the_worked_examples(sent):
    def dates(*parts):
        at = datetime(*parts, tzinfo=LONDON)
        found = dates_of("MR-1", now=at, since=at.date())
        return [one.astimezone(LONDON) for one in found]

    ack, book, scan, tell = dates(2026, 10, 1, 16, 50)
    assert ack == datetime(2026, 10, 2, 8, 50, tzinfo=LONDON)
    assert book == datetime(2026, 10, 2, 16, 50, tzinfo=LONDON)
    assert scan.date().isoformat() == "2026-10-11"
    assert tell == datetime(2026, 10, 29, 23, 59, 59, tzinfo=LONDON), "a clock change between"
    assert dates(2026, 10, 2, 17, 30)[0] == datetime(2026, 10, 5, 9, 30, tzinfo=LONDON)
    assert dates(2026, 12, 24, 17, 0)[0] == datetime(2026, 12, 29, 9, 0, tzinfo=LONDON)


def test_a_pathway_may_allow_fewer_days(now, settings):
    settings.ALERT_SCAN_DAYS_OF = {"CT-CHEST": 3}

    short, long = (dates_of(code, now=now, since=now.date()) for code in ("CT-CHEST", "MR-1"))

    assert long.scan_by - short.scan_by == timedelta(days=7)


def test_a_downgrade_closes_it_with_who_and_why_and_the_referrer_is_told(jane, now):
    change_urgency(jane, "routine", now=now, actor="staff 7", reason="GP rang: benign")

    alert = alert_of(jane)
    assert (alert.state, alert.close_reason) == ("closed", "less_urgent")
    assert (alert.closed_by, alert.close_words) == ("staff 7", "GP rang: benign")
    assert alert.next_at is None
    row = jane.worklistrow_set.get(about__startswith="referrer:", closed_at=None)
    assert "Tell the referrer" in row.reason


def test_made_urgent_again_it_is_a_new_one_with_new_dates(jane, now):
    first = alert_of(jane)
    change_urgency(jane, "routine", now=now, actor="staff 7", reason="benign")
    later = now + timedelta(days=60)
    change_urgency(jane, "suspected_cancer", now=later, actor="staff 7")

    assert Alert.objects.filter(referral=jane).count() == 2
    again = alert_of(jane)
    assert (again.state, again.raised_at) == ("raised", later)
    first.refresh_from_db()
    assert first.state == "closed"


def test_what_was_here_before_is_found_and_raised_once(make_referral, now, trust):
    referral = make_referral()
    Referral.objects.update(urgency="suspected_cancer")
    assert auditor.look(now).missing == 1

    assert auditor.raise_missing(now=now) == 1
    assert auditor.raise_missing(now=now) == 0

    assert (alert_of(referral).why, auditor.look(now).missing) == ("found", 0)


def test_booked_in_time_already_it_needs_nobody(make_referral, book, now):
    referral = make_referral()
    book(referral, day=5)
    change_urgency(referral, "suspected_cancer", now=now, actor="staff 1")

    assert (alert_of(referral).state, alert_of(referral).next_at) == ("booked", None)


def test_booked_too_late_the_team_must_look(make_referral, book, now):
    referral = make_referral()
    made = book(referral, day=30)
    change_urgency(referral, "suspected_cancer", now=now, actor="staff 1")

    alert = alert_of(referral)
    assert (alert.state, alert.appointment, alert.books_late) == ("raised", made, True)
    acknowledging.acknowledge(alert.pk, alert.version, now=now, actor="staff 2")
    assert alert_of(referral).state == "booked"


def test_two_at_once_make_one(jane, now):
    with transaction.atomic():
        again = raising.raise_alert(jane, Alert.Why.FOUND, now=now, actor="clock")

    assert again == alert_of(jane)
    assert Alert.objects.count() == 1


def test_nobody_is_lost_for_having_an_alert(sent, now):
    receive(sent, now)

    assert not nobody_lost.lost(now + timedelta(days=1)).exists()
