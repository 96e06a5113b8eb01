"""What a row on a list is about, so that one thing stands on a list once."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from booking.messages import texts
from booking.models import Appointment, Referral


class Topic(StrEnum):
    """What kind of thing a row is about. Never renamed: rows keep it."""

    APPOINTMENT = "appointment"
    REFERRAL = "referral"
    INVITATION = "invitation"
    REPLY = "reply"
    FEED = "feed"
    CONFIRMATION = "confirm"
    DIFFERENCE = "differs"
    URGENCY = "urgency"
    WEBHOOK = "webhook"
    PAIR = "same"
    TWICE = "twice"
    CLASH = "clash"
    DOUBLE = "double"
    UNFIT = "unfit"
    ANSWERS = "answers"
    ALERT = "alert"
    REFERRER = "referrer"
    SOONER = "sooner"
    STOP = "stop"
    CALL = "call"
    GUESSES = "guesses"
    OPENINGS = "openings"
    FENCE = "fence"
    LOST_BOOKING = "lost"

    @property
    def prefix(self) -> str:
        """How what is stored of such a row begins: empty where its key says enough."""
        return f"{self}:" if self in _NAMED else ""


_NAMED = {Topic.CONFIRMATION, Topic.DIFFERENCE, Topic.URGENCY, Topic.WEBHOOK, Topic.PAIR,
          Topic.TWICE, Topic.CLASH, Topic.DOUBLE, Topic.UNFIT, Topic.ANSWERS,
          Topic.ALERT, Topic.REFERRER, Topic.SOONER, Topic.STOP, Topic.CALL,
          Topic.GUESSES, Topic.OPENINGS, Topic.FENCE, Topic.LOST_BOOKING}  # fmt: skip
"""Topics that share a list with another topic of the same key."""


@dataclass(frozen=True)
class RowSubject:
    """What a row is about: a thing by our own key of it, never a name or a number; and whose.

    A referral gives the row its trust and its due time; `trust` is for what has none.
    """

    topic: Topic
    key: str
    referral: Referral | None = None
    appointment: Appointment | None = None
    trust: str | None = None

    @property
    def about(self) -> str:
        """How a row stores it: the same for the same thing."""
        return f"{self.topic.prefix}{self.key}"

    @property
    def trust_id(self) -> str | None:
        """The trust whose staff see to it, None for everybody's."""
        return self.referral.trust_id if self.referral else self.trust


def of_appointment(appointment: Appointment, topic: Topic = Topic.APPOINTMENT) -> RowSubject:
    """Return an appointment, or one thing about it."""
    return RowSubject(topic, appointment.reference, appointment.referral, appointment)


def of_double(appointment: Appointment) -> RowSubject:
    """Return the slot of an appointment, which its trust may have given to somebody else."""
    key = f"{appointment.reference}.{appointment.slot_id}"
    return RowSubject(Topic.DOUBLE, key, appointment.referral, appointment)


def of_referral(referral: Referral, topic: Topic = Topic.REFERRAL) -> RowSubject:
    """Return a referral, or one thing about it."""
    return RowSubject(topic, referral.code, referral)


def of_answers(referral: Referral, booked: Appointment | None = None) -> RowSubject:
    """Return what was answered to the questions before a scan; its appointment, if it has one."""
    return RowSubject(Topic.ANSWERS, referral.code, referral, booked)


def of_urgency(referral: Referral, live: Appointment) -> RowSubject:
    """Return the new urgency of a referral that has this appointment."""
    return RowSubject(Topic.URGENCY, referral.code, referral, live)


def of_invitation(referral: Referral) -> RowSubject:
    """Return the invitation to book on a referral, which no code may name."""
    return RowSubject(Topic.INVITATION, texts.subject_of(referral), referral)


def of_reply(inbound_id: str, referral: Referral | None) -> RowSubject:
    """Return a patient's reply by text; of nobody we know without a referral."""
    return RowSubject(Topic.REPLY, inbound_id, referral)


def of_feed(trust: str) -> RowSubject:
    """Return the feed of a trust."""
    return RowSubject(Topic.FEED, trust, trust=trust)


def of_openings(staff: int, day: date, trust: str) -> RowSubject:
    """Return that somebody opens other trusts' patients on a day, for one trust's staff."""
    return RowSubject(Topic.OPENINGS, f"{staff}-{day.isoformat()}-{trust}", trust=trust)


def is_about_staff(about: str, staff: int) -> bool:
    """Return whether a row is about what this member of staff opened."""
    return about.startswith(f"{Topic.OPENINGS.prefix}{staff}-")


def of_webhook(trust: str, undelivered: Appointment | None = None) -> RowSubject:
    """Return a trust's webhook, or one appointment that it would not take."""
    if undelivered is None:
        return RowSubject(Topic.WEBHOOK, trust, trust=trust)
    return RowSubject(Topic.WEBHOOK, undelivered.reference, undelivered.referral, undelivered)


def of_pair(first: int, second: int, referral: Referral | None) -> RowSubject:
    """Return two records that may be one person's, by their keys; the referral that is asked."""
    low, high = sorted((first, second))
    return RowSubject(Topic.PAIR, f"{low}-{high}", referral)


def of_two_requests(topic: Topic, referral: Referral, other: Referral) -> RowSubject:
    """Return two requests of records that were joined: for one scan, or with times on one day."""
    return RowSubject(topic, f"{referral.pk}-{other.pk}", referral)


def of_fence(key: int) -> RowSubject:
    """Return the send-fence, which everybody must know of."""
    return RowSubject(Topic.FENCE, str(key))


def of_lost_booking(
    trust: str, reference: str, referral: Referral | None, found: Appointment | None
) -> RowSubject:
    """Return a booking that a trust has otherwise than we: by the reference that it has of us."""
    return RowSubject(Topic.LOST_BOOKING, f"{trust}-{reference}", referral, found, trust)
