"""Sooner times offered: how each ended, and the days gained by those who took one."""

from datetime import timedelta

from booking.identifiers.actors import PATIENT
from booking.models import Offer
from booking.offers import answering, ending
from booking.offers.sooner import waves
from insights.building import count
from insights.measures import measure_of
from insights.models import DayFigure
from insights.reading import Filters, values
from tests.booking.offers.sooner.conftest import book, freed, make_person, wish  # noqa: F401


def ask(now):
    """Do what the workers do in one turn; return whom they ask."""
    answering.settle(now=now)
    ending.end_due(now=now)
    waves.ask_due(now=now)
    return Offer.objects.get(state="open")


def test_offers_tie_out_by_how_they_ended_with_the_days_gained(make_person, freed, now):  # noqa: F811
    """One says no, one yes and comes 12 days sooner; the time that this frees is offered on."""
    for day in (18, 20, 24):
        make_person(day=day, target=20 + day)
    freed(day=8)
    answering.decline(ask(now), now=now, actor=PATIENT)
    taken = ask(now)
    was = taken.appointment.start
    answering.accept(taken, now=now, actor=PATIENT)
    ask(now)
    days = (was - taken.slot.start).days

    count([now.date()], today=now.date() + timedelta(days=1))

    ended = DayFigure.objects.filter(counter="offers").order_by("group")
    assert list(ended.values_list("group", "n", "total")) == [
        ("not taken", 1, 0), ("open", 1, 0), ("taken", 1, days),
    ]  # fmt: skip
    (made,), (share,), (gained,) = (
        values(measure_of(code), "month", Filters()).values()
        for code in ("offers_made", "offers_taken", "days_gained")
    )
    assert (made, gained) == (3, days)
    assert round(share, 1) == 33.3
    assert days >= 9
