"""The last scanner of its kind leaves a place: many people who are booked there wait for a lead."""

import pytest

from booking.appointments import booking, holds
from booking.exchange.feeds import brake, decisions, losses
from booking.models import Appointment, LostSlot, Slot, WorklistRow
from sites import places
from sites.imports import apply
from sites.models import Scanner


@pytest.fixture
def machine(furness):
    """The only MRI scanner at Furness, with a name in files."""
    Scanner.objects.filter(site=furness, modality="MR").update(code="furness-mr-1", name="MR 9")
    places.forget()
    return Scanner.objects.get(code="furness-mr-1")


def move(machine, site, modality="MR"):
    row = {"what": "scanner", "id": machine.code, "name": machine.name, "modality": modality,
           "site": site.slug}  # fmt: skip
    (found,) = apply.apply([(1, row)])
    assert found.became == "changed", found.details
    return found.details


@pytest.fixture
def booked(machine, make_slot, make_referral, now, settings):
    """Two people, one more than the brake lets go, and a time that nobody has."""
    settings.FEED_BRAKE_PEOPLE = 1
    for code, hour in (("7KQ49CRB", 9), ("3XRD7JQF", 10)):
        referral, slot = make_referral(code=code), make_slot(hour=hour)
        holds.hold(referral, slot.pk, now=now)
        booking.book(referral, slot.pk, now=now, actor="patient")
    return make_slot(hour=11)


def statuses():
    return sorted(Appointment.objects.values_list("status", flat=True))


def waits(now):
    loss = decisions.held_loss("RTX")
    return loss and brake.waiting(loss, now)


def test_many_keep_their_times_until_a_lead_agrees(machine, booked, lancaster, now):
    said = move(machine, lancaster)

    assert statuses() == ["booked", "booked"]
    assert "2 people held for a lead" in said
    assert WorklistRow.objects.get().kind == "feed_held"
    assert Slot.objects.get(pk=booked.pk).status == Slot.Status.WITHDRAWN
    losses.drop(list(Slot.objects.values_list("pk", flat=True)), now=now)
    assert waits(now) == (2, 2), "of scanners a feed knows nothing: naming the times ends nothing"


def test_a_lead_lets_them_go(machine, booked, lancaster, now):
    move(machine, lancaster)

    report = decisions.release(decisions.held_loss("RTX"), waits(now), now=now, actor="staff 7")

    assert (report.displaced, statuses()) == (2, ["displaced", "displaced"])
    assert not Slot.objects.exclude(status=Slot.Status.WITHDRAWN).exists()


def test_a_lead_keeps_them(machine, booked, lancaster, now):
    move(machine, lancaster)

    decisions.keep(decisions.held_loss("RTX"), waits(now), now=now, actor="staff 7")

    assert statuses() == ["booked", "booked"]
    assert not Slot.objects.filter(free_at__isnull=False).exists(), "nobody new is sent there"


def test_the_scanner_is_there_again_before_anybody_decided(machine, booked, lancaster, furness):
    move(machine, lancaster)

    move(machine, furness)

    assert decisions.held_loss("RTX") is None
    assert statuses() == ["booked", "booked"]
    assert set(LostSlot.objects.values_list("outcome", flat=True)) == {"named"}
    assert WorklistRow.objects.get().closed_at is not None


def test_few_are_displaced_at_once(machine, booked, lancaster, settings):
    settings.FEED_BRAKE_PEOPLE = 5

    move(machine, lancaster)

    assert statuses() == ["displaced", "displaced"]
    assert decisions.held_loss("RTX") is None
