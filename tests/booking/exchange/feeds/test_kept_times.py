"""Times that a lead kept, and a site that another trust has now."""

import json
from datetime import timedelta

import pytest
import time_machine

from booking.appointments import booking, holds
from booking.exchange.feeds import brake, decisions
from booking.exchange.feeds.importer import import_lines
from booking.models import OFF_SALE, Appointment, LostSlot, Slot, WorklistRow
from sites.imports import apply
from sites.models import Trust
from tests.booking.exchange.feeds.conftest import location, schedule
from tests.booking.exchange.feeds.test_brake import LEAD, changed, forty, on_sale, replace  # noqa: F401
from tests.booking.exchange.feeds.test_places_changed import site_row

LATER = {"meta": {"lastUpdated": "2026-11-24T09:30:00Z"}}


@pytest.fixture
def kept(forty, replace, push, now):  # noqa: F811 - the fixtures
    """A feed left out nearly all of it, and its line on the first time said that it is off; a lead
    kept the times."""
    off = changed(forty[:3], status="entered-in-error")
    push(*off)
    loss = decisions.held_loss("RTX")
    decisions.keep(loss, brake.waiting(loss, now), now=now, actor=LEAD)
    return off


def test_the_same_word_again_asks_nobody_for_a_day(kept, push, now):
    push(*kept, at=now + timedelta(hours=1))

    assert decisions.held_loss("RTX") is None


def test_a_newer_word_of_the_trust_is_asked_about_at_once(kept, push, now):
    report = push(*[{**one, **LATER} for one in kept], at=now + timedelta(hours=1))

    assert "3 times, 3 of them booked" in report.held_reason
    assert WorklistRow.objects.filter(kind="feed_held", closed_at=None).count() == 1
    assert set(Appointment.objects.values_list("status", flat=True)) == {"booked"}


def test_a_word_after_silence_is_newer_too(forty, replace, push, now):  # noqa: F811
    replace(forty[39])
    loss = decisions.held_loss("RTX")
    decisions.keep(loss, brake.waiting(loss, now), now=now, actor=LEAD)

    push(*changed(forty[:3], status="entered-in-error"), at=now + timedelta(hours=1))

    assert decisions.held_loss("RTX")


@pytest.fixture
def given_away(forty, furness, now):  # noqa: F811 - the fixture
    """Furness, with forty times of which five are booked, is another trust's from now on."""
    Trust.objects.create(code="RXL", name="Blackpool Teaching Hospitals")
    with time_machine.travel(now, tick=False):
        (found,) = apply.apply([(1, site_row(furness, trust="RXL"))])
    assert "40 times off sale" in found.details
    return forty


def test_the_times_of_the_old_trust_go_off_sale_and_a_lead_decides_about_who_is_booked(
    given_away, now
):
    assert on_sale(now) == 0
    assert Slot.objects.filter(free_at=OFF_SALE).count() == 35

    decisions.finish_what_was_left(now=now + decisions.LEFT_AFTER + timedelta(minutes=1))

    loss = decisions.held_loss("RTX")
    assert set(Appointment.objects.values_list("status", flat=True)) == {"booked"}
    decisions.release(loss, brake.waiting(loss, now), now=now, actor=LEAD)
    assert set(Appointment.objects.values_list("status", flat=True)) == {"displaced"}
    assert not LostSlot.objects.filter(done_at=None).exists()


def test_the_old_trusts_feed_cannot_put_them_on_sale_again(given_away, push, furness, now):
    furness.refresh_from_db()
    report = push(location(furness), schedule(furness), *changed(given_away), at=now)

    assert report.refused >= 41
    assert "another trust’s" in report.refusals[0].what
    assert on_sale(now) == 0


def test_who_is_choosing_a_time_keeps_it_when_an_export_renumbers(
    push, fed, furness, jane, tom, now
):
    push(fed(name="old"), fed(name="other", hour=16))
    old = Slot.objects.get(external_id="old")
    held = holds.hold(jane, old.pk, now=now)

    report = whole(fed(name="new"), fed(name="other", hour=16), now=now)

    found = Slot.objects.get(pk=old.pk)
    assert (report.created, found.external_id) == (0, "new")
    assert (found.held_by, found.free_at) == (jane, held.free_at)
    with pytest.raises(holds.SlotTaken):
        holds.hold(tom, old.pk, now=now)
    assert booking.book(jane, old.pk, now=now, actor="patient").slot == found


def test_who_is_choosing_a_time_of_several_slots_keeps_them_all(push, fed, jane, now):
    jane.exam.minutes = 60
    jane.exam.save()
    at = {"start": "2026-12-02T14:30:00+00:00", "end": "2026-12-02T15:00:00+00:00"}
    push(fed(name="first"), fed(name="old", **at))
    first, second = Slot.objects.order_by("start")
    holds.hold(jane, first.pk, now=now)

    whole(fed(name="first"), fed(name="new", **at), now=now)

    second.refresh_from_db()
    assert (second.external_id, second.held_by) == ("new", jane)
    made = booking.book(jane, first.pk, now=now, actor="patient")
    assert made.slot_ids() == [first.pk, second.pk]


@pytest.mark.parametrize("later", ["ran out", "busy"])
def test_a_hold_that_ran_out_or_whose_time_is_gone_comes_not_back(push, fed, jane, now, later):
    push(fed(name="old"))
    holds.hold(jane, Slot.objects.get().pk, now=now)
    at = now + timedelta(minutes=20) if later == "ran out" else now

    whole(fed(name="new", status="free" if later == "ran out" else "busy"), now=at)

    assert Slot.objects.get().held_by is None


def whole(*slots, now):
    lines = [(number, json.dumps(one).encode()) for number, one in enumerate(slots, 1)]
    return import_lines("RTX", lines, now=now, replace=True)
