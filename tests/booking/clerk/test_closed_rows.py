"""Rows that were closed: listed with who and what, and opened again."""

import re
from datetime import timedelta

import pytest
from django.db import transaction

from booking.models import Appointment, Patient, Referral, WorklistRow
from booking.worklists import rows
from booking.worklists.subjects import RowSubject, Topic, of_appointment, of_referral
from tests.booking.clerk.conftest import abouts, problems, text
from tests.booking.clerk.test_working_lists import LISTS, listed, names


def test_what_was_closed_is_listed_with_who_and_what(clerk, wait, now, clock):
    old, row, other = wait("Ann"), wait("Bea"), wait("Cat", kind="not_reached")
    rows.close_row(old, "reached", now=now - timedelta(days=91), actor="clock")
    rows.close_row(row, "could_not_reach", now=now, actor=clerk.staff.actor)
    rows.close_row(other, "resolved", now=now - timedelta(hours=1), actor="patient")

    every = listed(clerk, kind="closed/")
    one = " ".join(listed(clerk, kind="closed/not_booked/").split())

    assert names(every) == ["Bea", "Cat"]
    assert names(one) == ["Bea"]
    assert "Could not reach the patient" in one
    assert "carol" in one.partition("Who closed it </span>")[2][:40]
    assert "The patient</bdi>" in every
    assert clerk.get(f"{LISTS}closed/nothing/")["Location"] == "/staff/lists/closed/"


def test_closed_rows_come_by_pages(clerk, wait, now, clock, monkeypatch):
    monkeypatch.setattr("booking.clerk.list_views.A_PAGE", 1)
    for hours, row in enumerate([wait("Ann"), wait("Bea")]):
        rows.close_row(row, "reached", now=now - timedelta(hours=hours), actor="clock")

    first = listed(clerk, kind="closed/")
    further = re.search(r'<a href="([^"]*)" rel="next">', first)[1]

    assert names(first) + names(listed(clerk, further, kind="closed/")) == ["Ann", "Bea"]


def test_another_trusts_closed_rows_are_not_there(wait, now, sign_in, other_trust):
    rows.close_row(wait("Ann"), "reached", now=now, actor="clock")

    assert names(listed(sign_in(trusts=("RXR",), username="sam"), kind="closed/")) == []


@pytest.fixture
def reopen(sign_in):
    """A lead presses *Open it again* on a row's page."""
    lead = sign_in("lead", username="lena")

    def reopen(row):
        page = f"{LISTS}row/{row.pk}/"
        answer = lead.post(page, {"do": "reopen", "about": abouts(text(lead.get(page)))[""]})
        return " ".join(text(lead.get(answer["Location"])).split())

    reopen.lead = lead
    return reopen


def test_a_lead_opens_a_row_again_that_was_closed_by_mistake(clerk, wait, reopen, now):
    row = wait("Ann")
    rows.close_row(row, "reached", now=now, actor=clerk.staff.actor)
    due_at = row.due_at

    page = f"{LISTS}row/{row.pk}/"
    about = abouts(text(reopen.lead.get(page)))[""]

    assert "It is open again." in reopen(row)

    row.refresh_from_db()
    assert (row.closed_at, row.outcome, row.due_at) == (None, "", due_at)
    assert row.events.filter(action="reopened").count() == 1
    again = reopen.lead.post(page, {"do": "reopen", "about": about})
    assert "It is open already" in str(problems(text(reopen.lead.get(again["Location"]))))


def test_a_clerk_does_not_open_a_row_again(clerk, wait, now):
    row = wait("Ann")
    page = f"{LISTS}row/{row.pk}/"
    about = abouts(text(clerk.get(page)))[""]
    rows.close_row(row, "reached", now=now, actor=clerk.staff.actor)
    assert "" not in abouts(text(clerk.get(page))), "no form is offered"

    answer = clerk.post(page, {"do": "reopen", "about": about})

    assert "A lead opens a row again" in str(problems(text(clerk.get(answer["Location"]))))
    row.refresh_from_db()
    assert row.closed_at


def closed_by(kind, subject, outcome, now):
    with transaction.atomic():
        row = rows.open_row(kind, subject, "x", now=now, actor="clock")
    rows.close_row(row, outcome, now=now, actor="clock")
    return WorklistRow.objects.get(pk=row.pk)


def test_what_has_nothing_to_ask_stays_closed(jane, lost, now, clock):
    from booking.worklists import reopening

    subject, feed = of_appointment(lost), RowSubject(Topic.FEED, "RTX", trust="RTX")
    booked = closed_by("displaced", subject, "booked", now)
    joined = closed_by("same_person", RowSubject(Topic.PAIR, "1-2", jane), "one_person", now)
    two = closed_by("same_person", RowSubject(Topic.PAIR, "1-3", jane), "two_people", now)
    late = closed_by("feed_late", feed, "resolved", now)
    marked = closed_by("unmarked", subject, "attended", now)
    asked = closed_by("needs_person", subject, "reached", now)

    assert [reopening.asks_again(row) for row in (booked, joined, two, late, marked, asked)] == [
        False, False, True, False, True, True,
    ]  # fmt: skip
    Appointment.objects.update(status="cancelled")
    assert reopening.asks_again(booked)
    assert not reopening.asks_again(marked)
    Patient.objects.update(died_at=now)
    assert not reopening.asks_again(asked)
    Patient.objects.update(died_at=None)
    Referral.objects.update(ended_at=now, end_reason="withdrawn")
    with pytest.raises(reopening.NothingToAsk):
        reopening.reopen(asked, now=now, actor="staff 1")


def test_a_row_is_not_open_twice(wait, now):
    from booking.worklists import reopening

    row = wait("Ann")
    rows.close_row(row, "reached", now=now, actor="clock")
    with transaction.atomic():
        rows.open_row("not_booked", of_referral(row.referral), "x", now=now, actor="clock")

    with pytest.raises(reopening.OpenAlready):
        reopening.reopen(row, now=now, actor="staff 1")
    assert WorklistRow.objects.filter(closed_at=None).count() == 1


# --- what it costs -------------------------------------------------------------------------------
