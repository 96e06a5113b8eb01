"""The finder: nobody signs in, and nobody's postcode is in an address."""

import re
from datetime import date, time, timedelta
from html import unescape

import pytest
import time_machine

from booking.finder import views
from booking.models import Feed
from sites import places
from sites.models import OpenHours, Postcode, Scanner, Site, Stop
from tests.booking.signing_in import prove
from tests.sites.travel import timetables

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def find(client):
    """Look for places as the form does; return the page that it leads to."""

    def find(postcode="LA14 4LF", modality="MR", **more):
        given = {"postcode": postcode, "modality": modality, **more}
        return client.post("/places", given, follow=True)

    return find


@pytest.fixture
def fleetwood(make_site):
    return make_site("Fleetwood", "FY7 6HP", 53.923, -3.015, kind="cdc")


@pytest.fixture
def van(trust, furness):
    van = Scanner.objects.create(code="van-1", trust=trust, modality="CT", name="The van")
    Stop.objects.create(
        scanner=van, site=furness, first_day=date(2026, 12, 3), last_day=date(2026, 12, 14),
        opens=time(8), closes=time(18),
    )  # fmt: skip
    return van


def text(response):
    return " ".join(response.content.decode().split())


def names(response):
    rows = response.context["rows"] if response.context else []
    return [place.name for doors, _ in rows for place, _ in doors]


def order(response):
    page = text(response)
    found = [name for name in ("Furness", "Lancaster", "Fleetwood") if f">{name}</a>" in page]
    return sorted(found, key=lambda name: page.index(f">{name}</a>"))


def test_places_come_nearest_by_road_with_the_next_free_time(
    find, furness, lancaster, fleetwood, make_slot
):
    make_slot(day=8, hour=14)

    page = find()

    assert order(page) == ["Furness", "Lancaster", "Fleetwood"]
    assert "3 places that can do MRI scans, nearest to LA14 4LF first" in text(page)
    assert "Next free time: <b>Wednesday 2 December</b> at 2pm" in text(page)
    assert "No free times in the next 6 weeks" in text(page)
    assert "miles by road" in text(page)
    assert "in a straight line" not in text(page)
    assert "Times checked at 10am on Tuesday 24 November" in text(page)


def test_where_from_is_not_in_the_address(find, furness):
    page = find()

    (address, status) = page.redirect_chain[-1]
    assert (address, status) == ("/places?modality=MR", 302)


def test_a_link_with_a_postcode_works_and_takes_it_out_of_the_address(client, furness):
    page = client.get("/places", {"postcode": "LA14 4LF", "modality": "MR"}, follow=True)

    assert page.redirect_chain == [("/places?modality=MR", 302)]
    assert order(page) == ["Furness"]


def test_a_town_will_do_and_is_said_to_be_approximate(find, furness, lancaster):
    page = text(find("Kendal"))

    assert "nearest to Kendal first" in page
    assert "We used the middle of Kendal" in page


def test_a_name_that_was_put_right_is_said_with_a_way_to_change_it(find, furness):
    guessed = find("Kend<l").content.decode()
    sure = text(find("Kendal"))

    assert 'We took “Kend&lt;l” as <b>Kendal</b>. <a href="#postcode">Change' in guessed
    assert "We took" not in sure


def test_a_name_of_several_places_asks_which(find, furness):
    page = find("Warton")

    assert page.status_code == 400
    assert "Warton near Kirkham or Warton near Carnforth" in text(page)
    assert 'value="Warton"' in page.content.decode()


def test_any_scan_lists_what_each_place_does(find, furness, lancaster):
    page = text(find(modality=""))

    assert "2 places for scans" in page
    assert "MRI, X-ray" in page


def test_a_location_of_the_device_is_used_and_not_shown(client, furness, lancaster):
    page = client.post("/places", {"lat": "54.05", "lon": "-2.80"}, follow=True)

    assert order(page) == ["Lancaster", "Furness"]
    assert "nearest to where you are first" in text(page)
    assert "54.05" not in page.redirect_chain[-1][0]


@pytest.mark.parametrize(
    "given",
    [
        {"postcode": ""},
        {"postcode": "😀"},
        {"postcode": "x" * 10_000},
        {"postcode": "EH1 1AA"},
        {"postcode": "IM1 1AA"},
        {"postcode": "BFPO 12"},
        {"postcode": "nowhere at all"},
        {"lat": "-2.80", "lon": "54.05"},
        {"lat": "53.9", "lon": "-4.2"},
        {"lat": "nan", "lon": "-2.8"},
        {"lat": "north", "lon": "west"},
    ],
)
def test_what_cannot_be_used_gets_a_page_that_says_what_to_type(client, furness, given):
    page = client.post("/places", given)

    assert page.status_code == 400
    assert "Error: " in text(page)
    assert 'href="#postcode"' in text(page)
    assert "LA14 4LF" in text(page)


