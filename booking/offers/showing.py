"""Which offer a page shows of a referral: the one that can be answered, or what became of the last.

Reads only. `now` is passed in, aware, UTC.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from booking.appointments.choices import kept_for
from booking.models import Offer, Referral
from booking.models.appointment import Visit
from booking.offers import standing
from times.together import Part, read, rows_of


@dataclass(frozen=True)
class Shown:
    """An offer as it stands now. `is_answerable`: a yes or a no counts."""

    offer: Offer
    state: Offer.State
    is_answerable: bool

    @property
    def waits(self) -> bool:
        """Whether they said yes, and somebody before them may still have it."""
        return self.is_answerable and self.offer.answered_at is not None


def kept_visits(offer: Offer, *, now: datetime) -> list[Visit]:
    """Return when somebody would be there who says yes: both visits of a scan that takes two.

    Of a time that is not kept for them, as one that somebody before them may have, its slot alone.
    A scan that one slot is enough for is not looked up.
    """
    kept = kept_for(offer.referral, offer.slot, now=now)
    return kept.visits() if kept else [(offer.slot.start, offer.slot.end)]


def shown_to(referral: Referral, *, now: datetime) -> Shown | None:
    """Return the offer that can be answered, the most urgent to answer first; else the last one."""
    open_ones = answerable_offers(referral, now=now)
    if open_ones:
        return open_ones[0]
    last = _all_of([referral]).order_by("-made_at", "-pk").first()
    return as_shown(last, now=now) if last else None


def answerable_offers(*referrals: Referral, now: datetime) -> list[Shown]:
    """Return the offers of these that can be answered, by their deadlines."""
    keys = [one.pk for one in referrals]
    return read(answerable(Referral.objects.filter(pk__in=keys), now=now))


def answerable(referrals: QuerySet[Referral], *, now: datetime) -> Part[list[Shown]]:
    """Read the offers of these that can be answered, by their deadlines."""
    some = _all_of(referrals).filter(Q(is_kept=True) | Q(state=Offer.State.OPEN))
    found = yield from rows_of(some.order_by("until", "pk"))
    shown = (as_shown(one, now=now) for one in found)
    return [one for one in shown if one.is_answerable]


def as_shown(offer: Offer, *, now: datetime) -> Shown:
    """Return an offer as it stood when it was read, with its slot."""
    is_kept = standing.was_kept(offer, now=now)
    state = standing.state_of(offer, now=now, is_kept=is_kept)
    return Shown(offer, state, standing.can_be_taken(offer, now=now, is_kept=is_kept))


def find(referral: Referral, key: int | None) -> Offer | None:
    """Return an offer of this referral by its key, None if it has no such."""
    return _all_of([referral]).filter(pk=key or 0).first()


def _all_of(referrals: Collection[Referral] | QuerySet[Referral]) -> QuerySet[Offer]:
    return Offer.objects.filter(referral__in=referrals).select_related(
        "referral__patient", "referral__exam", "slot__site", "appointment__site"
    )
