"""`GET /fhir/R4/$bulk-publish` and its files."""

import gzip
import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from fhir.resources.R4B.location import Location
from fhir.resources.R4B.operationoutcome import OperationOutcome
from fhir.resources.R4B.schedule import Schedule
from fhir.resources.R4B.slot import Slot as FhirSlot

from booking.appointments import booking, holds
from booking.models import Feed, ReservedShare, Slot
from tests.booking.plans import plan

ADDRESS = "/fhir/R4/$bulk-publish"
WEEK = "2026-11-30"


@pytest.fixture
def read(client, clock):
    def read(name=f"Slot-{WEEK}", **headers):
        return client.get(f"{ADDRESS}/{name}.ndjson", headers=headers)

    return read


def lines(response):
    return [json.loads(line) for line in b"".join(response).splitlines()]


def statuses(response):
    assert response.status_code == 200
    return [slot["status"] for slot in lines(response)]


def mark(response):
    return {"If-None-Match": response["ETag"]}


def test_the_manifest_names_a_file_of_each_kind_and_a_week_of_slots_each(
    client, clock, push, fed, settings
):
    settings.PUBLIC_BASE_URL = "https://scans.example"
    push(fed(), fed(name="s2", start="2026-12-15T09:00:00Z", end="2026-12-15T09:30:00Z"))

    response = client.get(ADDRESS)

    manifest = response.json()
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "max-age=60"
    assert set(manifest) == {"transactionTime", "request", "output", "error"}
    assert manifest["request"] == "https://scans.example/fhir/R4/$bulk-publish"
    assert [(one["type"], one["url"].rsplit("/", 1)[1]) for one in manifest["output"]] == [
        ("Location", "Location.ndjson"),
        ("Schedule", "Schedule.ndjson"),
        ("Slot", "Slot-2026-11-23.ndjson"),
        ("Slot", "Slot-2026-11-30.ndjson"),
        ("Slot", "Slot-2026-12-07.ndjson"),
        ("Slot", "Slot-2026-12-14.ndjson"),
    ]
    for one in manifest["output"]:
        assert one["extension"]["state"] == []
        assert client.get(one["url"].removeprefix("https://scans.example")).status_code == 200


def test_the_manifest_is_304_until_a_slot_changes(client, clock, push, fed):
    push(fed())
    before = client.get(ADDRESS)

    assert client.get(ADDRESS, headers=mark(before)).status_code == 304
    push(fed(stamp="2026-11-22T03:00:00Z", status="busy"))
    after = client.get(ADDRESS, headers=mark(before))
    assert after.status_code == 200
    assert after.json()["transactionTime"] > before.json()["transactionTime"]


def test_every_line_is_valid_and_refers_to_one_that_is_there(read, push, fed):
    push(fed(capacity=2), fed(name="s2", hour=9, status="busy"))

    slots = lines(read())
    schedules, locations = lines(read("Schedule")), lines(read("Location"))

    for slot in slots:
        FhirSlot.model_validate(slot)
    for schedule in schedules:
        Schedule.model_validate(schedule)
    for location in locations:
        Location.model_validate(location)
    assert {slot["schedule"]["reference"] for slot in slots} == {
        f"Schedule/{one['id']}" for one in schedules
    }
    actors = {actor["reference"] for one in schedules for actor in one["actor"]}
    assert actors <= {f"Location/{one['id']}" for one in locations}
    ids = [one["id"] for one in slots + schedules + locations]
    assert all(set(name) <= set("0123456789") for name in ids)


def test_a_location_says_where_it_is_and_how_to_reach_us(read, furness, settings):
    (found,) = lines(read("Location"))

    assert found["name"] == "Furness"
    assert found["telecom"][0] == {"system": "phone", "value": settings.HELP_PHONE}
    assert found["address"]["postalCode"] == "LA14 4LF"
    assert found["position"] == {"longitude": -3.208, "latitude": 54.136}
    assert found["identifier"][0] == {
        "system": "https://fhir.nhs.uk/Id/ods-site-code",
        "value": "RTXFURNESS",
    }


def test_a_schedule_is_coded_by_hl7_and_by_dicom(read, fed):
    (found,) = lines(read("Schedule"))

    codings = found["serviceType"][0]["coding"]
    assert [(one["system"].split("/")[2], one["code"]) for one in codings] == [
        ("terminology.hl7.org", "211"),
        ("dicom.nema.org", "MR"),
    ]


