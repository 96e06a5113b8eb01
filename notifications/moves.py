"""How a text moves from state to state: always a compare-and-set, always with its event."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from notifications import opt_outs
from notifications.attention import Notice, Reason, needs_person, reached
from notifications.models import MUST_REACH, NOT_TOLD, REMINDERS, Event, Kind, Message, State


class Cause(NamedTuple):
    """Why a text moves: who says so, what they say, and the provider's sid and status if any.

    `reason` is why it did not do, where its state alone does not say it. `another_try`: one is
    written, so that nobody need phone yet.
    """

    source: str
    detail: str = ""
    sid: str = ""
    status: str = ""
    reason: Reason | None = None
    another_try: bool = False


BY_STATE = {State.EXPIRED: Reason.TOO_LATE, State.SUPPRESSED: Reason.OPTED_OUT}


def transition(
    message_id: UUID,
    old: State,
    new: State,
    *,
    at: datetime,
    cause: Cause,
    where: Q | None = None,
    **changes: Any,
) -> bool:
    """Move a text from `old` to `new` and write the event, or return False and do neither.

    False means that it is not in state `old` any more, or no longer fits `where`: somebody
    else was faster. `changes` are further fields to set. If the patient now has to be reached
    another way, booking is told in the same transaction.
    """
    with transaction.atomic():
        fits = Message.objects.filter(where or Q(), pk=message_id, state=old)
        moved = fits.update(state=new, updated_at=at, **changes)
        if moved:
            Event.objects.create(
                message_id=message_id,
                at=at,
                from_state=old,
                to_state=new,
                source=cause.source,
                detail=cause.detail[:60],
                sid=cause.sid,
                status=cause.status,
            )
            if new in NOT_TOLD and not cause.another_try:
                request_phone_call(Message.objects.get(pk=message_id), at, cause.reason)
    return bool(moved)


def cancel_locked(messages: Sequence[Message], *, at: datetime, cause: Cause) -> int:
    """Cancel texts whose rows this transaction has locked, each with its event; return how many.

    Their states are those under the lock, so that nobody moves one in between.
    """
    if messages:
        keys = [message.pk for message in messages]
        Message.objects.filter(pk__in=keys).update(state=State.CANCELLED, updated_at=at)
        Event.objects.bulk_create(
            Event(
                message_id=message.pk,
                at=at,
                from_state=message.state,
                to_state=State.CANCELLED,
                source=cause.source,
                detail=cause.detail[:60],
            )
            for message in messages
        )
    return len(messages)


def request_phone_call(message: Message, now: datetime, reason: Reason | None = None) -> None:
    """Tell booking that this text's news has not reached the patient, if anybody should phone.

    Nobody should if a newer text about the same thing stands, if the kind does not matter that
    much, or if a reminder came too late: the appointment is about to begin.
    """
    if message.kind not in MUST_REACH:
        return
    if message.state == State.EXPIRED and message.kind in REMINDERS:
        return
    if Message.objects.filter(superseded(), pk=message.pk).exists():
        return
    reason = reason or BY_STATE.get(State(message.state), Reason.NOT_DELIVERED)
    needs_person.send(
        sender=Message,
        notice=Notice(reason=reason, subject=message.subject, kind=message.kind),
        now=now,
    )


def tell_reached(message: Message, now: datetime) -> None:
    """Tell booking that a text arrived which says how things stand now, so that nobody need phone.

    It does not if a newer text stands, if a later one about the same did not arrive, or if none
    goes to this number any more.
    """
    if message.kind not in (*MUST_REACH, Kind.DETAILS) or opt_outs.has_opted_out(message.to_hash):
        return
    later = Message.objects.filter(
        subject=message.subject, kind__in=MUST_REACH, state__in=NOT_TOLD,
        created_at__gt=message.created_at,
    ).exclude(dedupe_key__startswith=f"{message.pk}:")  # fmt: skip
    if later.exists() or Message.objects.filter(superseded(), pk=message.pk).exists():
        return
    reached.send(sender=Message, subject=message.subject, number="", now=now)


def superseded() -> Exists:
    """Return the condition "a newer version of the same subject has a text of its own"."""
    return Exists(
        Message.objects.filter(
            subject=OuterRef("subject"), subject_version__gt=OuterRef("subject_version")
        )
    )
