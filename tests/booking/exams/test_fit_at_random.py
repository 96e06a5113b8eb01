"""No slot is ever offered whose scanner cannot do what the scan and its patient need."""

import random
from datetime import date, timedelta

import pytest

from booking.exams import fit
from booking.exams.needed import Needed
from booking.models import Exam, Schedule, Slot
from sites import places
from sites.models import Scanner, Stop

ROUNDS, QUESTIONS, SLOTS = 10, 25, 40
"""Each slot is asked for each question in each round: 10,000 cases."""
CODES = ["MR-HEAD", "MR-KNEE"]


@pytest.fixture
def chance():
    return random.Random(2026)


@pytest.fixture
def world(chance, trust, make_slot, furness, lancaster, blackburn, now):
    """Slots of all lengths at three sites, and vans that come there."""
    sites = [furness, lancaster, blackburn]
    for number in range(3):
        van = Scanner.objects.create(
            trust=trust, code=f"van-{number}", name=f"van {number}", modality="MR"
        )
        for days, site in enumerate(sites[number:]):
            day = date(2026, 12, 1) + timedelta(days=days)
            Stop.objects.create(
                scanner=van, site=site, first_day=day, last_day=day, opens="08:00", closes="20:00"
            )
    for _ in range(SLOTS):
        start = now + timedelta(
            seconds=chance.randrange(8000), microseconds=chance.randrange(10**6)
        )
        length = timedelta(
            minutes=chance.choice([20, 30, 60]), seconds=chance.choice([-1, 0, 1]),
            microseconds=chance.randrange(-(10**6), 10**6),
        )  # fmt: skip
        make_slot(
            site=chance.choice(sites), modality=chance.choice(["MR", "MR", "DX"]), start=start,
            end=start + length,
        )  # fmt: skip
    return sites


def furnish(chance, sites):
    """Put other scanners up, and let schedules name others."""
    for scanner in Scanner.objects.filter(site=None):
        for name, value in what_it_can(chance).items():
            setattr(scanner, name, value)
        scanner.save()
    Scanner.objects.exclude(site=None).delete()
    Scanner.objects.bulk_create(
        Scanner(
            site=site, name=f"{number}", modality=chance.choice(["MR", "DX"]), **what_it_can(chance)
        )
        for site in sites
        for number in range(chance.randrange(4))
    )
    vans = list(Scanner.objects.filter(site=None))
    for schedule in Schedule.objects.all():
        schedule.scanner = chance.choice([None, *vans])
        schedule.save()
    places.forget()


def what_it_can(chance):
    said = [True, True, True, False, None]
    names = ("contrast", "hoist", "step_free", "wheelchair_transfer", "wide", "under_16s",
             "general_anaesthetic")  # fmt: skip
    return {name: chance.choice(said) for name in names} | {
        "table_kg": chance.choice([None, 120, 200, 250]),
        "bore_cm": chance.choice([None, 60, 70, 78]),
        "excluded_exams": chance.choice([[], [], [], [CODES[0]]]),
    }


def a_question(chance, now):
    """An exam, what its patient needs (mostly little), and from when."""
    rarely = [False, False, False, True]
    exam = Exam(
        code=chance.choice(CODES), modality=chance.choice(["MR", "MR", "DX"]),
        minutes=chance.choice([20, 30, 60]), contrast=chance.choice(rarely),
    )  # fmt: skip
    needed = Needed(
        chance.choice([None, None, 120, 121, 200, 251]), *(chance.choice(rarely) for _ in range(6))
    )
    earliest = chance.choice([None, None, now + timedelta(seconds=chance.randrange(8000))])
    return exam, needed, earliest


def is_certain(scanner, exam, needed):
    """The rule once more, in other words: all that is asked for is said, and said to be there."""
    wide = scanner.wide or (scanner.wide is None and (scanner.bore_cm or 0) >= 70)
    return (
        exam.code not in scanner.excluded_exams
        and (scanner.contrast or not exam.contrast)
        and (needed.weight_kg or 0) <= (scanner.table_kg or 0 if needed.weight_kg else 0)
        and (wide or not needed.wide)
        and (scanner.hoist or not needed.hoist)
        and (scanner.step_free or not needed.step_free)
        and (scanner.wheelchair_transfer or not needed.wheelchair_transfer)
        and (scanner.under_16s or not needed.under_16)
        and (scanner.general_anaesthetic or not needed.general_anaesthetic)
    )


def test_what_is_searched_is_what_can_be_booked_and_nothing_else_is_offered(
    monkeypatch, chance, world, now
):
    slots, cases, offers = list(Slot.objects.select_related("schedule")), 0, 0
    look_up = fit.scanners_of
    for round_ in range(ROUNDS):
        furnish(chance, world)
        for slot in slots:
            slot.schedule.refresh_from_db(fields=["scanner"])
        there = {slot.pk: look_up(slot) for slot in slots}
        monkeypatch.setattr(fit, "scanners_of", lambda slot, there=there: there[slot.pk])
        for _ in range(QUESTIONS):
            exam, needed, earliest = a_question(chance, now)
            asked = {"needed": needed, "earliest": earliest}

            offered = set(fit.fitting(Slot.objects.all(), exam, **asked))

            fits = {slot for slot in slots if fit.why_not(exam, slot, **asked) is None}
            assert offered == fits, (round_, exam, needed)
            for slot in offered:
                scanners = there[slot.pk]
                assert all(is_certain(one, exam, needed) for one in scanners), (slot, needed)
            cases += len(slots)
            offers += len(offered)
    assert cases == 10_000
    assert 300 < offers < 5_000  # neither all nor none, or nothing was tried
