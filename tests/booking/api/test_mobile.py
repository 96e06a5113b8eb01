"""A mobile scanner's slots are published, searched and read at the place of their day."""

import json
from urllib.parse import urlencode

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.schedule import Schedule
from fhir.resources.R4B.slot import Slot as FhirSlot

from booking.models import Slot
from tests.booking.exchange.feeds.conftest import VAN_SCHEDULE, van, van_slot  # noqa: F401 - a fixture


@pytest.fixture
def two_places(push, van, now):  # noqa: F811 - the fixture
    """The van's slots: on 2 December at Furness, its home; on 7 December at Lancaster."""
    push(VAN_SCHEDULE, van_slot(2), van_slot(7))
    return {slot.external_id: slot for slot in Slot.objects.select_related("schedule")}


def published(client, name):
    response = client.get(f"/fhir/R4/$bulk-publish/{name}.ndjson")
    assert response.status_code == 200
    return [json.loads(line) for line in b"".join(response).splitlines()]


def actor(schedule):
    Schedule.model_validate(schedule)
    (actor,) = schedule["actor"]
    return actor["reference"]


def test_it_is_published_as_one_schedule_a_place(client, two_places, furness, lancaster):
    schedules = {one["id"]: one for one in published(client, "Schedule")}
    (home,), (away,) = (published(client, f"Slot-{week}") for week in ("2026-11-30", "2026-12-07"))

    def place(slot):
        FhirSlot.model_validate(slot)
        return actor(schedules[slot["schedule"]["reference"].removeprefix("Schedule/")])

    pk = two_places["d2"].schedule_id
    assert set(schedules) == {str(pk), f"{pk}-{lancaster.pk}"}
    assert place(home) == f"Location/{furness.pk}"
    assert place(away) == f"Location/{lancaster.pk}"


def test_a_search_includes_the_place_of_the_day(system, two_places, furness, lancaster):
    asked = [("status", "free"), ("start", "ge2026-12-07"), ("start", "le2026-12-08")]
    include = [("_include", "Slot:schedule"), ("_include", "Schedule:actor")]

    body = system("get", "Slot?" + urlencode([*asked, *include])).json()

    Bundle.model_validate(body)
    slot, schedule, location = (entry["resource"] for entry in body["entry"])
    assert slot["schedule"]["reference"] == f"Schedule/{schedule['id']}"
    assert actor(schedule) == f"Location/{location['id']}" == f"Location/{lancaster.pk}"


def test_a_slot_and_its_schedule_are_read_as_they_are_published(system, two_places, lancaster):
    slot = system("get", f"Slot/{two_places['d7'].pk}").json()
    schedule = system("get", slot["schedule"]["reference"])

    assert schedule.status_code == 200
    assert schedule.json()["id"] == f"{two_places['d7'].schedule_id}-{lancaster.pk}"
    assert actor(schedule.json()) == f"Location/{lancaster.pk}"


@pytest.mark.parametrize("elsewhere", ["-", "-0", "-999999", "-x", "-1-1"])
def test_a_place_where_it_has_no_slots_is_no_schedule(system, two_places, elsewhere):
    pk = two_places["d2"].schedule_id

    assert system("get", f"Schedule/{pk}{elsewhere}").status_code == 404


def test_a_fixed_scanner_has_one_schedule_only(system, make_slot, lancaster):
    slot = make_slot()

    assert system("get", f"Schedule/{slot.schedule_id}").status_code == 200
    assert system("get", f"Schedule/{slot.schedule_id}-{lancaster.pk}").status_code == 404
