"""Texts: how many went and arrived, how many parts they had, how many were answered."""

from datetime import date
from typing import Any

from django.db.models import Case, CharField, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from booking.models import Appointment
from insights.days import bounds
from insights.measures.base import Counter
from insights.measures.rows import Of, figures
from notifications.models import Inbound, Message, State

DELIVERED, NOT_DELIVERED, NOT_KNOWN = "delivered", "not delivered", "not known"
NO_TRUST = ""
"""Of a text that is about no appointment, such as an invitation or one to staff."""


def texts(day: date) -> QuerySet[Any, Any]:
    """Return texts that a provider took on that day; `total` is how many parts it charges.

    Staff's own and one-time codes are among them: they cost the same.
    """
    begins, ends = bounds(day)
    sent = Message.objects.filter(accepted_at__gte=begins, accepted_at__lt=ends)
    how = Case(
        When(state=State.DELIVERED, then=Value(DELIVERED)),
        When(state__in=[State.UNDELIVERED, State.FAILED], then=Value(NOT_DELIVERED)),
        default=Value(NOT_KNOWN),
        output_field=CharField(),
    )
    about = Appointment.objects.filter(reference=OuterRef("subject"))

    def of_it(field: str) -> Coalesce:
        return Coalesce(Subquery(about.values(field)), Value(NO_TRUST), output_field=CharField())

    of = Of(trust=of_it("site__trust"), modality=of_it("referral__exam__modality"), group=how)
    return figures(sent, of, total=F("segments"))


def replies(day: date) -> QuerySet[Any, Any]:
    """Return texts that came in on that day, by whether we read what they asked."""
    begins, ends = bounds(day)
    came = Inbound.objects.filter(received_at__gte=begins, received_at__lt=ends)
    how = Case(When(command="", then=Value("not read")), default=Value("read"))
    return figures(came, Of(trust=Value(NO_TRUST), modality=Value(""), group=how))


TEXTS = Counter("texts", texts)
REPLIES = Counter("replies", replies)
