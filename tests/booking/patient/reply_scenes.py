"""What was said to a phone before a reply came: one scene for each `last_text` of replies.csv.

In each, 7567 is the code of the appointment that the patient means, 5432 an older one of
theirs, 8421 that of another appointment on the same phone and 4321 that of a stranger's phone.
"""

import csv
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path

from django.db import transaction

from booking.appointments import booking, displacing, holds
from booking.identifiers.actors import PATIENT, Actor, ActorKind
from booking.messages import texts
from booking.models import (
    EPOCH,
    Appointment,
    Exam,
    Feed,
    Offer,
    Patient,
    Referral,
    ReplyCode,
    Schedule,
    Slot,
    SoonerWish,
)
from booking.offers.making import Terms, make, tell
from booking.offers.sooner import wishes
from notifications import replies
from notifications.models import Inbound, Message, OptOut, State
from sites.models import Site, Trust
from tests import answers, scenes

TABLE = Path(__file__).parents[2] / "notifications" / "replies.csv"
NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PHONE, STRANGERS = "+447700900461", "+447700900999"
TODAY = NOW - HOUR
LONG_AGO = NOW - 10 * DAY
DONE = {
    "coming": "come",
    "told the hospital will confirm": "come",
    "for a clerk to read; coming": "come, read",
    "told how to change": "change",
    "told how to reply": "help",
    "too late: changed since": "too late",
    "opted out": "stop",
    "opted in": "start",
    "cancelled": "cancel",
    "on the list for sooner": "sooner",
    "off the list for sooner": "later",
    "thanks": "thanks",
    "for a clerk to read; told how": "clerk",
    "for a clerk to read": "clerk",
}


@dataclass(frozen=True)
class Case:
    """One reply, what was said before, what it means to who wrote it, and what is done."""

    last_text: str
    code: str
    reply: str
    meaning: str
    done: str


def cases() -> list[Case]:
    """Read the table; escapes stand for what one would not see in it."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = [Case(**row) for row in csv.DictReader(file)]
    return [Case(**{**vars(row), "reply": _unescape(row.reply)}) for row in rows]


def _unescape(text: str) -> str:
    text = text.replace("\\n", "\n")
    escape = r"\\u([0-9a-f]{4})|\\U([0-9a-f]{8})"
    return re.sub(escape, lambda found: chr(int(found[1] or found[2], 16)), text)


class Phone:
    """A phone of two patients, and what is booked and said; one of a stranger's."""

    def __init__(self) -> None:
        self.trust = Trust.objects.create(code="RZZ", name="Trust of the replies")
        self.feed = Feed.objects.create(trust=self.trust, last_contact_at=NOW, last_change_at=NOW)
        self.site = Site.objects.create(
            slug="replies", name="Furness", kind="hospital", trust=self.trust, address="",
            postcode="", lat=54.1, lon=-3.2,
        )  # fmt: skip
        self.exam = Exam.objects.create(
            code="RZZ", name="a scan", modality="MR", body_part="knee", minutes=30
        )
        self.schedule = Schedule.objects.create(
            trust=self.trust, external_id="replies", site=self.site, modality="MR", fed_at=EPOCH
        )
        self.numbers = count()
        self.jane = self._patient("Jane", PHONE)
        self.tom = self._patient("Tom", PHONE)
        stranger = self.refer(self._patient("Ann", STRANGERS))
        self.code(self.book(stranger, day=30), "4321")
        self.main = self.refer(self.jane)

    def _patient(self, name: str, mobile: str) -> Patient:
        return Patient.objects.create(
            given_name=name, family_name="Fell", born=date(1961, 3, 12), mobile=mobile
        )

    def refer(self, patient: Patient) -> Referral:
        return answers.answered(Referral.objects.create(
            code=f"RZZ{next(self.numbers):05}", patient=patient, exam=self.exam, trust=self.trust,
            urgency="routine", clock_start=NOW.date(), target_day=NOW.date() + 42 * DAY,
        ))  # fmt: skip

    def slot(self, day: float) -> Slot:
        start = NOW + day * DAY + 4 * HOUR
        return Slot.objects.create(
            trust=self.trust, external_id=f"replies-{next(self.numbers)}", seat=0,
            schedule=self.schedule, site=self.site, modality="MR", start=start,
            end=start + HOUR / 2, daypart="afternoon", weekend=False, status="free",
            fed_at=EPOCH, free_at=EPOCH,
        )  # fmt: skip

    def book(self, referral: Referral, day: float = 2, at: datetime = LONG_AGO) -> Appointment:
        slot = self.slot(day)
        holds.hold(referral, slot.pk, now=at)
        return booking.book(referral, slot.pk, now=at, actor=PATIENT)

    def code(self, appointment: Appointment, code: str) -> None:
        issued = ReplyCode.objects.filter(appointment=appointment, version=appointment.version)
        issued.update(code=code)

    def send(self, about: Appointment | str, kind: str, at: datetime = TODAY) -> None:
        """Put the texts of one kind about something on the wire."""
        subject = about if isinstance(about, str) else about.reference
        sent = Message.objects.filter(subject=subject, kind=kind, wire_at=None)
        assert sent.update(state=State.ACCEPTED, wire_at=at, accepted_at=at)

    def booked(self, code: str = "7567", referral: Referral | None = None) -> Appointment:
        """Book long ago, and say so then."""
        appointment = self.book(referral or self.main)
        self.code(appointment, code)
        self.send(appointment, "confirmation", at=LONG_AGO)
        return appointment

    def reminded(self, code: str = "7567", at: datetime = TODAY) -> Appointment:
        appointment = self.booked(code)
        self.send(appointment, "reminder_2_days", at=at)
        return appointment

    def another(self, patient: Patient, at: datetime) -> Appointment:
        """Book something else on the same phone, and say so."""
        appointment = self.book(self.refer(patient), day=20, at=at)
        self.code(appointment, "8421")
        self.send(appointment, "confirmation", at=at)
        return appointment


