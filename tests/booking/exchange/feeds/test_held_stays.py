"""What is held stays held, whatever else comes: half a body, time, a push of a part, a crash."""

import json
from datetime import timedelta

import pytest

from booking.exchange.feeds import decisions, renumber
from booking.exchange.feeds.importer import import_lines
from booking.models import Appointment, Loss, Slot
from tests.booking.exchange.feeds.conftest import location, schedule
from tests.booking.exchange.feeds.test_brake import (  # noqa: F401 - a fixture
    changed,
    forty,
    statuses,
)

BOOKED = ["booked"] * 5


@pytest.fixture
def replace(trust, now):
    """Import resources, or raw lines, as a whole body; return the report."""

    def replace(*resources, at=now):
        raw = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in resources]
        return import_lines(trust.code, enumerate(raw, 1), now=at, replace=True)

    return replace


def withdrawn():
    return Slot.objects.filter(status="withdrawn").count()


DOUBTFUL = {
    "a line of it": lambda lines: [*lines[1:], {**lines[0], "start": "soon"}],
    "another line": lambda lines: [*lines[1:], {**lines[0], "id": "x", "start": "soon"}],
    "half a line": lambda lines: [*lines[1:], b'{"resourceType": "Slot", "id'],
}


@pytest.mark.parametrize("doubtful", DOUBTFUL.values(), ids=DOUBTFUL)
def test_a_doubtful_body_lets_nothing_go_that_is_held(forty, replace, now, doubtful):  # noqa: F811
    replace(forty[39])
    later = now + timedelta(minutes=20)

    report = replace(*doubtful(forty), at=later)
    decisions.finish_what_was_left(now=later + timedelta(minutes=20))

    assert report.kept
    assert "Held: 1 times, 1 of them booked" in report.held_reason
    assert (statuses(), withdrawn()) == (BOOKED, 0)


def test_a_push_of_a_part_lets_nothing_go_that_is_held(forty, replace, push, now):  # noqa: F811
    replace(forty[39])

    assert push(*forty[1:]).held_reason
    assert (statuses(), withdrawn()) == (BOOKED, 0)
    push(forty[0])

    assert Loss.objects.get().state == "dropped"
    assert (statuses(), withdrawn()) == (BOOKED, 0)


@pytest.mark.parametrize("by", ["whole body", "clock"])
def test_time_alone_lets_nothing_go_that_is_held(forty, replace, now, settings, by):  # noqa: F811
    settings.FEED_BRAKE_PEOPLE, settings.FEED_BRAKE_PERCENT = 4, 100
    body = [*changed(forty[:5], status="entered-in-error"), *forty[5:]]
    replace(*body)
    assert Loss.objects.get().held_at
    later = now + timedelta(days=8)  # 10am: two of the five are still to come

    if by == "clock":
        decisions.finish_what_was_left(now=later)
    else:
        replace(*body, at=later)

    coming = Appointment.objects.filter(start__gt=later).select_related("slot")
    assert [(one.status, one.slot.status) for one in coming] == [("booked", "free")] * 2
    assert Loss.objects.get().state == "open"


def test_a_renumbering_that_a_dead_process_left_is_found_by_the_clock(
    forty,  # noqa: F811
    replace,
    now,
    monkeypatch,
):
    with monkeypatch.context() as killed:
        killed.setattr(renumber, "find_again", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            replace({**forty[0], "id": "n00"}, *forty[1:])

    decisions.finish_what_was_left(now=now + timedelta(minutes=20))

    assert (statuses(), Slot.objects.exclude(status="withdrawn").count()) == (BOOKED, 40)
    assert Appointment.objects.filter(slot__external_id="n00").exists()
    assert Slot.objects.get(status="withdrawn").external_id == "s00"


@pytest.mark.parametrize("how", ["schedule", "location"])
def test_who_is_booked_at_the_old_place_is_not_renumbered_to_the_new(
    forty,  # noqa: F811
    replace,
    push,
    furness,
    lancaster,
    how,
):
    there = location(lancaster)
    push(there)
    moved = {
        "schedule": [schedule(lancaster, id="furness-MR")],
        "location": [{**there, "id": "furness"}, schedule(furness)],
    }[how]

    report = replace(*moved, *[{**one, "id": f"n{n}"} for n, one in enumerate(forty)])

    booked = Appointment.objects.select_related("slot")
    assert {(one.slot.site_id, one.site_id) for one in booked} == {(furness.pk, furness.pk)}
    assert "5 of them booked" in report.held_reason


def test_a_line_with_a_stray_byte_takes_its_time_away(forty, push):  # noqa: F811
    (gone,) = changed(forty[:1], status="busy-unavailable", comment="caf?")

    push(json.dumps(gone).encode().replace(b"?", b"\xe9"))

    assert statuses() == [*BOOKED[1:], "displaced"]
