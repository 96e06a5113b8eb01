"""Where the caller travels from, what they look for, and the places that have such times."""

from dataclasses import dataclass

from django.http import QueryDict

from booking.clerk.forms.draft import FormDraft
from booking.clerk.forms.patient import OriginForm
from booking.clerk.forms.times import NeedsFilterForm, TimesForm
from booking.clerk.screen.case import Case
from booking.clerk.screen.listed import Listed, look_up
from booking.models import Referral
from booking.search.left_out import LeftOut, left_out
from booking.search.needs_there import NeedsThere
from booking.search.origin import Remembered
from sites.postcodes import Origin
from sites.travel import timetable
from sites.ways import Way


@dataclass(frozen=True)
class Times:
    """The forms of the search, and what was found; `origin` is None until it is known.

    `near` are places that the caller named before, one press each; `left_out` places where the scan
    cannot be done for this patient; `asks_way` whether to ask how they travel;
    `others` are further requests that are still to be booked.
    """

    referral: Referral
    origin: Origin | None
    origin_form: OriginForm
    near: list[Remembered]
    needs: NeedsThere
    needs_form: NeedsFilterForm
    listed: Listed
    left_out: list[LeftOut]
    is_change: bool
    asks_way: bool
    others: list[Referral]

    @property
    def form(self) -> TimesForm:
        """What was asked for."""
        return self.listed.form

    @property
    def is_open(self) -> bool:
        """Whether what stands below the line of choices is set, or wrong, so that it is shown."""
        return self.form.is_open or self.needs.is_changed


@dataclass(frozen=True)
class Asked:
    """What the address asks for, from where the caller travels and what they named before, what
    they need there, and which warnings of a held time were said."""

    query: QueryDict
    origin: Origin | None
    needs: NeedsThere
    known: str
    near: list[Remembered]


def show_times(
    asked: Asked, case: Case, chosen: Referral, draft: FormDraft, *, find: bool
) -> Times:
    """Return the times that are asked for; none, unless we `find` them and know from where."""
    listed = look_up(asked.query, asked.origin, asked.needs.ticked, chosen, case.now, find=find)
    origin_form = OriginForm(initial=_say_origin(case, asked.origin))
    return Times(
        chosen,
        asked.origin,
        draft.fill(origin_form),
        asked.near,
        asked.needs,
        NeedsFilterForm(initial={"need": sorted(asked.needs.ticked)}),
        listed,
        left_out(asked.origin, listed.wanted) if asked.origin and find else [],
        is_change=case.appointment_to_come(chosen) is not None,
        asks_way=timetable.is_loaded(),
        others=_still_to_book(case, chosen),
    )


def _still_to_book(case: Case, chosen: Referral) -> list[Referral]:
    """Return what else could be booked with the chosen request, if that has no time yet."""
    if chosen.pk in case.live:
        return []
    open_ones = (one for one in case.referrals if one.ended_at is None and one.pk not in case.live)
    return [one for one in open_ones if one.pk != chosen.pk]


def _say_origin(case: Case, origin: Origin | None) -> dict[str, str]:
    """Return what the form of the origin begins with: hospital transport if the record says so."""
    likely = Way.HOSPITAL if "transport" in case.patient.needs else Way.CAR
    return {
        "place": origin.postcode if origin else "",
        "way": (origin and origin.way) or likely,
    }
