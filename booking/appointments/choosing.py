"""What a patient may choose: a time that leaves the way there, and no second one at once."""

from datetime import datetime

from booking.appointments import holds, safety
from booking.appointments.clashes import must_not_overlap
from booking.exams import fit
from booking.identifiers.actors import PATIENT, Actor
from booking.models import Referral, Slot
from booking.search.places import minutes_to
from sites.postcodes import Origin


def hold_for_patient(
    referral: Referral,
    slot_id: int,
    origin: Origin | None,
    *,
    now: datetime,
    actor: Actor = PATIENT,
) -> Slot:
    """Hold a slot for a patient who travels from `origin`, None if nobody knows from where.

    Notice is asked for here, and not again when the time is booked: who holds it does not lose it
    while they read the page. Raises QuestionsOpen, MustPhone, TimesOverlap, and as holds.hold does.
    """
    holds.require_open(referral)
    slot = Slot.objects.filter(pk=slot_id).first()
    if slot is not None and slot.modality == referral.exam.modality:
        safety.must_allow_hold(referral, slot, now=now, actor=actor)
        must_not_overlap(referral, slot)
    earliest = earliest_for(referral, slot_id, origin, now=now)
    return holds.hold(referral, slot_id, now=now, earliest=earliest)


def earliest_for(
    referral: Referral, slot_id: int, origin: Origin | None, *, now: datetime
) -> datetime:
    """Return when a slot may start at the soonest for who travels from there to its site.

    It may ask the network's own router: it belongs in no transaction.
    """
    site_id = Slot.objects.filter(pk=slot_id).values_list("site_id", flat=True).first()
    travel = minutes_to(site_id, origin) if site_id else None
    return fit.earliest_start(referral.exam, now=now, travel=travel)
