"""Both of two scans on one day at one place: found, held together or not at all."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from booking.appointments import booking, holds
from booking.clerk import caller
from booking.models import Exam, Referral, Slot
from booking.search import both
from booking.search.found import FreeTime
from sites import places
from sites.models import Scanner
from tests.answers import answered
from tests.booking.clerk.conftest import problems, text


@pytest.fixture
def head(jane, trust, furness):
    """Jane's second request: an X-ray of her head."""
    exam = Exam.objects.create(
        code="DX-HEAD", name="an X-ray of your head", modality="DX", body_part="head", minutes=20
    )
    jane.patient.postcode = "LA14 4LF"
    jane.patient.save()
    return answered(Referral.objects.create(
        code="9GWP3KTY", patient=jane.patient, exam=exam, trust=trust, urgency="routine",
        clock_start=jane.clock_start, target_day=jane.target_day,
    ))  # fmt: skip


@pytest.fixture
def page(clerk, jane, head):
    def page(one=None, other=None):
        query = f"?referral={(one or jane).pk}&other={(other or head).pk}"
        return clerk.get(f"/staff/patient/{jane.patient_id}/both/{query}")

    return page


@pytest.fixture
def press(clerk, jane):
    def press(shown, pair):
        carried = dict(re.findall(r'name="(about|about_other)" value="([^"]+)"', text(shown)))
        address = f"/staff/patient/{jane.patient_id}/hold-both"
        return clerk.post(address, {**carried, "pair": pair})

    return press


def pairs(shown):
    return re.findall(r'name="pair" value="(\d+\.\d+)"', text(shown))


def held():
    return set(
        Slot.objects.exclude(held_by=None).exclude(free_at=None).values_list("pk", "held_by")
    )


def at(hour, minute=0, slot=0, minutes=30):
    start = datetime(2026, 12, 2, hour, minute, tzinfo=UTC)
    return FreeTime(slot, start, start + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("other", "fits"),
    [
        (at(9), False),  # at the same time
        (at(9, 29), False),  # a minute before the first ends
        (at(9, 30), True),
        (at(8, 30), True),  # before it
        (at(8, 31), False),
        (at(13, 30), True),  # four hours after
        (at(13, 31), False),
    ],
)
def test_one_is_after_the_other_with_four_hours_between_at_most(other, fits):
    assert (list(both._pairs([at(9)], [other])) != []) is fits


def test_the_shortest_waits_of_a_day_two_of_them_and_six_of_a_place_are_shown():
    ones = [at(9, slot=1), at(10, slot=2), at(11, slot=3)]
    others = [at(9, 30, slot=4), at(13, slot=5)]

    found = list(both._pairs(ones, others))

    assert [(pair.one.slot, pair.other.slot) for pair in found] == [(1, 4), (2, 4)]


def test_both_are_shown_held_and_booked_each(page, press, clerk, jane, head, make_slot, furness):
    knee = make_slot(day=3, hour=9)
    skull = make_slot(day=3, hour=10, modality="DX")
    make_slot(day=4, hour=9)
    make_slot(day=5, hour=9, modality="DX")
    screen = text(clerk.get(f"/staff/patient/{jane.patient_id}/?referral={jane.pk}&times=1"))
    assert "Both on one day: this and X-ray" in screen

    shown = page()

    assert pairs(shown) == [f"{knee.pk}.{skull.pk}"], "one day alone has both"
    assert "9am MRI, knee, then 10am X-ray, head" in " ".join(text(shown).split())
    answer = press(shown, f"{knee.pk}.{skull.pk}")
    assert held() == {(knee.pk, jane.pk), (skull.pk, head.pk)}
    assert "Both times are held" in text(clerk.get(answer["Location"]))
    assert press(shown, f"{knee.pk}.{skull.pk}").status_code == 302, "twice is the same"
    assert len(held()) == 2


def test_if_one_is_taken_neither_is_held(page, press, clerk, jane, head, make_slot, tom, now):
    knee, skull = make_slot(day=3, hour=9), make_slot(day=3, hour=10, modality="DX")
    shown = page()
    Slot.objects.filter(pk=skull.pk).update(free_at=None)

    answer = press(shown, f"{knee.pk}.{skull.pk}")

    assert held() == set()
    assert "has just been taken" in str(problems(text(clerk.get(answer["Location"]))))


def test_a_request_that_was_booked_meanwhile_is_left_alone(
    page, press, clerk, jane, head, make_slot, now
):
    knee, skull = make_slot(day=3, hour=9), make_slot(day=3, hour=10, modality="DX")
    shown = page()
    holds.hold(head, skull.pk, now=now)
    booking.book(head, skull.pk, now=now, actor="patient")

    assert press(shown, f"{knee.pk}.{skull.pk}").status_code == 409
    assert held() == set()
    assert page()["Location"] == f"/staff/patient/{jane.patient_id}/"


@pytest.mark.parametrize("pair", ["", "1", "a.b", "1.2.3"])
def test_what_is_no_pair_holds_nothing(page, press, make_slot, pair):
    make_slot(day=3, hour=9), make_slot(day=3, hour=10, modality="DX")
    assert press(page(), pair).status_code == 302
    assert held() == set()


def test_two_that_are_not_two_open_requests_of_the_patient_lead_back(page, jane, head, tom):
    for one, other in ((jane, jane), (jane, tom), (tom, head)):
        assert page(one, other)["Location"] == f"/staff/patient/{jane.patient_id}/"


def test_without_a_place_to_travel_from_it_is_asked(page, jane, head, make_slot):
    make_slot(day=3, hour=9), make_slot(day=3, hour=10, modality="DX")
    jane.patient.postcode = ""
    jane.patient.save()
    assert "Ask first where the patient travels from" in text(page())


def test_both_at_two_places_on_one_day_are_no_pair(page, make_slot, lancaster):
    Scanner.objects.create(site=lancaster, modality="DX", name="DX 1")
    places.forget()
    make_slot(day=3, hour=9)
    make_slot(day=3, hour=10, modality="DX", site=lancaster)
    assert pairs(page()) == []
    assert "No place has both on one day" in text(page())


def test_the_first_is_let_go_of_if_the_second_cannot_be_held(jane, head, make_slot, clerk, now):
    knee = make_slot(day=3, hour=9)
    with pytest.raises(caller.NotBothHeld):
        caller.hold_both((jane, knee.pk), (head, 0), clerk.staff, now=now)
    assert held() == set()
    assert Slot.objects.get(pk=knee.pk).held_by_id is None
