"""What the booking day's last comparison must see: each rule broken behind its back."""

import json
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from benchmarks.load import checks
from benchmarks.load.gateway import Gateway
from benchmarks.load.play import Load, Window
from booking.appointments import booking, holds
from booking.changes import audit
from booking.models import Appointment, Slot
from booking.models.audit import AuditAction
from notifications.models import Message, State
from tests.booking.conftest import (  # noqa: F401 - fixtures
    NOW,
    furness,
    jane,
    make_referral,
    make_site,
    make_slot,
    tom,
    trust,
)
from tests.resilience.fake_twilio import Text

AT = 1_000_000.0
"""Seconds of the machine's clock at which all was said."""


@dataclass
class Day:
    """What people were told, what the provider sent, and when what was away."""

    folder: Path
    gateway: Gateway = field(default_factory=lambda: Gateway("https://x", "http://x"))
    notes: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        nothing: Any = None  # no server is asked
        self.load = Load(self.folder, {}, nothing, nothing, port=0, minutes=1, users=1)

    def note(self, kind: str, at: float = AT, **more: Any) -> None:
        self.notes.append({"at": at, "kind": kind, **more})

    def answer(self, status: int, at: float = AT) -> None:
        self.note("answer", at=at, name="GET /choose/", ms=100.0, status=status)

    def away(self, **how: bool) -> None:
        """Something was away from AT for ten seconds."""
        self.load.windows.append(Window("a fault", how.get("breaks", False), True, AT, AT + 10))

    def text(self, message: Message) -> None:
        self.gateway.texts.append(Text("SM1", message.to, message.body, NOW, ""))

    def found(self) -> dict[str, int]:
        """Return what was found of what must be nothing."""
        path = self.folder / "notes"
        path.write_text("".join(json.dumps(one) + "\n" for one in self.notes))
        found = checks.check(self.load, self.gateway, path, NOW)
        self.lines = found.lines
        return {what: count for what, count in found.faults.items() if count}


@pytest.fixture
def book(make_slot):  # noqa: F811
    """Book as a patient does."""

    def book(referral, **slot):
        slot = make_slot(**slot)
        holds.hold(referral, slot.pk, now=NOW)
        booking.book(referral, slot.pk, now=NOW, actor="patient")
        return Appointment.objects.get(referral=referral)

    return book


@pytest.fixture
def day(book, jane, tmp_path):  # noqa: F811
    """Jane was told that she is booked, and got her text."""
    book(jane)
    day = Day(tmp_path)
    day.answer(200)
    day.note("told", what="trying", code=jane.code)
    day.note("told", what="booked", code=jane.code)
    due = Message.objects.filter(due_at__lte=NOW)
    for message in due:
        day.text(message)
    due.update(state=State.ACCEPTED)
    return day


def unguarded(name):
    """Take away the constraint that forbids what comes."""
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {name}")


def written_wrong(appointment, **changes):
    """Write a second row like it."""
    appointment.pk, appointment.reference = None, "WRONG"
    for name, value in changes.items():
        setattr(appointment, name, value)
    Appointment.objects.bulk_create([appointment])


def test_a_day_that_went_well_has_nothing_to_report(day):
    assert day.found() == {}


def test_two_in_one_slot(day, book, tom, jane):  # noqa: F811
    hers = Appointment.objects.get(referral=jane)
    his = book(tom, hour=15)
    unguarded("one_live_appointment_a_slot")
    Appointment.objects.filter(pk=his.pk).update(slot=hers.slot, start=hers.start)
    assert day.found()["doubles"] == 1


def test_one_person_booked_twice(day, jane, make_slot):  # noqa: F811
    unguarded("one_live_appointment_a_referral")
    other = make_slot(hour=16, free_at=None)
    hers = Appointment.objects.get(referral=jane)
    written_wrong(hers, slot=other, start=other.start)
    assert day.found()["doubles"] == 1


def test_a_booked_slot_that_is_offered(day, jane):  # noqa: F811
    hers = Appointment.objects.get(referral=jane)
    Slot.objects.filter(pk=hers.slot_id).update(free_at=NOW)
    assert day.found()["doubles"] == 1


def test_a_booking_that_is_gone(day, jane):  # noqa: F811
    Appointment.objects.filter(referral=jane).update(status="cancelled")
    assert day.found()["bookings lost"] == 1


def test_a_booking_that_never_was(day, tom):  # noqa: F811
    day.note("told", what="booked", code=tom.code)
    assert day.found() == {"bookings lost": 1}


