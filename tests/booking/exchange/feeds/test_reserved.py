"""Times that a feed brings: kept for suspected cancer where a share or the feed's mark says so."""

from datetime import timedelta

import pytest

from booking.appointments import reserving
from booking.exchange.fhir_systems import DICOM, URGENCY
from booking.models import EPOCH, ReservedShare, Slot
from tests.booking.exchange.feeds.conftest import location, schedule, slot


@pytest.fixture
def feed(push, furness):
    """Push Furness with its schedule, marked or not, and these slots."""

    def feed(*slots, marked=False):
        codings = [{"system": DICOM, "code": "MR"}]
        if marked:
            codings.append({"system": URGENCY, "code": "suspected_cancer"})
        mine = schedule(furness, serviceType=[{"coding": codings}])
        report = push(location(furness), mine, *slots)
        assert report.refused == 0
        return report

    return feed


def kept():
    return {
        one.external_id: one.start - one.reserved_until
        for one in Slot.objects.exclude(reserved_until=EPOCH)
    }


def test_a_new_time_is_kept_as_the_share_says(feed, furness, trust, now):
    unset = ReservedShare(trust=trust, modality="MR")
    reserving.set_share(unset, percent=100, hours=24, now=now, actor="staff 1")

    feed(slot(furness), slot(furness, "s2", 15))

    assert kept() == dict.fromkeys(("s1", "s2"), timedelta(hours=24))


def test_a_time_that_moves_is_kept_by_where_it_stands_now(feed, furness, trust, now):
    unset = ReservedShare(trust=trust, modality="MR")
    reserving.set_share(unset, percent=100, hours=24, now=now, actor="staff 1")
    feed(slot(furness))

    feed(slot(furness, hour=16, stamp="2026-11-21T03:00:00Z"))

    one = Slot.objects.get()
    assert (one.start.hour, one.start - one.reserved_until) == (16, timedelta(hours=24))


def test_a_mark_keeps_all_its_schedule_also_what_was_there_until_it_goes(feed, furness):
    feed(slot(furness))
    assert kept() == {}

    feed(slot(furness, "s2", 15), marked=True)
    assert kept() == dict.fromkeys(("s1", "s2"), timedelta(hours=48))

    assert feed(marked=True).updated == 0, "said again"
    feed()
    assert kept() == {}
