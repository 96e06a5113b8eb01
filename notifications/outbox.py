"""Where a text comes in: written in the transaction of the change that it tells of."""

import logging
from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from kombu.exceptions import KombuError

from notifications import dead_numbers, opt_outs, phones, tasks, timing
from notifications.attention import Reason
from notifications.models import (
    ASKING,
    GIVING_CODE,
    MUST_REACH,
    REMINDERS,
    WAITING,
    Event,
    Kind,
    Message,
    State,
)
from notifications.moves import Cause, request_phone_call, superseded, transition
from notifications.wording.render import ENGLISH, render
from notifications.wording.segments import size
from times.together import Part, beside, first_of, read

logger = logging.getLogger(__name__)

NEWS = 10  # goes before any reminder
PRIORITY: dict[str, int] = {
    Kind.ONE_TIME_CODE: 0,
    Kind.OFFER_URGENT: 5,
    Kind.OFFER_DISPLACED: 5,
    Kind.STAFF_ALERT: 5,
    Kind.OFFER: 30,
    Kind.INVITATION: 40,
    Kind.SOONER_LIST: 45,
    **dict.fromkeys(REMINDERS, 50),
}
NOT_ON_THE_WIRE = Q(wire_at=None)
REACHED_PROVIDER = (State.ACCEPTED, State.DELIVERED)
OF_BOOKINGS = (
    Kind.CONFIRMATION, Kind.PENDING, Kind.CHANGED, Kind.CANCELLED_BY_YOU, Kind.DETAILS,
)  # fmt: skip
"""What is texted because somebody pressed a button: one who presses for ever floods a phone."""
AN_HOUR = timedelta(hours=1)
TOGETHER = timedelta(hours=24)
"""Questions no further apart than this may have been read as one."""


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
    wording: str = "",
    offset: str = "",
    on_day: date | None = None,
    scan_at: datetime | None = None,
    language: str = ENGLISH,
) -> Message | None:
    """Write one text into the outbox, with its words as they are now.

    Call it inside the transaction of the change: the text stands or falls with it, and a worker
    is woken on commit. `subject` is an opaque reference, `version` its version, `to` an E.164
    number or empty, `context` what wording.render wants, `wording` the template if it is not
    named as the kind, `on_day` the day in England that the text is about, `scan_at` the start of
    that. A text to nobody, to a landline, to a number that opted out or is not in use is kept as
    suppressed, and booking is told. One that a number has no room for in this hour
    (settings.TEXTS_AN_HOUR) waits for it: a newer one about the same thing takes its place.
    Returns None, and writes nothing, if this version already has a text of this kind and
    `offset`. Raises UnknownWording, UnfitText, or KeyError for a word that `context` lacks.
    """
    template, body = render(wording or kind, context, language)
    to_hash = opt_outs.hash_of(to)
    reason = why_not_text(to)
    if kind in OF_BOOKINGS and not reason:
        due_at = _when_there_is_room(to_hash, due_at, now)
    if reason:
        state = State.SUPPRESSED
    elif due_at <= now and timing.may_go(kind, on_day, now, scan_at):
        state = State.READY
    else:
        state = State.SCHEDULED
    with transaction.atomic():
        message, is_new = Message.objects.get_or_create(
            dedupe_key=":".join(filter(None, (subject, str(version), kind, offset))),
            defaults={
                "kind": kind,
                "subject": subject,
                "subject_version": version,
                "to": to,
                "to_hash": to_hash,
                "template": template,
                "body": body,
                "segments": size(body).segments,
                "state": state,
                "planned_at": due_at,
                "due_at": due_at,
                "not_after": not_after,
                "on_day": on_day,
                "scan_at": scan_at,
                "priority": PRIORITY.get(kind, NEWS),
                "error": reason.label if reason else "",
                "created_at": now,
                "updated_at": now,
            },
        )
        if not is_new:
            return None
        Event.objects.create(
            message=message, at=now, to_state=state, source="outbox", detail=message.error
        )
        if reason:
            request_phone_call(message, now, reason)
    if state == State.READY:
        wake_worker_on_commit()
    return message


