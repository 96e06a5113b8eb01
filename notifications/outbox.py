"""Where a text comes in: written in the transaction of the change that it tells of."""

import logging
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import CharField, Q
from kombu.exceptions import KombuError

from notifications import dead_numbers, opt_outs, phones, tasks
from notifications.attention import Reason
from notifications.drafts import AN_HOUR, OF_BOOKINGS, Draft, Known, to_message
from notifications.models import (
    ASKING,
    GIVING_CODE,
    MUST_REACH,
    WAITING,
    Event,
    Kind,
    Message,
    State,
)
from notifications.moves import Cause, cancel_locked, request_phone_call, superseded, transition
from notifications.wording.render import ENGLISH
from times.together import Part, beside, nothing, read, rows_of
from times.written import Written

logger = logging.getLogger(__name__)

NOT_ON_THE_WIRE = Q(wire_at=None)
REACHED_PROVIDER = (State.ACCEPTED, State.DELIVERED)
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
    draft = Draft(
        kind, subject, version, to, context, due_at, not_after, wording, offset, on_day, scan_at,
        language,
    )  # fmt: skip
    return enqueue_one(draft, read(known_of(to, [draft.key], now=now)), now=now)


def enqueue_one(draft: Draft, known: Known, *, now: datetime) -> Message | None:
    """Write one text, as enqueue does. Of two who write the same at once, one does."""
    message = to_message(draft, known, now=now)
    with transaction.atomic():
        fields = Message._meta.concrete_fields  # noqa: SLF001 - Django's documented name
        values = {field.attname: getattr(message, field.attname) for field in fields}
        kept, is_new = Message.objects.get_or_create(
            dedupe_key=values.pop("dedupe_key"), defaults=values
        )
        if not is_new:
            return None
        _tell([kept], known.reason, now)
    return kept


def enqueue_all(drafts: Sequence[Draft], known: Known, *, now: datetime) -> list[Message]:
    """Write several texts to one number, as enqueue writes one; return those that are new.

    `known` was read for these drafts (known_of) in this transaction, which nobody shares a
    subject's version with: who changed the appointment has its row locked. Should two write the
    same text all the same, the database refuses the second, and all that belongs to it.
    """
    messages = [to_message(one, known, now=now) for one in drafts if one.key not in known.keys]
    Message.objects.bulk_create(messages)
    _tell(messages, known.reason, now)
    return messages


def _tell(messages: Sequence[Message], reason: Reason | None, now: datetime) -> None:
    """Write how texts began, have a person phone if they cannot be sent, else wake a worker."""
    Event.objects.bulk_create(
        Event(message=one, at=now, to_state=one.state, source="outbox", detail=one.error)
        for one in messages
    )
    if reason:
        for one in messages:
            request_phone_call(one, now, reason)
    if any(one.state == State.READY for one in messages):
        wake_worker_on_commit()


def cancel_unsent(subject: str, before_version: int, now: datetime) -> int:
    """Cancel the texts about older versions of `subject` that are not on the wire yet.

    Returns how many. One that a dispatcher holds but has not begun to send is cancelled too:
    the dispatcher looks again right before it sends. So is one for later that could not be sent
    for want of a number: a right number does not bring it back (redirect_unsent).
    """
    older = Message.objects.select_for_update(no_key=True).filter(
        NOT_ON_THE_WIRE,
        Q(state__in=(*WAITING, State.SENDING)) | Q(state=State.SUPPRESSED, due_at__gt=now),
        subject=subject,
        subject_version__lt=before_version,
    )
    with transaction.atomic(savepoint=False):
        cause = Cause("outbox", f"superseded by version {before_version}")
        return cancel_locked(list(older.order_by("pk").only("state")), at=now, cause=cause)


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
        rows_of(_OPTED_OUT(number=to_hash)), dead_numbers.reason_against(to_hash)
    )
    found: Reason | None = Reason.OPTED_OUT if opted_out else dead
    return found


_OPTED_OUT = Written(
    lambda number: opt_outs.standing(number).order_by("pk").values_list("pk")[:1],
    number=CharField(),
)


def known_of(to: str, keys: Collection[str], *, now: datetime) -> Part[Known]:
    """Read what must be known before texts with these keys (Draft.key) are written to a number."""
    most = settings.TEXTS_AN_HOUR
    lately = Message.objects.filter(
        to_hash=opt_outs.hash_of(to), kind__in=OF_BOOKINGS, planned_at__gt=now - AN_HOUR
    ).exclude(state__in=(State.CANCELLED, State.SUPPRESSED))
    times = lately.order_by("-planned_at").values_list("planned_at", flat=True)
    written = Message.objects.filter(dedupe_key__in=list(keys)).order_by()
    reason, planned, known = yield from beside(
        reason_against(to),
        rows_of(times[:most]) if to and most else nothing([]),
        rows_of(written.values_list("dedupe_key", flat=True)),
    )
    return Known(reason, planned, frozenset(known))


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
        to_hash=opt_outs.hash_of(to),
        state=State.SUPPRESSED,
        due_at__lte=now,
        not_after__gt=now,
    )
    last = missed.order_by("-due_at", "-created_at").first()
    return last is not None and transition(
        last.pk, State.SUPPRESSED, State.SCHEDULED,
        at=now, cause=Cause("outbox", "texts go again"), due_at=now, error="",
    )  # fmt: skip


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
