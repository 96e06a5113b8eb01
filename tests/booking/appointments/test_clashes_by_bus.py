"""Two scans on one day, for who goes from one to the other by bus."""

import math

import pytest
import time_machine

from booking.appointments import booking, holds
from booking.appointments.warnings import warnings_of
from booking.identifiers.actors import PATIENT
from sites.models import Postcode
from sites.ways import Way
from tests.sites.travel import timetables


@pytest.fixture(autouse=True)
def _clock(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def booked(jane, make_referral, furness, make_slot, now):
    """Jane has another scan at Furness that ends at 2:30pm."""
    Postcode.objects.get_or_create(
        code="LA14 4LF", defaults={"outward": "LA14", "sector": "LA14 4", "lat": 54.1, "lon": -3.2}
    )
    other = make_referral("4HT8VMXD")
    other.patient = jane.patient
    other.save()
    slot = make_slot(day=8, hour=14)
    holds.hold(other, slot.pk, now=now)
    return booking.book(other, slot.pk, now=now, actor=PATIENT)


def travel(referral, slot, now, way):
    return [one.clash.travel for one in warnings_of(referral, slot, now=now, way=way) if one.clash]


def test_the_bus_between_two_places_may_be_too_slow(
    booked, jane, lancaster, make_slot, now, tmp_path
):
    """A car takes over an hour and a half, the bus three hours; there are two and a half."""
    timetables.put(tmp_path, "LA14 4,lancaster,weekday-day,180,1,8,19:10")
    slot = make_slot(site=lancaster, day=8, hour=17)

    assert travel(jane, slot, now, Way.PUBLIC) == [180]
    assert travel(jane, slot, now, Way.CAR) == []
    assert travel(jane, slot, now, Way.HOSPITAL) == []


def test_no_way_between_them_is_too_far_on_one_day_and_not_on_two(
    booked, jane, lancaster, make_slot, now, tmp_path
):
    timetables.put(tmp_path, "LA14 4,lancaster,sunday,180,1,8,19:10")
    same_day = make_slot(site=lancaster, day=8, hour=20)
    next_day = make_slot(site=lancaster, day=9, hour=9)

    assert travel(jane, same_day, now, Way.PUBLIC) == [math.inf]
    assert travel(jane, next_day, now, Way.PUBLIC) == []
