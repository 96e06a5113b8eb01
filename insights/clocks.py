"""Since when somebody waits: both clocks, of the request and as it was started again.

A cancellation by the patient, and a time that they did not come to, start the clock again on the
day that it happened. A cancellation by a trust or by us never does, nor does a changed time or a
cancellation that was taken back. A planned scan waits from the day that it is due, whatever was
cancelled before (measures.md).
"""

from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Greatest, TruncDate

from booking.models import Appointment, AuditAction
from insights.acts import by_patient, standing
from times.london import LONDON

MISSED = Q(status=Appointment.Status.DID_NOT_ATTEND)


def missed() -> QuerySet[Any, Any]:
    """Return the times that nobody came to: each starts its request's clock again."""
    return Appointment.objects.filter(MISSED)


def called_off() -> QuerySet[Any, Any]:
    """Return patients' own cancellations: each starts its request's clock again."""
    return standing([AuditAction.CANCELLED]).filter(by_patient(), referral__isnull=False)


def started_again(moment: str) -> Combinable:
    """Return the day since which a request waits after that moment; never before its own clock."""
    return Greatest(F("referral__clock_start"), TruncDate(moment, tzinfo=LONDON))


def of_request(rows: QuerySet[Any, Any], request: str = "pk") -> QuerySet[Any, Any]:
    """Return those of these rows that are of the request of an outer query."""
    return rows.filter(referral=OuterRef(request)).order_by()
