"""Where a text comes in: written in the transaction of the change that it tells of."""

import logging
from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from kombu.exceptions import KombuError

from notifications import tasks
from notifications.models import ANSWERS, WAITING, Event, Kind, Message, State
from notifications.moves import move
from notifications.timing import is_quiet
from notifications.wording.render import render

logger = logging.getLogger(__name__)

NO_MOBILE = "no mobile number"
NEWS = 10  # goes before any reminder
PRIORITY: dict[str, int] = {Kind.REMINDER_7_DAYS: 50, Kind.REMINDER_2_DAYS: 50}
NOT_ON_THE_WIRE = Q(wire_at=None)


def enqueue(
    *,
    kind: str,
    subject: str,
    version: int,
    to: str,
    context: dict[str, str],
    due_at: datetime,
    not_after: datetime,
    now: datetime,
    again: str = "",
) -> Message | None:
    """Write one text into the outbox, with its words as they are now.

    Call it inside the transaction of the change: the text stands or falls with it, and a worker
    is woken on commit. `subject` is an opaque reference, `version` its version, `to` an E.164
    number or empty (then the text is kept as suppressed), `context` what wording.render wants.
    Returns None, and writes nothing, if this version already has a text of this kind; `again`
    tells apart those that a person asked for.
    Raises UnknownWording, or KeyError for a word that `context` lacks.
    """
    template, body = render(kind, context)
    if not to:
        state = State.SUPPRESSED
    elif due_at <= now and (kind in ANSWERS or not is_quiet(now)):
        state = State.READY
    else:
        state = State.SCHEDULED
    reason = "" if to else NO_MOBILE
    with transaction.atomic():
        message, is_new = Message.objects.get_or_create(
            dedupe_key=":".join(filter(None, [subject, str(version), kind, again])),
            defaults={
                "kind": kind,
                "subject": subject,
                "subject_version": version,
                "to": to,
                "template": template,
                "body": body,
                "state": state,
                "due_at": due_at,
                "not_after": not_after,
                "priority": PRIORITY.get(kind, NEWS),
                "error": reason,
                "created_at": now,
                "updated_at": now,
            },
        )
        if not is_new:
            return None
        Event.objects.create(
            message=message, at=now, to_state=state, source="outbox", detail=reason
        )
    if state == State.READY:
        transaction.on_commit(_wake_worker)
    return message


def cancel_unsent(subject: str, before_version: int, now: datetime) -> int:
    """Cancel the texts about older versions of `subject` that are not on the wire yet.

    Returns how many. One that a dispatcher holds but has not begun to send is cancelled too:
    the dispatcher looks again right before it sends.
    """
    older = Message.objects.filter(
        NOT_ON_THE_WIRE,
        subject=subject,
        subject_version__lt=before_version,
        state__in=(*WAITING, State.SENDING),
    )
    return sum(
        move(
            message.pk,
            State(message.state),
            State.CANCELLED,
            at=now,
            source="outbox",
            detail=f"superseded by version {before_version}",
            where=NOT_ON_THE_WIRE,
        )
        for message in older
    )


def redirect_unsent(subjects: Collection[str], *, to: str, now: datetime) -> int:
    """Send the texts about these subjects that are not on the wire yet to another number.

    Returns how many. With no number they are suppressed. One that could not be sent for want of
    a number stays as it was: what it said may be old.
    """
    waiting = Message.objects.filter(NOT_ON_THE_WIRE, subject__in=subjects, state__in=WAITING)
    if to:
        return waiting.update(to=to, updated_at=now)
    return sum(
        move(
            message.pk,
            State(message.state),
            State.SUPPRESSED,
            at=now,
            source="outbox",
            detail=NO_MOBILE,
            where=NOT_ON_THE_WIRE,
        )
        for message in waiting
    )


def was_sent(subject: str, kinds: Collection[str]) -> bool:
    """Return whether a text of one of these kinds about `subject` has gone to the provider."""
    sent = Message.objects.filter(subject=subject, kind__in=kinds).exclude(NOT_ON_THE_WIRE)
    return sent.exists()


def _wake_worker() -> None:
    """Tell a worker that a text is ready. Without a broker the next tick finds the row."""
    try:
        tasks.dispatch.delay()
    except (KombuError, OSError) as fault:
        logger.warning("no worker woken, the next tick will send: %s", type(fault).__name__)
