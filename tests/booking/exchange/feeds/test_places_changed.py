"""Places and scanners that change while people are booked there: displaced, or told."""

import ast
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.db import transaction

from booking.appointments import booking, holds
from booking.appointments.why_off import why_off
from booking.exchange.feeds import brake, decisions, losses
from booking.models import (
    Appointment,
    AppointmentChange,
    AuditAction,
    AuditEntry,
    Feed,
    Slot,
    WorklistRow,
)
from booking.models.slot import EPOCH
from booking.patient.off_words import say_off
from notifications.models import Message
from sites.imports import apply
from sites.models import Postcode, Scanner, Site
from tests.racing import Rival, only_postgresql

FAR, NEAR, DOWN_THE_ROAD = "PR1 4LF", "LA14 4LG", "LA14 5AA"
WAITS = ["ready", "scheduled"]
WRITES = {"create", "update", "bulk_create", "update_or_create", "bulk_update", "get_or_create"}


@pytest.fixture(autouse=True)
def _on_the_day(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture(autouse=True)
def postcodes(db):
    """In Preston, 200 m from Furness's own, and 2 km from it."""
    south = {FAR: (53.76, -2.7), NEAR: (54.1378, -3.208), DOWN_THE_ROAD: (54.118, -3.208)}
    for code, (lat, lon) in south.items():
        Postcode.objects.create(
            code=code, outward=code.split()[0], sector=code[:-2], lat=lat, lon=lon
        )


def site_row(site, **changes):
    return {"what": "site", "id": site.slug, "name": site.name, "kind": site.kind,
            "trust": site.trust_id, "address": site.address, "postcode": site.postcode,
            **changes}  # fmt: skip


def change(row, **options):
    (found,) = apply.apply([(1, row)], **options)
    assert found.became != "refused", found.details
    return found


def scanner_row(scanner, **changes):
    return {"what": "scanner", "id": scanner.code or "furness-1", "name": scanner.name,
            "modality": scanner.modality, "site": "furness", **changes}  # fmt: skip


def book(referral, found, now):
    holds.hold(referral, found.pk, now=now)
    return booking.book(referral, found.pk, now=now, actor="patient")


def told():
    return [text.kind for text in Message.objects.filter(state__in=WAITS).order_by("created_at")]


@pytest.mark.parametrize("confirms", [False, True], ids=["booked", "pending"])
def test_who_is_booked_at_a_place_that_moves_far_is_displaced_told_and_listed(
    furness, make_slot, jane, now, confirms
):
    Feed.objects.update(confirms=confirms)
    made = book(jane, make_slot(), now)

    found = change(site_row(furness, name="Preston", postcode=FAR))

    made.refresh_from_db()
    assert (made.status, made.version) == ("displaced", 2)
    (text,) = Message.objects.filter(state__in=WAITS)
    assert text.kind == "displaced"
    assert "at Furness cannot go ahead" in text.body  # not at a place that Jane never heard of
    row = WorklistRow.objects.get()
    assert (row.kind, row.reason) == ("displaced", "The place has moved. Offer another.")
    assert AppointmentChange.objects.get().version == 2
    assert Slot.objects.get().free_at == EPOCH  # the trust still gives it, at the new place
    assert found.details.endswith("1 person displaced and told")
    assert "has moved" in say_off(why_off([made])[made.pk], made)


@pytest.fixture
def beyond(furness, make_slot, make_referral, settings, now):
    """Two people are booked at Furness, which moves; one is as many as the brake lets go."""
    settings.FEED_BRAKE_PEOPLE = 1
    made = [
        book(make_referral(code=code), make_slot(hour=hour), now)
        for code, hour in (("7KQ49CRB", 9), ("3XRD7JQF", 10))
    ]
    free = make_slot(hour=11)
    found = change(site_row(furness, postcode=FAR))
    return made, free, found


def statuses():
    return sorted(Appointment.objects.values_list("status", flat=True))


def test_a_place_that_moves_with_many_waits_for_a_lead(beyond, now):
    made, free, found = beyond

    assert statuses() == ["booked", "booked"]
    assert not {"displaced", "changed"} & set(told())
    assert found.details.endswith("2 people held for a lead")
    row = WorklistRow.objects.get()
    assert (row.kind, "2 of them booked" in row.reason) == ("feed_held", True)
    losses.drop([one.slot_id for one in made], now=now)  # its feed names the times as before
    assert brake.waiting(decisions.held_loss("RTX"), now) == (2, 2)
    assert Slot.objects.get(pk=free.pk).free_at == EPOCH


def test_a_lead_lets_the_times_of_a_moved_place_go(beyond, now):
    loss = decisions.held_loss("RTX")

    report = decisions.release(loss, brake.waiting(loss, now), now=now, actor="staff 7")

    assert (report.displaced, statuses()) == (2, ["displaced", "displaced"])
    assert Slot.objects.filter(free_at=EPOCH).count() == 3


def test_a_lead_keeps_the_times_of_a_moved_place_and_people_are_told_where_it_is(beyond, now):
    loss = decisions.held_loss("RTX")
    before = AppointmentChange.objects.order_by("-number").first().number

    decisions.keep(loss, brake.waiting(loss, now), now=now, actor="staff 7")

    assert statuses() == ["booked", "booked"]
    news = Message.objects.filter(state__in=WAITS, kind="changed")
    assert news.count() == 2
    assert AuditEntry.objects.filter(action=AuditAction.PLACE_CHANGED).count() == 2
    assert AppointmentChange.objects.filter(number__gt=before).count() == 2


@pytest.mark.parametrize(
    "small",
    [
        {"postcode": NEAR},
        {"name": "FURNESS"},
        {"name": "Furnes"},
        {"address": "Long Street."},
        {"address": "long  street"},
        {"parking": "Behind the building"},
    ],
    ids=str,
)
def test_a_small_correction_alarms_nobody(furness, make_slot, jane, now, small):
    made = book(jane, make_slot(), now)
    before, texts = Appointment.objects.values().get(), told()

    change(site_row(furness, **small))

    assert Appointment.objects.values().get() == before
    assert told() == texts
    assert not WorklistRow.objects.exists()
    assert made.status == "booked"


@pytest.mark.parametrize("moved", [{"postcode": FAR}, {"postcode": DOWN_THE_ROAD}], ids=str)
def test_beyond_the_grounds_of_a_hospital_it_has_moved(furness, make_slot, jane, now, moved):
    made = book(jane, make_slot(), now)

    change(site_row(furness, **moved))

    made.refresh_from_db()
    assert made.status == "displaced"


@pytest.mark.parametrize("confirms", [False, True], ids=["booked", "pending"])
@pytest.mark.parametrize(
    "new", [{"name": "Barrow Hospital"}, {"address": "Dalton Lane"}, {"address": "2 Long Street"}]
)
def test_who_is_booked_at_a_place_with_a_new_name_or_address_is_told_and_keeps_the_time(
    furness, make_slot, jane, now, confirms, new
):
    Feed.objects.update(confirms=confirms)
    made = book(jane, make_slot(day=20), now)
    status = made.status

    found = change(site_row(furness, **new))

    made.refresh_from_db()
    assert (made.status, made.version) == (status, 2)
    texts = Message.objects.filter(state__in=WAITS)
    (news,) = texts.filter(kind="pending" if confirms else "changed")
    assert "name or address" in news.body
    assert all(new.get("name", "Furness") in text.body for text in texts)  # reminders, too
    assert texts.count() == (1 if confirms else 3)
    assert "1 person told" in found.details
    assert AuditEntry.objects.filter(action="place renamed").count() == 1


def test_who_has_no_mobile_stands_on_a_list_when_the_name_changes(furness, make_slot, jane, now):
    jane.patient.mobile = ""
    jane.patient.save()
    book(jane, make_slot(), now)

    change(site_row(furness, name="Barrow Hospital"))

    assert WorklistRow.objects.filter(kind="not_reached").exists()


def test_what_has_passed_is_left_alone(furness, make_slot, jane, tom, now):
    made = book(jane, make_slot(day=1), now)
    texts = told()

    with time_machine.travel(now + timedelta(days=2), tick=False):
        change(site_row(furness, name="Elsewhere", postcode=FAR))

    made.refresh_from_db()
    assert (made.status, told()) == ("booked", texts)


def test_who_was_choosing_at_a_place_that_moves_has_to_choose_again(
    furness, lancaster, make_slot, jane, tom, now
):
    there, elsewhere = make_slot(), make_slot(site=lancaster)
    holds.hold(jane, there.pk, now=now)
    holds.hold(tom, elsewhere.pk, now=now)

    found = change(site_row(furness, postcode=FAR))

    with pytest.raises(holds.HoldExpired):
        booking.book(jane, there.pk, now=now, actor="patient")
    assert booking.book(tom, elsewhere.pk, now=now, actor="patient").status == "booked"
    assert "1 person asked to choose again" in found.details


def test_nothing_is_held_or_booked_at_a_place_that_closes_meanwhile(
    furness, make_slot, jane, tom, now
):
    held, free = make_slot(), make_slot(day=9)
    holds.hold(jane, held.pk, now=now)

    found = change({"what": "site", "id": furness.slug, "remove": "yes"})

    assert set(Slot.objects.values_list("status", flat=True)) == {"withdrawn"}
    assert "2 times withdrawn" in found.details
    with pytest.raises((holds.SlotNotSuitable, holds.SlotTaken)):
        booking.book(jane, held.pk, now=now, actor="patient")
    Slot.objects.update(status="free", free_at=EPOCH)  # as a feed that goes on would have it
    with pytest.raises(holds.SlotNotSuitable):
        holds.hold(tom, free.pk, now=now)


def test_a_booking_that_came_between_the_look_and_the_closing_is_displaced(
    furness, make_slot, jane, now, monkeypatch
):
    made = book(jane, make_slot(), now)
    monkeypatch.setattr("sites.changes.why_keep", lambda site_id: "")  # looked before it was booked

    change({"what": "site", "id": furness.slug, "remove": "yes"})

    made.refresh_from_db()
    assert made.status == "displaced"
    assert "has closed" in WorklistRow.objects.get().reason


@pytest.mark.parametrize(
    "row", [{"modality": "CT"}, {"site": "lancaster", "name": "MR 9"}], ids=str
)
def test_who_is_booked_at_a_machine_that_is_there_no_more_is_displaced(
    furness, lancaster, make_slot, jane, now, row
):
    Scanner.objects.filter(site=furness, modality="MR").update(code="furness-1")
    made = book(jane, make_slot(), now)
    make_slot(site=lancaster)

    found = change(scanner_row(Scanner.objects.get(code="furness-1"), **row))

    made.refresh_from_db()
    assert made.status == "displaced"
    assert "displaced" in found.details
    assert sorted(Slot.objects.values_list("site__slug", "status")) == [
        ("furness", "withdrawn"), ("lancaster", "free"),
    ]  # fmt: skip


def test_where_another_machine_of_the_kind_stands_nobody_is_displaced(
    furness, make_slot, jane, now
):
    Scanner.objects.filter(site=furness, modality="MR").update(code="furness-1")
    Scanner.objects.create(site=furness, modality="MR", name="MR 2")
    made = book(jane, make_slot(), now)

    change(scanner_row(Scanner.objects.get(code="furness-1"), modality="CT"))

    made.refresh_from_db()
    assert made.status == "booked"


def test_a_dry_run_says_who_would_be_displaced_and_keeps_nothing(furness, make_slot, jane, now):
    made = book(jane, make_slot(), now)
    texts = told()

    found = change(site_row(furness, postcode=FAR), dry_run=True)

    made.refresh_from_db()
    assert "1 person displaced" in found.details
    assert (made.status, told(), WorklistRow.objects.count()) == ("booked", texts, 0)
    assert Site.objects.get(pk=furness.pk).postcode == furness.postcode


def test_several_changes_of_one_file_are_followed_together(
    furness, lancaster, make_slot, jane, tom, now
):
    moved, renamed = book(jane, make_slot(), now), book(tom, make_slot(site=lancaster), now)

    found = apply.apply(
        [(1, site_row(furness, postcode=FAR)), (2, site_row(lancaster, name="The Infirmary"))]
    )

    moved.refresh_from_db()
    renamed.refresh_from_db()
    assert (moved.status, renamed.status, renamed.version) == ("displaced", "booked", 2)
    assert ["person" in one.details for one in found] == [True, True]


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_booking_that_is_being_made_while_its_place_moves_is_displaced(
    furness, make_slot, jane, now
):
    found = make_slot()
    holds.hold(jane, found.pk, now=now)

    with transaction.atomic():
        made = booking.book(jane, found.pk, now=now, actor="patient")
        moving = Rival(lambda: change(site_row(furness, postcode=FAR)))
        moving.wait_until_done_or_blocked()
        assert not moving.is_done()
    moving.result()

    made.refresh_from_db()
    assert made.status == "displaced"


def test_no_other_code_writes_places_unseen():
    """Whoever saves, makes or updates a Site, Scanner or Stop does it where it is followed."""
    writers = []
    for room in ("sites", "booking"):
        for path in sorted((settings.BASE_DIR / room).rglob("*.py")):
            if "migrations" in path.parts or path.name == "apply.py":
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and _writes_places(node):
                    writers.append(f"{Path(path).name}:{node.lineno}")
    assert writers == []


def _writes_places(call):
    if getattr(call.func, "attr", "") not in WRITES:
        return False
    names = {node.id for node in ast.walk(call.func) if isinstance(node, ast.Name)}
    return bool(names & {"Site", "Scanner", "Stop"})
