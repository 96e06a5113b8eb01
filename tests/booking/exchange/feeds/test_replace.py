"""A body that is authoritative for the Schedules that it names."""

import json
from datetime import timedelta

import pytest
from django.db import connection

from booking.appointments import booking, holds
from booking.exchange.feeds.importer import import_lines
from booking.models import Appointment, Slot, WorklistRow
from tests.booking.exchange.feeds.conftest import location, schedule, slot
from tests.booking.exchange.feeds.test_import import book


@pytest.fixture
def replace(trust, now):
    def replace(*resources, at=now, then=None):
        def lines():
            for number, r in enumerate(resources, 1):
                yield number, r if isinstance(r, bytes) else json.dumps(r).encode()
            if then:
                raise then

        return import_lines(trust.code, lines(), now=at, replace=True)

    return replace


def open_slots():
    return sorted(Slot.objects.exclude(status="withdrawn").values_list("external_id", flat=True))


def test_slots_that_a_full_body_does_not_name_are_withdrawn(push, replace, fed):
    push(fed(name="a"), fed(name="b", hour=15), fed(name="c", hour=16))

    report = replace(fed(name="b", hour=15))

    assert (report.unchanged, report.withdrawn, report.kept) == (1, 2, "")
    assert open_slots() == ["b"]
    assert Slot.objects.filter(free_at__isnull=False).count() == 1


def test_only_schedules_that_are_named_lose_slots(push, replace, fed, furness):
    push(schedule(furness, "DX"), fed(name="mr"))
    push(fed(name="dx", schedule={"reference": "Schedule/furness-DX"}))

    replace(schedule(furness, "DX"))

    assert open_slots() == ["mr"]


def test_a_booked_slot_that_goes_missing_is_displaced_and_a_clerk_is_told(
    push, replace, fed, jane, now
):
    push(fed(name="a", capacity=2), fed(name="b", hour=15))
    book(jane, now)

    report = replace(fed(name="b", hour=15))

    assert (report.withdrawn, report.displaced) == (1, 1)
    assert Appointment.objects.get().status == "displaced"
    assert WorklistRow.objects.get(closed_at=None).kind == "displaced"
    assert open_slots() == ["b"]


def test_a_slot_that_comes_back_with_its_old_stamp_is_free_again(push, replace, fed):
    push(fed(name="a"), fed(name="b", hour=15))
    replace(fed(name="b", hour=15))

    report = replace(fed(name="a"), fed(name="b", hour=15))

    assert report.updated == 1
    assert open_slots() == ["a", "b"]
    assert Slot.objects.filter(free_at__isnull=False).count() == 2


def test_a_body_that_breaks_off_withdraws_nothing(push, replace, fed):
    push(fed(name="a"), fed(name="b", hour=15))

    with pytest.raises(ConnectionError):
        replace(fed(name="b", hour=15), then=ConnectionError)

    assert open_slots() == ["a", "b"]


@pytest.mark.parametrize("broken", [b'{"resourceType": "Slot", "id": "z", "sta', b"{", b"\xff"])
def test_a_line_that_cannot_be_read_withdraws_nothing_and_says_so(push, replace, fed, broken):
    push(fed(name="a"), fed(name="b", hour=15))

    report = replace(fed(name="b", hour=15), broken)

    assert open_slots() == ["a", "b"]
    assert "could not be read" in report.kept


def test_a_slot_whose_line_was_refused_is_left_as_it_is(push, replace, fed):
    push(fed(name="a"), fed(name="b", hour=15), fed(name="c", hour=16))

    report = replace(fed(name="a", capacity=0), fed(name="b", hour=15))

    assert (report.refused, report.withdrawn) == (1, 1)
    assert open_slots() == ["a", "b"]


def test_what_was_is_left_alone_and_so_is_what_came_in_meanwhile(push, replace, fed, now):
    push(fed(name="past", start="2026-11-20T10:00:00Z", end="2026-11-20T10:30:00Z"))
    push(fed(name="new", hour=15, stamp=(now + timedelta(minutes=2)).isoformat()))

    replace(fed(name="b", hour=16))

    assert open_slots() == ["b", "new", "past"]


def test_a_hold_on_a_slot_that_went_missing_is_lost(push, replace, fed, jane, now):
    push(fed(name="a"), fed(name="b", hour=15))
    held = holds.hold(jane, Slot.objects.get(external_id="a").pk, now=now)

    replace(fed(name="b", hour=15))

    with pytest.raises(holds.SlotTaken):
        booking.book(jane, held.pk, now=now, actor="patient")


def test_a_full_body_over_many_chunks_keeps_all_that_it_names(push, replace, furness, monkeypatch):
    monkeypatch.setattr("booking.exchange.feeds.importer.CHUNK", 7)
    monkeypatch.setattr("booking.exchange.feeds.authoritative.BATCH", {connection.vendor: 3})
    everything = [location(furness), schedule(furness)]
    everything += [slot(furness, name=f"s{i:02}", hour=i % 24) for i in range(40)]
    replace(*everything)

    report = replace(*everything[:22])

    assert report.withdrawn == 20
    assert open_slots() == [f"s{i:02}" for i in range(20)]
