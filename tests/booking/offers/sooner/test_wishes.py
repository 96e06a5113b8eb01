"""The list: who may be on it, what a change does, and that silence pauses it."""

from datetime import timedelta

import pytest
from django.db import transaction

from booking.appointments import booking
from booking.identifiers.actors import CLOCK, PATIENT
from booking.models import AuditAction, AuditEntry, Exam, Referral, SoonerWish
from booking.offers.sooner import wishes
from booking.offers.sooner.wishes import NotForSooner, Wanted, WhyNot, WishChanged
from sites import places
from sites.postcodes import Origin

pytestmark = pytest.mark.django_db
BARROW = Origin("LA14 4LF", 54.136, -3.208, approximate=False)


def actions(referral):
    found = AuditEntry.objects.filter(referral=referral).values_list("action", flat=True)
    return [one for one in found if one.startswith("sooner")]


def test_whoever_is_booked_can_be_on_the_list_and_change_it(jane, book, wish, now):
    book(jane)
    made = wish(jane, notice_days=2)
    assert (made.state, made.notice_days, made.version) == ("on", 2, 1)
    later = wishes.put_on(
        jane, Wanted(7), door="staff", now=now + timedelta(days=1), actor=PATIENT, seen=1
    )
    assert (later.notice_days, later.version, later.since) == (7, 2, now)
    assert actions(jane) == [AuditAction.SOONER_ON, AuditAction.SOONER_CHANGED]


def test_nobody_without_a_time_to_come_nor_after_the_end_nor_with_a_tracer_ordered(jane, book, now):
    assert wishes.why_not_on(jane, now=now) == WhyNot.NO_TIME
    booked = book(jane)
    assert wishes.why_not_on(jane, now=now) is None
    assert wishes.why_not_on(jane, now=booked.start) == WhyNot.NO_TIME
    Exam.objects.update(notice_days=3)
    jane.exam.refresh_from_db()
    assert wishes.why_not_on(jane, now=now) == WhyNot.ORDERED
    Exam.objects.update(notice_days=0)
    Referral.objects.update(ended_at=now, end_reason="done")
    with pytest.raises(NotForSooner) as refused:
        wishes.put_on(jane, Wanted(1), door="page", now=now, actor=PATIENT)
    assert refused.value.why == WhyNot.ENDED
    assert not SoonerWish.objects.exists()


def test_a_page_that_shows_an_older_wish_changes_nothing(jane, book, wish, now):
    book(jane)
    wish(jane)
    for seen in (0, 2):
        with pytest.raises(WishChanged):
            wishes.put_on(jane, Wanted(7), door="page", now=now, actor=PATIENT, seen=seen)
        with pytest.raises(WishChanged):
            wishes.take_off(jane, now=now, actor=PATIENT, seen=seen)
    assert SoonerWish.objects.get().notice_days == 1


def test_three_silences_pause_it_and_any_answer_counts_anew(jane, book, wish, now):
    book(jane)
    wish(jane)

    def silence():
        with transaction.atomic():
            return wishes.note_silence(jane, now=now, actor=CLOCK)

    assert [silence(), silence()] == [False, False]
    with transaction.atomic():
        wishes.note_answer(jane, took=False, now=now, actor=PATIENT)
    assert [silence(), silence(), silence()] == [False, False, True]
    assert SoonerWish.objects.get().state == "paused"
    assert not silence()  # of what was asked before
    assert SoonerWish.objects.get().unanswered == 3
    wishes.keep_on(jane, now=now, actor=PATIENT)
    again = SoonerWish.objects.get()
    assert (again.state, again.unanswered) == ("on", 0)


def test_whoever_took_a_sooner_time_is_asked_no_more(jane, book, wish, now):
    book(jane)
    wish(jane)
    with transaction.atomic():
        wishes.note_answer(jane, took=True, now=now, actor=PATIENT)
    assert SoonerWish.objects.get().state == "off"
    assert wishes.on_the_list([jane.pk]) == set()


def test_off_and_on_again_keeps_the_wish_but_not_the_place_in_time(jane, book, wish, now):
    book(jane)
    wish(jane, notice_days=3)
    wishes.take_off(jane, now=now, actor=PATIENT)
    assert SoonerWish.objects.get().state == "off"
    wishes.keep_on(jane, now=now, actor=PATIENT)
    assert SoonerWish.objects.get().notice_days == 3
    assert actions(jane) == [
        AuditAction.SOONER_ON, AuditAction.SOONER_OFF, AuditAction.SOONER_ON,
    ]  # fmt: skip


def test_reach_is_the_places_within_the_minutes_and_no_others(
    jane, book, wish, furness, lancaster, now
):
    book(jane)
    near = wish(jane, within_minutes=20, origin=BARROW)
    assert set(near.reach) == {str(furness.pk)}
    assert near.reach[str(furness.pk)] < 20
    anywhere = wish(jane, origin=BARROW)
    assert set(anywhere.reach) == {str(furness.pk), str(lancaster.pk)}
    chosen = wish(jane, sites=(lancaster.pk,))
    assert chosen.reach == {str(lancaster.pk): None}
    nowhere = wish(jane, within_minutes=20)
    assert nowhere.reach == {}  # nobody knows from where


def test_reach_is_worked_out_again_when_it_is_a_day_old(jane, book, wish, furness, make_site, now):
    book(jane)
    made = wish(jane)
    make_site("Kendal", "LA9 7RG", 54.307, -2.733)
    places.forget()
    assert wishes.refresh_reach(now=now + timedelta(hours=23)) == 0
    assert wishes.refresh_reach(now=now + timedelta(hours=24)) == 1
    made.refresh_from_db()
    assert len(made.reach) == 2


def test_a_cancelled_time_leaves_the_wish_for_the_next_one(jane, book, wish, now):
    booked = book(jane)
    wish(jane)
    booking.cancel(booked, booked.version, now=now, actor=PATIENT)
    assert wishes.why_not_on(jane, now=now) == WhyNot.NO_TIME
    assert SoonerWish.objects.get().state == "on"
