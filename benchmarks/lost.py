"""A lost clinic of 500 people while others hold times: preview, frozen, matched and held."""

import multiprocessing
import random
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db import connection

from benchmarks.scene import BORN, NOW
from benchmarks.summary import tell
from benchmarks.timing import percentile
from booking.appointments import holds
from booking.models import (
    EPOCH,
    Appointment,
    Exam,
    LostClinic,
    LostPerson,
    Patient,
    Referral,
    Schedule,
    Slot,
)
from booking.offers.lost import freezing, resume
from booking.offers.lost.preview import preview
from booking.offers.lost.what import SCHEDULE, Lost
from sites.models import Postcode
from tests.answers import answered

PEOPLE, HOMES = 500, 60
PREVIEW_IN, HELD_IN = 1.0, 10.0
"""Seconds, at most."""
TIMES_QUIET = 2.0
"""How much slower, at most, the slowest of a hundred holds of others may be meanwhile."""
QUIET_FOR = 5.0
URGENCIES = ["suspected_cancer", "urgent", "routine", "routine", "routine", "planned"]


def run() -> None:
    """Print the table."""
    lost = _scene()
    begun = time.perf_counter()
    shown = preview(lost, now=NOW)
    previewed = time.perf_counter() - begun
    quiet = _with_others_holding(lambda: time.sleep(QUIET_FOR))
    taken: list[float] = []
    busy = _with_others_holding(lambda: taken.append(_hold_all(lost)))
    people = LostPerson.objects.filter(slot__isnull=False).select_related("slot")
    slots = [one.slot_id for one in people if one.slot and one.slot.held_by_id == one.referral_id]
    doubles, missing = len(slots) - len(set(slots)), PEOPLE - LostPerson.objects.count()
    print(f"\nlost clinic: {PEOPLE} people ({connection.vendor})")
    met = tell("preview", f"{previewed:.2f} s", f"<= {PREVIEW_IN:.0f}", previewed <= PREVIEW_IN)
    print(f"  preview {previewed:6.2f} s  {met}")
    met = tell("frozen, matched and held", f"{taken[0]:.2f} s", f"<= {HELD_IN:.0f}",
               taken[0] <= HELD_IN)  # fmt: skip
    print(f"  frozen, matched and held {taken[0]:6.2f} s  {met}")
    foreseen = shown.in_time + shown.later
    is_whole = tell("doubles, lost", f"{doubles}, {missing}", "0, 0", not doubles and not missing)
    print(f"  held for {len(slots)}, foreseen {foreseen}")
    print(f"  doubles {doubles}, lost {missing}  {is_whole}")
    slower = busy / quiet
    met = tell("p99 of others' holds to quiet", f"{slower:.1f} x", f"<= {TIMES_QUIET:.0f}",
               slower <= TIMES_QUIET)  # fmt: skip
    print(f"  holds of others: p99 {quiet:.1f} ms quiet, {busy:.1f} ms meanwhile,"
          f" {slower:.1f} x  {met}\n")  # fmt: skip


def _scene() -> Lost:
    """Book 500 people on a list of its own, from all over the region."""
    chance = random.Random(14)
    old = Schedule.objects.filter(modality="CT").select_related("site").first()
    assert old is not None
    listed = Schedule.objects.create(
        trust_id=old.trust_id, external_id="lost", site=old.site, modality="CT", fed_at=NOW
    )
    exam = Exam.objects.create(
        code="CT-LOST", name="a CT scan", modality="CT", body_part="head", minutes=20
    )
    homes = [_home(number, chance) for number in range(HOMES)]
    for number in range(PEOPLE):
        start = NOW + timedelta(days=3, minutes=10 * number)
        slot = Slot.objects.create(
            trust_id=old.trust_id, external_id=f"lost-{number}", seat=0, schedule=listed,
            site=old.site, modality="CT", start=start, end=start + timedelta(minutes=20),
            daypart="morning", weekend=False, status="free", fed_at=NOW, free_at=None,
        )  # fmt: skip
        patient = Patient.objects.create(
            given_name=f"P{number}", family_name="Wood", born=BORN, postcode=homes[number % HOMES],
            mobile=f"+4477009{number:05}",
        )  # fmt: skip
        referral = answered(Referral.objects.create(
            code=f"Z{number:07}", patient=patient, exam=exam, trust_id=old.trust_id,
            urgency=URGENCIES[number % 6], clock_start=NOW.date(),
            target_day=NOW.date() + timedelta(days=21),
        ))  # fmt: skip
        Appointment.objects.create(
            reference=f"Z{number:09}", referral=referral, slot=slot, site=slot.site, start=start,
            end=slot.end, status="booked", booked_at=NOW, changed_at=NOW,
        )  # fmt: skip
    return Lost(
        old.trust_id, SCHEDULE, listed.pk, NOW, NOW + timedelta(days=30), LostClinic.Reason.BROKEN
    )


def _home(number: int, chance: random.Random) -> str:
    code = f"LA{1 + number % 9} {number // 9}AA"
    Postcode.objects.create(
        code=code, outward=code.split(maxsplit=1)[0], sector=code[:-2],
        lat=53.7 + chance.uniform(0, 0.6), lon=-2.9 + chance.uniform(0, 0.6),
    )  # fmt: skip
    return code


def _hold_all(lost: Lost) -> float:
    begun = time.perf_counter()
    clinic = freezing.start(lost, now=NOW, actor="staff 1")  # type: ignore[arg-type]
    while clinic.state != LostClinic.State.FOUND:
        resume.work(clinic, now=NOW, seconds=resume.A_TICK)
    return time.perf_counter() - begun


def _with_others_holding(act: Callable[[], Any]) -> float:
    """Return the slowest of a hundred holds of somebody else, in milliseconds, while we act."""
    free = Slot.objects.filter(modality="MR", free_at=EPOCH, start__gt=NOW)
    slots = list(free.values_list("pk", flat=True)[:2000])
    person = Referral.objects.filter(exam__modality="MR").select_related("exam", "patient").first()
    connection.close()
    fork = multiprocessing.get_context("fork")
    done, said = fork.Event(), fork.Queue()

    def hold_on() -> None:
        waits, chance = [], random.Random(7)
        while not done.is_set():
            began = time.perf_counter()
            with suppress(holds.SlotTaken):  # what we close meanwhile
                holds.hold(person, chance.choice(slots), now=NOW)  # type: ignore[arg-type]
            waits.append((time.perf_counter() - began) * 1000)
            time.sleep(0.005)
        said.put(waits)

    other = fork.Process(target=hold_on)
    other.start()
    act()
    done.set()
    waits = said.get(timeout=60)
    other.join()
    return percentile(waits, 99)
