"""The patient's screen, put together from its parts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest

from booking.clerk.idle import take_draft
from booking.clerk.notices import Notices, take_notices
from booking.clerk.permissions import Action, may
from booking.clerk.screen.appointments import Appointments, show_appointments
from booking.clerk.screen.banner import Banner, show_banner
from booking.clerk.screen.case import load_case
from booking.clerk.screen.held import HeldTime, show_held
from booking.clerk.screen.last_act import LastAct, show_last_act
from booking.clerk.screen.lost_time import LostTime, show_lost_time, without_lost_time
from booking.clerk.screen.notes import show_notes
from booking.clerk.screen.origin import origin_of
from booking.clerk.screen.referrals import ReferralLine, show_referrals
from booking.clerk.screen.times import Times, show_times
from booking.models import Note, Patient, Referral, Staff


@dataclass(frozen=True)
class Screen:
    """The parts of the page; those that may be None are then not on it.

    `filters` is the search as every form sends it back; `typed` is what was in a form that was
    refused, or that a session's end cut off.
    """

    chosen: Referral | None
    may_book: bool
    filters: str
    typed: Mapping[str, list[str]]
    notices: Notices
    banner: Banner
    lost: LostTime | None
    last_act: LastAct | None
    held: HeldTime | None
    referrals: list[ReferralLine]
    times: Times | None
    appointments: Appointments
    notes: list[Note]
    now: datetime

    @property
    def errors(self) -> dict[str, str]:
        """What is wrong, by the part of the page."""
        return {**(self.times.errors if self.times else {}), **self.notices.errors}

    @property
    def focus(self) -> str:
        """The part that takes the keyboard; none where the error summary does."""
        parts = {
            "overtaken": self.notices.overtaken,
            "lost": self.lost,
            "last_act": self.last_act,
            "": self.errors,
            "held": self.held,
        }
        return next((name for name, there in parts.items() if there), "banner")


def show_screen(request: HttpRequest, staff: Staff, patient: Patient, now: datetime) -> Screen:
    """Return all that a clerk needs for one caller, as it stands now."""
    query, may_book = request.GET, may(staff, Action.BOOK)
    case = load_case(patient, now)
    chosen = case.choose(query.get("referral", ""))
    origin = origin_of(request, patient)
    lost = show_lost_time(query, case, chosen, origin)
    last_act = show_last_act(case, staff)
    # While a booking is read back its page is short; other times are one press away.
    is_short = last_act and last_act.confirmation and "times" not in query
    times = None
    if chosen and may_book and not is_short:
        times = show_times(query, case, chosen, origin, find=lost is None)
    return Screen(
        chosen=chosen,
        may_book=may_book,
        filters=without_lost_time(query).urlencode(),
        typed=take_draft(request),
        notices=take_notices(request),
        banner=show_banner(request, staff, patient, now),
        lost=lost,
        last_act=last_act,
        held=show_held(case, staff, chosen) if may_book else None,
        referrals=show_referrals(case, chosen),
        times=times,
        appointments=show_appointments(case, staff),
        notes=show_notes(patient),
        now=now,
    )
