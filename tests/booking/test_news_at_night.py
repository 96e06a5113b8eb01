"""News that nobody asked for, in the evening: at once if it saves a journey, else at 8am."""

import json
from datetime import timedelta

import pytest
from django.db import transaction

from booking.appointments import booking, displacing, holds, places_changed
from booking.appointments.displacing import WhyLost
from booking.clerk import script
from booking.exchange.feeds import brake, decisions, losses
from booking.exchange.feeds.importer import import_lines
from booking.identifiers.actors import Actor, ActorKind
from booking.messages.outlook import News, outlook_of
from booking.models import Appointment, Loss, LostSlot, Slot
from notifications import dispatch, gateways, provider
from notifications.gateways.outcomes import Sent
from notifications.models import Message
from tests.booking.conftest import NOW

pytestmark = pytest.mark.django_db
EVENING = NOW.replace(hour=20, minute=5)
"""In winter: 8:05pm in England, too."""


def _feed(made):
    displacing.withdraw_slots([made.slot_id], now=EVENING, actor="feed RTX")


def _moved(made):
    loss = WhyLost("place_moved", "The place moved.", "Furness")
    places_changed.follow_places({made.slot_id: loss}, [], [], now=EVENING)


def _renamed(made):
    places_changed.follow_places({}, [], [made.site_id], now=EVENING)


def _ended(made):
    booking.cancel_as_ended(made, now=EVENING, actor="key ours", reason="not_wanted", text=True)


def _cancel(actor, reason):
    return lambda made: booking.cancel(made, 1, now=EVENING, actor=actor, reason=reason)


def _released(made):
    """A lead lets a held feed go ahead."""
    losses.add("RTX", [made.slot_id], LostSlot.Why.MISSING, now=EVENING)
    loss = Loss.objects.get()
    with transaction.atomic():
        losses.hold(loss, now=EVENING)
    seen = brake.waiting(loss, EVENING)
    decisions.release(loss, seen, now=EVENING, actor=Actor(ActorKind.STAFF, 7))


def _clinic_cancelled(made):
    """The trust says of every time of that day that it is not to be had."""
    lines = [
        {
            "resourceType": "Slot", "id": one.external_id, "status": "busy-unavailable",
            "schedule": {"reference": f"Schedule/{one.schedule.external_id}"},
            "meta": {"lastUpdated": EVENING.isoformat()},
            "start": one.start.isoformat(), "end": one.end.isoformat(),
        }
        for one in Slot.objects.select_related("schedule")
    ]  # fmt: skip
    numbered = [(number, json.dumps(one).encode()) for number, one in enumerate(lines, 1)]
    import_lines("RTX", numbered, now=EVENING)


BY_OTHERS = {
    "feed": _feed,
    "clinic cancelled": _clinic_cancelled,
    "place moved": _moved,
    "place renamed": _renamed,
    "ended": _ended,
    "trust cancels": _cancel("key ours", "maint"),
    "exam changed": _cancel("import RTX", "exam_changed"),
}
ANSWERS = {
    "patient": _cancel("patient", ""),
    "reply": _cancel("texts", ""),
    "clerk": _cancel("staff 1", "cannot_come"),
    "trust, for the patient": _cancel("key ours", "pat"),
}


@pytest.fixture(autouse=True)
def carrier(monkeypatch):
    monkeypatch.setattr(gateways, "send", lambda message: Sent(sid=f"sid-of-{message.pk.hex}"))


@pytest.fixture
def booked(jane, make_slot):
    """Book Jane at 8am of a day from today, and send what is due of that."""

    def booked(day):
        found = make_slot(day=day, hour=8)
        holds.hold(jane, found.pk, now=NOW)
        made = booking.book(jane, found.pk, now=NOW, actor="patient")
        _tick(NOW)
        return made

    return booked


def _tick(at):
    dispatch.run_scheduled_steps(at)
    while dispatch.dispatch_due(at):
        pass


def _sent_at(at):
    before = set(Message.objects.filter(state="accepted").values_list("pk", flat=True))
    _tick(at)
    return [one.kind for one in Message.objects.filter(state="accepted").exclude(pk__in=before)]


@pytest.mark.parametrize("act", BY_OTHERS.values(), ids=BY_OTHERS)
def test_who_would_set_out_in_the_morning_is_told_now(booked, act):
    made = booked(1)
    with transaction.atomic():
        act(made)
    assert len(_sent_at(EVENING)) == 1


@pytest.mark.parametrize("act", BY_OTHERS.values(), ids=BY_OTHERS)
def test_who_has_weeks_is_told_in_the_morning_and_pages_say_so(booked, act):
    made = booked(20)
    with transaction.atomic():
        act(made)
    made = Appointment.objects.get()
    assert _sent_at(EVENING) == []
    morning = NOW.replace(hour=8, minute=0) + timedelta(days=1)
    outlook = outlook_of(made, EVENING)
    assert (outlook.news, outlook.goes_at) == (News.LATER, morning)
    assert _sent_at(morning - timedelta(minutes=1)) == []
    assert len(_sent_at(morning)) == 1


@pytest.mark.parametrize(("day", "at_once"), [(1, 1), (20, 0)], ids=["tomorrow", "weeks ahead"])
def test_what_a_lead_lets_go_in_the_evening_is_told_then_if_it_saves_a_journey(
    booked, day, at_once
):
    _released(booked(day))

    assert len(_sent_at(EVENING)) == at_once
    assert len(_sent_at(NOW.replace(hour=8, minute=0) + timedelta(days=1))) == 1 - at_once


@pytest.mark.parametrize("act", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_to_the_patient_goes_at_any_hour(booked, act):
    made = booked(20)
    with transaction.atomic():
        act(made)
    assert _sent_at(EVENING) == ["cancelled_by_you"]


def test_nobody_is_promised_a_text_while_none_is_sent(jane, booked):
    made = booked(20)
    booking.cancel(made, 1, now=NOW, actor="staff 1")
    assert outlook_of(made, NOW).news == News.GOING
    provider.setting_at_fault(NOW, "TWILIO_FROM is wrong")
    held = outlook_of(made, NOW)
    assert held.news == News.HELD
    assert "late" in script._texted(held, "to say so")
    assert "No text is being sent" in script.say_news(held)
    assert provider.got_through(NOW + timedelta(minutes=2))
    assert outlook_of(made, NOW).news == News.GOING
