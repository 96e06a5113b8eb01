"""What is stored of what lines name, as it is read for `match.plan`."""

import pytest

from booking.appointments import booking, trust_answers
from booking.exchange.feeds import match, parse
from booking.models import Feed
from tests.booking.exchange.feeds.test_brake import take
from tests.booking.exchange.feeds.test_match import HOUR, MINUTE, NOW, line


@pytest.fixture
def read(trust):
    def read(*lines, lock=False):
        given = [(number, text, parse.parse(text)) for number, text in enumerate(lines, 1)]
        return match.read_snapshot(trust.code, given, now=NOW, lock=lock)

    return read


def at(slot, **changes):
    """Return the line that names a stored slot's time, and its schedule."""
    times = {"start": slot.start.isoformat(), "end": slot.end.isoformat()}
    return line(schedule=slot.schedule.external_id, **{**times, **changes})


def test_schedules_are_told_from_anothers_and_from_none(read, make_slot, blackburn, furness):
    ours, theirs = make_slot(), make_slot(site=blackburn)

    found = read(at(ours), at(theirs, name="s2"), line(name="s3", schedule="none"))

    kept = ours.schedule
    assert found.schedules == {
        kept.external_id: (kept.pk, furness.pk, None, "MR"),
        theirs.schedule.external_id: None,
    }
    assert (found.stops, found.places, found.taken_at) == ({}, {}, {})


def test_a_trusts_own_schedule_is_found_beside_anothers_of_the_same_name(
    read, make_slot, blackburn
):
    ours, theirs = make_slot(), make_slot(site=blackburn)
    theirs.schedule.external_id = ours.schedule.external_id
    theirs.schedule.save()

    assert read(at(ours)).schedules[ours.schedule.external_id].pk == ours.schedule_id


def test_where_the_mobile_scanners_stop_is_read(read, make_slot, van, furness, lancaster):
    slot = make_slot()
    slot.schedule.scanner = van
    slot.schedule.save()

    stops = read(at(slot)).stops

    assert {site for _, _, site in stops[van.pk]} == {furness.pk, lancaster.pk}


def test_times_of_new_ids_are_held_against_what_stands_there(read, make_slot, blackburn):
    slot = make_slot(external_id="old")
    key = (slot.schedule_id, slot.start, slot.end)
    make_slot(day=9), make_slot(hour=16)
    make_slot(day=8, site=blackburn)

    assert read(at(slot)).occupied == {key}
    twin = make_slot(external_id="twin")
    assert read(at(slot, name="old")).occupied == frozenset(), "no new id, whatever stands there"
    twin.delete()
    assert read(at(slot), at(slot, name="old")).occupied == frozenset(), "it is named: it stands"
    for gone in ("entered-in-error", "busy-unavailable"):
        assert read(at(slot), at(slot, name="old", status=gone)).occupied == {key}
    slot.status = "withdrawn"
    slot.save()
    assert read(at(slot)).occupied == frozenset()


def test_other_machines_of_the_trust_are_not_read_however_many_have_that_time(
    read, make_slot, lancaster
):
    slot = make_slot(external_id="old")
    make_slot(modality="CT"), make_slot(site=lancaster)

    assert read(at(slot)).occupied == {(slot.schedule_id, slot.start, slot.end)}


def test_since_when_a_seat_is_booked_is_read(read, make_slot, jane, tom):
    slots = {name: make_slot(external_id=name, hour=hour) for name, hour in [("a", 9), ("b", 11)]}
    lines = [at(slot, name=name) for name, slot in slots.items()]
    make_slot(external_id="free")
    take(jane, "a", NOW)
    assert read(*lines, line(name="free")).taken_at == {slots["a"].pk: NOW}

    moved = take(jane, "b", NOW + HOUR)

    assert read(*lines).taken_at == {slots["b"].pk: NOW + HOUR}
    trust_answers.confirm(moved, moved.version, now=NOW + 2 * HOUR, actor="key RTX")
    take(tom, "a", NOW + 3 * HOUR)
    assert read(*lines).taken_at == {slots["b"].pk: NOW + HOUR, slots["a"].pk: NOW + 3 * HOUR}


def test_who_had_a_seat_before_says_nothing_of_since_when_it_is_booked(read, make_slot, jane, tom):
    slot, _ = make_slot(external_id="a"), make_slot(external_id="elsewhere", hour=9)
    take(tom, "a", NOW)
    take(tom, "elsewhere", NOW + MINUTE)
    made = take(jane, "a", NOW + HOUR)
    assert read(at(slot, name="a")).taken_at == {slot.pk: NOW + HOUR}

    booking.cancel(made, made.version, now=NOW + HOUR, actor="patient")
    assert read(at(slot, name="a")).taken_at == {}
    take(tom, "a", NOW + 2 * HOUR)

    assert read(at(slot, name="a")).taken_at == {slot.pk: NOW + 2 * HOUR}


def test_of_two_who_gave_a_seat_up_and_took_it_the_one_who_has_it_counts(
    read, make_slot, jane, tom
):
    slot = make_slot(external_id="a")
    made = take(tom, "a", NOW)
    booking.cancel(made, made.version, now=NOW, actor="patient")

    take(jane, "a", NOW + HOUR)

    assert read(at(slot, name="a")).taken_at == {slot.pk: NOW + HOUR}


def test_a_trust_that_confirms_later_does_not_make_a_booking_younger(read, make_slot, jane):
    Feed.objects.update(confirms=True)
    make_slot(external_id="a")
    slot = make_slot(external_id="b", hour=9)
    take(jane, "a", NOW)
    moved = take(jane, "b", NOW + HOUR)

    trust_answers.confirm(moved, moved.version, now=NOW + 2 * HOUR, actor="key RTX")

    assert read(at(slot, name="b")).taken_at == {slot.pk: NOW + HOUR}
