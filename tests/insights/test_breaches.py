"""Breaches to come: counts for all staff, names for who may find patients, of their trusts."""

import re
from datetime import date, timedelta

import pytest
from django.test import Client

from booking.models import AuditEntry, Referral
from insights.models import BreachToCome
from sites.models import Trust

TODAY = date(2026, 11, 24)
ADDRESS = "/staff/insights/breaches/"
NAMES = iter(range(10_000))


@pytest.fixture
def breach(make_referral, now, time_machine):
    time_machine.move_to(now, tick=False)
    Trust.objects.get_or_create(code="RXR", defaults={"name": "East Lancashire"})

    def breach(name, days=3, booked=None, trust="RTX", modality="MR"):
        made = make_referral(code=f"TT{next(NAMES):06}", given_name=name, modality=modality)
        Referral.objects.filter(pk=made.pk).update(trust=trust)
        day = TODAY + timedelta(days=days)
        return BreachToCome.objects.create(
            referral=made, trust=trust, modality=modality, urgency="routine", breach_day=day,
            booked_for=None if booked is None else TODAY + timedelta(days=booked), built_at=now,
        )  # fmt: skip

    return breach


@pytest.fixture
def sees(make_staff, breach):
    def sees(role="clerk", trusts=("RTX",), query="", username=None):
        browser = Client()
        browser.force_login(make_staff(role, trusts, username).user)
        return browser.get(f"{ADDRESS}{query}").content.decode()

    return sees


def rows(page):
    """The table of days: its cells, without the headings of narrow screens."""
    table = page.partition("<tbody")[2].partition("</tbody>")[0]
    lines = re.findall(r"<tr.*?</tr>", table, re.S)
    clean = [re.sub(r'<span class="nhsuk-(?:table|u-v).*?</span>', "", line) for line in lines]
    return [re.findall(r">([^<>]+?)<", re.sub(r"\s*\n\s*", "", line)) for line in clean]


def test_days_have_what_has_no_time_and_what_is_booked_too_late(breach, sees):
    breach("Ann"), breach("Bea", booked=3), breach("Cat", booked=9), breach("Dot", days=5)
    assert rows(sees()) == [
        ["Friday 27 November", "3", "1", "2", "0"],
        ["Sunday 29 November", "1", "1", "0", "0"],
    ]


def test_six_weeks_are_shown_from_today(breach, sees):
    for days in (-1, 0, 41, 42):
        breach("Ann", days=days)
    assert [row[0] for row in rows(sees())] == ["Tuesday 24 November", "Monday 4 January"]


def test_ones_own_are_exact_and_others_rounded(breach, sees):
    for _ in range(8):
        breach("Ann", trust="RXR")
    for _ in range(7):
        breach("Bea")
    assert rows(sees(username="a")) == [["Friday 27 November", "7", "7", "0", "10"]]
    theirs = sees(trusts=("RXR",), username="b")
    assert rows(theirs) == [["Friday 27 November", "8", "8", "0", "*"]]


def test_names_are_of_one_day_and_of_ones_own_trusts_and_written_down(breach, sees):
    ann, _, _ = breach("Ann"), breach("Bea", trust="RXR"), breach("Cat", days=4)

    page = sees(query="?day=2026-11-27")

    assert f"/staff/patient/{ann.referral.patient_id}/?referral={ann.referral_id}" in page
    assert "Ann Fell" in page
    assert "Bea Fell" not in page
    assert "Cat Fell" not in page
    entries = AuditEntry.objects.filter(action="listed")
    assert list(entries.values_list("patient_id", flat=True)) == [ann.referral.patient_id]


def test_without_a_day_nobody_is_named_and_nothing_is_written_down(breach, sees):
    breach("Ann")
    assert "Ann Fell" not in sees()
    assert not AuditEntry.objects.filter(action="listed").exists()


@pytest.mark.parametrize(
    ("role", "names"),
    [("clerk", True), ("lead", True), ("imaging", True), ("trust_admin", False),
     ("network_admin", False)],
)  # fmt: skip
def test_only_who_may_find_patients_sees_names(breach, sees, role, names):
    breach("Ann")
    page = sees(role, query="?day=2026-11-27")
    assert ("Ann Fell" in page) == names
    assert ("?scan=&amp;day=2026-11-27" in page) == names
    assert rows(page)[0][1] == "1"
    assert AuditEntry.objects.filter(action="listed").exists() == names


def test_who_was_taken_off_since_the_night_before_is_not_named(breach, sees, now):
    ann = breach("Ann")
    Referral.objects.filter(pk=ann.referral_id).update(ended_at=now, end_reason="done")
    assert "Ann Fell" not in sees(query="?day=2026-11-27")
    assert not AuditEntry.objects.filter(action="listed").exists()


def test_a_scan_narrows_counts_and_names(breach, sees):
    breach("Ann"), breach("Bea", modality="CT")
    page = sees(query="?scan=CT&day=2026-11-27")
    assert rows(page) == [["Friday 27 November", "1", "1", "0", "0"]]
    assert "Bea Fell" in page
    assert "Ann Fell" not in page


@pytest.mark.parametrize("query", ["?day=yesterday", "?scan=XX", "?day=2020-01-01"])
def test_what_cannot_be_read_is_said_and_names_nobody(breach, make_staff, query):
    breach("Ann")
    browser = Client()
    browser.force_login(make_staff().user)
    answer = browser.get(ADDRESS + query)
    assert answer.status_code == 400
    assert "There is a problem" in answer.content.decode()
    assert "Ann Fell" not in answer.content.decode()


def test_with_no_breach_to_come_it_says_so(sees):
    assert "Nobody will have waited too long" in sees()
