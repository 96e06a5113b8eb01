"""What a row is about: stored as it always was, one thing once, different things apart."""

from datetime import date
from itertools import combinations

import pytest
from django.db import transaction

from booking.appointments import booking, holds
from booking.models import WorklistRow
from booking.worklists import rows, subjects
from booking.worklists.subjects import RowSubject, Topic


@pytest.fixture
def about(jane, make_slot, now):
    """Everything that a row may be about, and how rows that stand since long ago store it."""
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)
    booked = booking.book(jane, slot.pk, now=now, actor="patient")
    return {
        booked.reference: subjects.of_appointment(booked),
        f"confirm:{booked.reference}": subjects.of_appointment(booked, Topic.CONFIRMATION),
        jane.code: subjects.of_referral(jane),
        f"unfit:{booked.reference}": subjects.of_appointment(booked, Topic.UNFIT),
        f"answers:{jane.code}": subjects.of_answers(jane, booked),
        f"differs:{jane.code}": subjects.of_referral(jane, Topic.DIFFERENCE),
        f"alert:{jane.code}": subjects.of_referral(jane, Topic.ALERT),
        f"sooner:{booked.reference}": subjects.of_appointment(booked, Topic.SOONER),
        f"stop:{booked.reference}": subjects.of_appointment(booked, Topic.STOP),
        f"guesses:{jane.code}": subjects.of_referral(jane, Topic.GUESSES),
        f"call:{jane.code}": subjects.of_referral(jane, Topic.CALL),
        f"referrer:{jane.code}": subjects.of_referral(jane, Topic.REFERRER),
        f"urgency:{jane.code}": subjects.of_urgency(jane, booked),
        f"referral-{jane.pk}": subjects.of_invitation(jane),
        "0b5c": subjects.of_reply("0b5c", None),
        "RTX": subjects.of_feed("RTX"),
        subjects.of_double(booked).about: subjects.of_double(booked),
        "openings:7-2026-11-24-RTX": subjects.of_openings(7, date(2026, 11, 24), "RTX"),
        "webhook:RTX": subjects.of_webhook("RTX"),
        f"webhook:{booked.reference}": subjects.of_webhook("RTX", booked),
        "same:3-12": subjects.of_pair(12, 3, jane),
        f"twice:{jane.pk}-{jane.pk}": subjects.of_two_requests(Topic.TWICE, jane, jane),
        f"clash:{jane.pk}-{jane.pk}": subjects.of_two_requests(Topic.CLASH, jane, jane),
        "fence:3": subjects.of_fence(3),
        "lost:RTX-7KQ49CRB": subjects.of_lost_booking("RTX", "7KQ49CRB", jane, None),
    }


def test_what_is_stored_is_what_open_rows_have_stored(about):
    assert {one.about: one for one in about.values()} == about
    assert {one.topic for one in about.values()} == set(Topic)
    assert all(len(one.about) <= 64 for one in about.values())


def test_each_thing_stands_on_one_list_once_and_beside_all_others(about, now):
    for _ in range(2):
        with transaction.atomic():
            for subject in about.values():
                rows.open_row(rows.Kind.NEEDS_PERSON, subject, "Ring.", now=now, actor="x")

    opened = WorklistRow.objects.values_list("about", flat=True)
    assert sorted(opened) == sorted(about)
    assert all(one != other for one, other in combinations(about.values(), 2))


def test_a_row_has_the_trust_of_its_referral_or_of_its_feed_or_is_everybodys(about, jane, now):
    everybodys = {"0b5c", "fence:3"}
    assert {one.trust_id for key, one in about.items() if key not in everybodys} == {jane.trust_id}
    assert {about[key].trust_id for key in everybodys} == {None}
    assert RowSubject(Topic.REPLY, "1", jane, trust="RXR").trust_id == jane.trust_id


def test_only_the_row_about_this_is_closed(about, now):
    with transaction.atomic():
        for subject in about.values():
            rows.open_row(rows.Kind.NEEDS_PERSON, subject, "Ring.", now=now, actor="x")

    for key, subject in about.items():
        kind = rows.Kind.NEEDS_PERSON
        assert rows.close_about(kind, subject, "resolved", now=now, actor="x")
        assert not rows.close_about(kind, subject, "resolved", now=now, actor="x")
        assert not WorklistRow.objects.filter(about=key, closed_at=None).exists()
    assert not WorklistRow.objects.filter(closed_at=None).exists()