def test_free_and_busy_slots_are_published_and_withdrawn_ones_are_not(read, push, fed):
    push(
        fed(name="a", hour=9),
        fed(name="b", hour=10, status="busy"),
        fed(name="c", hour=11, status="busy-unavailable"),
        fed(name="d", hour=12, status="entered-in-error"),
    )

    assert statuses(read()) == ["free", "busy", "busy"]


def test_a_slot_has_the_way_to_book_it(read, push, fed, settings):
    push(fed())

    (found,) = lines(read())

    extensions = {one["url"].rsplit("/", 1)[1]: one for one in found["extension"]}
    link = f"{settings.PUBLIC_BASE_URL}/slot/{Slot.objects.get().pk}/"
    assert extensions["booking-deep-link"]["valueUrl"] == link
    assert extensions["booking-phone"]["valueString"] == settings.HELP_PHONE


def test_a_held_slot_is_busy_until_the_hold_runs_out_and_says_not_for_whom(
    read, push, fed, jane, now, clock
):
    push(fed())
    before = read()
    holds.hold(jane, Slot.objects.get().pk, now=now)

    during = read(**mark(before))
    clock.shift(timedelta(minutes=15))
    after = read(**mark(during))

    body = b"".join(during)
    assert json.loads(body)["status"] == "busy"
    assert jane.code.encode() not in body
    assert statuses(after) == ["free"]
    assert after["ETag"] == before["ETag"]


def test_each_change_of_a_week_changes_its_mark_and_that_weeks_alone(read, push, fed, jane, now):
    push(fed(), fed(name="s2", start="2026-12-15T09:00:00Z", end="2026-12-15T09:30:00Z"))
    seen, later = [read()["ETag"]], read("Slot-2026-12-14")["ETag"]

    def changed():
        response = read(**{"If-None-Match": seen[-1]})
        assert response.status_code == 200
        assert response["ETag"] not in seen
        seen.append(response["ETag"])
        assert read(**{"If-None-Match": seen[-1]}).status_code == 304
        return statuses(response)

    slot = Slot.objects.get(external_id="s1")
    holds.hold(jane, slot.pk, now=now)
    assert changed() == ["busy"]
    appointment = booking.book(jane, slot.pk, now=now, actor="patient")
    assert changed() == ["busy"]
    booking.cancel(appointment, 1, now=now, actor="patient")
    assert changed() == ["free"]
    push(fed(stamp="2026-11-24T03:00:00Z", status="busy"))
    assert changed() == ["busy"]
    assert read("Slot-2026-12-14")["ETag"] == later


def test_a_slot_that_moves_changes_both_weeks(read, push, fed):
    push(fed(), fed(name="s2", start="2026-12-15T09:00:00Z", end="2026-12-15T09:30:00Z"))
    first, second = read(), read("Slot-2026-12-14")

    push(
        fed(stamp="2026-11-24T03:00:00Z", start="2026-12-16T09:00:00Z", end="2026-12-16T10:00:00Z")
    )

    assert statuses(read(**mark(first))) == []
    assert statuses(read("Slot-2026-12-14", **mark(second))) == ["free", "free"]


def test_304_carries_the_mark_and_how_long_it_holds(read, push, fed):
    push(fed())
    first = read()

    again = read(**mark(first))

    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert again["Cache-Control"] == "max-age=60"


def test_a_304_asks_six_questions_whatever_the_week_holds(
    read, push, fed, django_assert_num_queries
):
    push(*[fed(name=f"s{n}", hour=8 + n % 10) for n in range(40)])
    first = read()

    # How often the address comes; the feeds, the counters, who is held; what is reserved: the
    # shares and the marked schedules.
    with django_assert_num_queries(6):
        assert read(**mark(first)).status_code == 304


def test_a_304_reads_what_is_held_and_kept_now_and_not_the_week(read, push, fed, trust, now):
    push(*[fed(name=f"s{n}", hour=8 + n) for n in range(10)])
    ReservedShare.objects.create(trust=trust, modality="MR", percent=20, hours=48, changed_at=now)
    first = read()

    with CaptureQueriesContext(connection) as asked:
        assert read(**mark(first)).status_code == 304

    about_slots = [one["sql"] for one in asked if "booking_slot" in one["sql"]]
    held, kept = (plan(sql) for sql in about_slots)
    assert "slot_reserved" in kept
    if connection.vendor == "sqlite":  # PostgreSQL goes by what is there: nothing here
        assert "slot_held_until (free_at>?)" in held