def test_a_scan_or_a_need_that_does_not_exist_is_an_error_with_a_page(client, furness):
    assert client.get("/places?modality=XX").status_code == 400
    assert client.get("/places?need=helipad").status_code == 400


def test_filters_by_need_and_by_opening(find, furness, lancaster):
    furness.facilities = ["step_free", "hearing_loop"]
    furness.save()
    lancaster.facilities = ["step_free"]
    lancaster.save()
    OpenHours.objects.create(site=lancaster, weekday=5, opens=time(9), closes=time(17))
    OpenHours.objects.create(site=furness, weekday=0, opens=time(8), closes=time(20))

    assert order(find(need="step_free")) == ["Furness", "Lancaster"]
    assert order(find(need=["step_free", "hearing_loop"])) == ["Furness"]
    assert order(find(open="weekends")) == ["Lancaster"]
    assert order(find(open="evenings")) == ["Furness"]
    nothing = find(need=["braille"])
    assert order(nothing) == []
    assert "Take away one of your choices" in text(nothing)


def test_a_wrong_choice_is_said_at_its_field_and_the_others_still_narrow(
    client, find, furness, fleetwood
):
    find()

    answer = client.get("/places", {"modality": "MR", "kind": "cdc", "open": "sometimes"})

    assert answer.status_code == 400
    assert order(answer) == ["Fleetwood"]
    assert "1 place that can do MRI scans" in text(answer)
    assert 'id="open-error"' in text(answer)
    assert re.search(r'id="kind-cdc"[^>]*checked', text(answer))


def test_the_number_of_places_is_true_and_more_leads_to_all(
    client, find, furness, lancaster, fleetwood, monkeypatch
):
    monkeypatch.setattr(views, "SHOWN", 2)
    for modality in ("MR", ""):
        find(modality=modality)
        address, seen = f"/places?modality={modality}", []
        while address:
            page = client.get(address)
            seen.append(len(order(page)))
            assert ">3 places" in text(page)
            further = re.search(r'href="([^"]*)#place-3">Show more places', text(page))
            address = unescape(further[1]) if further else ""
        assert seen == [2, 3]
        assert "Showing all 3 places" in text(page)
    assert client.get("/places?show=x").status_code == 400


@pytest.mark.parametrize(
    ("age", "listed", "of_the_place"),
    [
        (timedelta(minutes=10), "Times checked at 9:50am", "Times checked at 9:50am"),
        (timedelta(hours=2), "Times checked last at 8am", "Times checked at 8am"),
        (timedelta(hours=25), "We do not know which times", "Phone us to ask"),
    ],
    ids=["fresh", "late", "unknown"],
)
def test_how_old_times_are_is_said_in_the_list_and_on_the_place(
    find, client, furness, make_slot, now, age, listed, of_the_place
):
    make_slot(day=8)
    Feed.objects.update(last_contact_at=now - age)

    assert listed in text(find())
    assert of_the_place in text(client.get("/places/furness"))


def test_a_feed_that_is_too_old_says_phone(find, furness, now):
    Feed.objects.update(last_contact_at=now - timedelta(days=2))

    assert "We do not know which times are free here" in text(find())


def test_a_place_has_everything_on_its_page(client, furness, lancaster, make_slot, van):
    Site.objects.filter(pk=furness.pk).update(
        entrance="North door", building="Radiology", parking="Pay at the gate",
        blue_badge="Six spaces", bus="Bus 1", rail="Barrow station", facilities=["braille"],
    )  # fmt: skip
    Scanner.objects.filter(site=furness, modality="MR").update(
        bore_cm=70, table_kg=250, contrast=True
    )
    for day in range(5):
        OpenHours.objects.create(site=furness, weekday=day, opens=time(8), closes=time(20))
    make_slot(day=8, hour=14)
    places.forget()

    page = text(client.get("/places/furness"))

    for said in [
        "Long Street<br>LA14 4LF", "North door", "Radiology", "Pay at the gate", "Six spaces",
        "Bus 1", "Barrow station", "Monday to Friday", "8am to 8pm", "Saturday and Sunday",
        "Closed",
        "Signs in Braille", "up to 250 kilograms (39 stone)", "70 centimetres wide",
        "Can do scans that need a dye", "Wednesday 2 December at 2pm",
        "The mobile CT scanner is here from 3 to 14 December, 8am to 6pm",
        "openstreetmap.org/directions?to=54.136%2C-3.208", "Other places near here", "Lancaster",
        "We are not told of: you can get in without using stairs",
    ]:  # fmt: skip
        assert said in page, said


def test_the_page_says_how_far_once_somebody_said_where_from(client, find, lancaster, furness):
    assert "by car</b>" not in text(client.get("/places/lancaster")).split("Getting there")[0]
    find()
    assert "from LA14 4LF" in text(client.get("/places/lancaster")).split("Getting there")[0]


def test_a_page_to_print_says_the_same(client, furness, van):
    page = text(client.get("/places/furness/print"))

    assert "LA14 4LF" in page
    assert "from 3 to 14 December" in page


