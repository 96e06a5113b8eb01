"""Where the caller travels from, what they look for, and the places that have such times."""

from dataclasses import dataclass, replace

from django.http import QueryDict

from booking.clerk.forms.draft import FormDraft
from booking.clerk.forms.patient import OriginForm
from booking.clerk.forms.times import NeedsFilterForm, TimesForm
from booking.clerk.screen.case import Case
from booking.exams.needed import needed_of
from booking.models import Referral
from booking.search import places
from booking.search.addresses import Address
from booking.search.left_out import LeftOut, left_out
from booking.search.needs_there import NeedsThere, search_of
from sites.postcodes import Origin
from sites.travel import timetable
from sites.ways import Way
from times.keyset import address_with, size_shown

PLACES, TIMES = 12, 5


@dataclass(frozen=True)
class Times:
    """The two forms of the search, and the places found; `origin` is None until it is known.

    `total` is how many places there are, `count` how many have such times, however few are shown;
    `more` is the query of the screen with more of them; `left_out` are places where the scan cannot
    be done for this patient; `asks_way` whether to ask how they travel.
    """

    referral: Referral
    origin: Origin | None
    origin_form: OriginForm
    form: TimesForm
    needs: NeedsThere
    needs_form: NeedsFilterForm
    places: list[Address]
    total: int
    count: int
    more: str
    left_out: list[LeftOut]
    is_change: bool
    asks_way: bool

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter is set, or wrong, so that the filters are shown open."""
        wanted = self.form.wanted
        ticked = wanted.dayparts or wanted.kinds or self.needs.is_changed or wanted.weekend
        return bool(ticked or self.form.errors)


@dataclass(frozen=True)
class Asked:
    """What the address asks for, from where the caller travels, what they need there, and which
    warnings of a held time were said."""

    query: QueryDict
    origin: Origin | None
    needs: NeedsThere
    known: str


def show_times(
    asked: Asked, case: Case, chosen: Referral, draft: FormDraft, *, find: bool
) -> Times:
    """Return the times that are asked for; none, unless we `find` them and know from where.

    A filter that cannot be read narrows nothing; the others do.
    """
    needed = needed_of(chosen, now=case.now)
    form = TimesForm(search_of(asked.query), exam=chosen.exam, needed=needed)
    wanted = replace(form.wanted, needs=asked.needs.ticked)
    origin_form = OriginForm(initial=_say_origin(case, asked.origin))
    found: list[Address] = []
    elsewhere: list[LeftOut] = []
    total = count = 0
    size = size_shown(asked.query, "places", step=PLACES)
    if asked.origin and find:
        found = places.addresses(asked.origin, wanted, now=case.now, limit=size, times=TIMES)
        elsewhere = left_out(asked.origin, wanted)
        total, count = places.count_addresses(found, wanted, origin=asked.origin, now=case.now)
    return Times(
        chosen,
        asked.origin,
        draft.fill(origin_form),
        form,
        asked.needs,
        NeedsFilterForm(initial={"need": sorted(asked.needs.ticked)}),
        found,
        total,
        count,
        address_with(search_of(asked.query), "places", size + PLACES),
        elsewhere,
        is_change=case.appointment_to_come(chosen) is not None,
        asks_way=timetable.is_loaded(),
    )


def _say_origin(case: Case, origin: Origin | None) -> dict[str, str]:
    """Return what the form of the origin begins with: hospital transport if the record says so."""
    likely = Way.HOSPITAL if "transport" in case.patient.needs else Way.CAR
    return {
        "place": origin.postcode if origin else "",
        "way": (origin and origin.way) or likely,
    }
