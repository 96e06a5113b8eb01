"""How will you travel? Asked once, and what a list and a time then say."""

import re

import pytest
import time_machine

from booking.appointments import booking, holds
from booking.identifiers.actors import PATIENT
from booking.patient.forms import WayForm
from sites.models import Postcode
from sites.ways import WAYS
from tests.booking.patient.conftest import text
from tests.sites.travel import timetables

DAY, EVENING = "weekday-day", "weekday-evening"


@pytest.fixture
def timetable(furness, lancaster, tmp_path):
    """Barrow to Lancaster by bus on weekdays, the last home at 7:10pm; nothing to Furness."""
    known = {"code": "LA14 4LF", "outward": "LA14", "sector": "LA14 4"}
    Postcode.objects.get_or_create(code="LA14 4LF", defaults={**known, "lat": 54.1, "lon": -3.2})
    timetables.put(
        tmp_path,
        f"LA14 4,lancaster,{DAY},55,1,8,19:10",
        f"LA14 4,lancaster,{EVENING},65,1,8,19:10",
    )


@pytest.fixture
def by_bus(timetable, patient):
    patient.post("/travel/", {"way": "public"})
    return patient


def test_it_is_asked_once_after_where_from(timetable, client, jane, sign_in):
    sign_in()

    first = client.post("/where/", {"postcode": "LA14 4LF"})
    assert first.url == "/travel/"
    page = text(client.get("/travel/"))
    assert all(words in page for words in WAYS.values())
    assert "checked" not in page  # nobody is taken to have a car
    assert client.post("/travel/", {"way": "public"}).url == "/choose/"

    again = client.post("/where/", {"postcode": "LA1 4RP"})
    assert again.url == "/choose/"
    assert "By bus, train or on foot" in text(client.get("/choose/"))


def test_without_a_timetable_nobody_is_asked(client, jane, furness, sign_in):
    sign_in()

    assert client.post("/where/", {"postcode": "LA14 4LF"}).url == "/choose/"
    assert "how you travel" not in text(client.get("/choose/"))


def test_who_says_nothing_is_told_to_choose_and_loses_nothing(timetable, patient):
    for way in ({}, {"way": "balloon"}):
        page = text(patient.post("/travel/", way))
        assert "Error: " in page
    assert "From LA14 4LF" not in page
    assert "by car" in text(patient.get("/choose/"))


def test_before_where_from_it_leads_there(timetable, client, jane, sign_in):
    sign_in()

    assert client.get("/travel/").url == "/where/"


def test_the_filters_that_were_set_stay(timetable, patient):
    patient.get("/choose/?daypart=morning")

    assert patient.post("/travel/", {"way": "car"}).url == "/choose/?daypart=morning"


def test_hospital_transport_that_is_on_the_record_is_offered_first(timetable, patient, jane):
    jane.patient.needs = ["transport"]
    jane.patient.save()

    assert 'value="hospital" checked' in text(patient.get("/travel/"))
    patient.post("/travel/", {"way": "hospital"})
    page = text(patient.get("/choose/"))
    assert "minutes by car" in page
    assert "phone us to ask for it" in page


def test_the_list_says_minutes_changes_and_walk_and_what_was_not_found(
    by_bus, lancaster, blackburn, make_slot
):
    make_slot(day=8)
    make_slot(site=lancaster, day=9)
    page = text(by_bus.get("/choose/"))

    assert "About 55 minutes by bus or train, 1 change, 8 minutes’ walk" in page
    assert "We found no way there by bus, train or on foot, " in page
    assert page.index("Lancaster</a>") < page.index("Furness</a>")  # Furness is next door
    assert "minutes by car" not in page
    assert "shortest journey first" in page
    soonest = text(by_bus.get("/choose/?sort=soonest"))
    assert soonest.index("Lancaster</a>") < soonest.index("Furness</a>")


def test_where_nothing_at_all_is_found_the_list_says_so_and_stays(timetable, patient, make_slot):
    make_slot(day=8)
    patient.post("/where/", {"postcode": "LA1 4RP"})
    patient.post("/travel/", {"way": "public"})
    page = text(patient.get("/choose/"))

    assert "We found no way by bus, train or on foot from LA1 4RP to any of these places" in page
    assert "Furness</a>" in page
    assert 'name="slot"' in page


