"""Who took an appointment off, and why, is said alike to patients, clerks and trusts."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import time_machine

from booking.appointments import booking, undo
from booking.appointments.why_off import why_off
from booking.exchange import fhir_resources
from booking.identifiers.actors import PATIENT, Actor, ActorKind
from booking.models import Appointment, FeedKey, Referral
from booking.referrals import ending
from sites.models import Trust
from tests.booking.conftest import NOW
from tests.booking.true_words import (
    BOOKED,
    BY_YOU,
    FEED,
    GONE,
    THEN,
    Say,
    book,
    check,
    clerk_sees,
    last_text,
    patient_sees,
    told_by,
    withdraw,
)


@dataclass(frozen=True)
class Case:
    """How a state comes about, and what is then said where."""

    act: object
    patient: Say
    clerk: Say
    text: Say = field(default_factory=Say)
    trust: str = ""
    """HL7's code of who cancelled."""


@pytest.fixture
def staff(make_staff):
    return make_staff(username="carol")


@pytest.fixture(autouse=True)
def keys(trust):
    """A key of the patient's own trust, and one of another that refers here."""
    other = Trust.objects.create(code="RXN", name="Lancashire Teaching Hospitals")
    for code, prefix in ((trust, "ours"), (other, "theirs")):
        FeedKey.objects.create(trust=code, prefix=prefix, created_at=NOW)
    return other


def clerk(staff, reason):
    return lambda one: booking.cancel(one, 1, now=THEN, actor=staff.actor, reason=reason)


def over(actor, reason):
    return lambda one: ending.end(one.referral, reason, now=THEN, actor=actor)


def cases(staff):
    ours = "University Hospitals of Morecambe Bay"
    free = ("This time is free again", "Take this time again")
    return {
        "patient": Case(
            lambda one: booking.cancel(one, 1, now=THEN, actor=PATIENT),
            Say(("You cancelled it on Tuesday 24 November", *free), GONE),
            Say(("cancelled by the patient",), BOOKED),
            Say(("you cancelled your scan", "Book another time")),
            "pat",
        ),
        "clerk, cannot come": Case(
            clerk(staff, "cannot_come"),
            Say(("Our booking team cancelled it", "you could not come then", *free), BY_YOU),
            Say(("cancelled by a clerk: patient cannot come then",)),
            Say(("is cancelled",), BY_YOU),
            "pat",
        ),
        "clerk, another reason": Case(
            clerk(staff, "other"),
            Say(("Our booking team cancelled it", "phone us"), BY_YOU),
            Say(("cancelled by a clerk",), ("another reason",)),
            Say(("is cancelled",), BY_YOU),
            "other",
        ),
        "the hospital, as the patient asked": Case(
            told_by("ours", "RTX", "pat"),
            Say((f"{ours} cancelled it for you",), BY_YOU),
            Say(("cancelled by the hospital: the patient told it",)),
            Say(("is cancelled",), BY_YOU),
            "pat",
        ),
        "the hospital, without a reason": Case(
            told_by("ours", "RTX"),
            Say((f"{ours} told us on Tuesday 24 November",), (*BY_YOU, "for you")),
            Say(("refused by the hospital",)),
            Say(("cannot go ahead",), BY_YOU),
            "prov",
        ),
        "the hospital cannot": Case(
            told_by("ours", "RTX", "prov"),
            Say(
                (f"{ours} told us on Tuesday 24 November that it cannot see you",),
                (*BY_YOU, "take your time away"),
            ),
            Say(("refused by the hospital",)),
            Say(("cannot go ahead",), BY_YOU),
            "prov",
        ),
        "the feed took it away": Case(
            withdraw,
            Say((f"{ours} took this time away", "Choose another time"), (*BY_YOU, *GONE, *free)),
            Say(("taken away by the hospital",)),
            Say(("cannot go ahead",), BY_YOU),
            "prov",
        ),
        "the scanner moved": Case(
            lambda one: withdraw(one, actor=Actor(ActorKind.STOPS)),
            Say(("The mobile scanner will not be there then",), BY_YOU),
            Say(("taken away by the hospital",)),
            Say(("cannot go ahead",)),
            "prov",
        ),
        "the referrer": Case(
            over(FEED, "withdrawn"),
            Say(
                ("is not needed any more", "is cancelled. Please do not come", f"by {ours}"),
                (*BY_YOU, *free),
            ),
            Say(("cancelled by the trust that referred: withdrawn by the referrer",)),
            Say(("is cancelled, and the request for it is closed",), BY_YOU),
            "other",
        ),
        "a clerk, for the referrer": Case(
            over(staff.actor, "withdrawn"),
            Say(("is not needed any more", "by our booking team"), BY_YOU),
            Say(("cancelled by the trust that referred: withdrawn by the referrer",)),
            Say(("is cancelled, and the request for it is closed",), BY_YOU),
            "other",
        ),
        "the patient has died": Case(
            over(staff.actor, "died"),
            Say(("This request is closed", "is cancelled"), ("died", "text", *BY_YOU)),
            Say(("Do not phone or text", "cancelled by a clerk: the patient has died"), BOOKED),
            Say((), ("cancel", "book another")),
            "pat-dec",
        ),
        "ended, then open again": Case(
            end_and_reopen,
            Say(("had been sent to us twice, or by mistake", "request for a scan is still open")),
            Say(("cancelled by a clerk: sent twice or by mistake",)),
            Say(("the request for it is closed",)),
            "other",
        ),
        "undone": Case(
            undone(staff),
            Say(("Our booking team booked this time by mistake", *free), (*BY_YOU, *BOOKED)),
            Say(("booked by mistake, taken back",), ("Booked. Read", "Undo")),
            Say((), ("your scan is at",)),
            "oth-err",
        ),
    }  # fmt: skip


