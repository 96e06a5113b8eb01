"""Slots that are long enough alone, joined, or with a second visit: which, and in both ways."""

import random
from datetime import timedelta

import pytest

from booking.exams import fit, overlaps, runs
from booking.models import EPOCH, Exam, Schedule, Slot
from sites import places
from sites.models import OpenHours, Scanner, Stop
from times.london import LONDON

MINUTE = timedelta(minutes=1)
HOUR = 60 * MINUTE


@pytest.fixture
def exam(db):
    return Exam(code="MR-X", name="a scan", modality="MR", body_part="x", minutes=60)


@pytest.fixture
def row(make_slot):
    """Make slots from 2pm on, each `minutes` long, where a negative number is a gap."""

    def row(*minutes, **fields):
        at, made = make_slot_start(make_slot), []
        for length in minutes:
            if length > 0:
                made.append(make_slot(start=at, end=at + length * MINUTE, **fields))
            at += abs(length) * MINUTE
        return made

    return row


def make_slot_start(make_slot):
    gone = make_slot()
    start = gone.start
    gone.delete()
    return start


def offered(exam, now):
    """The slots that a query says are the first of enough, and when each ends."""
    free = overlaps.without_blocked(Slot.objects.filter(free_at__lte=now), now=now)
    keys = runs.long_enough(free, exam, now=now).values_list("pk", flat=True)
    return runs.ends_of(keys, exam, now=now, presses=False)


def chosen(exam, now):
    """The same, put together of what was read."""
    free = overlaps.without_blocked(Slot.objects.filter(free_at__lte=now), now=now)
    pieces = runs.pieces(free)
    found = {one.id: runs.choose(exam, one, runs.Pool(pieces)) for one in pieces}
    return {pk: choice.visits()[0][1] for pk, choice in found.items() if choice}


def both(exam, now):
    assert offered(exam, now) == chosen(exam, now)
    return offered(exam, now)


def test_slots_that_adjoin_are_joined_until_they_are_long_enough(exam, row, now):
    first, second, third = row(30, 30, 30)

    assert both(exam, now) == {first.pk: second.end, second.pk: third.end}


def test_a_slot_that_is_long_enough_is_not_joined(exam, row, now):
    long, _ = row(60, 30)

    assert both(exam, now) == {long.pk: long.end}


def test_no_more_than_four_are_joined(exam, row, now):
    slots = row(15, 15, 15, 15, 15)
    assert both(exam, now) == {slots[0].pk: slots[3].end, slots[1].pk: slots[4].end}

    exam.minutes = 75
    assert both(exam, now) == {}


def test_none_is_joined_over_a_gap(exam, row, now):
    row(30, -1, 30)

    assert both(exam, now) == {}


def test_none_is_joined_across_slots_that_overlap(exam, make_slot, now):
    first = make_slot()
    make_slot(start=first.end - MINUTE, end=first.end + HOUR / 2)

    assert both(exam, now) == {}


def test_none_is_joined_over_two_schedules(exam, row, make_slot, furness, now):
    _, second = row(30, 30)
    other = Schedule.objects.create(
        trust_id="RTX", external_id="other", site=furness, modality="MR", fed_at=now
    )
    Slot.objects.filter(pk=second.pk).update(schedule=other)

    assert both(exam, now) == {}


def test_none_is_joined_where_a_mobile_scanner_has_gone_on(exam, row, lancaster, now):
    _, second = row(30, 30)
    Slot.objects.filter(pk=second.pk).update(site=lancaster)

    assert both(exam, now) == {}


@pytest.mark.parametrize("how", ["held", "booked", "off sale"])
def test_none_is_joined_with_what_somebody_has(exam, row, now, how):
    _, second = row(30, 30)
    free_at = {"held": now + HOUR, "booked": None, "off sale": now + 10_000 * HOUR}[how]
    Slot.objects.filter(pk=second.pk).update(free_at=free_at)

    assert both(exam, now) == {}


def test_a_hold_that_has_run_out_stands_in_no_ones_way(exam, row, now):
    first, second = row(30, 30)
    Slot.objects.filter(pk=second.pk).update(free_at=now)

    assert both(exam, now) == {first.pk: second.end}


def test_none_is_joined_with_what_overlaps_a_taken_one(exam, row, make_slot, now):
    _, second = row(30, 30)
    long = make_slot(start=second.start, end=second.end + HOUR, free_at=now + HOUR)
    Schedule.objects.filter(pk=long.schedule_id).update(overlaps=True)

    assert both(exam, now) == {}


def test_any_free_seat_will_do(exam, row, now):
    first, second = row(30, 30)
    other = Slot.objects.get(pk=second.pk)
    other.pk, other.seat = None, 1
    other.save()
    Slot.objects.filter(pk=second.pk).update(free_at=now + HOUR)

    assert both(exam, now) == {first.pk: second.end}
    assert runs.choose(
        exam, runs.pieces(Slot.objects.filter(pk=first.pk))[0],
        runs.Pool(runs.pieces(Slot.objects.filter(free_at=EPOCH))),
    ).slot_ids() == [first.pk, other.pk]  # fmt: skip


def test_fit_says_too_short_only_where_no_others_would_help(exam, row, now):
    first, second, alone = row(30, 30, -30, 30)
    Slot.objects.filter(pk=second.pk).update(free_at=None)  # booked: taken, and not too short

    assert fit.why_not(exam, first) is None
    assert fit.why_not(exam, second) == fit.why_not(exam, alone) == fit.Misfit.TOO_SHORT
    Slot.objects.filter(pk=second.pk).delete()
    assert fit.why_not(exam, first) == fit.Misfit.TOO_SHORT


