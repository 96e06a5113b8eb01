"""All about one request, for its own page: how it stands, its times, offers and rows."""

from dataclasses import dataclass
from datetime import date, datetime

from django.http import QueryDict

from booking.appointments.why_off import why_off
from booking.clerk.permissions import Action, may
from booking.clerk.screen.actors_in_words import names_of
from booking.clerk.screen.history import History, history_of_referral
from booking.clerk.script import say_outcome
from booking.models import (
    Appointment,
    AuditAction,
    AuditEntry,
    Offer,
    Referral,
    Staff,
    WorklistRow,
)
from booking.referrals.correcting import own_number
from booking.waits.targets import breach_day
from times.london import day_in_england

ROWS_SHOWN = 20


@dataclass(frozen=True)
class ReferralFacts:
    """How a request stands. `number` is the trust's own, empty if nobody said it; `times` are its
    appointments with what became of each, empty of one to come; `rows` those of this person's
    trusts, the open ones first.
    """

    number: str
    sent_by: str
    ended_by: str
    breach: date
    late: bool
    breached: bool
    times: list[tuple[Appointment, str]]
    offers: list[Offer]
    rows: list[WorklistRow]
    history: History
    may_change: bool
    may_reopen: bool
    may_open_rows: bool
    may_ask: bool


def show_referral(
    referral: Referral, staff: Staff, given: QueryDict, now: datetime
) -> ReferralFacts:
    """Return all that staff may know of a request."""
    sent = AuditEntry.objects.filter(referral=referral, action=AuditAction.REFERRED).first()
    actors = [one for one in (sent and sent.actor, referral.ended_by) if one]
    names, today = names_of(actors), day_in_england(now)
    breach = breach_day(referral.urgency, referral.clock_start)
    offers = referral.offers.select_related("slot__site")
    return ReferralFacts(
        number=own_number(referral),
        sent_by=names[sent.actor] if sent else "",
        ended_by=names.get(referral.ended_by, ""),
        breach=breach,
        late=referral.target_day < today,
        breached=breach < today,
        times=_times(referral, now),
        offers=list(offers.order_by("-made_at", "-pk")[:ROWS_SHOWN]),
        rows=_rows(referral, staff),
        history=history_of_referral(referral, staff, given),
        may_change=may(staff, Action.END) and referral.ended_at is None,
        may_reopen=may(staff, Action.REOPEN) and referral.ended_at is not None,
        may_open_rows=may(staff, Action.LISTS),
        may_ask=may(staff, Action.ANSWERS),
    )


def _times(referral: Referral, now: datetime) -> list[tuple[Appointment, str]]:
    found = referral.appointments.select_related("site", "referral__exam").prefetch_related("parts")
    times = list(found.order_by("-start"))
    off = why_off(times)
    return [
        (one, "" if one.is_live and one.start > now else say_outcome(one, off.get(one.pk)))
        for one in times
    ]


def _rows(referral: Referral, staff: Staff) -> list[WorklistRow]:
    ours = WorklistRow.objects.of_trusts(staff.trust_codes).filter(referral=referral)
    rows = list(ours.select_related("owner").order_by("-pk")[:ROWS_SHOWN])
    return sorted(rows, key=lambda row: row.closed_at is not None)
