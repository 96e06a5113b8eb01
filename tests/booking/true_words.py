"""What tests of true words share: how a state comes about, and what each channel then says."""

import re
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.test import Client

from booking.appointments import booking, displacing, holds
from booking.exchange.writeback import partners
from booking.identifiers.actors import PATIENT, Actor, ActorKind
from notifications.models import Message, State
from tests.booking.conftest import NOW
from tests.booking.signing_in import prove

FEED = Actor(ActorKind.FEED, "RTX")
THEN = NOW + timedelta(minutes=5)
"""When what is looked at was done: five minutes after the booking."""
BY_YOU = ("you cancelled", "You cancelled")
GONE = ("gone to somebody else", "somebody else")
BOOKED = ("You are booked", "Your scan is booked")


@dataclass(frozen=True)
class Say:
    """Words that must be on a channel, and words that must not."""

    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()


def book(referral, slot, now=NOW, actor=PATIENT, **options):
    holds.hold(referral, slot.pk, now=now)
    return booking.book(referral, slot.pk, now=now, actor=actor, **options)


def told_by(prefix, trust, reason=""):
    def tell(one):
        said = partners.TrustAnswer("cancelled", reason, 1)
        partners.answer(one, trust, said, now=THEN, actor=Actor(ActorKind.KEY, prefix))

    return tell


def withdraw(one, actor=FEED):
    with transaction.atomic():
        displacing.withdraw_slots([one.slot_id], now=THEN, actor=actor)


def patient_sees(code="7KQ49CRB"):
    browser = Client()
    prove(browser, code)
    return plain(browser.get("/appointment/"))


def clerk_sees(staff, referral):
    browser = Client()
    browser.force_login(staff.user)
    return plain(browser.get(f"/staff/patient/{referral.patient_id}/"))


def last_text(appointment):
    left = Message.objects.filter(subject=appointment.reference).exclude(state=State.CANCELLED)
    return left.exclude(kind__startswith="reminder").order_by("created_at", "pk").last()


def plain(answer):
    """The words of a page, without its marks and its styles."""
    page = answer.content.decode().partition("<main")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def check(said, say, where):
    for words in say.yes:
        assert words in said, (where, words, said)
    for words in say.no:
        assert words not in said, (where, words, said)


def read_back(page):
    """The box of the last act on a clerk's screen, up to its button."""
    found = re.search(r"(?:Booked|Kept|Changed|Cancelled).{0,400}? Undo this", page)
    return found[0] if found else ""
