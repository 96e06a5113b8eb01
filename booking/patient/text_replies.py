"""What a patient's reply does, and what clerks must do when texts do not do.

Receives the two signals of notifications (connected in BookingConfig.ready). A reply acts on one
appointment only if it says without doubt which, and only on the version that the text was about:
by that version's code, or, without a code, because the last text to that number asked about
exactly that and nothing else has been said since. Whatever is left goes on the clerks' list and
is answered with how to reply, each wording once a day.
"""

from datetime import datetime, timedelta
from typing import Any

from django.dispatch import receiver

from booking.appointments import booking
from booking.changes import audit
from booking.identifiers.actors import PATIENT, Actor, ActorKind
from booking.messages import texts
from booking.models import (
    Appointment,
    AuditAction,
    Offer,
    Patient,
    Referral,
    ReplyCode,
    StopQuestion,
    WorklistRow,
)
from booking.models.appointment import LIVE
from booking.offers.sooner import by_text
from booking.offers.stop_moved import answering as stop_answers
from booking.patient import offer_replies
from booking.patient.offer_replies import is_plain
from booking.patients import reaching
from booking.worklists import rows, subjects
from notifications import outbox
from notifications.attention import Notice, needs_person, reached
from notifications.models import Inbound, Kind
from notifications.replies import Reply, reply_received

ACTOR = PATIENT
HELP_AGAIN = timedelta(hours=24)
FROM_THE_FAMILY = "A text from the number of a patient who has died. Read it under Texts."
UNREADABLE = "A reply could not be understood. Read it under Texts, then phone."
WHICH = "A reply does not say for certain what it is about. Read it under Texts, then phone."
SAYS_MORE = "A reply says yes and something more. Read it under Texts."
TOO_LATE = "too late: changed since"
DIED = "for a clerk to read; has died"
OLDER: dict[str, str] = {
    Appointment.Status.BOOKED: "answer_older",
    Appointment.Status.PENDING: "answer_older_pending",
    Appointment.Status.CANCELLED: "answer_cancelled",
    Appointment.Status.DISPLACED: "answer_displaced",
}
"""What to say, by what became of the appointment, to a reply about an older text."""


@receiver(reply_received, dispatch_uid="booking.patient.text_replies.act")
def act(sender: Any, reply: Reply, now: datetime, **kwargs: Any) -> str:
    """Do what a reply asks for; return what was done, for the staff's page of texts."""
    if reply.command in ("thanks", "help"):
        return _thank_or_help(reply, now)
    if reply.command == "unclear":
        return _leave_to_clerk(reply, now, UNREADABLE, "not_understood")
    if reply.command in ("sooner", "later"):
        return _about_sooner(reply, now)
    if (offer := offer_replies.find_offer(reply)) is not None:
        return _about_offer(offer, reply, now)
    about = _by_code(reply) if reply.code else _by_last_question(reply, now)
    if about is None:
        return _leave_to_clerk(reply, now, WHICH, "ask_code")
    return _about_appointment(*about, reply, now)


def _about_appointment(appointment: Appointment, version: int, reply: Reply, now: datetime) -> str:
    """Do what a reply asks for that is about this version of an appointment."""
    if appointment.referral.patient.died_at:
        _open_row(reply, FROM_THE_FAMILY, appointment.referral, now)
        return DIED
    if not _stands(appointment, now) or appointment.version != version:
        return _too_late(appointment, reply, now)
    question = stop_answers.open_question(appointment)
    if question and is_plain(reply) and _is_of_the_place(appointment, reply):
        return _about_stop(question, reply, now)
    if reply.command == "no" and not (reply.code and texts.was_asked_to_come(appointment)):
        return _leave_to_clerk(reply, now, WHICH, "ask_code")  # no to what?
    return _on(appointment, reply, now)


def _thank_or_help(reply: Reply, now: datetime) -> str:
    """Say how to reply to who asks; thanks want no answer."""
    if reply.command == "thanks":
        return "thanks"
    if not reply.twilio_answered:
        _help(reply, now)
    return "told how to reply"


def _about_offer(offer: Offer, reply: Reply, now: datetime) -> str:
    """Answer an offer, if the reply is no more than a yes or a no; a person reads anything else."""
    if offer.referral.patient.died_at:
        _open_row(reply, FROM_THE_FAMILY, offer.referral, now)
        return DIED
    if not offer_replies.is_plain(reply):
        return _leave_to_clerk(reply, now, WHICH, "ask_code")
    return offer_replies.act_on(offer, reply, now)


