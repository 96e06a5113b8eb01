"""What an answer about appointments says beside them: warnings, and where a page goes on."""

from datetime import datetime

from rest_framework.response import Response

from booking.api import parameters
from booking.api.refusals import invalid, read_again
from booking.appointments.warnings import warnings_of
from booking.changes import commit_numbers
from booking.exchange.fhir_resources import Resource
from booking.models import Appointment
from booking.restoring import cursors

LATER_THAN_TARGET = "urn:scan-finder:later-than-target"
"""Extension of an Appointment just booked: it is after this target day of its referral."""
TOO_NEAR = "urn:scan-finder:too-near-another-time"
"""Extension of an Appointment just booked: another time of the patient is too near to travel."""


def number_since(trust: str, since: str) -> int:
    """Return the number after which a trust's cursor reads on. Raises FhirError."""
    if not since:
        return 0
    prefix, moment = parameters.moment("_lastUpdated", since)
    if prefix not in ("gt", "ge"):
        raise invalid("_lastUpdated", "gt<instant>, as the last meta.lastUpdated said.")
    number = commit_numbers.number_of(moment) - (prefix == "ge")
    try:
        cursors.check_cursor(trust, number)
    except cursors.ReadAgain as lost:
        raise read_again(lost) from None
    return number


def page_address(since: str, count: int) -> str:
    """Return the address of the page of changes after a moment."""
    given = [("_lastUpdated", since)] if since else []
    return parameters.address(
        "Appointment", [*given, ("_sort", "_lastUpdated"), ("_count", str(count))]
    )


def add_warnings(response: Response, made: Appointment, now: datetime) -> None:
    """Add to the answer the target day if the time is later; and that another time of the patient
    is too near, without saying where: it may be another trust's."""
    for warning in warnings_of(made.referral, made.slot, now=now):
        said: Resource
        if warning.target:
            said = {"url": LATER_THAN_TARGET, "valueDate": warning.target.isoformat()}
        else:
            said = {"url": TOO_NEAR, "valueBoolean": True}
        response.data.setdefault("extension", []).append(said)
