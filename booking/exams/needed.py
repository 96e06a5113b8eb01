"""What one patient needs of a scanner, besides what the exam needs."""

from dataclasses import dataclass
from datetime import datetime

from booking.exams.questions.asking import age_of
from booking.exams.questions.needing import needed_by_answers
from booking.models import Referral
from times.london import day_in_england

ADULT = 16
"""Years: who is younger is scanned where a scanner says that it scans under 16s."""


@dataclass(frozen=True)
class Needed:
    """What this patient needs of a scanner. False and None: nothing is needed that we know of.

    `wide` is a wide opening, or an open scanner; `step_free` the way to the scanner without steps,
    or with a lift; `wheelchair_transfer` help from a wheelchair onto the table. `presses`: a
    request for suspected cancer, for which times are reserved (booking/exams/reserved.py).
    """

    weight_kg: int | None = None
    wide: bool = False
    hoist: bool = False
    step_free: bool = False
    wheelchair_transfer: bool = False
    under_16: bool = False
    general_anaesthetic: bool = False
    presses: bool = False


NOTHING = Needed()
"""Of somebody of whom nothing is known: who looks without a referral."""


def needed_of(referral: Referral, *, now: datetime) -> Needed:
    """Return what the patient of a referral needs: by their record, their age today, their answers.

    Who uses a wheelchair must get to the scanner without steps. Whether they need help onto the
    table is another question. What either the record or an answer says is needed, is.
    """
    patient = referral.patient
    by_record = {
        "hoist": "hoist" in patient.needs,
        "step_free": "wheelchair" in patient.needs,
        "presses": referral.urgency == Referral.Urgency.SUSPECTED_CANCER,
        "under_16": age_of(patient.born, day_in_england(now)) < ADULT,
    }
    return Needed(**{**by_record, **needed_by_answers(referral, now=now)})