def _about_stop(question: StopQuestion, reply: Reply, now: datetime) -> str:
    """Take a yes or a no to the place where a mobile scanner stands now."""
    made = question.appointment
    try:
        if reply.command == "yes":
            stop_answers.keep(question, now=now, actor=ACTOR)
            return _note_coming(made, reply, now)
        # Its own text tells the patient that it is cancelled.
        stop_answers.decline(question, now=now, actor=ACTOR)
    except (booking.AppointmentChanged, stop_answers.StopAnswered):
        made.refresh_from_db()
        return _too_late(made, reply, now)
    return "the other place does not suit; cancelled"


def _is_of_the_place(appointment: Appointment, reply: Reply) -> bool:
    """Whether a plain answer is one to the other place.

    A yes to anything about this version is: it names the place. A no is only if that was the last
    that was asked, or, with the code, whether they can come: a bare no to a reminder may mean
    anything, and "reply CANCEL to cancel" may be answered no by who wants to come.
    """
    if reply.command == "yes" or texts.was_asked_of_the_place(appointment):
        return True
    return bool(reply.code) and texts.was_asked_to_come(appointment)


@receiver(needs_person, dispatch_uid="booking.patient.text_replies.phone_instead")
def phone_instead(sender: Any, notice: Notice, now: datetime, **kwargs: Any) -> None:
    """Put a patient whom texts do not reach on the clerks' list, once while it stands there."""
    if notice.number:
        for coming in _coming(notice.number, now):
            _to_phone(notice, coming.referral, coming, now)
        return
    referral, appointment = texts.find_subject(notice.subject)
    if referral:
        _to_phone(notice, referral, appointment, now)


@receiver(reached, dispatch_uid="booking.patient.text_replies.reached_again")
def reached_again(sender: Any, subject: str, number: str, now: datetime, **kwargs: Any) -> None:
    """Take off the clerks' list whom a text has reached, or whom texts may reach again."""
    if number:
        reaching.texts_go_again(number, f"start-{now:%Y%m%d%H%M%S}", now)
    else:
        reaching.arrived(subject, now)


def _on(appointment: Appointment, reply: Reply, now: datetime) -> str:
    """Act on the one appointment that a plain reply is about."""
    if reply.command == "yes":
        return _note_coming(appointment, reply, now)
    if reply.command == "change":
        wording = "answer_change_pending" if _is_pending(appointment) else "answer_change"
        texts.answer_reply(appointment, wording, reply.inbound_id, now)
        return "told how to change"
    try:
        # Its own text tells the patient that it is cancelled.
        booking.cancel(appointment, appointment.version, now=now, actor=ACTOR)
    except booking.AppointmentChanged:
        appointment.refresh_from_db()
        return _too_late(appointment, reply, now)
    return "cancelled"


def _about_sooner(reply: Reply, now: datetime) -> str:
    """Put the patient on the list for something sooner, or take them off it.

    It changes no appointment: so a code of an older version says enough, and without a code the
    only appointment that is to come for this number.
    """
    coming = _coming(reply.number, now)
    if reply.code:
        about, offer = _by_code(reply), offer_replies.find_offer(reply)
        whose = about[0].referral_id if about else offer.referral_id if offer else 0
        coming = [one for one in coming if one.referral_id == whose]
    if len(coming) != 1:
        return _leave_to_clerk(reply, now, WHICH, "ask_code")
    act = by_text.join if reply.command == "sooner" else by_text.leave
    done = act(coming[0], reply.inbound_id, now)
    return done or _leave_to_clerk(reply, now, UNREADABLE, "not_understood")


def _note_coming(appointment: Appointment, reply: Reply, now: datetime) -> str:
    """Write down that the patient comes, and let a clerk read what else they said."""
    audit.write(
        AuditAction.SAID_YES, now=now, actor=ACTOR,
        appointment=appointment, version=appointment.version,
    )  # fmt: skip
    pending = _is_pending(appointment)
    texts.answer_reply(appointment, "pending" if pending else "answer_yes", reply.inbound_id, now)
    if reply.more:
        _open_row(reply, SAYS_MORE, appointment.referral, now)
        return "for a clerk to read; coming"
    return "told the hospital will confirm" if pending else "coming"


def _too_late(appointment: Appointment, reply: Reply, now: datetime) -> str:
    """Say why a reply about an older state of an appointment changed nothing."""
    wording = OLDER.get(appointment.status, "answer_past")
    if appointment.is_live and appointment.start <= now:
        wording = "answer_past"
    texts.answer_reply(appointment, wording, reply.inbound_id, now)
    return TOO_LATE


