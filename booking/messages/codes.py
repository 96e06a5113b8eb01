"""Which reply codes are given already: no two appointments that a phone was ever texted about
share one (booking/messages/texts.py gives them).
"""

from collections.abc import Collection
from dataclasses import dataclass

from booking.models import Appointment, Offer, Patient, ReplyCode
from times.together import Part, beside, first_of, rows_of


@dataclass(frozen=True)
class Codes:
    """The code that an appointment's version has, empty if none yet, and those that are taken."""

    issued: str
    taken: Collection[str]


def codes_of(appointment: Appointment) -> Part[Codes]:
    """Read which code an appointment's version has, and which another may not have."""
    own = ReplyCode.objects.filter(appointment=appointment, version=appointment.version)
    code = first_of(own.order_by("pk").values_list("code", flat=True))
    issued, taken = yield from beside(code, taken_codes(appointment.referral.patient))
    return Codes(issued or "", taken)


def taken_codes(patient: Patient) -> Part[set[str]]:
    """Read the codes that texts to any number of a patient have given.

    The numbers of records that were joined to theirs are looked at only where they are others.
    """
    own = {patient.mobile} - {""}
    taken, joined = yield from beside(
        _codes_of_numbers(own), rows_of(patient.merged_from.values_list("mobile", flat=True))
    )
    others = set(joined) - own - {""}
    more = (yield from _codes_of_numbers(others)) if others else set()
    return {*taken, *more}


def _codes_of_numbers(mobiles: Collection[str]) -> Part[set[str]]:
    parts = []
    for mobile in mobiles:
        theirs = Patient.with_mobile(mobile)
        issued = ReplyCode.objects.filter(appointment__referral__patient__in=theirs)
        offered = Offer.objects.filter(referral__patient__in=theirs)
        parts += [rows_of(one.values_list("code", flat=True)) for one in (issued, offered)]
    return {code for codes in (yield from beside(*parts)) for code in codes}
