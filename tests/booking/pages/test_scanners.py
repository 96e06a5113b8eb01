"""What pages say of scanners, and of vans."""

from datetime import UTC, date, datetime, time

import pytest

from booking.pages.scanners import abilities_at, by_limits, say_abilities, say_limits, van_lines
from booking.pages.scanners import van_of as van_of_slot
from sites import places
from sites.abilities import Abilities
from sites.models import Scanner, Stop
from sites.places import Machine, Place, Visit


def make_place(**changes):
    fields = {
        "id": 1, "slug": "bay", "name": "The Bay", "kind": "mobile", "trust": "RTX",
        "trust_name": "", "address": "", "postcode": "", "lat": 54.0, "lon": -3.0, "entrance": "",
        "modalities": frozenset({"MR"}),
    }  # fmt: skip
    return Place(**fields | changes)


def make_visit(**changes):
    fields = {
        "scanner_id": 9, "scanner": "van", "name": "The van", "modality": "MR", "site_id": 1,
        "first_day": date(2026, 12, 1), "last_day": date(2026, 12, 5), "opens": time(8),
        "closes": time(18),
    }  # fmt: skip
    return Visit(**fields | changes)


def test_machines_that_are_alike_are_said_once_with_their_limits_in_plain_words():
    mri = Machine("MR", "MRI 1", Abilities(bore_cm=70, table_kg=250, contrast=False))

    assert by_limits([Machine("CT", "CT 1"), mri, mri]) == [
        ("CT", 1, []),
        (
            "MRI",
            2,
            [
                "For people who weigh up to 250 kilograms (39 stone).",
                "You lie in an opening 70 centimetres wide.",
                "Cannot do scans that need a dye (contrast).",
            ],
        ),
    ]


def test_everybody_reads_what_is_there_and_what_is_not_and_nothing_of_what_nobody_said():
    said = say_limits(Abilities(hoist=False, step_free=True, under_16s=True))

    assert said == [
        "There is no hoist to lift people onto the scanner.",
        "You can get to the scanner without steps, or by a lift.",
        "People under 16 are scanned here.",
    ]


def test_staff_read_all_in_one_line_and_what_nobody_said_last():
    able = Abilities(
        contrast=True, table_kg=180, bore_cm=60, hoist=False, excluded_exams=("MR-HEAD",)
    )

    assert say_abilities(able) == (
        "contrast: yes; table 180 kg; bore 60 cm; wide: no; hoist: no; does not do MR-HEAD; not "
        "said: step-free, wheelchair transfer, under 16s, general anaesthetic"
    )


def test_scanners_that_are_alike_are_one_line_at_the_desk_and_those_that_come_are_there_too():
    alike, other = Abilities(hoist=True), Abilities(hoist=False)
    place = make_place(
        machines=(Machine("MR", "MRI 1", alike, 1), Machine("MR", "MRI 2", alike, 2),
                  Machine("CT", "CT 1", other, 3)),
        visits=(make_visit(abilities=other), make_visit(abilities=other, opens=time(9))),
    )  # fmt: skip

    assert [names for names, _ in abilities_at(place, "MR")] == ["MRI 1, MRI 2", "The van"]


@pytest.mark.parametrize(
    ("step_free", "said"),
    [
        (True, "without steps, or by a lift"),
        (False, "There are steps up to the van, and no lift"),
        (None, "We do not know if there are steps"),
    ],
)
def test_who_is_scanned_in_a_van_reads_that_it_is_one_and_of_its_steps(step_free, said):
    visit = make_visit(abilities=Abilities(step_free=step_free))

    first, steps, *_ = van_lines(visit, make_place())

    assert first == "The scanner is in a van outside."
    assert said in steps


def test_a_van_says_how_to_find_it_toilets_and_its_own_hours():
    known = make_place(entrance="By the north gate.", facilities=frozenset({"accessible_toilet"}))

    assert van_lines(make_visit(), known)[2:] == [
        "To find it: By the north gate.",
        "There is an accessible toilet here.",
        "The van is here from 8am to 6pm.",
    ]
    assert van_lines(make_visit(), make_place())[2:4] == [
        "If you cannot see it, ask at the main desk.",
        "We are not told of a toilet here. Phone us if you need one.",
    ]


@pytest.fixture
def van(trust, furness):
    van = Scanner.objects.create(code="van-1", trust=trust, modality="MR", name="The van")
    Stop.objects.create(
        scanner=van, site=furness, first_day=date(2026, 12, 1), last_day=date(2026, 12, 5),
        opens=time(8), closes=time(18),
    )  # fmt: skip
    places.forget()
    return van


def test_a_slot_is_in_the_van_that_its_schedule_names(van, make_slot):
    slot = make_slot()
    assert van_of_slot(slot) is None  # Furness has an MRI scanner of its own

    slot.schedule.scanner = van
    assert van_of_slot(slot).scanner == "van-1"


def test_a_slot_is_in_the_van_that_comes_where_nothing_else_scans(
    van, furness, make_slot, time_machine, now
):
    time_machine.move_to(now, tick=False)
    Scanner.objects.filter(site=furness).delete()
    places.forget()
    slot, later = make_slot(), make_slot(start=datetime(2026, 12, 6, 14, tzinfo=UTC))

    assert van_of_slot(slot).scanner == "van-1"
    assert van_of_slot(later) is None
