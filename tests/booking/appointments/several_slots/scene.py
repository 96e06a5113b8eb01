"""Half hours of a day, the exam that needs several of them, and who has which."""

from datetime import timedelta

from booking.appointments import booking, holds
from booking.identifiers.actors import PATIENT
from booking.models import (
    EPOCH,
    Exam,
    Slot,
)

HALF = timedelta(minutes=30)
KINDS = ["joined", "visits"]
"""What each test is about: half hours that adjoin for a scan of an hour, or a bone scan."""


class Scene:
    """Slots, the exam that needs several of them, and who wants it."""

    def __init__(self, kind, referral, make_slot):
        """Make half hours from 9am to 5pm, and let the referral be for such an exam."""
        first = make_slot(hour=9)
        self.slots = [first] + [
            make_slot(start=first.start + n * HALF, end=first.start + (n + 1) * HALF)
            for n in range(1, 16)
        ]
        self.exam = referral.exam
        fields = {"minutes": 60} if kind == "joined" else {
            "minutes": 30, "visits": 2, "second_minutes": 60,
            "gap_min_minutes": 120, "gap_max_minutes": 240,
        }  # fmt: skip
        Exam.objects.filter(pk=self.exam.pk).update(**fields)
        self.offset = [0, 1] if kind == "joined" else [0, 5, 6]

    def keys(self, at):
        """The slots that a choice of the slot number `at` takes."""
        return [self.slots[at + more].pk for more in self.offset]


def held_by(referral):
    return list(
        Slot.objects.filter(held_by=referral).order_by("start").values_list("pk", flat=True)
    )


def booked():
    return set(Slot.objects.filter(free_at=None).values_list("pk", flat=True))


def free():
    return set(Slot.objects.filter(free_at=EPOCH).values_list("pk", flat=True))


def book(referral, slot, now, **options):
    held = holds.hold(referral, slot.pk, now=now)
    return booking.book(referral, held.pk, now=now, actor=PATIENT, **options)
