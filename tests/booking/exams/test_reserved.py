"""Times kept for suspected cancer: which, for whom, until when; and that every door obeys."""

from collections import Counter
from datetime import timedelta

import pytest

from booking.appointments import booking, holds, reserving
from booking.exams.misfit import Misfit
from booking.exams.needed import NOTHING, needed_of
from booking.exams.reserved import Reserves, lot
from booking.exchange.feeds import free_slots, publish
from booking.exchange.writeback import partners
from booking.models import EPOCH, AuditEntry, Referral, ReservedShare, Slot
from booking.search import free_times
from booking.search.bookable import bookable
from booking.search.criteria import SearchCriteria
from times.london import LONDON


@pytest.fixture
def urgent(tom):
    Referral.objects.filter(pk=tom.pk).update(urgency="suspected_cancer")
    tom.refresh_from_db()
    return tom


@pytest.fixture
def keep(trust, now):
    """Keep so many percent of the trust's MRI times, as the share is now."""

    def keep(percent, hours=48, at=now):
        share = ReservedShare.objects.filter(trust=trust, modality="MR").first()
        share = share or ReservedShare(trust=trust, modality="MR")
        return reserving.set_share(share, percent=percent, hours=hours, now=at, actor="staff 1")

    return keep


def found(referral, now):
    day = now.astimezone(LONDON).date()
    wanted = SearchCriteria(
        "MR", day, day + timedelta(40), exam=referral and referral.exam,
        needed=needed_of(referral, now=now) if referral else NOTHING,
    )  # fmt: skip
    return set(bookable(wanted, now).values_list("pk", flat=True))


def published(slot, now):
    """How a slot is in $bulk-publish, and the mark of its week."""
    week = slot.start.astimezone(LONDON).date()
    look = publish.look_at(week - timedelta(days=week.weekday()), now=now)
    lines = b"".join(publish.slot_lines(look)).splitlines()
    line = next(one for one in lines if f'"id":"{slot.pk}"'.encode() in one)
    return (b'"status":"free"' in line, look.mark)


def offered(slot, now):
    asked = free_slots.FreeSlotQuery(slot.start, slot.start)
    return [one.pk for one in free_slots.free_slots(asked, now=now, count=9)[0]]


def test_what_is_kept_is_for_suspected_cancer_until_its_hour_at_every_door(
    jane, urgent, make_slot, keep, now
):
    slot = make_slot(day=8)
    assert keep(100) == 1
    slot.refresh_from_db()
    opens = slot.start - timedelta(hours=48)
    assert slot.reserved_until == opens

    before = opens - timedelta(seconds=1)
    for moment, open_to_all in ((now, False), (before, False), (opens, True)):
        assert found(urgent, moment) == {slot.pk}
        for other in (jane, None):
            assert (found(other, moment) == {slot.pk}) is open_to_all, moment
    assert offered(slot, now) == []
    is_free, mark = published(slot, now)
    assert not is_free
    with pytest.raises(holds.SlotNotSuitable) as refused:
        holds.hold(jane, slot.pk, now=now)
    assert refused.value.misfit == Misfit.RESERVED
    with pytest.raises(holds.SlotNotSuitable):
        partners.book(jane, [slot.pk], now=now, actor="key x")

    assert partners.book(urgent, [slot.pk], now=now, actor="key x").slot_id == slot.pk
    assert mark != published(slot, now)[1]


def test_it_opens_by_the_clock_alone_and_its_week_is_published_anew(
    jane, make_slot, keep, now, trust
):
    slot = make_slot(day=3)
    keep(100, hours=24)
    feed = trust.feed
    opens = slot.start - timedelta(hours=24) + timedelta(hours=15)
    type(feed).objects.update(last_contact_at=opens, last_change_at=opens)
    earlier = slot.start - timedelta(hours=24, seconds=1)
    closed = published(slot, earlier)

    assert offered(slot, opens) == [slot.pk]
    is_free, mark = published(slot, opens)
    assert (closed[0], is_free) == (False, True)
    assert mark != closed[1]
    assert holds.hold(jane, slot.pk, now=opens).pk == slot.pk


def test_who_holds_a_time_when_a_reserve_begins_keeps_and_books_it(jane, make_slot, keep, now):
    slot = make_slot(day=8)
    holds.hold(jane, slot.pk, now=now)
    keep(100)

    holds.hold(jane, slot.pk, now=now)
    holds.renew(jane, slot.pk, now=now)
    assert booking.book(jane, slot.pk, now=now, actor="patient").slot_id == slot.pk


def test_who_let_it_run_out_does_not_have_it_again(jane, make_slot, keep, now):
    slot = make_slot(day=8)
    holds.hold(jane, slot.pk, now=now)
    keep(100)

    with pytest.raises(holds.SlotNotSuitable):
        holds.hold(jane, slot.pk, now=now + timedelta(minutes=16))


def test_a_share_is_about_its_percent_and_more_keeps_the_same_and_some_more(now):
    starts = [now + timedelta(minutes=30 * n) for n in range(4000)]
    kept = {
        percent: {
            at for at in starts if Reserves({"MR": (percent, 48)}).until(7, "MR", at) != EPOCH
        }
        for percent in (0, 10, 20, 100)
    }

    assert [len(kept[0]), len(kept[100])] == [0, 4000]
    assert kept[10] < kept[20]
    assert 320 < len(kept[10]) < 480
    assert len(Counter(lot(7, at) for at in starts)) == 100
    assert Reserves({"MR": (20, 48)}).until(7, "CT", starts[0]) == EPOCH


def test_a_marked_schedule_is_kept_whatever_the_share(now):
    marked = Reserves({"MR": (0, 6)}, frozenset({7}))

    assert marked.until(7, "MR", now) == now - timedelta(hours=6)
    assert marked.until(8, "MR", now) == EPOCH
    assert marked.until(7, "CT", now) == now - timedelta(hours=48), "unless a share says"


def test_a_share_is_set_once_by_what_was_seen_and_written_down(make_slot, keep, now, trust):
    make_slot(day=8)
    keep(50)
    seen = ReservedShare.objects.get()
    keep(0)

    for late in (seen, ReservedShare(trust=trust, modality="MR")):
        with pytest.raises(reserving.ShareChanged):
            reserving.set_share(late, percent=9, hours=9, now=now, actor="staff 2")

    assert (ReservedShare.objects.get().percent, ReservedShare.objects.get().version) == (0, 2)
    assert not Slot.objects.filter(reserved_until__gt=EPOCH).exists()
    details = [
        one.detail for one in AuditEntry.objects.filter(action="reserved times set").order_by("pk")
    ]
    assert [one["percent"] for one in details] == [50, 0]


def test_another_trusts_and_another_scans_times_are_left_alone(make_slot, keep, blackburn, furness):
    theirs, xray = make_slot(site=blackburn), make_slot(modality="DX")

    keep(100)

    assert set(Slot.objects.filter(pk__in=[theirs.pk, xray.pk]).values_list("reserved_until")) == {
        (EPOCH,)
    }


def test_alternatives_to_a_lost_time_are_none_that_are_kept(jane, make_slot, keep, now):
    lost, near = make_slot(day=8), make_slot(day=8, hour=15)
    keep(100)
    day = now.astimezone(LONDON).date()
    wanted = SearchCriteria("MR", day, day + timedelta(40), exam=jane.exam)

    assert free_times.around(lost, now, wanted, now, 3) == []
    keep(0)
    assert [one.slot for one in free_times.around(lost, now, wanted, now, 3)] == [near.pk]