def test_a_time_that_no_bus_goes_home_from_is_marked_to_the_end(by_bus, lancaster, make_slot):
    late = make_slot(site=lancaster, day=8, hour=19)
    make_slot(site=lancaster, day=8, hour=18)
    words = "The last bus or train home goes at 7:10pm. This scan ends at 7:30pm."

    for page in ("/choose/", "/choose/lancaster/"):
        shown = text(by_bus.get(page))
        assert shown.count("no bus or train home</span>") == 1
        assert shown.index("6pm<") < shown.index("7pm<") < shown.index("no bus or train home<")
    assert words in text(by_bus.get(f"/slot/{late.pk}/"))
    assert words in text(by_bus.post("/hold/", {"slot": late.pk}, follow=True))
    booked = text(by_bus.post("/confirm/", {"slot": late.pk}, follow=True))
    assert "Your scan is booked" in booked  # it is said, never refused
    assert f"{words} Phone us if you cannot travel in another way." in booked
    by_bus.post("/appointment/cancel/", {})
    assert words not in text(by_bus.get("/appointment/"))


def test_the_page_of_a_place_marks_its_next_time_too(by_bus, lancaster, make_slot):
    make_slot(site=lancaster, day=8, hour=19)

    assert "at 7pm (no bus or train home)" in text(by_bus.get("/places/lancaster"))
    by_bus.post("/travel/", {"way": "car"})
    assert "no bus" not in text(by_bus.get("/places/lancaster"))


def test_the_api_says_of_each_time_if_one_gets_home(
    timetable, client, furness, lancaster, make_slot, now
):
    make_slot(day=8)
    for hour in (18, 19):
        make_slot(site=lancaster, day=8, hour=hour)

    def ask(**way):
        asked = {"postcode": "LA14 4LF", "modality": "MR", **way}
        with time_machine.travel(now, tick=False):
            return client.get("/api/v1/places", asked)

    found = ask(way="public").json()["places"]
    by_place = {one["site"]["id"]: one for one in found}
    assert [one["home"] for one in by_place["lancaster"]["times"]] == [None, "too_late"]
    assert by_place["lancaster"]["travel"]["minutes"] == 55
    assert by_place["furness"]["travel"]["minutes"] is None
    for by_car in (ask(), ask(way="car")):
        assert {one["home"] for place in by_car.json()["places"] for one in place["times"]} == {
            None
        }
    assert ask(way="balloon").status_code == 400
    narrowed = ask(way="public", home="1").json()
    assert [one["site"]["id"] for one in narrowed["places"]] == ["lancaster"]
    assert [one["home"] for one in narrowed["places"][0]["times"]] == [None]
    assert (narrowed["total"], narrowed["next"]) == (1, None)
    assert ask(home="1").json()["total"] == 2, "by car it says nothing"
    assert ask(home="maybe").json()["errors"]["home"].startswith("Type 1")


def test_the_times_offered_instead_of_a_lost_one_are_marked_too(
    by_bus, make_referral, lancaster, make_slot, now
):
    lost = make_slot(site=lancaster, day=8, hour=18)
    make_slot(site=lancaster, day=8, hour=19)
    holds.hold(make_referral("4HT8VMXD"), lost.pk, now=now)

    gone = by_bus.post("/hold/", {"slot": lost.pk})

    assert gone.status_code == 409
    assert text(gone).count("no bus or train home</span>") == 1