def reminder(phone: Phone) -> Appointment:
    return phone.reminded()


def confirmation(phone: Phone) -> Appointment:
    appointment = phone.book(phone.main, at=TODAY)
    phone.code(appointment, "7567")
    phone.send(appointment, "confirmation")
    return appointment


def changed(phone: Phone) -> Appointment:
    phone.booked("5432")
    moved = phone.book(phone.main, day=5, at=TODAY)
    phone.code(moved, "7567")
    phone.send(moved, "changed")
    return moved


def moved_unsent(phone: Phone) -> Appointment:
    """The text about the move has not gone yet."""
    phone.reminded("5432")
    moved = phone.book(phone.main, day=5, at=NOW)
    phone.code(moved, "7567")
    return moved


def pending(phone: Phone) -> Appointment:
    Feed.objects.filter(pk=phone.feed.pk).update(confirms=True)
    appointment = phone.book(phone.main, at=TODAY)
    phone.code(appointment, "7567")
    phone.send(appointment, "pending")
    return appointment


def displaced(phone: Phone) -> Appointment:
    appointment = phone.reminded("5432", at=NOW - 2 * DAY)
    with transaction.atomic():
        (gone,) = displacing.cancel_by_trust(
            [appointment.slot_id], now=TODAY, actor=Actor(ActorKind.FEED, "RZZ")
        )
    phone.send(gone, "displaced")
    return gone


def rebooked(phone: Phone) -> Appointment:
    """Displaced, then booked again; the text about that has not gone yet."""
    displaced(phone)
    again = phone.book(phone.main, day=9, at=NOW)
    phone.code(again, "7567")
    return again


def cancelled(phone: Phone) -> Appointment:
    appointment = phone.reminded("5432", at=NOW - 2 * DAY)
    booking.cancel(appointment, appointment.version, now=TODAY, actor=PATIENT)
    phone.send(appointment, "cancelled_by_you")
    return appointment


def invitation(phone: Phone) -> Appointment:
    """Invited to book something else after the reminder."""
    appointment = phone.reminded(at=NOW - 3 * HOUR)
    invited = phone.refer(phone.jane)
    with transaction.atomic():
        texts.send_invitation(invited, TODAY)
    phone.send(texts.subject_of(invited), "invitation")
    return appointment


def second_scan(phone: Phone) -> Appointment:
    appointment = phone.reminded(at=NOW - 3 * HOUR)
    phone.another(phone.jane, TODAY)
    return appointment


def other_patient(phone: Phone) -> Appointment:
    appointment = phone.reminded(at=NOW - 3 * HOUR)
    phone.another(phone.tom, TODAY)
    return appointment


def told_later(phone: Phone) -> Appointment:
    """The other patient was told something a day and a half after the reminder that is answered."""
    appointment = phone.reminded(at=NOW - 40 * HOUR)
    other = phone.another(phone.tom, NOW - 15 * DAY)
    booking.cancel(other, other.version, now=TODAY, actor=PATIENT)
    phone.send(other, "cancelled_by_you")
    return appointment


def other_week(phone: Phone) -> Appointment:
    """The other patient was asked something long before."""
    phone.another(phone.tom, NOW - 15 * DAY)
    return phone.reminded()


