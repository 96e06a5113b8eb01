"""How it ended for people whose time was taken away: another time, still open, refused, lost."""

from datetime import date, time, timedelta

import pytest

from booking.changes import audit
from booking.identifiers.actors import CLOCK
from booking.models import AuditAction, Offer, Referral
from insights import keeping
from insights.days import at
from insights.measures import measure_of
from insights.reading import Filters
from insights.shown import shown_by_cut
from insights.sight import Sight

DAY = date(2026, 11, 23)
ALL = Sight(frozenset({"RTX"}), {"RTX": "Bay"}, may_compare=True)
END = Referral.End


@pytest.fixture
def displace(scan):
    """Take a time away from somebody that day."""

    def displace():
        one = scan(DAY + timedelta(days=9), time(10), status="displaced")
        audit.write(
            AuditAction.DISPLACED, now=at(DAY, time(9)), actor=CLOCK, referral=one.referral,
            appointment=one,
        )  # fmt: skip
        return one

    return displace


def ended():
    """Return how many ended how, in the order of the page: rebooked, open, refused, lost."""
    measure = measure_of("displaced")
    found = shown_by_cut(measure, measure.cuts[0], Filters(trust="RTX"), ALL)
    return [int(one.value) for one in found.values()]


def end(one, reason, when):
    """End a request as its page does: with why, and an act."""
    Referral.objects.filter(pk=one.referral_id).update(
        ended_at=when, end_reason=reason, ended_by="clock"
    )
    audit.write(AuditAction.ENDED, now=when, actor=CLOCK, referral=one.referral)


def test_each_end_is_told_apart_and_followed_when_it_comes(displace, now):
    one = displace()
    keeping.keep(now)
    assert ended() == [0, 1, 0, 0]

    for hour, (reason, expected) in enumerate(
        [
            (END.NOT_WANTED, [0, 0, 1, 0]),
            (END.WITHDRAWN, [0, 0, 0, 1]),
            (END.DIED, [0, 0, 0, 1]),
            (END.ELSEWHERE, [0, 0, 0, 1]),
            (END.SENT_BACK, [0, 0, 0, 1]),
        ],
        1,
    ):
        moment = now + timedelta(hours=hour)
        end(one, reason, moment)
        keeping.keep(moment + timedelta(minutes=1))
        assert ended() == expected, reason


def test_who_has_a_time_again_is_rebooked_whatever_the_request_says(displace, now):
    one = displace()
    one.status, one.changed_at = "booked", now
    one.save()
    end(one, END.NOT_WANTED, now)
    keeping.keep(now + timedelta(minutes=1))

    assert ended() == [1, 0, 0, 0]


def test_who_said_no_to_the_time_offered_is_still_open(displace, now):
    one = displace()
    Offer.objects.create(
        reference="OFFER00001", code="1234", referral=one.referral, slot=one.slot, why="displaced",
        state=Offer.State.DECLINED, channel="text", made_at=at(DAY, time(9)), until=now,
        kept_until=now, ended_at=now, appointment=one,
    )  # fmt: skip
    keeping.keep(now)

    assert ended() == [0, 1, 0, 0]
