"""What is answered says nothing untrue: every state of an appointment, every command."""

import pytest

from booking.appointments import booking, trust_answers
from booking.identifiers.actors import Actor, ActorKind
from booking.models import Appointment
from notifications import replies
from notifications.models import Inbound, Message
from tests.booking.patient.reply_scenes import DAY, NOW, PHONE, SCENES, Phone

FEED = Actor(ActorKind.FEED, "RZZ")


def booked(phone):
    return SCENES["reminder"](phone)


def pending(phone):
    return SCENES["pending"](phone)


def moved(phone):
    return SCENES["changed"](phone)


def moved_to_pending(phone):
    phone.booked("5432")
    phone.feed.confirms = True
    phone.feed.save()
    appointment = phone.book(phone.main, day=5, at=NOW - DAY)
    phone.code(appointment, "7567")
    phone.send(appointment, "pending")
    return appointment


def past(phone):
    appointment = phone.reminded("5432", at=NOW - 4 * DAY)
    Appointment.objects.filter(pk=appointment.pk).update(start=NOW - DAY)
    return appointment


def attended(phone):
    appointment = past(phone)
    appointment.refresh_from_db()
    return trust_answers.attended(appointment, appointment.version, now=NOW, actor=FEED)


def missed(phone):
    appointment = past(phone)
    appointment.refresh_from_db()
    return trust_answers.missed(appointment, appointment.version, now=NOW, actor=FEED)


def cancelled(phone):
    return SCENES["cancelled"](phone)


def cancelled_by_trust(phone):
    appointment = phone.reminded("5432")
    return booking.cancel(appointment, appointment.version, now=NOW, actor=FEED)


def displaced(phone):
    return SCENES["displaced"](phone)


def displaced_and_rebooked(phone):
    SCENES["rebooked"](phone)


def never_booked(phone):
    SCENES["nothing"](phone)


NOTHING = "We have no appointment to come for this phone, so your reply changed nothing."
OLDER = "about an older text, so it changed nothing. Your scan is at 2pm on Sunday 29 November"
OLDER_PENDING = "older text, so it changed nothing. We have kept 2pm on Sunday 29 November"
PAST = "The time of the scan that you replied about has passed, so your reply changed nothing."
GONE = "The scan that you replied about was cancelled before, so your reply changed nothing."
LOST = "the scan that you replied about cannot go ahead. Your reply changed nothing."
HOW = "Reply YES, CANCEL or CHANGE with the 4 numbers in our text"
PHONE_US = "If you need help, phone"
CHANGE = "choose another time"
PENDING = "The hospital will confirm it, then we text you."
CANCELLED = "you cancelled your scan at 2pm on Thursday 26 November"
NOT_SURE = "We are not sure which appointment you mean, so we changed nothing."
NOT_READ = "Sorry, we could not understand your reply."
CANNOT = "Sorry, we could not act on your reply, so nothing has changed."

# By state: the code of the text that was answered, and what is said to yes, cancel, change, no,
# help, and to what is not understood.
SAID = {
    booked: (
        "7567", "We look forward to seeing you at 2pm on Thursday 26 November", CANCELLED,
        "You keep this time until you choose.", CANCELLED, HOW, NOT_READ,
    ),
    pending: (
        "7567", PENDING, CANCELLED, "The hospital has yet to confirm it.", CANNOT, PHONE_US, CANNOT,
    ),
    moved: ("5432", OLDER, OLDER, OLDER, OLDER, HOW, NOT_READ),
    moved_to_pending: (
        "5432", OLDER_PENDING, OLDER_PENDING, OLDER_PENDING, OLDER_PENDING, PHONE_US, CANNOT,
    ),
    past: ("5432", PAST, PAST, PAST, PAST, PHONE_US, NOTHING),
    attended: ("5432", PAST, PAST, PAST, PAST, PHONE_US, NOTHING),
    missed: ("5432", PAST, PAST, PAST, PAST, PHONE_US, NOTHING),
    cancelled: ("5432", GONE, GONE, GONE, GONE, PHONE_US, NOTHING),
    cancelled_by_trust: ("5432", GONE, GONE, GONE, GONE, PHONE_US, NOTHING),
    displaced: ("5432", LOST, LOST, LOST, LOST, PHONE_US, NOTHING),
    displaced_and_rebooked: ("5432", LOST, LOST, LOST, LOST, PHONE_US, CANNOT),
    never_booked: ("5432", NOTHING, NOTHING, NOTHING, NOTHING, PHONE_US, NOTHING),
}  # fmt: skip
COMMANDS = ("yes", "cancel", "change", "no", "help", "what")
TABLE = [
    (state, command, code, answer)
    for state, (code, *answers) in SAID.items()
    for command, answer in zip(COMMANDS, answers, strict=True)
]


def answer_to(body):
    """Return the words of the one text that a reply is answered with."""
    before = set(Message.objects.values_list("pk", flat=True))
    reply = replies.keep("SM1", number=PHONE, body=body, opt_out_type="", now=NOW)
    replies.handle(reply, NOW)
    assert Inbound.objects.get().handled_at == NOW
    return Message.objects.exclude(pk__in=before).get().body


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "command", "code", "answer"),
    TABLE,
    ids=[f"{state.__name__}-{command}" for state, command, *_ in TABLE],
)
def test_an_answer_says_what_is_so(state, command, code, answer):
    state(Phone())
    plain = command in ("help", "what")
    assert answer in answer_to(command if plain else f"{command} {code}")


@pytest.mark.django_db
@pytest.mark.parametrize("state", SAID, ids=lambda state: state.__name__)
def test_a_word_without_a_code_is_answered_by_what_is_to_come(state):
    appointment = state(Phone())
    said = answer_to("cancel")
    live = list(Appointment.objects.filter(status__in=("booked", "pending"), start__gt=NOW))
    gone = appointment and Appointment.objects.get(pk=appointment.pk).status == "cancelled"
    if "you cancelled" in said:
        assert gone
        assert state in (booked, pending, moved, moved_to_pending)
    elif NOTHING in said:
        assert not [one for one in live if one.referral.patient.mobile == PHONE]
    else:
        assert CANNOT in said or NOT_SURE in said


@pytest.mark.django_db
def test_a_patient_is_not_told_that_they_cancelled_what_others_cancelled():
    appointment = cancelled_by_trust(Phone())
    (said,) = Message.objects.filter(subject=appointment.reference, kind="cancelled_by_you")
    assert "your scan at 2pm on Thursday 26 November at Furness is cancelled." in said.body
    assert "you cancelled" not in said.body
