"""How urgent a referral is, changed: raised at once, lowered only for a reason.

`now` is passed in, aware, UTC. `actor` is who does it, as AuditEntry says it.
"""

from datetime import date, datetime

from django.db import transaction

from booking.appointments.booking import live_appointment
from booking.appointments.holds import ReferralEnded
from booking.changes import audit
from booking.identifiers.actors import Actor
from booking.models import AuditAction, Offer, Referral
from booking.offers import ending as offers
from booking.waits.targets import later_than_target, target_day
from booking.worklists import chasing, rows, subjects
from times.london import say_day

PRESSING = rows.PRESSING
LONGEST_REASON = 200
KEEPS_OFFERS = (Referral.Urgency.SUSPECTED_CANCER, Referral.Urgency.URGENT)
"""Of one that presses less, a time that was offered because it did is not kept."""


class ReasonNeeded(ValueError):
    """A referral is made less urgent, and nobody says why."""


def is_raised(referral: Referral, urgency: str) -> bool:
    """Whether this urgency presses more than the referral's own."""
    return PRESSING.index(urgency) < PRESSING.index(referral.urgency)


def change_urgency(
    referral: Referral,
    urgency: str,
    *,
    now: datetime,
    actor: Actor,
    reason: str = "",
    clock_start: date | None = None,
) -> None:
    """Give the referral this urgency and the target day that goes with it.

    Raised, somebody must see to it: it goes on a list at once, and rows that are open are due
    sooner. Lowered, the reason is kept in the audit. Raises ReasonNeeded and ReferralEnded.
    """
    reason = reason.strip()[:LONGEST_REASON]
    with transaction.atomic():
        locked = Referral.objects.select_for_update(no_key=True, of=("self",)).get(pk=referral.pk)
        if locked.ended_at:
            raise ReferralEnded(locked)
        raised = is_raised(locked, urgency)
        if locked.urgency != urgency and not raised and not reason:
            raise ReasonNeeded
        before = locked.urgency, locked.target_day
        locked.urgency = Referral.Urgency(urgency)
        locked.clock_start = clock_start or locked.clock_start
        locked.target_day = target_day(urgency, locked.clock_start)
        if before == (locked.urgency, locked.target_day):
            return
        locked.save(update_fields=["urgency", "clock_start", "target_day"])
        audit.write(
            AuditAction.URGENCY_CHANGED,
            now=now,
            actor=actor,
            referral=locked,
            was=before[0],
            to=str(urgency),
            target=locked.target_day.isoformat(),
            reason=reason,
        )
        if urgency not in KEEPS_OFFERS:
            offers.withdraw_all_of([locked], now=now, actor=actor, why=[Offer.Why.URGENT])
        if raised:
            _see_to(locked, now, actor)
    referral.refresh_from_db(fields=["urgency", "clock_start", "target_day"])


def _see_to(referral: Referral, now: datetime, actor: Actor) -> None:
    """Put a referral that is more urgent now on a list; what it is on already is due sooner."""
    rows.hasten(referral, now=now)
    what = f"Now {referral.get_urgency_display()}"
    live = live_appointment(referral)
    if live is None:
        chasing.open_not_booked(referral, f"{what}. Not booked: phone them.", now=now, actor=actor)
        return
    late = later_than_target(referral, live.start)
    rows.open_row(
        rows.Kind.NEEDS_PERSON,
        subjects.of_urgency(referral, live),
        f"{what}, target {say_day(referral.target_day)}."
        + (" Booked later than that: look for a sooner time." if late else " Booked in time."),
        now=now,
        actor=actor,
    )
