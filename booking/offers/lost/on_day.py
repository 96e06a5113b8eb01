"""Which clinics of a place are lost on a day, for whoever works there."""

from collections.abc import Collection
from datetime import date, datetime

from django.db.models import Q

from booking.models import LostClinic
from booking.offers.lost.what import words_of


def lost_on(
    trusts: Collection[str], place: int, day: date, hours: tuple[datetime, datetime]
) -> list[tuple[LostClinic, str]]:
    """Return the lost clinics that touch a place on a day, with what is lost; not one that is back.

    `hours` is from when to when the day is.
    """
    begins, ends = hours
    at_stop = Q(
        scanner__stops__site=place,
        scanner__stops__first_day__lte=day,
        scanner__stops__last_day__gte=day,
    )
    there = Q(site=place) | Q(schedule__site=place) | Q(scanner__site=place) | at_stop
    found = (
        LostClinic.objects.of_trusts(trusts)
        .filter(there, begins__lt=ends, ends__gt=begins, back_at=None)
        .select_related("trust", "schedule__site", "scanner__site", "site")
        .order_by("begins", "pk")
        .distinct()
    )
    return [(one, words_of(one)) for one in found]
