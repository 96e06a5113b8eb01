"""The time that a referral has on hold, while its patient answers, and until a person has phoned.

`now` is passed in, aware, UTC.
"""

from datetime import datetime

from django.db.models import QuerySet

from booking.appointments import holds, safety
from booking.appointments.choices import visits_of
from booking.appointments.choosing import earliest_for
from booking.appointments.clashes import must_not_overlap
from booking.exams.questions.outcomes import outcome_of
from booking.exams.questions.question import Outcome
from booking.models import Referral, Slot
from booking.models.appointment import Visit
from sites.postcodes import Origin
from times.together import Part, read, rows_of


def held_by(referral: Referral, *, now: datetime) -> Slot | None:
    """Return the slot that is kept for a referral, the first of several; None if none is.

    One that was offered to it nobody has chosen yet.
    """
    return read(held(Referral.objects.filter(pk=referral.pk), now=now)).get(referral.pk)


def held(referrals: QuerySet[Referral], *, now: datetime) -> Part[dict[int, Slot]]:
    """Read what is kept for each of these referrals, by its key, as held_by says it."""
    slots = Slot.objects.select_related("site").filter(held_by__in=referrals, free_at__gt=now)
    found = yield from rows_of(slots.exclude(holds.offered()).order_by("-start", "-pk"))
    # The first in time comes last, and takes the place of the others.
    return {slot.held_by_id: slot for slot in found if slot.held_by_id}


def visits_held(referral: Referral, held: Slot | None, *, now: datetime) -> list[Visit]:
    """Return when the patient would be there at the time that is kept; empty if none is."""
    return visits_of(referral, held, now=now) if held else []


def hold_while_answering(
    referral: Referral, slot_id: int, origin: Origin | None, *, now: datetime
) -> Slot:
    """Hold a slot for a patient who has questions to answer before they may book it.

    Else it could be gone when they are through. Raises TimesOverlap, and as holds.hold does.
    """
    holds.require_open(referral)
    slot = Slot.objects.filter(pk=slot_id).first()
    if slot is not None and slot.modality == referral.exam.modality:
        must_not_overlap(referral, slot, visits_of(referral, slot, now=now))
    earliest = earliest_for(referral, slot_id, origin, now=now)
    return holds.hold(referral, slot_id, now=now, earliest=earliest)


def renew_held(referral: Referral, *, now: datetime) -> Slot | None:
    """Keep the held slot while somebody answers, as holds.renew does; return it as it is kept.

    None if none is kept, or its time ran out this moment. One that is kept for a call stays so.
    """
    slot = held_by(referral, now=now)
    if slot is None or must_be_called(referral, now=now):
        return slot
    try:
        return holds.renew(referral, slot.pk, now=now)
    except (holds.HoldExpired, holds.SlotTaken, holds.SlotNotSuitable, holds.ReferralEnded):
        return held_by(referral, now=now)


def must_be_called(referral: Referral, *, now: datetime) -> bool:
    """Whether an answer of now lets nobody book before a person has phoned."""
    return outcome_of(referral, now=now).outcome == Outcome.STOP


def keep_until_called(referral: Referral, *, now: datetime) -> None:
    """Keep what is on hold until a person phones, if one must; a time before that stays as it is.

    The row that asks for the call says by when: the hold runs out then, called or not. One
    statement a slot and no transaction, as in holds.release.
    """
    row = safety.row_of(referral) if must_be_called(referral, now=now) else None
    if row is None:
        return
    first = held_by(referral, now=now)
    if first is None or first.start <= row.due_at:
        return
    held = Slot.objects.filter(held_by=referral, free_at__gt=now)
    held = held.exclude(pk__in=holds.offered_slots(referral, now=now))
    for pk in held.values_list("pk", flat=True):
        held.filter(pk=pk).update(free_at=row.due_at, hold_limit=row.due_at)
