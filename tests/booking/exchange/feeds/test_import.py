"""What a trust's lines do to what is stored."""

from datetime import timedelta
from pathlib import Path

import pytest

from booking.appointments import booking, holds
from booking.exchange.feeds import importer
from booking.exchange.fhir_systems import ODS_SITE
from booking.models import EPOCH, Appointment, Feed, FeedLocation, Schedule, Slot
from notifications.models import Message
from sites.models import Trust
from tests.booking.exchange.feeds.conftest import location, schedule, slot


def book(referral, now):
    free = Slot.objects.filter(free_at=EPOCH).order_by("seat").first()
    holds.hold(referral, free.pk, now=now)
    return booking.book(referral, free.pk, now=now, actor="patient")


def test_places_schedules_and_slots_come_in_in_one_body(push, furness):
    report = push(location(furness), schedule(furness), slot(furness))

    assert (report.created, report.refused) == (3, 0)
    stored = Slot.objects.get()
    assert (stored.modality, stored.site, stored.free_at) == ("MR", furness, EPOCH)
    assert (stored.daypart, stored.weekend) == ("afternoon", False)


@pytest.mark.parametrize(("day", "weekend"), [(4, False), (5, True), (6, True), (7, False)])
def test_saturday_and_sunday_are_stored_as_weekend(push, fed, day, weekend):
    start, end = f"2026-12-{day:02}T00:00:00Z", f"2026-12-{day:02}T23:59:00Z"

    push(fed(start=start, end=end))

    assert Slot.objects.get().weekend is weekend


def test_the_order_of_lines_in_a_body_does_not_matter(push, furness):
    assert push(slot(furness), schedule(furness), location(furness)).created == 3


def test_sending_the_same_again_changes_nothing(push, fed):
    push(fed())
    before = Slot.objects.values().get()

    report = push(fed())

    assert (report.unchanged, report.changed) == (1, 0)
    assert Slot.objects.values().get() == before


def test_a_newer_word_changes_and_an_older_one_is_stale(push, fed):
    push(fed(stamp="2026-11-20T03:00:00Z"))

    assert push(fed(stamp="2026-11-21T03:00:00Z", status="busy")).updated == 1
    assert push(fed(stamp="2026-11-20T12:00:00Z", status="free")).stale == 1
    assert Slot.objects.get().free_at is None


def test_a_free_word_after_busy_frees_the_slot(push, fed):
    push(fed(status="busy"))

    push(fed(stamp="2026-11-21T03:00:00Z"))

    assert Slot.objects.get().free_at == EPOCH


def test_capacity_is_places_that_are_taken_one_by_one(push, fed, jane, tom, now):
    push(fed(capacity=2))

    book(jane, now)
    book(tom, now)

    assert Slot.objects.count() == 2
    assert Slot.objects.filter(free_at=None).count() == 2


def test_less_room_withdraws_a_place_that_nobody_booked(push, fed, jane, now):
    push(fed(capacity=3))
    appointment = book(jane, now)

    report = push(fed(capacity=1, stamp="2026-11-21T03:00:00Z"))

    assert report.displaced == 0
    assert Appointment.objects.get().status == "booked"
    assert Slot.objects.exclude(status="withdrawn").get().pk == appointment.slot_id


def test_an_echo_of_our_own_booking_is_agreement(push, fed, jane, now):
    push(fed())
    book(jane, now)

    report = push(fed(status="busy", stamp="2026-11-24T03:00:00Z"))

    assert (report.unchanged, report.displaced) == (1, 0)
    appointment = Appointment.objects.get()
    booking.cancel(appointment, 1, now=now, actor="patient")
    assert Slot.objects.get().free_at == EPOCH


def test_a_trust_that_still_says_free_does_not_undo_a_booking(push, fed, jane, now):
    push(fed())
    book(jane, now)

    push(fed(stamp="2026-11-24T03:00:00Z"))

    assert Slot.objects.get().free_at is None
    assert Appointment.objects.get().status == "booked"