def test_only_times_with_a_way_home_can_be_asked_for(by_bus, lancaster, blackburn, make_slot):
    make_slot(day=8)
    evenings = [make_slot(site=lancaster, day=8 + n, hour=19) for n in range(12)]
    home_by_bus = make_slot(site=lancaster, day=20, hour=14)  # a Monday
    box = 'name="home"'
    assert all(box in text(by_bus.get(page)) for page in ("/choose/", "/choose/lancaster/"))

    led = by_bus.post("/choose/", {"home": "1"})
    assert led.url == "/choose/?home=1"
    found = text(by_bus.get(led.url))
    assert "1 place has appointments" in found
    assert ">Furness</a>" not in found, "no way there was found"
    assert "Places that we found no way to are not in this list" in found
    assert "#place-2" not in found, "and no more places are promised"
    at_place = text(by_bus.get("/choose/lancaster/?home=1"))
    for page in (found, at_place):
        assert f'value="{home_by_bus.pk}"' in page
        assert not any(f'value="{one.pk}"' in page for one in evenings)
    nowhere = text(by_bus.get("/choose/furness/?home=1"))
    assert "There are no appointments like this here now" in nowhere
    assert "Show later dates" not in nowhere

    by_bus.post("/travel/", {"way": "car"})
    by_car = text(by_bus.get("/choose/?home=1"))
    assert box not in by_car
    assert f'value="{evenings[0].pk}"' in by_car, "by car it says nothing"


def test_later_dates_are_those_with_a_way_home(by_bus, lancaster, make_slot):
    make_slot(site=lancaster, day=50, hour=19)
    make_slot(site=lancaster, day=58, hour=10)

    page = text(by_bus.get("/choose/lancaster/?home=1"))

    assert "There are no appointments like this here before Thursday 21 January 2027" in page
    assert "before Wednesday 13 January" in text(by_bus.get("/choose/lancaster/"))


def test_a_day_without_buses_is_marked(by_bus, lancaster, make_slot):
    sunday = make_slot(site=lancaster, day=12, hour=11)

    assert "no bus or train</span>" in text(by_bus.get("/choose/"))
    held = text(by_bus.post("/hold/", {"slot": sunday.pk}, follow=True))
    assert "We found no bus or train to this place on Sundays and bank holidays." in held


def test_who_comes_by_car_sees_no_marks(timetable, patient, lancaster, make_slot):
    late = make_slot(site=lancaster, day=8, hour=19)
    patient.post("/travel/", {"way": "car"})

    assert "no bus" not in text(patient.get("/choose/"))
    assert "last bus" not in text(patient.post("/hold/", {"slot": late.pk}, follow=True))


def test_the_notice_is_that_of_the_bus(by_bus, lancaster, make_slot, now, settings, tmp_path):
    """A time in three hours can be reached by car, and not by a bus of four."""
    settings.NOTICE_MINUTES = 60
    timetables.put(tmp_path, f"LA14 4,lancaster,{DAY},240,1,8,22:00")
    slot = make_slot(site=lancaster, day=0, hour=now.hour + 3)

    refused = by_bus.post("/hold/", {"slot": slot.pk})
    assert refused.status_code == 400
    assert f'name="slot" value="{slot.pk}"' not in text(by_bus.get("/choose/"))

    by_bus.post("/travel/", {"way": "car"})
    assert by_bus.post("/hold/", {"slot": slot.pk}).url == "/check/"


def test_the_way_is_in_no_address(by_bus):
    page = text(by_bus.get("/choose/"))

    assert "way=" not in page
    assert "public" not in page.replace("public-", "")
    assert WayForm.base_fields["way"].choices


def test_a_second_scan_that_no_bus_reaches_in_time_is_asked_again(
    by_bus, jane, make_referral, lancaster, make_slot, now
):
    other = make_referral("4HT8VMXD")
    other.patient = jane.patient
    other.save()
    first = make_slot(site=lancaster, day=8, hour=9)
    holds.hold(other, first.pk, now=now)
    booking.book(other, first.pk, now=now, actor=PATIENT)
    slot = make_slot(day=8, hour=16)
    words = "We found no way from one place to the other by bus, train or on foot"

    assert words in text(by_bus.post("/hold/", {"slot": slot.pk}, follow=True))
    asked = by_bus.post("/confirm/", {"slot": slot.pk}, follow=True)
    assert words in text(asked)
    known = re.search(r'name="known" value="([^"]+)"', text(asked))[1]
    booked = by_bus.post("/confirm/", {"slot": slot.pk, "known": known}, follow=True)
    assert "Your scan is booked" in text(booked)
