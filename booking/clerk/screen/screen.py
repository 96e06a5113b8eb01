"""The patient's screen, put together from its parts."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest

from booking.clerk.acts import read_form
from booking.clerk.forms.draft import FormDraft
from booking.clerk.forms.hidden import ChosenForm
from booking.clerk.idle import draft_of
from booking.clerk.notices import Notices, take_notices
from booking.clerk.permissions import Action, may
from booking.clerk.screen.about import About, notes_of, show_about
from booking.clerk.screen.appointments import Appointments, show_appointments
from booking.clerk.screen.banner import Banner, show_banner
from booking.clerk.screen.call import CallBox, read_call, rows_seen, show_call
from booking.clerk.screen.case import Case, case_of
from booking.clerk.screen.held import HeldTime, show_held
from booking.clerk.screen.last_act import LastAct, show_last_act
from booking.clerk.screen.lost_time import LostTime, show_lost_time, without_lost_time
from booking.clerk.screen.offers import OfferLine, show_offers
from booking.clerk.screen.origin import origin_from
from booking.clerk.screen.questions import QuestionsToAsk
from booking.clerk.screen.referrals import ReferralLine, show_referrals
from booking.clerk.screen.times import Asked, Times, show_times
from booking.clerk.screen.to_say import show_to_say
from booking.clerk.script import NO_TEXT
from booking.models import Patient, Referral, Staff
from booking.search.needs_there import needs_there, search_of
from booking.search.origin import remembered
from times.together import beside, read


@dataclass(frozen=True)
class Screen:
    """The parts of the page; those that are None are not on it.

    `filters` is the search, as every form sends it back; `no_text` says why the patient is not
    texted, empty if they are; `who` is what was typed into the box for the next caller.
    """

    case: Case
    chosen: Referral | None
    may_book: bool
    filters: str
    who: str
    notices: Notices
    banner: Banner
    call: CallBox
    lost: LostTime | None
    no_text: str
    last_act: LastAct | None
    held: HeldTime | None
    offers: list[OfferLine]
    referrals: list[ReferralLine]
    times: Times | None
    appointments: Appointments
    to_say: list[str]
    about: About | None
    now: datetime

    @property
    def problems(self) -> list[dict[str, str]]:
        """What the error summary says, each with where on the page to go."""
        filters = self.times.form.error_list if self.times else []
        return filters + self.notices.problems

    @property
    def rows_seen(self) -> str:
        """What the form of a call that reached nobody carries of the rows that are shown."""
        return rows_seen(self.appointments)

    @property
    def questions(self) -> QuestionsToAsk | None:
        """How the questions of the chosen referral stand; None if it has none."""
        return next((line.questions for line in self.referrals if line.chosen), None)

    @property
    def focus(self) -> str:
        """The part that takes the keyboard: where the next act is, or what is to be read first.

        None where the error summary does.
        """
        goes_on = self.notices.next_act == "to_do" and self.appointments.rows
        parts = {
            "": self.problems,
            "overtaken": self.notices.overtaken,
            "lost": self.lost,
            "last_act": self.last_act,
            "to_do": goes_on,
            "held": self.held,
            "said": self.notices.done,
        }
        return next((name for name, there in parts.items() if there), "banner")


def show_screen(request: HttpRequest, staff: Staff, patient: Patient, now: datetime) -> Screen:
    """Return all that a clerk needs for one caller, as it stands now."""
    may_book = may(staff, Action.BOOK)
    case, calls, origin, typed, notes = read(
        beside(
            case_of(patient, staff, now),
            read_call(patient, now),
            origin_from(request.session, patient),
            draft_of(request),
            notes_of(patient, request.GET),
        )
    )
    address = read_form(ChosenForm(request.GET))
    chosen = case.choose(address["referral"])
    asked = Asked(
        request.GET,
        origin,
        needs_there(request.session, patient, of_clerk=True),
        address["known"],
        remembered(request.session, patient),
    )
    notices = take_notices(request)
    draft = FormDraft(typed, notices.errors)
    call = show_call(request.session, staff, case, calls, draft)
    lost = show_lost_time(asked.query, case, chosen, asked.origin)
    last_act = show_last_act(case)
    # While a booking is read back its page is short; other times are one press away.
    is_short = last_act and last_act.appointment.is_live and "times" not in asked.query
    times = None
    if chosen and may_book and not is_short:
        times = show_times(asked, case, chosen, draft, find=lost is None)
    offers = show_offers(case) if may_book else []
    lines = show_referrals(case, chosen, staff)
    appointments = show_appointments(case, staff, draft)
    return Screen(
        case=case,
        chosen=chosen,
        may_book=may_book,
        filters=search_of(without_lost_time(asked.query)).urlencode(),
        who=draft.typed("who"),
        notices=notices,
        banner=show_banner(request, staff, case),
        call=call,
        lost=lost,
        no_text=NO_TEXT[case.no_text] if case.no_text else "",
        last_act=last_act,
        held=show_held(case, staff, chosen, draft, asked, call.warnings) if may_book else None,
        offers=offers,
        referrals=lines,
        times=times,
        appointments=appointments,
        to_say=show_to_say(case, lines, offers, appointments, asked.origin),
        about=show_about(patient, draft, notes) if may_book else None,
        now=now,
    )
