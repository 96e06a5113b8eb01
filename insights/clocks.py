"""Since when somebody waits: both clocks, of the request and as it was started again.

A cancellation by the patient, and a time that they did not come to, start the clock again on the
day that it happened. A cancellation by a trust or by us never does, nor does a changed time or a
cancellation that was taken back. A planned scan waits from the day that it is due, whatever was
cancelled before (measures.md).
"""

from datetime import date, datetime
from typing import Any

from django.db.models import DateTimeField, F, Max, OuterRef, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest, TruncDate

from booking.models import Appointment, AuditAction
from insights.acts import by_patient, standing
from insights.days import bounds
from times.london import LONDON

FROM_REFERRAL = F("clock_start")
"""The clock that is never started again; of a planned scan the day that it is due."""


def clock_on(day: date) -> Combinable:
    """Return since when a request waits, as it stood when that day ended; for rows of Referral."""
    _, ends = bounds(day)
    return Greatest(FROM_REFERRAL, _last_day(_missed(ends), "start"), _last_day(_off(ends), "at"))


def _missed(ends: datetime) -> QuerySet[Any, Any]:
    status = Appointment.Status.DID_NOT_ATTEND
    return Appointment.objects.filter(referral=OuterRef("pk"), status=status, start__lt=ends)


def _off(ends: datetime) -> QuerySet[Any, Any]:
    own = standing([AuditAction.CANCELLED]).filter(by_patient(), at__lt=ends)
    return own.filter(referral=OuterRef("pk"))


def _last_day(rows: QuerySet[Any, Any], moment: str) -> Combinable:
    """Return England's day of the last of them; of none the day of the request's own clock."""
    last = rows.order_by().values("referral").annotate(_last=Max(moment)).values("_last")
    return Coalesce(
        TruncDate(Subquery(last, output_field=DateTimeField()), tzinfo=LONDON), FROM_REFERRAL
    )