def cancel_unsent(subject: str, before_version: int, now: datetime) -> int:
    """Cancel the texts about older versions of `subject` that are not on the wire yet.

    Returns how many. One that a dispatcher holds but has not begun to send is cancelled too:
    the dispatcher looks again right before it sends. So is one for later that could not be sent
    for want of a number: a right number does not bring it back (redirect_unsent).
    """
    older = Message.objects.filter(
        NOT_ON_THE_WIRE,
        Q(state__in=(*WAITING, State.SENDING)) | Q(state=State.SUPPRESSED, due_at__gt=now),
        subject=subject,
        subject_version__lt=before_version,
    )
    return sum(
        transition(
            message.pk,
            State(message.state),
            State.CANCELLED,
            at=now,
            cause=Cause("outbox", f"superseded by version {before_version}"),
            where=NOT_ON_THE_WIRE,
        )
        for message in older
    )


def why_not_text(to: str) -> Reason | None:
    """Return why a number (E.164 or empty) cannot be texted, or None if it can."""
    return read(reason_against(to))


def reason_against(to: str) -> Part[Reason | None]:
    """Read what why_not_text says."""
    if not to:
        return Reason.NO_MOBILE
    try:
        phones.tidy_mobile(to)
    except phones.NotAMobile:
        return Reason.NOT_A_MOBILE
    to_hash = opt_outs.hash_of(to)
    opted_out, dead = yield from beside(
        first_of(opt_outs.standing(to_hash).order_by("pk")), dead_numbers.reason_against(to_hash)
    )
    found: Reason | None = Reason.OPTED_OUT if opted_out else dead
    return found


def was_sent_lately(wording: str, to_hash: str, since: datetime) -> bool:
    """Return whether a number was written a text in this wording after `since`."""
    lately = Message.objects.filter(to_hash=to_hash, created_at__gt=since)
    return lately.filter(template__contains=f"/{wording}.v").exists()


def last_kind_sent(subject: str, version: int, kinds: Collection[str]) -> str:
    """Return the kind of the text about this version that went out last; empty if none did."""
    sent = Message.objects.filter(subject=subject, subject_version=version, kind__in=kinds)
    latest = sent.exclude(NOT_ON_THE_WIRE).order_by("-wire_at")
    return latest.values_list("kind", flat=True).first() or ""


def last_question(to_hash: str) -> Message | None:
    """Return the text that a number's reply without a code answers; None if that is in doubt.

    That is the last text that asked for an answer, if it reached the provider for certain, and
    nothing was said to that number since but answers about the same version of the same thing.
    It is in doubt, too, if something else was asked in the TOGETHER before: phones show late
    texts in any order, and people answer the one above.
    """
    if not to_hash:
        return None
    said = Message.objects.filter(to_hash=to_hash).exclude(NOT_ON_THE_WIRE).order_by("-wire_at")
    asked = said.filter(kind__in=ASKING).first()
    if asked is None or asked.state not in REACHED_PROVIDER or asked.wire_at is None:
        return None
    same = Q(subject=asked.subject, subject_version=asked.subject_version)
    near = said.exclude(pk=asked.pk).filter(wire_at__gt=asked.wire_at - TOGETHER)
    other = near.exclude(same, kind__in=(*ASKING, Kind.ANSWER)).filter(
        Q(wire_at__gte=asked.wire_at) | Q(kind__in=GIVING_CODE)
    )
    return None if other.exists() else asked


def count_unsent(subjects: Collection[str]) -> int:
    """Return how many texts about these subjects wait for their time or a worker."""
    return Message.objects.filter(
        NOT_ON_THE_WIRE, state__in=WAITING, subject__in=list(subjects)
    ).count()


def wake_worker_on_commit() -> None:
    """Tell a worker, once this transaction is committed, that a text is ready."""
    transaction.on_commit(_wake_worker)