def test_the_query_and_what_is_read_agree_about_any_slots(exam, make_slot, furness, now):
    rolls = random.Random(13)
    first = make_slot()
    schedules = [first.schedule]
    schedules.append(
        Schedule.objects.create(
            trust_id="RTX",
            external_id="two",
            site=furness,
            modality="MR",
            fed_at=now,
            overlaps=True,
        )
    )
    Schedule.objects.update(overlaps=True)
    found = 0
    for _ in range(25):
        Slot.objects.all().delete()
        exam.minutes = rolls.choice([20, 30, 45, 60, 90])
        for _ in range(14):
            start = first.start + rolls.randrange(0, 120, 10) * MINUTE
            make_slot(
                start=start,
                end=start + rolls.choice([10, 20, 30]) * MINUTE,
                schedule=rolls.choice(schedules),
                free_at=rolls.choice([EPOCH, EPOCH, EPOCH, None, now, now + HOUR]),
            )
        found += len(both(exam, now))
    assert found > 20


# Two visits


@pytest.fixture
def bone_scan(exam):
    exam.minutes, exam.visits, exam.second_minutes = 30, 2, 60
    exam.gap_min_minutes, exam.gap_max_minutes = 120, 240
    return exam


def pair(exam, first):
    pieces = runs.pieces(Slot.objects.exclude(pk=first.pk))
    piece = runs.pieces(Slot.objects.filter(pk=first.pk))[0]
    choice = runs.choose(exam, piece, runs.Pool(pieces))
    return choice and choice.slot_ids()


def at(make_slot, hours, **fields):
    """Make a slot of an hour, so many hours after 10am."""
    slot = make_slot(hour=10)
    start = slot.start + hours * HOUR
    Slot.objects.filter(pk=slot.pk).update(start=start, end=start + HOUR, **fields)
    slot.refresh_from_db()
    return slot


@pytest.mark.parametrize(
    ("hours", "fits"), [(2.9, False), (3, True), (4, True), (5, True), (5.1, False)]
)
def test_the_second_visit_is_two_to_four_hours_after_the_end_of_the_first(
    bone_scan, make_slot, hours, fits
):
    first, second = at(make_slot, 0), at(make_slot, hours)

    assert pair(bone_scan, first) == ([first.pk, second.pk] if fits else None)
    visits = [(first.start, first.end), (second.start, second.end)]
    assert runs.suits(bone_scan, visits) is fits


def test_the_second_visit_may_be_of_slots_that_adjoin(bone_scan, make_slot):
    first, second, third = at(make_slot, 0), at(make_slot, 3), at(make_slot, 4)
    bone_scan.second_minutes = 120

    assert pair(bone_scan, first) == [first.pk, second.pk, third.pk]


def test_the_second_visit_may_be_on_another_schedule_of_the_site(
    bone_scan, make_slot, furness, lancaster, now
):
    first, second = at(make_slot, 0), at(make_slot, 3)
    other = Schedule.objects.create(
        trust_id="RTX", external_id="other", site=furness, modality="MR", fed_at=now
    )
    Slot.objects.filter(pk=second.pk).update(schedule=other)
    assert pair(bone_scan, first) == [first.pk, second.pk]

    Slot.objects.filter(pk=second.pk).update(site=lancaster)
    assert pair(bone_scan, first) is None


def test_the_earliest_second_visit_is_had(bone_scan, make_slot):
    first, later, sooner = at(make_slot, 0), at(make_slot, 4), at(make_slot, 3)

    assert pair(bone_scan, first) == [first.pk, sooner.pk]
    assert later.start > sooner.start


@pytest.mark.parametrize(("closes", "fits"), [("14:00", True), ("13:59", False)])
def test_the_second_visit_is_over_when_the_site_closes(bone_scan, make_slot, furness, closes, fits):
    first, second = at(make_slot, 0), at(make_slot, 3)
    day = first.start.astimezone(LONDON).weekday()
    OpenHours.objects.create(site=furness, weekday=day, opens="08:00", closes=closes)
    places.forget()

    assert pair(bone_scan, first) == ([first.pk, second.pk] if fits else None)


def test_the_second_visit_is_over_when_the_stop_of_a_mobile_scanner_is(
    bone_scan, make_slot, furness
):
    first, second = at(make_slot, 0), at(make_slot, 3)
    van = Scanner.objects.create(modality="MR", name="Van", code="VAN", trust_id="RTX")
    Schedule.objects.filter(pk=first.schedule_id).update(scanner=van)
    day = first.start.date()
    stop = Stop.objects.create(
        scanner=van, site=furness, first_day=day, last_day=day, opens="08:00", closes="14:00"
    )
    places.forget()
    assert pair(bone_scan, first) == [first.pk, second.pk]

    Stop.objects.filter(pk=stop.pk).update(closes="13:30")
    places.forget()
    assert pair(bone_scan, first) is None


def test_both_visits_are_on_one_day(bone_scan, make_slot):
    first, second = at(make_slot, 10), at(make_slot, 13)  # 8pm and 11pm to midnight

    assert pair(bone_scan, first) is None
    Slot.objects.filter(pk=second.pk).update(end=second.end - MINUTE)
    bone_scan.second_minutes = 59
    assert pair(bone_scan, first) == [first.pk, second.pk]