def at_once(phone: Phone) -> Appointment:
    appointment = phone.reminded()
    other = phone.book(phone.refer(phone.tom), day=2 + 1 / 24)  # an hour later on one machine
    phone.code(other, "8421")
    phone.send(other, "confirmation", at=LONG_AGO)
    phone.send(other, "reminder_2_days")
    return appointment


def yesterday(phone: Phone) -> Appointment:
    """The scan that the last text was about is over; another is to come."""
    phone.another(phone.jane, NOW - 20 * DAY)
    past = phone.book(phone.main, day=-1, at=LONG_AGO)
    phone.code(past, "5432")
    phone.send(past, "reminder_2_days", at=NOW - 3 * DAY)
    return past


def offer(phone: Phone) -> Appointment:
    """Reminded of their own time, then asked about a sooner one."""
    appointment = phone.reminded(at=NOW - 3 * HOUR)
    terms = Terms(Offer.Why.SOONER, NOW + HOUR, appointment=appointment)
    with transaction.atomic():
        offered = make(phone.main, phone.slot(day=1).pk, terms, now=TODAY, actor=PATIENT)
        tell(offered, now=TODAY)
    phone.send(offered.reference, "offer")
    return appointment


def on_the_list(phone: Phone) -> Appointment:
    """Reminded, and on the list for something sooner."""
    appointment, wanted = phone.reminded(), wishes.Wanted(2, sites=(phone.site.pk,))
    wishes.put_on(phone.main, wanted, door=SoonerWish.Door.TEXT, now=LONG_AGO, actor=PATIENT)
    return appointment


def answered(phone: Phone) -> Appointment:
    """They said YES before, and were thanked."""
    appointment = phone.reminded()
    with transaction.atomic():
        texts.answer_reply(appointment, "answer_yes", "earlier", TODAY)
    phone.send(appointment, "answer", at=NOW - HOUR / 2)
    return appointment


def undelivered(phone: Phone) -> Appointment:
    """The last question never came, so the reply must be about something else."""
    appointment = phone.reminded()
    reminders = Message.objects.filter(subject=appointment.reference, kind="reminder_2_days")
    reminders.update(state=State.UNDELIVERED)
    return appointment


def nothing(phone: Phone) -> None:
    """Invited, and nothing booked."""
    with transaction.atomic():
        texts.send_invitation(phone.main, TODAY)
    phone.send(texts.subject_of(phone.main), "invitation")


SCENES = {
    scene.__name__: scene
    for scene in (
        reminder, confirmation, changed, moved_unsent, pending, displaced, rebooked, cancelled,
        invitation, second_scan, other_patient, told_later, other_week, at_once, yesterday, offer,
        on_the_list, answered, undelivered, nothing,
    )
}  # fmt: skip


def play(last_text: str, body: str) -> str:
    """Return what is done about a reply after this scene."""
    meant = scenes.made_once(("replies", last_text), lambda: SCENES[last_text](Phone()))
    gone = Appointment.Status.CANCELLED
    before = set(Appointment.objects.filter(status=gone).values_list("pk", flat=True))
    reply = replies.keep("SMreply", number=PHONE, body=body, opt_out_type="", now=NOW)
    replies.handle(reply, NOW)
    reply = Inbound.objects.get(pk=reply.pk)
    cancelled_now = set(Appointment.objects.filter(status=gone).values_list("pk", flat=True))
    done = DONE[reply.outcome]
    if cancelled_now - before:
        return done if cancelled_now - before == {meant and meant.pk} else "cancelled another"
    assert done != "cancel"
    assert OptOut.objects.exists() == (done == "stop")
    return done


@cache
def done_about(last_text: str, body: str) -> str:
    """Play it on a phone of its own, leave the database as it was, and remember the outcome."""
    around = transaction.atomic()
    around._from_testcase = True  # type: ignore[attr-defined]  # as a test's own transaction: what is played has its own inside
    with around:
        done = play(last_text, body)
        transaction.set_rollback(True)
    return done


def confusion(rows: list[Case]) -> tuple[Counter[tuple[str, str]], int]:
    """Return how often what was meant was answered by what was done, and the wrong cancellations.

    A cancellation is wrong if the reply did not mean one, or meant another appointment.
    """
    table = Counter((row.meaning, done_about(row.last_text, row.reply)) for row in rows)
    right = table["cancel", "cancel"]
    cancelled = sum(number for (_, done), number in table.items() if done.startswith("cancel"))
    return table, cancelled - right