def redirect_unsent(subjects: Collection[str], *, to: str, now: datetime) -> int:
    """Send the texts about these subjects that are not on the wire yet to another number.

    Returns how many. With no number, or one that opted out, they are suppressed. One that could
    not be sent for want of a number goes after all if its time has not come, as a reminder's;
    otherwise it stays as it was: what it said may be old.
    """
    waiting = Message.objects.filter(NOT_ON_THE_WIRE, subject__in=subjects, state__in=WAITING)
    to_hash = opt_outs.hash_of(to)
    reason = why_not_text(to)
    if reason is None:
        revived = _revive(subjects, to, to_hash, now)
        return revived + waiting.update(to=to, to_hash=to_hash, updated_at=now)
    return sum(
        transition(
            message.pk,
            State(message.state),
            State.SUPPRESSED,
            at=now,
            cause=Cause("outbox", reason.label, reason=reason),
            where=NOT_ON_THE_WIRE,
        )
        for message in waiting
    )


def was_sent(subject: str, kinds: Collection[str], version: int | None = None) -> bool:
    """Return whether a text of one of these kinds about `subject` has gone to the provider.

    With a version, only a text about that one counts.
    """
    sent = Message.objects.filter(subject=subject, kind__in=kinds).exclude(NOT_ON_THE_WIRE)
    if version is not None:
        sent = sent.filter(subject_version=version)
    return sent.exists()


def call_off_tries(subject: str, now: datetime) -> None:
    """Cancel further tries of texts about `subject` that wait: it is told afresh."""
    tries = Message.objects.filter(
        NOT_ON_THE_WIRE, subject=subject, dedupe_key__contains=":try:", state__in=WAITING
    )
    for one in tries:
        cause = Cause("outbox", "told afresh")
        transition(one.pk, State(one.state), State.CANCELLED, at=now, cause=cause)


def revive_missed(subject: str, version: int, to: str, now: datetime) -> bool:
    """Let the last text about this version go that was held back from `to` when its turn came.

    Of several it is one only: they say the same. Returns whether there was one that is of use.
    """
    missed = Message.objects.filter(
        NOT_ON_THE_WIRE,
        ~Q(body=""),
        kind__in=MUST_REACH,
        subject=subject,
        subject_version=version,
        to=to,
        state=State.SUPPRESSED,
        due_at__lte=now,
        not_after__gt=now,
    )
    last = missed.order_by("-due_at", "-created_at").first()
    return last is not None and transition(
        last.pk, State.SUPPRESSED, State.SCHEDULED,
        at=now, cause=Cause("outbox", "texts go again"), due_at=now, error="",
    )  # fmt: skip


def _when_there_is_room(to_hash: str, due_at: datetime, now: datetime) -> datetime:
    """Return when one more text about bookings is due to a number that has so many an hour."""
    if not settings.TEXTS_AN_HOUR:
        return due_at
    lately = Message.objects.filter(
        to_hash=to_hash, kind__in=OF_BOOKINGS, planned_at__gt=now - AN_HOUR
    ).exclude(state__in=(State.CANCELLED, State.SUPPRESSED))
    times = lately.order_by("-planned_at").values_list("planned_at", flat=True)
    full: list[datetime] = list(times[settings.TEXTS_AN_HOUR - 1 : settings.TEXTS_AN_HOUR])
    return max(due_at, full[0] + AN_HOUR) if full else due_at


def _revive(subjects: Collection[str], to: str, to_hash: str, now: datetime) -> int:
    """Plan again, to this number, what was suppressed before it was due; return how many."""
    early = Message.objects.filter(
        NOT_ON_THE_WIRE,
        ~Q(superseded()),
        ~Q(body=""),  # its words were forgotten after 30 days
        subject__in=subjects,
        state=State.SUPPRESSED,
        due_at__gt=now,
    )
    return sum(
        transition(
            message.pk, State.SUPPRESSED, State.SCHEDULED,
            at=now, cause=Cause("outbox", "another number"), to=to, to_hash=to_hash, error="",
        )
        for message in early
    )  # fmt: skip


def _wake_worker() -> None:
    """Tell a worker that a text is ready. Without a broker the next tick finds the row."""
    try:
        tasks.dispatch.delay()
    except (KombuError, OSError) as fault:
        logger.warning("no worker woken, the next tick will send: %s", type(fault).__name__)