def test_a_booking_that_its_trust_took_away_is_not_lost(day, jane):  # noqa: F811
    hers = Appointment.objects.get(referral=jane)
    Appointment.objects.filter(pk=hers.pk).update(status="displaced")
    audit.write(AuditAction.DISPLACED, now=NOW, actor="trust:RTX", appointment=hers)
    assert "bookings lost" not in day.found()


def test_a_cancellation_that_did_not_last(day, jane):  # noqa: F811
    day.note("told", what="cancelled", code=jane.code)
    assert day.found() == {"cancellations lost": 1}


def test_a_booking_without_a_text(day):
    Message.objects.update(subject="OTHER")
    assert day.found() == {"bookings without a text": 1}


def test_a_text_that_went_out_twice(day):
    day.gateway.texts.append(day.gateway.texts[0])
    assert day.found() == {"texts doubled": 1}


def _same_again(first):
    """Write a second text that says the same to the same."""
    again = Message.objects.get(pk=first.pk)
    again.pk, again.dedupe_key, again.provider_sid = uuid.uuid4(), "another", None
    again._state.adding = True
    again.save()
    return again


@pytest.mark.parametrize(
    ("kind", "found"), [("answer", 0), ("not_understood", 1), ("confirmation", 1)]
)
def test_only_who_asks_for_help_twice_is_sent_the_same_twice(day, kind, found):
    first = Message.objects.filter(state__in=(State.ACCEPTED, State.DELIVERED)).first()
    Message.objects.filter(pk=first.pk).update(kind=kind)
    day.text(_same_again(first))
    assert day.found().get("texts doubled", 0) == found
    day.text(first)
    assert day.found()["texts doubled"] == 1
    assert "  doubled: 3 times, of" in "\n".join(day.lines)


def test_a_text_that_only_we_believe_was_sent(day, make_slot):  # noqa: F811
    kept = day.gateway.texts.pop()
    assert day.found()["texts said to be sent that were not"] == 1
    day.gateway.texts.append(kept)


def test_a_text_that_nobody_sends(day):
    Message.objects.filter(due_at__lte=NOW).update(state=State.READY)
    assert day.found() == {"texts due and not sent": 1}


def test_a_text_that_stays_in_the_hands_of_a_worker(day):
    Message.objects.filter(due_at__lte=NOW).update(state=State.SENDING)
    assert day.found() == {"texts due and not sent": 1}


def test_a_reply_that_was_taken_and_not_kept(day):
    day.gateway.kept.add("SM2")
    assert day.found() == {"replies lost": 1}


def test_a_day_on_which_nothing_happened(tmp_path, db):
    assert Day(tmp_path).found() == {"nothing was booked or texted": 1}


@pytest.mark.parametrize("at", [AT - 1, AT + 10 + checks.AFTER + 1])
def test_a_500_outside_of_the_databases_faults(day, at):
    day.away(breaks=True)
    day.answer(500, at=at)
    assert day.found() == {"5xx while the database was there": 1}


def test_a_503_while_the_database_was_away_belongs_to_it(day):
    day.away(breaks=True)
    day.answer(503, at=AT + 5)
    assert day.found() == {}


def test_a_500_while_only_the_worker_was_away(day):
    day.away(breaks=False)
    day.answer(500, at=AT + 5)
    assert day.found() == {"5xx while the database was there": 1}


@pytest.mark.parametrize(("status", "found"), [(400, 1), (401, 1), (429, 1), (409, 0), (200, 0)])
def test_a_4xx_that_nobody_deserved(day, status, found):
    day.away(breaks=True)
    day.answer(status, at=AT + 5)
    assert day.found().get("answers of 4xx to who did nothing wrong", 0) == found
    assert (f"  4xx: GET /choose/ {status}" in day.lines) == bool(found)


def test_a_visit_broken_off_for_no_reason_is_told_from_one_that_a_fault_broke(day, tom):  # noqa: F811
    day.away()
    day.note("told", what="interrupted", code=tom.code, why="0", at=AT + 5)
    assert day.found() == {}
    day.note("told", what="interrupted", code=tom.code, why="0", at=AT + 60)
    assert day.found() == {"visits broken off for no reason": 1}
    assert "1 were broken off by a fault, 1 for no reason" in "\n".join(day.lines)
    assert "  broken off: 0 after a fault, 50 s" in day.lines


@pytest.mark.parametrize(
    ("taken", "grown"), [([0, 900, *[100] * 30], 0), ([100] * 10 + [150] * 10 + [200] * 10, 1)]
)
def test_memory_that_grows_is_told_from_what_is_loaded_at_first(day, taken, grown):
    day.load.minutes = 30
    day.load.memory["web"] = taken
    assert day.found().get("parts whose memory grows", 0) == grown
    assert ("  grown" if grown else "  flat") in "\n".join(day.lines)
