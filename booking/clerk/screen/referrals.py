"""The list of the patient's referrals: what of, how urgent, until when, booked or not."""

from dataclasses import dataclass, replace
from datetime import date

from booking.clerk.screen.case import Case
from booking.clerk.screen.questions import QuestionsToAsk, questions_to_ask
from booking.models import Appointment, Referral, Staff
from booking.waits.targets import breach_day
from times.london import LONDON


@dataclass(frozen=True)
class ReferralLine:
    """One referral, and how its scan stands today; `sooner`: they would come sooner."""

    referral: Referral
    chosen: bool
    booked: Appointment | None
    breach: date
    late: bool
    breached: bool
    questions: QuestionsToAsk | None
    sooner: bool


def show_referrals(case: Case, chosen: Referral | None, staff: Staff) -> list[ReferralLine]:
    """Return a line for every referral of the patient."""
    today = case.now.astimezone(LONDON).date()
    lines = [_line(case, one, one == chosen, today, staff) for one in case.referrals]
    return [replace(line, sooner=line.referral.pk in case.on_list) for line in lines]


def _line(case: Case, referral: Referral, chosen: bool, today: date, staff: Staff) -> ReferralLine:
    breach = breach_day(referral.urgency, referral.clock_start)
    return ReferralLine(
        referral,
        chosen,
        booked=case.live.get(referral.pk),
        breach=breach,
        late=referral.target_day < today,
        breached=breach < today,
        questions=questions_to_ask(referral, staff, case.now),
        sooner=False,
    )
