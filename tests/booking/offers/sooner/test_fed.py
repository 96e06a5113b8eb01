"""Times that a feed puts on sale: near ones are looked at, an ordinary import pays nothing."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from booking.models import FreedSlot, Slot, SoonerWish
from booking.offers.sooner import fed
from tests.booking.exchange.feeds.conftest import (  # noqa: F401 - push is a fixture
    location,
    push,
    schedule,
    slot,
)

pytestmark = pytest.mark.django_db


def noted():
    return set(FreedSlot.objects.values_list("slot__external_id", flat=True))


def opened(slots):
    return [(one.external_id, one.seat, one.start, one.modality) for one in slots]


def test_near_times_of_a_scan_that_somebody_waits_for_are_noted(make_person, make_slot, now):
    make_person()
    near, far, soon = make_slot(day=8), make_slot(day=40), make_slot(day=0, hour=20)
    other = make_slot(day=8, modality="DX")
    fed.note_opened("RTX", opened([near, far, soon, other]), now=now)
    assert noted() == {near.external_id}
    fed.note_opened("RTX", opened([near]), now=now)  # once
    assert FreedSlot.objects.count() == 1


def test_without_anybody_on_the_list_nothing_is_noted(make_person, make_slot, now):
    make_person()
    SoonerWish.objects.update(state="off")
    fed.note_opened("RTX", opened([make_slot(day=8)]), now=now)
    assert noted() == set()


def test_far_off_times_cost_no_query(make_person, make_slot, now):
    make_person()
    far = opened([make_slot(day=30 + day) for day in range(5)])
    with CaptureQueriesContext(connection) as asked:
        fed.note_opened("RTX", far, now=now)
    assert len(asked) == 0


def test_of_many_only_the_nearest_and_none_if_many_wait(make_person, make_slot, now, monkeypatch):
    make_person()
    slots = [make_slot(day=day) for day in range(20, 5, -1)]
    monkeypatch.setattr(fed, "MOST_AT_ONCE", 3)
    fed.note_opened("RTX", opened(slots), now=now)
    assert noted() == {one.external_id for one in slots[-3:]}
    monkeypatch.setattr(fed, "MOST_WAITING", 3)
    FreedSlot.objects.filter(slot=slots[-1]).delete()
    FreedSlot.objects.create(slot=slots[0], freed_at=now)
    fed.note_opened("RTX", opened(slots), now=now)
    assert slots[-1].external_id not in noted()


def test_an_import_notes_new_times_and_those_that_a_trust_takes_back(
    make_person,
    push,  # noqa: F811
    furness,
    now,
):
    make_person()
    start = now + timedelta(days=8)
    times = {"start": start.isoformat(), "end": (start + timedelta(minutes=30)).isoformat()}
    place = [location(furness), schedule(furness)]
    busy = slot(furness, name="a", status="busy", **times)
    push(*place, busy)
    assert noted() == set()
    stamp = {"meta": {"lastUpdated": now.isoformat()}}
    push({**busy, "status": "free", **stamp})
    assert noted() == {"a"}
    assert Slot.objects.get(external_id="a").free_at is not None
