"""Slot, Location and Schedule as a partner searches and reads them."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.operationoutcome import OperationOutcome

from booking.appointments import booking, holds
from booking.exchange.feeds import free_slots
from booking.models import Feed, Schedule, Slot
from sites import places
from sites.models import Scanner, Site
from tests.booking.plans import plan

RANGE = [("start", "ge2026-12-01"), ("start", "le2026-12-07")]


@pytest.fixture
def search(system):
    def search(*extra, range=RANGE, status="free"):
        return system("get", "Slot?" + urlencode([("status", status), *range, *extra]))

    return search


@pytest.fixture(autouse=True)
def _known_address(settings):
    settings.PUBLIC_BASE_URL = "http://localhost:8000"


def found(response, mode="match"):
    entries = Bundle.model_validate(response.json()) and response.json().get("entry", [])
    return [one["resource"] for one in entries if one["search"]["mode"] == mode]


def links(response):
    return {one["relation"]: one["url"] for one in response.json()["link"]}


def issue(response):
    return OperationOutcome.model_validate(response.json()).issue[0]


def test_free_slots_come_soonest_first_with_what_they_refer_to(
    search, make_slot, furness, lancaster
):
    later = make_slot(day=9)
    first = make_slot(day=8, site=lancaster)
    make_slot(day=8, free_at=None, status="busy")
    make_slot(day=8, modality="DX")

    response = search(
        ("service-type", "MR"), ("_include", "Slot:schedule"), ("_include", "Schedule:actor")
    )

    assert [one["id"] for one in found(response)] == [str(first.pk), str(later.pk)]
    included = found(response, "include")
    assert sorted(one["resourceType"] for one in included) == [
        "Location", "Location", "Schedule", "Schedule",
    ]  # fmt: skip
    references = {f"{one['resourceType']}/{one['id']}" for one in included}
    assert {one["schedule"]["reference"] for one in found(response)} <= references


def test_a_held_slot_is_not_free_for_anybody_else(search, system, make_slot, jane, now):
    slot = make_slot()
    holds.hold(jane, slot.pk, now=now)

    assert found(search()) == []
    assert system("get", f"Slot/{slot.pk}").json()["status"] == "busy"


def test_of_two_that_overlap_neither_is_free_once_one_is_held_however_it_is_asked(
    search, system, make_slot, jane, now
):
    first = make_slot(hour=9)
    rival = make_slot(start=first.start + timedelta(minutes=15), end=first.end)
    Schedule.objects.update(overlaps=True)
    holds.hold(jane, first.pk, now=now)

    both = {one["id"]: one["status"] for one in found(search(status="free,busy"))}

    busy = {one["id"]: one["status"] for one in found(search(status="busy"))}

    assert both == busy == {str(first.pk): "busy", str(rival.pk): "busy"}
    assert system("get", f"Slot/{rival.pk}").json()["status"] == "busy"
    assert found(search()) == []


def test_pages_follow_one_another_without_gap_or_double(search, client, system, make_slot):
    slots = [make_slot(hour=9 + n // 2) for n in range(7)]
    seen, response = [], search(("_count", "3"))
    while True:
        assert response.json()["total"] == 7, "of all pages"
        seen += [int(one["id"]) for one in found(response)]
        if "next" not in links(response):
            break
        path = links(response)["next"].removeprefix("http://localhost:8000/fhir/R4/")
        response = system("get", path)

    assert seen == [slot.pk for slot in slots]


def test_the_total_counts_matches_alone_and_a_search_without_any_has_none(search, make_slot):
    assert search().json()["total"] == 0
    make_slot()

    answer = search(("_include", "Slot:schedule")).json()

    assert (answer["total"], len(answer["entry"])) == (1, 2)


def test_a_total_is_said_up_to_a_bound_and_left_out_where_there_are_more(
    search, make_slot, monkeypatch
):
    monkeypatch.setattr("booking.exchange.feeds.free_slots.MOST_COUNTED", 3)
    for hour in range(9, 12):
        make_slot(hour=hour)
    assert search(("_count", "2")).json()["total"] == 3

    make_slot(hour=13, modality="CT")

    answer = search(("_count", "2"))
    assert "total" not in Bundle.model_validate(answer.json()).model_dump()
    assert "next" in links(answer)
    assert search().json()["total"] == 4, "all on one page"


@pytest.mark.parametrize("status", ["free", "busy", "free,busy"])
def test_all_scans_of_all_trusts_come_in_one_order_page_after_page(
    search, system, make_slot, make_site, lancaster, blackpool, status
):
    victoria = make_site("Victoria", "FY3 8NR", 53.82, -3.01)
    Site.objects.filter(pk=victoria.pk).update(trust=blackpool)
    victoria.refresh_from_db()
    places.clear()
    sites = [lancaster, victoria]
    of_status = {"free_at": None, "status": "busy"} if status == "busy" else {}
    slots = [
        make_slot(
            hour=9 + n // 4, site=sites[n % 2], modality=("MR", "CT", "US")[n % 3], **of_status
        )
        for n in range(12)
    ]
    seen, response = [], search(("_count", "5"), status=status)
    while True:
        seen += [int(one["id"]) for one in found(response)]
        if "next" not in links(response):
            break
        path = links(response)["next"].removeprefix("http://localhost:8000/fhir/R4/")
        response = system("get", path)

    assert seen == [slot.pk for slot in slots]


def test_what_is_taken_at_one_place_is_found_wherever_its_schedule_went(
    search, make_slot, make_referral, lancaster, furness, now
):
    stays, booked = make_slot(hour=9, free_at=None, status="busy"), make_slot(hour=10)
    make_slot(hour=11, site=lancaster, free_at=None, status="busy")
    jane = make_referral()
    holds.hold(jane, booked.pk, now=now)
    booking.book(jane, booked.pk, now=now, actor="patient")
    asked = ("schedule.actor", f"Location/{furness.pk}")
    here = [str(stays.pk), str(booked.pk)]
    assert [one["id"] for one in found(search(asked, status="busy"))] == here

    Schedule.objects.filter(site=furness).update(site=lancaster)
    Slot.objects.filter(pk=stays.pk).update(site=lancaster)

    assert [one["id"] for one in found(search(asked, status="free,busy"))] == [str(booked.pk)]


def test_no_page_goes_back_before_what_was_asked_for_nor_before_now(make_slot, now):
    begun, earlier, asked_for = make_slot(day=0, hour=9), make_slot(hour=9), make_slot(hour=11)
    assert begun.start < now

    def ask(first, **more):
        wanted = free_slots.FreeSlotQuery(first, asked_for.start)
        return free_slots.free_slots(wanted, now=now, count=9, **more)[0]

    assert ask(begun.start) == [earlier, asked_for]
    assert ask(asked_for.start, after=(begun.start, 0)) == [asked_for]


def test_what_is_taken_on_a_mobile_scanner_and_by_a_visiting_trust_is_found_where_it_stands(
    search, make_slot, lancaster, furness, blackpool
):
    Feed.objects.get_or_create(trust=blackpool, defaults={"last_contact_at": None})
    guest, here = [make_slot(hour=hour, status="busy", free_at=None) for hour in (9, 10)]
    Slot.objects.filter(pk=guest.pk).update(trust=blackpool)
    van = Scanner.objects.create(code="van-1", trust=lancaster.trust, modality="MR", name="The van")
    Schedule.objects.filter(pk=here.schedule_id).update(site=lancaster, scanner=van)
    asked = ("schedule.actor", f"Location/{furness.pk}")

    assert [one["id"] for one in found(search(status="busy"))] == [str(guest.pk), str(here.pk)]
    assert str(here.pk) in [one["id"] for one in found(search(asked, status="busy"))]


def test_a_page_is_read_in_the_order_of_an_index_from_where_it_begins(
    search, system, make_slot, lancaster
):
    for hour in range(9, 18):
        make_slot(hour=hour)
    first = search(("service-type", "MR"), ("_count", "2"))
    path = links(first)["next"].removeprefix("http://localhost:8000/fhir/R4/")

    for index, ask in [
        ("slot_free_by_time", lambda: search(("service-type", "MR"), ("_count", "2"))),
        ("slot_free_by_time", lambda: system("get", path)),
        ("slot_of_trust_by_time", lambda: search(("_count", "2"), status="free,busy")),
    ]:
        with CaptureQueriesContext(connection) as asked:
            ask()
        sql = next(
            one["sql"] for one in asked if "ORDER BY" in one["sql"] and "_slot" in one["sql"]
        )
        planned = plan(sql)
        assert index in planned
        assert "TEMP B-TREE" not in planned, "nothing is sorted"


def test_a_search_of_places_says_how_many_and_what_was_asked(system, furness, lancaster):
    answer = system("get", "Location?near=54.136|-3.208|10|km&service-type=MR")

    assert answer.json()["total"] == len(found(answer)) == 1
    assert "service-type=MR" in links(answer)["self"]


def test_fourteen_days_may_be_asked_for_and_no_more(search, make_slot):
    start = ("start", "ge2026-12-01T00:00:00Z")

    assert search(range=[start, ("start", "le2026-12-15T00:00:00Z")]).status_code == 200
    refused = search(range=[start, ("start", "le2026-12-15T00:00:01Z")])
    assert (refused.status_code, issue(refused).code) == (422, "too-costly")


@pytest.mark.parametrize(
    ("range", "extra", "status"),
    [
        ([], [], "free"),
        ([("start", "ge2026-12-01")], [], "free"),
        ([("start", "2026-12-01"), ("start", "le2026-12-02")], [], "free"),
        ([("start", "ge2026-12-01T10:00:00"), ("start", "le2026-12-02")], [], "free"),
        ([("start", "ge2026-13-01"), ("start", "le2026-12-02")], [], "free"),
        ([("start", "ge2026-12-05"), ("start", "le2026-12-01")], [], "free"),
        (RANGE, [], "gone"),
        (RANGE, [], "free,gone"),
        (RANGE, [("service-type", "XX")], "free"),
        (RANGE, [("service-type", "urn:other|MR")], "free"),
        (RANGE, [("_count", "0")], "free"),
        (RANGE, [("_count", "²")], "free"),
        (RANGE, [("_page", "x")], "free"),
        (RANGE, [("_page", "999999999999999999-1")], "free"),
        (RANGE, [("schedule.actor", "Device/1")], "free"),
    ],
)
def test_what_cannot_be_used_is_400_with_what_to_send(search, make_slot, range, extra, status):
    make_slot()

    response = search(*extra, range=range, status=status)

    assert response.status_code == 400
    assert issue(response).details.coding[0].code == "REC_BAD_REQUEST"


def test_one_place_can_be_asked_for_and_the_dicom_system_named(search, make_slot, lancaster):
    make_slot()
    there = make_slot(site=lancaster)
    system = "http://dicom.nema.org/resources/ontology/DCM|MR"

    response = search(("schedule.actor", f"Location/{lancaster.pk}"), ("service-type", system))

    assert [one["id"] for one in found(response)] == [str(there.pk)]


def test_slots_of_a_feed_that_is_too_old_are_left_out(search, make_slot, now):
    make_slot()
    Feed.objects.update(last_contact_at=now - timedelta(days=2))

    assert found(search()) == []


def test_without_a_key_nothing_is_searched(client, db):
    response = client.get("/fhir/R4/Slot?status=free")

    assert (response.status_code, issue(response).code) == (401, "login")


def test_locations_come_by_travel_and_not_across_the_bay(system, make_site):
    make_site("Furness", "LA14 4LF", 54.136, -3.208)
    make_site("Lancaster", "LA1 4RP", 54.043, -2.799)
    make_site("Fleetwood", "FY7 6HP", 53.923, -3.015)

    response = system("get", "Location?" + urlencode({"near": "54.10|-3.22|40|km"}))

    assert [one["name"] for one in found(response)] == ["Furness", "Lancaster", "Fleetwood"]
    by_road = response.json()["entry"][2]["search"]["extension"][0]["valueDistance"]
    assert by_road["value"] > 60


def test_locations_too_far_away_or_of_another_scan_are_left_out(system, furness, lancaster):
    near = {"near": "54.136|-3.208|10|km"}
    assert [one["name"] for one in found(system("get", "Location?" + urlencode(near)))] == [
        "Furness"
    ]
    assert found(system("get", "Location?" + urlencode({**near, "service-type": "CT"}))) == []


@pytest.mark.parametrize(
    "near", ["", "x", "54|-3|10|furlong", "91|0|1|km", "nan|0|1|km", "54|-3|-1|km", "54|-3|inf|km"]
)
def test_a_place_that_cannot_be_is_400(system, furness, near):
    response = system("get", "Location?" + urlencode({"near": near}))

    assert (response.status_code, issue(response).code) == (400, "value")


@pytest.mark.parametrize("near", ["0|0|20000|km", "90|180|20000|km", "-90|-180|20000|km"])
def test_the_ends_of_the_earth_are_answered(system, furness, lancaster, near):
    assert len(found(system("get", "Location?" + urlencode({"near": near})))) == 2


def test_each_resource_is_read_by_its_own_id(system, make_slot, furness):
    slot = make_slot()

    for path in (f"Slot/{slot.pk}", f"Schedule/{slot.schedule_id}", f"Location/{furness.pk}"):
        assert system("get", path).json()["id"] == path.split("/")[1]


@pytest.mark.parametrize(
    "path", ["Slot/0", "Slot/x", "Schedule/9", "Location/²", "Slot/9" + "9" * 30]
)
def test_what_is_not_known_is_404(system, furness, path):
    response = system("get", path)

    assert (response.status_code, issue(response).code) == (404, "not-found")


def test_a_withdrawn_slot_is_not_known(system, make_slot):
    slot = make_slot(status="withdrawn", free_at=None)

    assert system("get", f"Slot/{slot.pk}").status_code == 404