def test_slots_of_a_trust_whose_feed_is_too_old_are_left_out(read, push, fed, now):
    push(fed())
    before = read()

    Feed.objects.update(last_contact_at=now - timedelta(days=2))

    assert statuses(read(**mark(before))) == []


def test_many_slots_come_in_order_page_after_page(read, push, fed, monkeypatch):
    monkeypatch.setattr("booking.exchange.feeds.slot_lines.ROWS", 3)
    push(*[fed(name=f"s{n}", hour=8 + n % 4) for n in range(10)])

    found = lines(read())

    assert len({slot["id"] for slot in found}) == 10
    assert [slot["start"] for slot in found] == sorted(slot["start"] for slot in found)


def test_gzip_is_given_to_who_asks_for_it(read, push, fed):
    push(*[fed(name=f"s{n}", hour=8 + n) for n in range(10)])

    response = read(**{"Accept-Encoding": "gzip"})

    assert response["Content-Encoding"] == "gzip"
    assert len(gzip.decompress(b"".join(response)).splitlines()) == 10


def test_an_error_is_readable_zipped_too(read, push, fed):
    response = read("Patient", **{"Accept-Encoding": "gzip"})

    assert response.status_code == 404
    OperationOutcome.model_validate_json(
        gzip.decompress(response.content) if "Content-Encoding" in response else response.content
    )


def test_since_is_accepted_and_the_file_is_whole(client, clock, push, fed):
    push(fed())

    for address in (ADDRESS, f"{ADDRESS}/Slot-{WEEK}.ndjson"):
        assert client.get(f"{address}?_since=2026-11-24T09:59:00Z").status_code == 200
        assert client.get(f"{address}?_since=2026-11-24T09:59:00+00:00").status_code == 200
        refused = client.get(f"{address}?_since=yesterday")
        assert refused.status_code == 400
        OperationOutcome.model_validate(refused.json())


@pytest.mark.parametrize(
    "name", ["Slot-2026-12-01", "Slot-2020-01-06", "Slot-x", "Patient", "Slot"]
)
def test_a_file_that_is_not_in_the_manifest_is_404(read, push, fed, name):
    push(fed())

    response = read(name)

    assert response.status_code == 404
    assert OperationOutcome.model_validate(response.json()).issue[0].code == "not-found"


def test_who_asks_for_ndjson_or_anything_gets_it(client, clock, push, fed):
    push(fed())

    for accept in ("application/fhir+ndjson", "*/*", "application/json"):
        response = client.get(f"{ADDRESS}/Slot-{WEEK}.ndjson", headers={"Accept": accept})
        assert response["Content-Type"] == "application/fhir+ndjson"


def test_a_slot_centuries_ahead_makes_no_endless_manifest(client, clock, push, fed):
    push(fed(start="2999-01-01T09:00:00Z", end="2999-01-01T09:30:00Z"))

    assert len(client.get(ADDRESS).json()["output"]) <= 2 + 53


def test_of_two_times_that_overlap_neither_is_published_once_one_is_held_or_taken(
    read, push, fed, jane, now
):
    times = [
        {"start": f"2026-12-02T09:{m}:00Z", "end": f"2026-12-02T10:{m}:00Z"} for m in ("00", "30")
    ]
    push(fed(name="a", **times[0]), fed(name="b", **times[1]), fed(name="alone", hour=15))
    first, _ = Slot.objects.filter(external_id__in="ab").order_by("start")
    before = read()
    assert statuses(before) == ["free", "free", "free"]

    holds.hold(jane, first.pk, now=now)
    held = read(**mark(before))
    booking.book(jane, first.pk, now=now, actor="patient")
    taken = read(**mark(held))

    assert statuses(held) == statuses(taken) == ["busy", "busy", "free"]


def test_a_location_says_its_country_by_iso_codes(read, furness):
    (place,) = [one for one in lines(read("Location")) if one["id"] == str(furness.pk)]

    assert (place["address"]["state"], place["address"]["country"]) == ("GB-ENG", "GB")
