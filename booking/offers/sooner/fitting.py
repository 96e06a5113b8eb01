"""Who may have a slot that came free, in the order in which they are asked. Reads only.

The order is by urgency, then by the day by which the scan should be done, then by who has waited
longest, then by the request's own key: nobody is asked before anybody who fits and comes first.
Whoever presses fastest has nothing of it. `now` is passed in, aware, UTC.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, Exists, OuterRef, QuerySet, When

from booking.appointments import safety
from booking.appointments.clashes import clashes_with
from booking.exams import fit, reserved
from booking.exams.needed import needed_of
from booking.exams.questions.outcomes import BookingNotAllowed
from booking.identifiers.actors import PATIENT
from booking.messages.outlook import why_no_text
from booking.models import Appointment, AuditAction, AuditEntry, Offer, Referral, Slot, SoonerWish
from booking.models.appointment import LIVE
from booking.offers.sooner.wishes import wanted_of
from booking.search.origin import way_of
from booking.worklists.rows import PRESSING
from times.london import day_in_england

ROUTINE_GAIN = 3
"""Days that somebody must gain whose request is routine; all others gain by any sooner time."""
SHORTEST_NOTICE = timedelta(days=min(SoonerWish.Notice.values))
AT_ONCE = 200
"""Rows read at a time."""


@dataclass(frozen=True)
class Candidate:
    """Somebody who fits: what they wish, and what they have."""

    wish: SoonerWish
    appointment: Appointment

    @property
    def referral(self) -> Referral:
        """Whose request it is."""
        return self.appointment.referral


def candidates(slot: Slot, *, with_mobile: bool, now: datetime) -> Iterator[Candidate]:
    """Yield those who may have a slot, the first to be asked first: those whom a text reaches, or
    the others."""
    keys = list(in_order(_could_gain(slot, now)).values_list("pk", flat=True))
    for appointment in _read(keys):
        wish = appointment.referral.sooner_wish
        if (
            wishes_for(wish, slot, now=now)
            and gains(appointment, slot)
            and (why_no_text(appointment.referral.patient) is None) == with_mobile
            and can_have(appointment, wish, slot, now=now)
        ):
            yield Candidate(wish, appointment)


def _read(keys: list[int]) -> Iterator[Appointment]:
    """Yield appointments in the order of their keys here, some at a time: few are looked at."""
    read = Appointment.objects.select_related(
        "referral__exam", "referral__patient", "referral__trust", "referral__sooner_wish"
    )
    for at in range(0, len(keys), AT_ONCE):
        found = read.in_bulk(keys[at : at + AT_ONCE])
        yield from (found[key] for key in keys[at : at + AT_ONCE] if key in found)


def in_order(appointments: QuerySet[Appointment]) -> QuerySet[Appointment]:
    """Return appointments in the order in which their patients are asked."""
    classes = [When(referral__urgency=urgency, then=at) for at, urgency in enumerate(PRESSING)]
    return appointments.order_by(
        Case(*classes), "referral__target_day", "referral__clock_start", "referral_id"
    )


def wishes_for(wish: SoonerWish, slot: Slot, *, now: datetime) -> bool:
    """Return whether a slot is when and where somebody would come, with the notice they need."""
    day = day_in_england(slot.start)
    return (
        slot.start - now >= timedelta(days=wish.notice_days)
        and str(slot.site_id) in wish.reach
        and (not wish.weekdays or day.weekday() in wish.weekdays)
        and (not wish.dayparts or slot.daypart in wish.dayparts)
    )


def gains(appointment: Appointment, slot: Slot) -> bool:
    """Return whether a slot is enough sooner than an appointment to ask for it.

    A planned scan is never brought before the day that its plan says.
    """
    referral = appointment.referral
    if referral.urgency == Referral.Urgency.ROUTINE:
        return days_gained(appointment.start, slot.start) >= ROUTINE_GAIN
    is_planned = referral.urgency == Referral.Urgency.PLANNED
    if is_planned and day_in_england(slot.start) < referral.clock_start:
        return False
    return slot.start < appointment.start


def days_gained(was: datetime, now_is: datetime) -> int:
    """Return how many days of the calendar one time is sooner than another."""
    return (day_in_england(was) - day_in_england(now_is)).days


def can_have(appointment: Appointment, wish: SoonerWish, slot: Slot, *, now: datetime) -> bool:
    """Return whether nothing stands against a slot for somebody: the scan, the journey, that it is
    kept for suspected cancer, their answers, another time of theirs, or that it is the one that
    they gave up themselves."""
    referral = appointment.referral
    needed, minutes = needed_of(referral, now=now), wish.reach.get(str(slot.site_id))
    earliest = fit.earliest_start(referral.exam, now=now, travel=minutes)
    if fit.why_not(referral.exam, slot, needed=needed, earliest=earliest):
        return False
    if reserved.is_kept_from(slot, needed, now=now):
        return False
    if _is_phoned_first(referral, slot, now):
        return False
    if clashes_with(referral, slot, now=now, way=way_of(wanted_of(wish).origin)):
        return False
    return not _gave_it_up(referral, slot)


def _could_gain(slot: Slot, now: datetime) -> QuerySet[Appointment]:
    """Return the live appointments of those on the list who wait longer, for such a scan, and were
    not asked about this slot nor wait for an answer about another."""
    offers = Offer.objects.filter(referral=OuterRef("referral"))
    asked = offers.filter(slot__trust=slot.trust_id, slot__external_id=slot.external_id)
    waiting = offers.filter(state=Offer.State.OPEN)
    return (
        Appointment.objects.filter(
            status__in=LIVE,
            start__gt=slot.start,
            referral__sooner_wish__state=SoonerWish.State.ON,
            referral__sooner_wish__notice_days__lte=(slot.start - now).days,
            referral__ended_at=None,
            referral__patient__died_at=None,
            referral__exam__modality=slot.modality,
            referral__exam__notice_days=0,
        )
        .exclude(Exists(asked))
        .exclude(Exists(waiting))
    )


def _is_phoned_first(referral: Referral, slot: Slot, now: datetime) -> bool:
    """Whether an answer stands against booking, or questions wait for one."""
    try:
        safety.must_allow_booking_of(referral, slot, now=now, actor=PATIENT)
    except BookingNotAllowed:
        return True
    return False


def _gave_it_up(referral: Referral, slot: Slot) -> bool:
    """Whether the patient had this very slot, and moved from it or cancelled it."""
    left = AuditEntry.objects.filter(
        referral=referral, action__in=(AuditAction.MOVED, AuditAction.CANCELLED)
    )
    return any(
        slot.pk in (was.get("from_slot"), was.get("slot") if action == AuditAction.CANCELLED else 0)
        for action, was in left.values_list("action", "detail")
    )
