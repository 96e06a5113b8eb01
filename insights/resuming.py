"""Where a rebuild that was stopped stands, so that the next one goes on there."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from insights.days import first_of
from insights.models import Rebuild


@dataclass(frozen=True)
class Rest:
    """What is left of a rebuild: days from `since` to `last`, of one that began at `first`.

    It begins with a month: the sums of the one in which it was stopped may not be written.
    """

    first: date
    since: date
    last: date


def rest() -> Rest | None:
    """Return what is left of the rebuild that was stopped; None if none was."""
    one = Rebuild.objects.order_by("pk").last()
    if one is None:
        return None
    since = max(one.first, first_of(one.done)) if one.done else one.first
    return Rest(one.first, since, one.last)


def begin(first: date, last: date) -> None:
    """Note that a rebuild begins, in place of any that was stopped."""
    with transaction.atomic():
        Rebuild.objects.all().delete()
        Rebuild.objects.create(first=first, last=last)


def done(day: date) -> None:
    """Note that a day of the rebuild is done, with all before it."""
    Rebuild.objects.update(done=day)


def over() -> None:
    """Note that the rebuild is over."""
    Rebuild.objects.all().delete()