def _by_code(reply: Reply) -> tuple[Appointment, int] | None:
    """Return the appointment and version that a code of this number stands for."""
    codes = ReplyCode.objects.filter(
        code=reply.code, appointment__referral__patient__in=Patient.with_mobile(reply.number)
    ).select_related("appointment__referral__patient", "appointment__site")
    about = [(issued.appointment, issued.version) for issued in codes[:2]]
    return about[0] if len(about) == 1 else None


def _by_last_question(reply: Reply, now: datetime) -> tuple[Appointment, int] | None:
    """Return the appointment and version that a number was last asked about; None if in doubt.

    One that was changed or is over since then is in doubt: the word may mean what came after.
    """
    asked = outbox.last_question(reply.number_hash)
    if asked is None:
        return None
    live = Appointment.objects.select_related("referral__patient", "site").filter(
        reference=asked.subject,
        version=asked.subject_version,
        status__in=LIVE,
        start__gt=now,
        referral__patient__in=Patient.with_mobile(reply.number),
    )
    return next(((one, one.version) for one in live), None)


def _coming(number: str, now: datetime) -> list[Appointment]:
    """Return the appointments still to come of everybody who has this number."""
    return list(
        Appointment.objects.select_related("referral__patient", "referral__exam", "site")
        .filter(referral__patient__in=Patient.with_mobile(number), status__in=LIVE, start__gt=now)
        .order_by("start")
    )


def _stands(appointment: Appointment, now: datetime) -> bool:
    return appointment.is_live and appointment.start > now


def _is_pending(appointment: Appointment) -> bool:
    return appointment.status == Appointment.Status.PENDING


def _leave_to_clerk(reply: Reply, now: datetime, reason: str, wording: str) -> str:
    """Put a reply that we cannot act on before a clerk, and say once a day how to reply.

    The answer fits what is to come for this number: no code is asked for that nobody was given.
    """
    theirs = Referral.objects.filter(patient__in=Patient.with_mobile(reply.number))
    nobody_lives = theirs.exists() and not theirs.filter(patient__died_at=None).exists()
    one_person = theirs.values("patient").distinct().count() == 1
    about = theirs.order_by("-pk").first() if one_person else None
    _open_row(reply, FROM_THE_FAMILY if nobody_lives else reason, about, now)
    if nobody_lives:
        return DIED
    coming = _coming(reply.number, now)
    if not coming:
        wording = "nothing_to_come"
    elif not _has_code(coming):
        wording = "not_understood_phone"
    if outbox.was_sent_lately(wording, reply.number_hash, now - HELP_AGAIN):
        return "for a clerk to read"
    texts.help_with_reply(Kind.NOT_UNDERSTOOD, wording, reply.number, reply.inbound_id, now)
    return "for a clerk to read; told how"


def _open_row(reply: Reply, reason: str, referral: Referral | None, now: datetime) -> None:
    """Open a row about a reply, unless one about the same phone is open."""
    if not _is_on_the_list(reply):
        rows.open_row(
            rows.Kind.NEEDS_PERSON,
            subjects.of_reply(reply.inbound_id, referral),
            reason,
            now=now,
            actor=ACTOR,
        )


def _help(reply: Reply, now: datetime) -> None:
    """Say how to reply, or whom to phone if there is nothing to reply to."""
    wording = "answer_help" if _has_code(_coming(reply.number, now)) else "answer_help_phone"
    texts.help_with_reply(Kind.ANSWER, wording, reply.number, reply.inbound_id, now)


def _has_code(appointments: list[Appointment]) -> bool:
    return any(texts.was_given_code(one) for one in appointments)


def _is_on_the_list(reply: Reply) -> bool:
    """Whether a row about an earlier reply of this number is open.

    Rows name replies, not the number's hash: a row is kept when the number is long forgotten.
    """
    theirs = Inbound.objects.filter(number_hash=reply.number_hash).values_list("pk", flat=True)
    return WorklistRow.objects.filter(
        kind=rows.Kind.NEEDS_PERSON, about__in=map(str, theirs), closed_at=None
    ).exists()


def _to_phone(
    notice: Notice, referral: Referral, appointment: Appointment | None, now: datetime
) -> None:
    if referral.patient.died_at:
        return  # nobody phones the family
    subject = (
        subjects.of_appointment(appointment) if appointment else subjects.of_invitation(referral)
    )
    actor, why = Actor(ActorKind.TEXTS), f"{notice.reason.label} Phone instead."
    row = rows.open_row(rows.Kind.NOT_REACHED, subject, why, now=now, actor=actor)
    if row.reason != why:  # it stands there for another reason
        rows.add_note(row, why, now=now, actor=actor)
