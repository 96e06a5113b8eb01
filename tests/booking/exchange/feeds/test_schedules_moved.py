"""Scanners’ stops and schedules that go elsewhere while people are booked there."""

import pytest

from booking.appointments import booking, holds
from booking.models import Slot
from tests.booking.exchange.feeds.conftest import VAN_SCHEDULE, location, schedule, van_slot
from tests.booking.exchange.feeds.test_places_changed import (  # noqa: F401 - fixtures
    _on_the_day,
    book,
    change,
    postcodes,
)


@pytest.mark.parametrize(
    ("fields", "status", "slots"),
    [
        ({"modality": "CT", "trust": "RTX"}, "displaced", "withdrawn"),
        ({"site": "lancaster"}, "booked", "free"),  # they are asked whether it suits
        ({"site": "furness"}, "booked", "free"),
    ],
    ids=["other kind", "stays elsewhere", "stays there"],
)
def test_a_mobile_scanner_that_changes_takes_its_times_along(
    push, van, jane, now, fields, status, slots
):
    push(VAN_SCHEDULE, van_slot(2))
    made = book(jane, Slot.objects.get(), now)
    row = {"what": "scanner", "id": "van-1", "name": "The van", "modality": "MR", **fields}

    change(row)

    made.refresh_from_db()
    assert (made.status, Slot.objects.get().status) == (status, slots)


def test_who_was_choosing_at_a_stop_that_moves_has_to_choose_again(push, van, lancaster, jane, now):
    push(VAN_SCHEDULE, van_slot(2))
    holds.hold(jane, Slot.objects.get().pk, now=now)

    change({"what": "stop", "id": "x", "scanner": "van-1", "site": "lancaster",
            "from": "2026-11-30", "to": "2026-12-05", "opens": "08:00",
            "closes": "18:00"})  # fmt: skip

    with pytest.raises(holds.HoldExpired):
        booking.book(jane, Slot.objects.get().pk, now=now, actor="patient")


@pytest.mark.parametrize("known", [True, False], ids=["schedule names it", "from before"])
def test_a_location_line_that_names_another_site_takes_its_schedules_along(
    push, fed, furness, lancaster, jane, now, known
):
    push(fed())
    if not known:
        Slot.objects.get().schedule.__class__.objects.update(location=None)
    made = book(jane, Slot.objects.get(), now)

    report = push(location(lancaster, id=furness.slug))

    made.refresh_from_db()
    assert (report.displaced, made.status) == (1, "displaced")
    assert Slot.objects.get().site == lancaster
    assert Slot.objects.get().schedule.site == lancaster
    assert push(location(lancaster, id=furness.slug), schedule(furness)).unchanged == 2


def test_a_location_line_moves_no_schedule_of_another_location(
    push, fed, furness, lancaster, jane, now
):
    other = schedule(furness, id="other", actor=[{"reference": "Location/other"}])
    push(fed(), location(furness, id="other"), other)
    made = book(jane, Slot.objects.get(), now)

    push(location(lancaster, id="other"))

    made.refresh_from_db()
    assert made.status == "booked"
    assert Slot.objects.get().site == furness


def test_who_was_choosing_on_a_schedule_that_moves_has_to_choose_again(
    push, fed, furness, lancaster, jane, now
):
    push(fed())
    holds.hold(jane, Slot.objects.get().pk, now=now)

    push(location(lancaster), schedule(furness, actor=[{"reference": "Location/lancaster"}]))

    with pytest.raises(holds.HoldExpired):
        booking.book(jane, Slot.objects.get().pk, now=now, actor="patient")


def test_a_schedule_that_only_says_its_location_again_displaces_nobody(
    push, fed, furness, jane, now
):
    push(fed())
    made = book(jane, Slot.objects.get(), now)
    Slot.objects.get().schedule.__class__.objects.update(location=None)

    assert push(schedule(furness)).displaced == 0
    made.refresh_from_db()
    assert made.status == "booked"
