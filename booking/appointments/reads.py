"""What a booking must know, read in two statements: before it takes its slot, and after.

Each is one moment of all that it reads (times/together.py). What decides is read where its lock is
held: see docs/locking.md. `now` is passed in, aware, UTC.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import BigIntegerField, CharField

from booking.appointments.clashes import booked_otherwise
from booking.exams import overlaps
from booking.exams.fit import scanners_at
from booking.exams.questions.asking import current_answers
from booking.messages import texts
from booking.models import Answer, Appointment, AppointmentPart, Feed, Referral, Slot
from booking.models.appointment import LIVE
from sites.models import Scanner
from times.together import Part, attach, beside, nothing, rows_of
from times.written import Written


@dataclass(frozen=True)
class Before:
    """What is so before a slot is taken: what the referral has, the slot that it wants, None if
    there is none, and the keys of the slots of which only one can be had with that."""

    live: Appointment | None
    wanted: Slot | None
    rivals: Collection[int]


@dataclass(frozen=True)
class After:
    """What is so of a slot that is taken: itself, the scanners it may be at, within how many hours
    its trust confirms, None if it does not; the referral's answers; what else the patient has
    booked; and what must be known to text them of a new appointment.
    """

    slot: Slot
    scanners: list[Scanner] | None
    confirm_hours: int | None
    answers: list[Answer]
    others: Sequence[Appointment]
    ready: texts.Ready | None


_LIVE = Written(
    lambda referral: (
        Appointment.objects.select_related("site", "slot")
        .filter(referral_id=referral, status__in=LIVE)
        .order_by("pk")[:1]
    ),
    referral=BigIntegerField(),
)
_PARTS = Written(
    lambda referral: AppointmentPart.objects.filter(
        appointment__referral_id=referral, appointment__status__in=LIVE
    ),
    referral=BigIntegerField(),
)
_WANTED = Written(lambda slot: Slot.objects.filter(pk=slot), slot=BigIntegerField())
_RIVALS = Written(overlaps.rivals_by_key, slot_id=BigIntegerField())
_TAKEN = Written(
    lambda slot: Slot.objects.select_related("site").filter(pk=slot).order_by(),
    slot=BigIntegerField(),
)
_HOURS = Written(
    lambda trust: Feed.objects.filter(trust_id=trust, confirms=True).values_list(
        "confirm_hours", flat=True
    ),
    trust=CharField(),
)
_ANSWERS = Written(
    lambda referral: current_answers().filter(referral_id=referral).order_by(),
    referral=BigIntegerField(),
)
_OTHERS = Written(
    lambda referral, patient: booked_otherwise(referral, patient).order_by("pk"),
    referral=BigIntegerField(), patient=BigIntegerField(),
)  # fmt: skip


def before(referral: Referral, slot_id: int) -> Part[Before]:
    """Read what is so before a referral takes a slot. Belongs under its lock."""
    live, further, wanted, rivals = yield from beside(
        rows_of(_LIVE(referral=referral.pk)),
        rows_of(_PARTS(referral=referral.pk)),
        rows_of(_WANTED(slot=slot_id)),
        rows_of(_RIVALS(slot_id=slot_id)),
    )
    attach(live, further, "parts", by="appointment_id")
    return Before(live[0] if live else None, wanted[0] if wanted else None, rivals)


def after(referral: Referral, wanted: Slot, *, now: datetime) -> Part[After]:
    """Read what is so now that a referral has a slot: nobody else changes it from here on.

    `wanted` is the slot as it was read before that.
    """
    patient = referral.patient
    taken, scanners, confirm_hours, answers, others, ready = yield from beside(
        rows_of(_TAKEN(slot=wanted.pk)),
        scanners_at(wanted),
        rows_of(_HOURS(trust=wanted.trust_id)),
        rows_of(_ANSWERS(referral=referral.pk)),
        rows_of(_OTHERS(referral=referral.pk, patient=referral.patient_id)),
        nothing(None) if patient.died_at else texts.ready_for(patient, now=now),
    )
    here = taken[0]
    if (here.schedule_id, here.site_id) != (wanted.schedule_id, wanted.site_id):
        scanners = None  # a feed moved it between the two: they are read anew
    hours = confirm_hours[0] if confirm_hours else None
    return After(here, scanners, hours, answers, others, ready)
