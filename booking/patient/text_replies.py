"""What a patient's reply does, and what clerks must do when texts do not do.

Receives the two signals of notifications (connected in BookingConfig.ready). A reply acts on
one appointment only if its code, or its number alone, says which without doubt, and only on the
version that the text was about. Whatever is left goes on the clerks' list and is answered with
how to reply, once a day.
"""

from datetime import datetime, timedelta
from typing import Any

from django.dispatch import receiver

from booking.appointments import booking
from booking.changes import audit
from booking.identifiers.actors import PATIENT, Actor, ActorKind
from booking.messages import texts
from booking.models import Appointment, AuditAction, Referral, ReplyCode, WorklistRow
from booking.models.appointment import LIVE
from booking.worklists import rows
from notifications.attention import Notice, needs_person
from notifications.models import Inbound, Kind
from notifications.outbox import was_sent_lately
from notifications.replies import Reply, reply_received

ACTOR = PATIENT
HELP_AGAIN = timedelta(hours=24)
FROM_THE_FAMILY = "A text from the number of a patient who has died. Read it under Texts."
UNREADABLE = "A reply could not be understood. Read it under Texts, then phone."


@receiver(reply_received, dispatch_uid="booking.patient.text_replies.act")
def act(sender: Any, reply: Reply, now: datetime, **kwargs: Any) -> str:
    """Do what a reply asks for; return what was done, for the staff's page of texts."""
    if reply.command == "help":
        if not reply.twilio_answered:
            _send_help(Kind.ANSWER, "answer_help", reply, now)
        return "told how to reply"
    if reply.command == "no" and not reply.code:
        return _unclear(reply, now)  # no to what? A time is given up only for a plain word
    found = _about(reply, now)
    if reply.command == "unclear" or found is None:
        return _unclear(reply, now)
    appointment, version = found
    if not _stands(appointment, now) or appointment.version != version:
        texts.answer_reply(appointment, "answer_changed_since", reply.inbound_id, now)
        return "too late: changed since"
    return _on(appointment, reply, now)


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


def _on(appointment: Appointment, reply: Reply, now: datetime) -> str:
    """Act on the one appointment that a plain reply is about."""
    if reply.command == "yes":
        audit.write(
            AuditAction.SAID_YES, now=now, actor=ACTOR,
            appointment=appointment, version=appointment.version,
        )  # fmt: skip
        if appointment.status == Appointment.Status.PENDING:
            texts.answer_reply(appointment, "pending", reply.inbound_id, now)
            return "told that the hospital will confirm"
        texts.answer_reply(appointment, "answer_yes", reply.inbound_id, now)
        return "coming"
    if reply.command == "change":
        texts.answer_reply(appointment, "answer_change", reply.inbound_id, now)
        return "told how to change"
    try:
        # Its own text tells the patient that it is cancelled.
        booking.cancel(appointment, appointment.version, now=now, actor=ACTOR)
    except booking.AppointmentChanged:
        appointment.refresh_from_db()
        texts.answer_reply(appointment, "answer_changed_since", reply.inbound_id, now)
        return "too late: changed since"
    return "cancelled"


def _about(reply: Reply, now: datetime) -> tuple[Appointment, int] | None:
    """Return the appointment that a reply is about and the version it knew; None if in doubt."""
    if reply.code:
        codes = ReplyCode.objects.filter(
            code=reply.code, appointment__referral__patient__mobile=reply.number
        ).select_related("appointment__referral__patient", "appointment__site")
        about = [(issued.appointment, issued.version) for issued in codes[:2]]
    else:
        about = [(coming, coming.version) for coming in _coming(reply.number, now)[:2]]
    return about[0] if len(about) == 1 else None


def _coming(number: str, now: datetime) -> list[Appointment]:
    """Return the appointments still to come of everybody who has this number."""
    return list(
        Appointment.objects.select_related("referral__patient", "site")
        .filter(referral__patient__mobile=number, status__in=LIVE, start__gt=now)
        .order_by("start")
    )


def _stands(appointment: Appointment, now: datetime) -> bool:
    return appointment.is_live and appointment.start > now


def _unclear(reply: Reply, now: datetime) -> str:
    """Put a reply that we cannot act on before a clerk, and say once a day how to reply."""
    theirs = Referral.objects.filter(patient__mobile=reply.number)
    nobody_lives = theirs.exists() and not theirs.filter(patient__died_at=None).exists()
    one_person = theirs.values("patient").distinct().count() == 1
    if not _is_on_the_list(reply):
        rows.open_row(
            rows.Kind.NEEDS_PERSON,
            about=reply.inbound_id,
            reason=FROM_THE_FAMILY if nobody_lives else UNREADABLE,
            referral=theirs.order_by("-pk").first() if one_person else None,
            now=now,
            actor=ACTOR,
        )
    if nobody_lives:
        return "for a clerk to read; the patient has died"
    if was_sent_lately(Kind.NOT_UNDERSTOOD, reply.number_hash, now - HELP_AGAIN):
        return "for a clerk to read"
    _send_help(Kind.NOT_UNDERSTOOD, "", reply, now)
    return "for a clerk to read; told how"


def _is_on_the_list(reply: Reply) -> bool:
    """Whether a row about an earlier reply of this number is open.

    Rows name replies, not the number's hash: a row is kept when the number is long forgotten.
    """
    theirs = Inbound.objects.filter(number_hash=reply.number_hash).values_list("pk", flat=True)
    return WorklistRow.objects.filter(
        kind=rows.Kind.NEEDS_PERSON, about__in=map(str, theirs), closed_at=None
    ).exists()


def _send_help(kind: str, wording: str, reply: Reply, now: datetime) -> None:
    texts.help_with_reply(kind, wording, reply.number, reply.inbound_id, now)


def _to_phone(
    notice: Notice, referral: Referral, appointment: Appointment | None, now: datetime
) -> None:
    if referral.patient.died_at:
        return  # nobody phones the family
    rows.open_row(
        rows.Kind.NOT_REACHED,
        about=appointment.reference if appointment else texts.subject_of(referral),
        reason=f"{notice.reason.label} Phone instead.",
        referral=referral,
        appointment=appointment,
        now=now,
        actor=Actor(ActorKind.TEXTS),
    )
