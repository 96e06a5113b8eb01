"""Slot, Location and Schedule as a partner searches and reads them."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.operationoutcome import OperationOutcome

from booking.appointments import holds
from booking.models import Feed, Schedule

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
