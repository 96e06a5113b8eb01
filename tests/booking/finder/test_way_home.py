"""Without a car: the public list of only the places and times that one gets home from."""

import re

import pytest
import time_machine

from sites.models import Postcode
from tests.sites.travel import timetables

pytestmark = pytest.mark.django_db
HOME = "Only times I can get home from by bus, train or on foot"


@pytest.fixture(autouse=True)
def _clock(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def find(client):
    """Look for places as the form does; give the page that it leads to."""

    def find(way="public", **more):
        given = {"postcode": "LA14 4LF", "modality": "MR", "way": way, **more}
        return client.post("/places", given, follow=True)

    return find


@pytest.fixture
def timetable(furness, lancaster, tmp_path):
    """Barrow to Lancaster by bus on weekdays, the last home at 7:10pm; nothing to Furness."""
    known = {"code": "LA14 4LF", "outward": "LA14", "sector": "LA14 4"}
    Postcode.objects.get_or_create(code="LA14 4LF", defaults={**known, "lat": 54.1, "lon": -3.2})
    lines = [f"LA14 4,lancaster,weekday-{part},55,1,8,19:10" for part in ("day", "evening")]
    timetables.put(tmp_path, *lines)


def text(response):
    return " ".join(response.content.decode().split())


def names(response):
    return re.findall(r">(Furness|Lancaster)</a></h3>", text(response))


def test_the_first_time_is_one_with_a_way_home_at_a_place_with_a_way_there(
    timetable, find, client, lancaster, make_slot
):
    make_slot(day=8)
    make_slot(site=lancaster, day=8, hour=19)
    make_slot(site=lancaster, day=9, hour=14)
    assert names(find()) == ["Lancaster", "Furness"]

    page = find(home="1")

    assert page.redirect_chain[-1][0] == "/places?modality=MR&home=1"
    assert names(page) == ["Lancaster"]
    assert "1 place that can do MRI scans" in text(page)
    assert "Next free time: <b>Thursday 3 December</b> at 2pm" in text(page)
    assert "Places that we found no way to are not in this list" in text(page)
    assert 'value="1" checked' in text(page)
    drawn = client.get("/places/map?modality=MR&home=1")
    assert "/places/lancaster" in text(drawn)
    assert "/places/furness" not in text(drawn)


def test_where_no_time_has_a_way_home_the_place_says_so(timetable, find, lancaster, make_slot):
    make_slot(site=lancaster, day=8, hour=19)

    assert "No free times with a way home in the next 6 weeks" in text(find(home="1"))


def test_without_a_scan_places_that_nobody_gets_to_are_left_out(timetable, find):
    assert names(find(modality="", home="1")) == ["Lancaster"]


def test_by_car_it_says_nothing(timetable, find, lancaster, make_slot):
    make_slot(site=lancaster, day=8, hour=19)

    page = find(way="car", home="1")

    assert names(page) == ["Furness", "Lancaster"]
    assert "at 7pm" in text(page)
    assert "with a way home" not in text(page).replace(HOME, "")


def test_where_nobody_has_a_timetable_it_is_not_asked(find, furness):
    assert HOME not in text(find())


def test_it_is_asked_where_there_is_one(timetable, find):
    assert HOME in text(find())