@pytest.mark.parametrize(
    "change",
    [
        {"status": "busy-unavailable"},
        {"status": "entered-in-error"},
        {"start": "2026-12-02T15:00:00Z", "end": "2026-12-02T15:30:00Z"},
    ],
    ids=["unavailable", "withdrawn", "moved"],
)
def test_taking_a_booked_time_away_displaces_and_tells_the_patient(push, fed, jane, now, change):
    push(fed())
    book(jane, now)

    report = push(fed(stamp="2026-11-24T03:00:00Z", **change))

    assert report.displaced == 1
    assert Appointment.objects.get().status == "displaced"
    waiting = Message.objects.filter(state__in=["scheduled", "ready"])
    assert [message.kind for message in waiting] == ["displaced"]


def test_a_moved_slot_is_free_at_its_new_time(push, fed, jane, now):
    push(fed())
    book(jane, now)

    push(fed(stamp="2026-11-24T03:00:00Z", hour=16))

    assert Slot.objects.get().free_at == EPOCH
    assert Slot.objects.get().start.hour == 16


def test_a_hold_survives_an_unchanged_word_and_not_a_withdrawal(push, fed, jane, now):
    push(fed())
    held = holds.hold(jane, Slot.objects.get().pk, now=now)

    push(fed(stamp="2026-11-21T03:00:00Z"))
    assert holds.renew(jane, held.pk, now=now)
    push(fed(stamp="2026-11-22T03:00:00Z", status="entered-in-error"))
    with pytest.raises(holds.SlotTaken):
        holds.renew(jane, held.pk, now=now)


def test_one_broken_line_never_loses_the_good_ones(push, fed):
    report = push(fed(name="a"), b'{"resourceType": "Slot", "id": "b", ', fed(name="c", hour=15))

    assert (report.created, report.refused) == (2, 1)
    refusal = report.refusals[0]
    assert (refusal.line, refusal.code, refusal.item) == (2, "structure", "Slot/b")


def test_doubles_in_a_body_end_in_the_newest(push, fed):
    report = push(
        fed(stamp="2026-11-22T03:00:00Z", status="busy"), fed(stamp="2026-11-21T03:00:00Z")
    )

    assert (report.created, report.stale) == (1, 1)
    assert Slot.objects.get().status == "busy"


@pytest.mark.parametrize(
    ("first", "second", "stale"),
    [
        ("2026-11-21T03:00:00Z", "2026-11-22T03:00:00Z", 1),
        ("2026-11-22T03:00:00Z", "2026-11-21T03:00:00Z", 2),
        ("2026-11-22T03:00:00Z", "2026-11-22T03:00:00Z", 1),
    ],
    ids=["older first", "newer first", "one stamp"],
)
def test_of_two_lines_about_one_slot_the_older_is_stale(
    fed, trust, now, outcomes, first, second, stale
):
    told = outcomes(fed(stamp=first), fed(stamp=second, status="busy"))

    assert told == {stale: "stale", 3 - stale: "created"}
    assert Slot.objects.get().status == ("free" if stale == 2 else "busy")


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({}, "unchanged"),
        ({"status": "busy"}, "updated"),
        ({"status": "entered-in-error"}, "withdrawn"),
        ({"start": "2026-12-02T14:10:00Z"}, "updated"),
        ({"end": "2026-12-02T14:40:00Z"}, "updated"),
        ({"start": "2026-12-02T16:00:00Z", "end": "2026-12-02T16:30:00Z"}, "updated"),
        ({"schedule": {"reference": "Schedule/second"}}, "updated"),
        ({"capacity": 2}, "updated"),
    ],
)
def test_a_newer_word_is_told_as_what_it_does(push, fed, furness, outcomes, change, outcome):
    push({**schedule(furness), "id": "second"}, fed())

    told = outcomes(fed(stamp="2026-11-21T03:00:00Z", **change))

    assert told == {1: outcome}


def test_of_two_words_with_one_stamp_the_later_line_counts_whatever_their_schedules(
    push, fed, furness
):
    push({**schedule(furness), "id": "a"})

    push(fed(hour=9), fed(hour=10, schedule={"reference": "Schedule/a"}))

    assert Slot.objects.get().start.hour == 10


def test_refusals_are_told_in_the_order_of_lines(push, fed):
    nowhere = {"schedule": {"reference": "Schedule/none"}}

    report = push(fed(name="z", **nowhere), b"{", fed(name="a", hour=8, **nowhere))

    assert [refusal.line for refusal in report.refusals] == [1, 2, 3]