def end_and_reopen(one):
    actor = Actor(ActorKind.STAFF, 99)
    ending.end(one.referral, "duplicate", now=THEN, actor=actor)
    ending.reopen(Referral.objects.get(pk=one.referral_id), now=THEN, actor=actor)


def undone(staff):
    def take_back(one):
        undo.undo(one, 1, now=THEN, actor=staff.actor)

    return take_back


NAMES = list(cases(type("S", (), {"actor": ""})))


@pytest.mark.parametrize("name", NAMES)
def test_who_took_it_off_and_why_is_said_alike_everywhere(name, jane, make_slot, staff):
    case, slot = cases(staff)[name], make_slot()
    at = {"now": THEN, "actor": staff.actor, "undo_window": undo.UNDO} if name == "undone" else {}
    one = book(jane, slot, **at)

    with time_machine.travel(THEN + timedelta(minutes=2), tick=False):
        case.act(one)
        made = Appointment.objects.select_related("site", "slot", "referral__exam").get(pk=one.pk)
        text = last_text(made)
        check(patient_sees(), case.patient, "patient")
        check(clerk_sees(staff, jane), case.clerk, "clerk")
        check(text.body if text else "", case.text, "text")
        off = why_off([made])[made.pk]
    told = fhir_resources.appointment(made, reader="RTX", slot=made.slot, off=off)
    assert told["cancelationReason"]["coding"][0]["code"] == case.trust


def test_the_trust_that_referred_is_told_from_the_one_that_scans(jane, make_slot, staff, keys):
    """A trust that only scans may say that the patient told it; one that only refers cancels."""
    Referral.objects.update(trust=keys)
    jane.refresh_from_db()
    acts = [told_by("ours", "RTX", "pat"), told_by("theirs", "RXN"), told_by("ours", "RTX")]
    said = [
        "University Hospitals of Morecambe Bay cancelled it for you",
        "Lancashire Teaching Hospitals, which asked for this scan, cancelled it",
        "University Hospitals of Morecambe Bay told us",
    ]
    for day, (act, words) in enumerate(zip(acts, said, strict=True), 8):
        one = book(jane, make_slot(day=day))
        with time_machine.travel(THEN, tick=False):
            act(one)
            page = patient_sees()
        check(page, Say((words,), BY_YOU), "patient")
        Appointment.objects.update(changed_at=NOW - timedelta(days=1))
