"""Sending one text again because a person says so."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import TextChoices

from notifications import dead_numbers, opt_outs, outbox, phones, refusals
from notifications.models import AT_MOST_ONCE, WAITING, Event, Message, State
from notifications.moves import superseded

STILL_GOING = (*WAITING, State.SENDING, State.UNKNOWN)


class Reason(TextChoices):
    """Why a text is sent again. A list, not a free line: nobody writes of a patient here."""

    NOT_COME = "not_come", "The patient says it did not come"
    LOST = "lost", "The patient deleted or lost it"
    NOT_DELIVERED = "not_delivered", "It could not be delivered before"
    OUR_FAULT = "our_fault", "A fault of ours has been put right"


class CannotResend(Exception):
    """The text may not go again. Says why, for a clerk."""


def why_not(message: Message, now: datetime) -> str:
    """Return why a text cannot be sent again, empty if it can."""
    if message.state in STILL_GOING:
        return "This text is still on its way. Sending it again could text the patient twice."
    if message.kind in AT_MOST_ONCE:
        return "Offers and one-time codes go once. The patient can ask for another."
    if not message.body or not message.to:
        return "The words of this text were deleted, or it never had a number."
    if message.not_after <= now:
        return "This text is too old to be of use now."
    if Message.objects.filter(superseded(), pk=message.pk).exists():
        return "A newer text about the same thing took its place."
    if opt_outs.has_opted_out(message.to_hash):
        return "The patient asked for no more texts. Phone instead."
    try:
        phones.tidy_mobile(message.to)
    except phones.NotAMobile as fault:
        return str(fault)
    return ""


def resend(
    message_id: UUID, *, reason: Reason, actor: str, seen_retries: int, now: datetime
) -> Message:
    """Write the same text once more, with a clerk's reason in its history; return the new text.

    `seen_retries` is how often the page said that it had been sent again: a second press of the
    same button finds the text of the first. Raises CannotResend.
    """
    with transaction.atomic():
        old = Message.objects.select_for_update().get(pk=message_id)
        key = f"{old.pk}:again:{seen_retries + 1}"
        if done := Message.objects.filter(dedupe_key=key).first():
            return done
        if fault := why_not(old, now):
            raise CannotResend(fault)
        dead_numbers.clear(old.to_hash, now=now)  # a person says that the number is right
        refusals.call_off(old, "sent again by hand", now)
        again = Message.objects.create(
            kind=old.kind,
            subject=old.subject,
            subject_version=old.subject_version,
            dedupe_key=key,
            to=old.to,
            to_hash=old.to_hash,
            template=old.template,
            body=old.body,
            segments=old.segments,
            state=State.READY,
            planned_at=now,
            due_at=now,
            not_after=old.not_after,
            on_day=old.on_day,
            scan_at=old.scan_at,
            priority=old.priority,
            retry_of=old,
            created_at=now,
            updated_at=now,
        )
        Event.objects.create(
            message=again, at=now, to_state=State.READY, source="by hand",
            detail=f"{actor}: {reason.label}"[:60],
        )  # fmt: skip
    outbox.wake_worker_on_commit()
    return again
