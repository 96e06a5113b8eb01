"""One referral and a few times: two clerks, the patient, the trust and its import, all at once."""

import json
import random
from datetime import timedelta

import pytest
from django.db import transaction

from booking.appointments import booking, displacing, holds, parts, trust_answers, undo
from booking.appointments.clashes import TimesOverlap
from booking.appointments.warnings import WarningsNotKnown, tokens, warnings_of
from booking.clerk import caller
from booking.exchange.feeds.importer import import_lines
from booking.models import Appointment, AppointmentChange, Feed, ReplyCode, Slot
from booking.pages.subject import SubjectChanged, subject_of
from booking.patient import text_replies
from notifications.models import Message
from notifications.replies import Reply
from tests.booking.exchange.feeds.conftest import location, schedule, slot
from tests.racing import Rival, at_once, only_postgresql

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 6
EXPECTED = (
    holds.SlotTaken,
    holds.HoldExpired,
    booking.AppointmentChanged,
    SubjectChanged,
    undo.TooLateToUndo,
    TimesOverlap,
    WarningsNotKnown,
)


def push(furness, round_, chance, now):
    stamp = (now + timedelta(seconds=round_)).isoformat()
    lines = [location(furness), schedule(furness)] + [
        slot(
            furness, f"s{n}", 8 + n, stamp=stamp,
            status=chance.choice(["free"] * 4 + ["busy-unavailable"]) if round_ else "free",
        )
        for n in range(TIMES)
    ]  # fmt: skip
    import_lines("RTX", enumerate((json.dumps(line).encode() for line in lines), 1), now=now)


def choose(chance, now):
    free = list(Slot.objects.filter(free_at__lte=now).values_list("pk", flat=True))
    return chance.choice(free) if free else None


def clerk(person, staff, chance, now):
    """Book, move, cancel or take back, as a clerk does from what the screen showed."""
    live = booking.live_appointment(person)
    what = chance.random()
    if live and what < 0.2:
        booking.cancel(live, live.version, now=now, actor=staff.actor)
    elif what < 0.5:
        latest = person.appointments.order_by("-pk").first()
        if latest:
            undo.undo(latest, latest.version, now=now, actor=staff.actor)
    elif chosen := choose(chance, now):
        held = caller.hold_for_caller(person, chosen, staff, now=now)
        known = tokens(warnings_of(person, held, now=now))
        press = caller.Press(subject_of(person, live), known, "phoned", None)
        caller.book(person, held.pk, staff, press, now=now)


def patient(person, chance, now):
    """Move, cancel, or reply by text, with the code of the text that came last."""
    live = booking.live_appointment(person)
    what = chance.random()
    if live and what < 0.2:
        booking.cancel(live, live.version, now=now, actor="patient")
    elif live and what < 0.5:
        code = ReplyCode.objects.filter(appointment=live).order_by("-version").first()
        word = chance.choice(["yes", "cancel"])
        reply = Reply(
            command=word,
            code=code.code,
            number=person.patient.mobile,
            number_hash="",
            inbound_id=f"in-{chance.random()}",
            twilio_answered=False,
        )
        with transaction.atomic():
            text_replies.act(None, reply=reply, now=now)
    elif chosen := choose(chance, now):
        held = holds.hold(person, chosen, now=now)
        booking.book(person, held.pk, now=now, actor="patient")


def trust(person, chance, now):
    """Confirm or refuse what is pending."""
    live = booking.live_appointment(person)
    if live and live.status == "pending":
        say = trust_answers.confirm if chance.random() < 0.8 else trust_answers.refuse
        say(live, live.version, now=now, actor="key ab")


def test_two_clerks_a_patient_a_trust_and_its_import_leave_one_appointment_at_most(
    furness, make_referral, make_staff, now
):
    Feed.objects.update(confirms=True, confirm_hours=24)
    people = [make_referral(), make_referral(code="3XRD7JQF", mobile="+447700900462")]
    clerks = [make_staff(username="carol"), make_staff(username="dave")]
    push(furness, 0, random.Random(0), now)

    def work(number, act, *args):
        chance = random.Random(number)
        for _ in range(25):
            try:
                act(chance.choice(people), *args, chance, now)
            except EXPECTED:
                continue

    def system():
        chance = random.Random(99)
        for round_ in range(1, 15):
            push(furness, round_, chance, now)

    at_once(
        system,
        lambda: work(1, clerk, clerks[0]),
        lambda: work(2, clerk, clerks[1]),
        lambda: work(3, patient),
        lambda: work(4, trust),
        lambda: work(5, trust),
    )

    live = list(Appointment.objects.filter(status__in=["booked", "pending"]).select_related("slot"))
    assert len({made.referral_id for made in live}) == len(live)
    for made in live:
        assert (made.slot.status, made.slot.free_at) == ("free", None)
        assert (made.slot.start, made.slot.end) == (made.start, made.end)
    taken = Slot.objects.filter(status="free", free_at=None).values_list("pk", flat=True)
    assert set(taken) == {made.slot_id for made in live}
    for change in AppointmentChange.objects.select_related("appointment"):
        assert change.version == change.appointment.version
    waiting = Message.objects.filter(state__in=["ready", "scheduled"]).exclude(kind="answer")
    versions = dict(Appointment.objects.values_list("reference", "version"))
    assert all(text.subject_version == versions[text.subject] for text in waiting)


@only_postgresql
def test_a_time_that_is_confirmed_in_the_moment_in_which_it_is_taken_away_is_taken_away(
    jane, make_slot, now, monkeypatch
):
    Feed.objects.update(confirms=True)
    holds.hold(jane, make_slot().pk, now=now)
    made = booking.book(jane, Slot.objects.get().pk, now=now, actor="patient")
    confirming, free = [], parts.release_slots

    def free_while_it_is_confirmed(slot_ids):
        confirming.append(Rival(lambda: trust_answers.confirm(made, 1, now=now, actor="key ab")))
        confirming[0].wait_until_done_or_blocked()
        return free(slot_ids)

    monkeypatch.setattr(displacing, "release_slots", free_while_it_is_confirmed)
    with transaction.atomic():
        Slot.objects.update(status="busy-unavailable", free_at=None)
        displacing.cancel_by_trust([made.slot_id], now=now, actor="feed RTX")

    with pytest.raises(booking.AppointmentChanged):
        confirming[0].result()
    assert Appointment.objects.get().status == "displaced"
