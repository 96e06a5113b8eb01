"""The way there, by road, wherever a time is chosen or shown; and the larger map."""

import re

import pytest

from tests.booking.patient.conftest import text


def test_the_chosen_time_and_the_booked_page_say_the_way(patient, furness, lancaster, make_slot):
    slot = make_slot(site=lancaster, day=5)
    way = r"\d+ minutes by car, \d+ miles by road"

    assert re.search(way, text(patient.get("/choose/")))
    assert re.search(way, text(patient.post("/hold/", {"slot": slot.pk}, follow=True)))
    booked = text(patient.post("/confirm/", {"slot": slot.pk}, follow=True))
    assert "Your scan is booked" in booked
    assert re.search(rf"From LA14 4LF: {way}", booked)
    assert "straight line" not in booked


@pytest.mark.parametrize("count", [0, 2])
def test_the_larger_map_of_a_patient_leads_back_to_the_list(
    patient, furness, lancaster, make_slot, count
):
    for site in (furness, lancaster)[:count]:
        make_slot(site=site, day=5)

    page = text(patient.get("/map/?sort=soonest&show=10"))

    assert re.findall(r'finder-map__entry" id="place-(\d+)"', page) == ["1", "2"]
    assert 'href="/choose/?sort=soonest&amp;show=10"' in page