def test_of_too_many_refusals_the_first_lines_are_told(push, fed, monkeypatch):
    monkeypatch.setattr("booking.exchange.feeds.report.MAX_ISSUES", 3)
    nowhere = {"schedule": {"reference": "Schedule/none"}}

    report = push(*[fed(name=f"s{n}", hour=20 - n, **nowhere) for n in range(8)])

    assert report.refused == 8
    assert [refusal.line for refusal in report.refusals] == [1, 2, 3]


def test_places_and_schedules_that_stand_already_need_no_turn(push, fed, furness, monkeypatch):
    monkeypatch.setattr(
        "booking.exchange.feeds.write_turns.WriteTransactions.transaction",
        lambda _: pytest.fail("it took a turn"),
    )

    assert push(location(furness), schedule(furness)).unchanged == 2


def test_a_place_that_goes_away_and_comes_back_in_one_body_is_where_it_was(
    push, fed, furness, lancaster
):
    away = {**location(lancaster), "id": "furness"}

    report = push(away, location(furness))

    assert report.updated == 2
    assert FeedLocation.objects.get().site == furness


def test_chunks_are_invisible(push, fed, monkeypatch):
    monkeypatch.setattr(importer, "CHUNK", 3)

    report = push(*[fed(name=f"s{i}", hour=i) for i in range(8, 18)])

    assert report.created == 10
    assert Slot.objects.count() == 10


def test_unknown_places_and_schedules_are_refused_with_what_to_do(push, furness):
    report = push(
        location(furness, identifier=[{"system": "urn:other", "value": "x"}]),
        location(
            furness, identifier=[{"system": "https://fhir.nhs.uk/Id/ods-site-code", "value": "ZZZ"}]
        ),
        schedule(furness),
        slot(furness),
    )

    assert report.used == 0
    said = [refusal.what for refusal in report.refusals]
    assert "needs one with system" in said[0]
    assert "we have no such site" in said[1]
    assert all("send" in words for words in said[2:])
    assert not Schedule.objects.exists()


def test_a_place_without_an_ods_code_is_named_as_in_its_address(push, make_site, settings):
    stop = make_site("van-stop-kendal", "LA9 7RG", 54.31, -2.73)
    stop.ods_code = ""
    stop.save()
    ours = {"system": "urn:scan-finder:site", "value": "van-stop-kendal"}

    push(location(stop, identifier=[{"system": ODS_SITE, "value": ""}, ours]))

    assert FeedLocation.objects.get().site == stop
    named = f'{{"system":"{ours["system"]}","value":"{ours["value"]}"}}'
    assert named in Path(settings.BASE_DIR, "docs/trusts.md").read_text(encoding="utf-8")


def test_another_trusts_site_is_forbidden(push, furness):
    Trust.objects.create(code="RXL", name="Blackpool")

    report = push(location(furness), trust="RXL")

    assert report.refusals[0].code == "forbidden"
    assert not FeedLocation.objects.exists()


def test_two_trusts_may_use_the_same_ids(push, fed, make_site, furness):
    push(fed())
    blackpool = Trust.objects.create(code="RXL", name="Blackpool")
    furness.trust = blackpool
    furness.save()

    report = push(location(furness), schedule(furness), slot(furness), trust="RXL")

    assert report.created == 3
    assert Slot.objects.count() == 2


def test_a_schedule_may_not_change_what_it_scans_with(push, fed, furness):
    report = push(schedule(furness, serviceType=schedule(furness, "CT")["serviceType"]))

    assert report.refusals[0].code == "conflict"
    assert Schedule.objects.get().modality == "MR"


def test_the_feeds_freshness_is_written_down(push, fed, now):
    later = now + timedelta(hours=1)

    push(fed(), b"{", at=later)

    feed = Feed.objects.get()
    assert (feed.last_contact_at, feed.last_change_at, feed.refused_lines) == (later, later, 1)
    push(b"{", at=later + timedelta(hours=1))
    assert Feed.objects.get().last_contact_at == later


def test_what_was_read_before_a_fault_stays_in(fed, trust, now, monkeypatch):
    import json

    monkeypatch.setattr(importer, "CHUNK", 2)

    def lines():
        for number in range(1, 5):
            yield number, json.dumps(fed(name=f"s{number}", hour=8 + number)).encode()
        raise ConnectionError

    with pytest.raises(ConnectionError):
        importer.import_lines(trust.code, lines(), now=now)
    assert Slot.objects.count() == 4
