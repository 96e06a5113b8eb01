"""What of a trust is closed: a time that its feed names there is off sale from its first moment.

Whoever closes takes what is there off sale (freezing.py); this is what keeps what comes later off
it. So a search, a hold or an offer asks nothing: `Slot.free_at` says it. Reads only.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import CharField, DateTimeField

from booking.models import LostClinic, Schedule
from booking.offers.lost.what import SCANNER, SCHEDULE, lost_of
from times.written import Written

State = LostClinic.State
CLOSING = [State.SAID, State.FROZEN, State.FOUND, State.CONFIRMED]
"""Of a clinic in one of these nothing is on sale; once it is back, its times are."""

_CLOSING = Written(
    lambda trust, now: (
        LostClinic.objects.of_trust(trust)
        .filter(state__in=CLOSING, loss=None, ends__gt=now)
        .order_by("pk")
    ),
    trust=CharField(),
    now=DateTimeField(),
)
"""A feed asks it twice for every hundred lines."""


class Span(NamedTuple):
    """From when to when a place is closed, or some schedules are; a modality, or "" for all."""

    site: int | None
    schedules: frozenset[int]
    modality: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True)
class Closed:
    """Everything of one trust that is closed now or will be."""

    spans: tuple[Span, ...] = ()

    def has(self, schedule: int, site: int, modality: str, start: datetime, end: datetime) -> bool:
        """Return whether a time is at something that is closed then."""
        return any(
            start < span.ends
            and end > span.begins
            and (site == span.site or schedule in span.schedules)
            and span.modality in ("", modality)
            for span in self.spans
        )


NOTHING = Closed()


def closed_of(trust: str, *, now: datetime) -> Closed:
    """Return what of a trust is closed."""
    return Closed(tuple(_span(one) for one in _CLOSING(trust=trust, now=now)))


def _span(clinic: LostClinic) -> Span:
    lost = lost_of(clinic)
    assert lost is not None, "a clinic without a loss says what is lost"
    schedules: set[int] = set()
    if lost.kind == SCHEDULE:
        schedules = {lost.key}
    elif lost.kind == SCANNER:
        schedules = set(Schedule.objects.filter(scanner=lost.key).values_list("pk", flat=True))
    return Span(clinic.site_id, frozenset(schedules), lost.modality, lost.begins, lost.ends)
