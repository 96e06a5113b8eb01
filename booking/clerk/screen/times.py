"""Where the caller travels from, what they look for, and the places that have such times."""

from dataclasses import dataclass

from django.http import QueryDict

from booking.clerk.forms.draft import FormDraft
from booking.clerk.forms.patient import OriginForm
from booking.clerk.forms.times import TimesForm
from booking.clerk.screen.case import Case
from booking.models import Referral
from booking.search import places
from booking.search.addresses import Address
from sites.postcodes import Origin
from sites.travel import timetable
from sites.ways import Way
from times.keyset import address_with, size_shown

PLACES, TIMES = 12, 5


@dataclass(frozen=True)
class Times:
    """The two forms of the search, and the places found; `origin` is None until it is known.

    `total` is how many places there are, `count` how many have such times, however few are shown;
    `more` is the query of the screen with more of them; `asks_way` whether to ask how they travel.
    """

    referral: Referral
    origin: Origin | None
    origin_form: OriginForm
    form: TimesForm
    places: list[Address]
    total: int
    count: int
    more: str
    is_change: bool
    asks_way: bool

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter is set, or wrong, so that the filters are shown open."""
        wanted = self.form.wanted
        ticked = wanted.dayparts or wanted.kinds or wanted.needs or wanted.weekend
        return bool(ticked or self.form.errors)


@dataclass(frozen=True)
class Asked:
    """What the address asks for, from where the caller travels, and which warnings of a held time
    were said."""

    query: QueryDict
    origin: Origin | None
    known: str


def show_times(
    asked: Asked, case: Case, chosen: Referral, draft: FormDraft, *, find: bool
) -> Times:
    """Return the times that are asked for; none, unless we `find` them and know from where.

    A filter that cannot be read narrows nothing; the others do.
    """
    form = TimesForm(asked.query, exam=chosen.exam)
    origin_form = OriginForm(initial=_say_origin(case, asked.origin))
    found: list[Address] = []
    total = count = 0
    size = size_shown(asked.query, "places", step=PLACES)
    if asked.origin and find:
        found = places.addresses(asked.origin, form.wanted, now=case.now, limit=size, times=TIMES)
        total, count = places.count_addresses(found, form.wanted, origin=asked.origin, now=case.now)
    return Times(
        chosen,
        asked.origin,
        draft.fill(origin_form),
        form,
        found,
        total,
        count,
        address_with(asked.query, "places", size + PLACES),
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
