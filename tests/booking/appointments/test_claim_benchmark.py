"""The benchmark of claims measures the service's own statement: it must go on running."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks import claim
from booking.models import EPOCH, Slot


@pytest.mark.parametrize("claims", [claim.ours, claim.look_first, claim.lock_first])
def test_each_way_to_claim_gives_a_slot_once(jane, tom, make_slot, monkeypatch, now, claims):
    slot = make_slot()
    assert Slot.objects.get(pk=slot.pk).free_at == EPOCH
    monkeypatch.setattr(claim, "NOW", now)
    monkeypatch.setattr(claim, "_read", {slot.pk: slot})
    assert claims(jane, slot.pk)
    slot.refresh_from_db()
    assert slot.held_by == jane
    assert not claims(tom, slot.pk)


def test_who_comes_too_late_does_not_pay_for_the_claim(jane, tom, make_slot, monkeypatch, now):
    slot = make_slot()
    monkeypatch.setattr(claim, "NOW", now)
    monkeypatch.setattr(claim, "_read", {slot.pk: slot})
    assert claim.ours(jane, slot.pk)
    held = Slot.objects.get(pk=slot.pk)

    with CaptureQueriesContext(connection) as asked:
        assert not claim.ours(tom, slot.pk)

    reads = {"sqlite": "SELECT", "postgresql": "EXECUTE"}[connection.vendor]
    assert [one["sql"].split()[0] for one in asked.captured_queries] == [reads]
    assert Slot.objects.get(pk=slot.pk).free_at == held.free_at
