"""What four_trusts starts from, and what it asks of the database when all is over."""

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Count, F, Q
from django.utils import timezone

from booking.changes import change_log, commit_numbers
from booking.demo.booking_patients import Waiting
from booking.demo.fhir_client import NoAnswer
from booking.demo.trust_bookings import Bookings, Receiver
from booking.exchange.feeds.keys import create_key
from booking.exchange.fhir_resources import appointment as resource_of
from booking.exchange.writeback import webhooks
from booking.identifiers.codes import new_reference
from booking.models import (
    Appointment,
    AppointmentChange,
    AuditEntry,
    Exam,
    Feed,
    Patient,
    Referral,
    Slot,
    Webhook,
    WorklistRow,
)
from booking.models.appointment import LIVE
from booking.waits.targets import target_day
from booking.worklists import nobody_lost
from notifications.models import Message
from tests.answers import answered


class Heard:
    """What each trust has heard by its cursor, and one of them by webhook."""

    def __init__(self, trusts: Sequence[str]) -> None:
        """Start with nothing."""
        self.by_cursor = {trust: Bookings() for trust in trusts}
        self.by_push = Bookings()
        self.hooked = ""


@dataclass(frozen=True)
class Found:
    """The lines to print; `doubles` and `lost` are counts, `counts` what happened."""

    lines: list[str]
    doubles: int
    lost: int
    counts: Counter[str]

    @property
    def is_clean(self) -> bool:
        """Whether nothing was doubled and nothing lost."""
        return not self.doubles and not self.lost


def is_used() -> bool:
    """Whether somebody booked in this database."""
    return Appointment.objects.exists()


def prepare(
    trusts: Sequence[str], modalities: Sequence[str], count: int, confirms: str, label: str
) -> tuple[dict[str, str], list[Waiting]]:
    """Make a key for each trust, and `count` referrals of each to book."""
    now, keys, waiting = timezone.now(), {}, []
    once = Exam.objects.filter(visits=1, retired=False).order_by("code")
    exams = [once.filter(modality=one)[0] for one in modalities]
    for trust in trusts:
        keys[trust] = create_key(trust, now=now, label=label)
        Feed.objects.update_or_create(trust_id=trust, defaults={"confirms": trust == confirms})
        for number in range(count):
            exam = exams[number % len(exams)]
            patient = Patient.objects.create(
                given_name="Test", family_name=f"Person {number}", born=date(1970, 1, 1),
                mobile=f"+447700900{number % 1000:03}",
            )  # fmt: skip
            made = answered(Referral.objects.create(
                code=new_reference(), patient=patient, exam=exam, trust_id=trust,
                urgency="routine", clock_start=now.date(),
                target_day=target_day("routine", now.date()),
            ))  # fmt: skip
            waiting.append(Waiting(trust, made.code, exam.modality))
    return keys, waiting


def fed(trusts: Sequence[str]) -> bool:
    """Whether every trust's times are in."""
    known = Slot.objects.filter(free_at__isnull=False).values_list("trust_id", flat=True)
    return set(known.distinct()) >= set(trusts)


@contextmanager
def hooked(trust: str, heard: Heard, faults: float) -> Iterator[Receiver]:
    """Push a trust's bookings to a receiver of ours until the block ends."""
    heard.hooked = trust
    with Receiver(heard.by_push, random.Random(7), faults) as receiver:
        receiver.secret = webhooks.create(trust, receiver.url, now=timezone.now())
        yield receiver


def is_told(heard: Heard, hook: Receiver, url: str, keys: dict[str, str]) -> bool:
    """Read what is left of every cursor; whether nothing is left, and all pushes are out."""
    hook.faults = 0.0  # a receiver that is well takes what waits for it
    chance = random.Random(0)
    for trust, bookings in heard.by_cursor.items():
        with suppress(NoAnswer):
            bookings.read(url, keys[trust], chance)
    told = Webhook.objects.get(trust_id=heard.hooked).told
    name = change_log.trust_counter(heard.hooked)
    return told >= commit_numbers.read([name]).get(name, 0) and not _not_heard(heard)