def test_a_mobile_scanner_is_found_where_it_stops(find, furness, van, lancaster):
    page = find(modality="CT")

    assert order(page) == ["Furness"]
    assert "The mobile CT scanner is here from 3 to 14 December" in text(page)


def test_a_place_is_not_listed_for_a_scanner_that_has_left(find, furness, van):
    with time_machine.travel("2026-12-15 09:00Z", tick=False):
        places.forget()
        assert order(find(modality="CT")) == []


def test_the_timetable_says_where_it_is_now_and_next(client, furness, lancaster, van):
    Stop.objects.create(
        scanner=van, site=lancaster, first_day=date(2026, 12, 30), last_day=date(2027, 1, 9),
        opens=time(9, 30), closes=time(12),
    )  # fmt: skip
    page = text(client.get("/places/scanners/van-1"))

    assert "It is next at" in page
    assert "3 to 14 December" in page
    assert "30 December 2026 to 9 January 2027" in page
    assert "9:30am to midday" in page
    with time_machine.travel("2026-12-05 09:00Z", tick=False):
        assert "until Monday 14 December" in text(client.get("/places/scanners/van-1"))


@pytest.mark.parametrize(
    "address", ["/places/nowhere", "/places/nowhere/print", "/places/scanners/none", "/places/%F0"]
)
def test_what_does_not_exist_is_a_page_and_not_a_fault(client, db, address):
    assert client.get(address).status_code == 404


def test_a_closed_place_has_no_page(client, furness):
    furness.closed = True
    furness.save()

    assert client.get("/places/furness").status_code == 404


@pytest.mark.parametrize(
    ("back", "leads_to"),
    [("check", "/check/"), ("appointment", "/appointment/"), ("places", "/choose/"),
     ("staff", "/places"), ("//evil.example", "/places"), ("", "/places")],
)  # fmt: skip
def test_a_patient_comes_back_to_the_page_that_led_here(client, furness, jane, back, leads_to):
    prove(client)

    page = client.get("/places/furness", {"back": back})

    assert f'href="{leads_to}" class="nhsuk-back-link' in text(page) or (
        f'class="nhsuk-back-link" href="{leads_to}"' in text(page)
    )


def test_who_has_not_signed_in_comes_back_to_the_finder(client, furness):
    page = text(client.get("/places/furness?back=appointment"))

    assert 'href="/appointment/"' not in page
    assert "Book your scan" in page


def test_the_same_as_json(client, furness, van, make_slot):
    make_slot(day=8, hour=14)
    furness.facilities = ["parking"]
    furness.save()

    place = client.get("/api/v1/places/furness").json()
    scanner = client.get("/api/v1/scanners/van-1").json()

    assert place["site"]["id"] == "furness"
    assert place["facilities"] == ["parking"]
    stop = {"scanner": "van-1", "modality": "CT", "site": "furness", "from": "2026-12-03",
            "to": "2026-12-14", "opens": "08:00", "closes": "18:00"}  # fmt: skip
    assert place["stops"] == [stop]
    assert scanner == {"scanner": "van-1", "stops": [stop]}
    times = {one["modality"]: one["start"] for one in place["next_times"]}
    assert times == {"CT": None, "MR": "2026-12-02T14:00:00+00:00", "DX": None}
    assert client.get("/api/v1/places/none").status_code == 404
    assert client.get("/api/v1/scanners/none").status_code == 404


def test_the_api_filters_by_need_and_takes_towns(client, furness, lancaster):
    lancaster.facilities = ["parking"]
    lancaster.save()

    asked = {"postcode": "Kendal", "modality": "MR", "need": "parking"}
    answer = client.get("/api/v1/places", asked).json()

    assert [one["site"]["id"] for one in answer["places"]] == ["lancaster"]
    assert answer["origin"]["approximate"]
    wrong = client.get("/api/v1/places", {**asked, "need": "helipad", "open": "never"})
    assert set(wrong.json()["errors"]) == {"need", "open"}


def test_how_somebody_travels_is_asked_with_where_from(find, furness, lancaster, tmp_path):
    assert "How you travel" not in text(find())
    Postcode.objects.get_or_create(
        code="LA14 4LF", defaults={"outward": "LA14", "sector": "LA14 4", "lat": 54.1, "lon": -3.2}
    )
    timetables.put(tmp_path, "LA14 4,lancaster,weekday-day,55,1,8,19:10")

    page = find(way="public")

    assert order(page) == ["Lancaster", "Furness"]
    assert "the shortest journey from LA14 4LF first" in text(page)
    assert "About 55 minutes by bus or train, 1 change, 8 minutes’ walk" in text(page)
    assert page.redirect_chain[-1][0] == "/places?modality=MR"  # not in the address
    assert 'value="public" selected' in text(page)
    assert order(find(way="car")) == ["Furness", "Lancaster"]


def test_a_way_that_there_is_none_of_is_said(find, furness):
    page = find(way="balloon")

    assert page.status_code == 400
    assert "Choose one of these" in text(page)