def check(play: Any, heard: Heard, took: float, logs: Sequence[str]) -> Found:
    """Compare what everybody was told with what is in the database."""
    told = [json.loads(line) for log in logs for line in (play.folder / log).open()]
    asked = Counter(one["what"] for one in told)
    did = Counter(AuditEntry.objects.exclude(appointment=None).values_list("action", flat=True))
    doubled, lost = doubles(), _lost(heard, told) | _ended(play)
    unheard = Appointment.objects.count() - asked["booked"]
    standing = Counter(Appointment.objects.values_list("status", flat=True))
    pushes, cursors = heard.by_push, list(heard.by_cursor.values())
    lines = [
        f"Four trusts, {play.minutes:g} minutes, {connection.vendor}; {play.patients} processes of "
        f"patients; web server and worker killed {play.kills} times",
        *(play.said(f"trust-{trust}").strip().splitlines()[-1] for trust in heard.by_cursor),
        "Patients were told: " + _many(asked),
        f"Booked though the answer did not arrive: {unheard}",
        f"By cursor: {sum(one.told['pages'] for one in cursors)} pages, "
        f"{sum(one.told['pages forgotten'] for one in cursors)} forgotten and read again",
        f"By webhook ({heard.hooked}): {_many(pushes.told)}",
        f"Texts written: {Message.objects.count():,}; slots: {Slot.objects.count():,}",
        f"Answers of 5xx: {play.said('web').count('Internal Server Error')}",
        f"The last news arrived {took:.0f} s after the end",
        "They stand as: " + _many(standing),
        *(f"{name}: {did[action]}" for name, action in _ACTIONS),
        *(f"doubles: {count} ({what})" for what, count in doubled.items() if count),
        *(f"lost: {count} ({what})" for what, count in lost.items() if count),
        f"doubles: {sum(doubled.values())}",
        f"lost: {sum(lost.values())}",
    ]
    return Found(lines, sum(doubled.values()), sum(lost.values()), did)


_ACTIONS = [("bookings made", "booked"), ("displaced", "displaced"), ("confirmed", "confirmed"),
            ("refused", "refused"), ("cancelled by patients", "cancelled")]  # fmt: skip


def _many(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))


def doubles() -> dict[str, int]:
    """Return what is booked twice, or booked and offered, by what it is."""
    live = Appointment.objects.filter(status__in=LIVE)
    taken_away = Q(slot__status__in=["withdrawn", "busy-unavailable"]) | ~Q(start=F("slot__start"))
    return {
        "slots with two": _twice(live, "slot"),
        "referrals with two": _twice(live, "referral"),
        "live, and the slot is offered": live.exclude(slot__free_at=None).count(),
        "live, and the slot is gone or moved": live.filter(taken_away).count(),
    }


def _twice(live: Any, name: str) -> int:
    counted = live.values(name).annotate(count=Count("pk")).filter(count__gt=1)
    return len(counted)


def _lost(heard: Heard, told: list[dict[str, str]]) -> dict[str, int]:
    kept = dict(Appointment.objects.values_list("reference", "referral__code"))
    said = [one for one in told if one["what"] == "booked"]
    gone = AuditEntry.objects.filter(action__in=["displaced", "refused"])
    taken = set(gone.values_list("appointment__reference", flat=True))
    texts = set(Message.objects.values_list("kind", "subject"))
    rows = WorklistRow.objects.filter(kind=WorklistRow.Kind.DISPLACED)
    listed = set(rows.values_list("about", flat=True))
    confirmed = set(
        AuditEntry.objects.filter(action="confirmed")
        .values_list("appointment__reference", flat=True)
    )  # fmt: skip
    first = ("confirmation", "pending")
    return {
        "acknowledged bookings": sum(kept.get(one["reference"]) != one["code"] for one in said),
        "bookings without a text": sum(
            not any((kind, name) in texts for kind in first) for name in kept
        ),
        "confirmed without a text": sum(("confirmed", name) not in texts for name in confirmed),
        "displaced without a text": sum(("displaced", name) not in texts for name in taken),
        "displaced without a worklist row": len(taken - listed),
        "referrals that nobody will think of": nobody_lost.lost(timezone.now()).count(),
        "news that a trust did not get": _not_heard(heard),
        "news that came after newer": sum(
            one.backwards for one in [heard.by_push, *heard.by_cursor.values()]
        ),
    }


def _ended(play: Any) -> dict[str, int]:
    """Return whether the web server or the worker ended by itself, with its last words."""
    return {
        f"{name} ended by itself: {play.said(name).strip()[-1500:]}": 1
        for name in ("web", "worker")
        if play.processes[name].poll() is not None
    }


def _not_heard(heard: Heard) -> int:
    """Return how many appointments a trust knows otherwise than they are."""
    wrong = 0
    for trust, bookings in heard.by_cursor.items():
        now_is = {}
        for change in AppointmentChange.objects.filter(trust_id=trust).select_related(
            "slot", "appointment__slot", "appointment__referral__patient",
            "appointment__referral__exam",
        ):  # fmt: skip
            slot = change.slot if change.is_over else change.appointment.slot
            shown = resource_of(change.appointment, reader=trust, slot=slot)
            now_is[shown["id"]] = (int(shown["meta"]["versionId"]), shown["status"])
        wrong += sum(bookings.known.get(name) != is_now for name, is_now in now_is.items())
        if trust == heard.hooked:
            wrong += sum(heard.by_push.known.get(name) != now for name, now in now_is.items())
        at_trust = set(
            Appointment.objects.filter(slot__trust_id=trust).values_list("reference", flat=True)
        )
        wrong += len(at_trust - set(now_is))
    return wrong
