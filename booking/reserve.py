"""Hold, renew, book, move, cancel, displace: the only writer of Slot.free_at and
Appointment.status.

Every claim is one conditional UPDATE, so that of any number of people who want a slot at the
same moment exactly one gets it; the unique constraints on Appointment are the last guard. What
must be true together (slot, appointment, texts, audit) is one transaction, and slots are
written before appointments in each, so that two of them do not wait for one another. `now` is
passed in, aware, UTC. `actor` is who does it, as AuditEntry says it.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from booking import audit, worklists
from booking.models import EPOCH, Appointment, AuditEntry, Referral, Slot
from booking.models.appointment import LIVE
from booking.references import new_reference
from notifications import outbox, timing
from notifications.wording.dates import say_day, say_time

HOLD = timedelta(minutes=15)
"""How long a chosen time is kept; renewed at each step (journeys.md)."""

UNDO = timedelta(seconds=30)
"""How long a clerk may take back what they did; its text waits as long (journeys.md)."""
AT_ONCE = timedelta(0)
UNDOABLE = ["booked", "moved", "cancelled"]

NEXT_STEP = {
    Referral.Urgency.SUSPECTED_CANCER: "Phone today with the next time there is; tell the referrer",
    Referral.Urgency.URGENT: "Phone within one working day with another time",
    Referral.Urgency.ROUTINE: "Phone or text with another time; missed twice: send back",
    Referral.Urgency.PLANNED: "Write with another time near the planned day",
}
"""What to do when somebody did not come: this network's own rule, by urgency."""

TO_BOOK = [
    worklists.Kind.NOT_BOOKED,
    worklists.Kind.DISPLACED,
    worklists.Kind.NOT_REBOOKED,
    worklists.Kind.BREACH,
]
"""Lists that a referral leaves when it is booked."""

FREE_AT_AFTER_FEED = """
CASE WHEN excluded.status <> 'free' THEN NULL
     WHEN booking_slot.status = 'free' AND booking_slot.free_at IS NULL THEN NULL
     WHEN booking_slot.free_at > %s AND booking_slot.start = excluded.start
          AND booking_slot.schedule_id = excluded.schedule_id THEN booking_slot.free_at
     ELSE excluded.free_at END
"""
"""SQL: what a trust's newer word makes of `free_at`. Busy or withdrawn closes the slot; a slot
that we booked stays booked; a live hold (parameter: now) stays unless the time itself moved."""


class SlotTaken(Exception):
    """Somebody else has this time, or the trust took it away. Carries the slot."""

    def __init__(self, slot: Slot) -> None:
        """Remember which time it was, so that the door can offer what is near."""
        super().__init__(f"slot {slot.pk} is taken")
        self.slot = slot


class HoldExpired(Exception):
    """The hold ran out, but nobody has taken the time yet. Carries the slot."""

    def __init__(self, slot: Slot) -> None:
        """Remember which time it was, so that the door can offer it again."""
        super().__init__(f"the hold on slot {slot.pk} ran out")
        self.slot = slot


class SlotNotSuitable(Exception):
    """There is no such slot, or it is not for this referral's kind of scan."""


class AppointmentChanged(Exception):
    """The appointment is not the live one that the caller saw."""


class TooLateToUndo(Exception):
    """It was not this person's own last act on the appointment, or it is over 30 seconds ago."""


def hold(referral: Referral, slot_id: int, *, now: datetime) -> Slot:
    """Keep a slot for `referral` until now + HOLD, letting go of any other that it held.

    Holding what one already holds renews it. Where the slot has room for several, the next
    free place of it is as good. Returns the place held. Raises SlotNotSuitable and SlotTaken.
    """
    slot = Slot.objects.select_related("site").filter(pk=slot_id).first()
    if slot is None or slot.modality != referral.exam.modality:
        raise SlotNotSuitable
    if slot.start <= now:
        raise SlotTaken(slot)
    with transaction.atomic():
        held = next((place for place in _places_of(slot) if _claim(place, referral, now)), None)
        if held is None:
            raise SlotTaken(slot)
        release(referral, now=now, keep=held.pk)
    held.free_at, held.held_by = now + HOLD, referral
    return held


def renew(referral: Referral, slot_id: int, *, now: datetime) -> Slot:
    """Keep a held slot for another HOLD. Raises HoldExpired and SlotTaken."""
    renewed = Slot.objects.filter(pk=slot_id, held_by=referral, free_at__gt=now).update(
        free_at=now + HOLD
    )
    if not renewed:
        raise _why_not(referral, slot_id, now)
    return Slot.objects.select_related("site").get(pk=slot_id)


def release(referral: Referral, *, now: datetime, keep: int | None = None) -> None:
    """Free every slot that `referral` holds, but `keep`."""
    held = Slot.objects.filter(held_by=referral, free_at__gt=now)
    if keep is not None:
        held = held.exclude(pk=keep)
    held.update(free_at=EPOCH, held_by=None)


def live_appointment(referral: Referral) -> Appointment | None:
    """Return the referral's appointment that is still to happen, if it has one."""
    return (
        Appointment.objects.select_related("site", "slot")
        .filter(referral=referral, status__in=LIVE)
        .first()
    )


def book(
    referral: Referral,
    slot_id: int,
    *,
    now: datetime,
    actor: str,
    settle: timedelta = AT_ONCE,
    reason: str = "",
) -> Appointment:
    """Turn the hold on a slot into an appointment, with its texts and its audit entry.

    A referral that has a live appointment moves it, and its old slot becomes free in the same
    transaction. Booking what is booked already answers the appointment as it is, so that a
    doubled request makes one. The text waits for `settle`; `reason` is kept in the audit.
    Raises HoldExpired and SlotTaken; the old time is then kept.
    """
    with transaction.atomic():
        # One booking a referral at a time: the second of two presses sees what the first did.
        # no_key, so that an import that writes about this referral does not wait for us.
        Referral.objects.select_for_update(no_key=True).get(pk=referral.pk)
        live = live_appointment(referral)
        if live and live.slot_id == slot_id:
            return live
        slot = _take(referral, slot_id, now)
        if live:
            booked = _move(live, slot, now, actor, settle, reason)
        else:
            booked = _create(referral, slot, now, actor, settle, reason)
        worklists.close_for(referral, TO_BOOK, "booked", now=now, actor=actor)
        return booked


def cancel(
    appointment: Appointment,
    version: int,
    *,
    now: datetime,
    actor: str,
    settle: timedelta = AT_ONCE,
    reason: str = "",
) -> Appointment:
    """Cancel a live appointment that still has `version`, free its slot, tell the patient.

    The text waits for `settle`; `reason` is kept in the audit. Raises AppointmentChanged if it
    was changed, cancelled or displaced meanwhile.
    """
    with transaction.atomic():
        _free(appointment.slot_id)
        _change(appointment, version, now, status=Appointment.Status.CANCELLED)
        _tell(appointment, "cancelled_by_you", now, settle)
        _audit(appointment, "cancelled", now, actor, reason=reason)
        worklists.open_row(
            worklists.Kind.NOT_REBOOKED,
            about=appointment.reference,
            reason="The appointment was cancelled and no other is booked.",
            referral=appointment.referral,
            appointment=appointment,
            now=now,
            actor=actor,
        )
    return appointment


def undo(appointment: Appointment, version: int, *, now: datetime, actor: str) -> Appointment:
    """Take back the booking, move or cancellation that `actor` made in the last 30 seconds.

    Its text has not gone out yet and never will; lists that it closed are open again. Raises
    TooLateToUndo, AppointmentChanged, and SlotTaken if the old time was taken meanwhile.
    """
    step = (
        AuditEntry.objects.filter(appointment=appointment, action__in=[*UNDOABLE, "undone"])
        .order_by("-pk")
        .first()
    )
    if step is None or step.action == "undone" or step.actor != actor or now - step.at > UNDO:
        raise TooLateToUndo
    if step.detail["version"] != version:
        raise AppointmentChanged
    with transaction.atomic():
        Referral.objects.select_for_update(no_key=True).get(pk=appointment.referral_id)
        if step.action == "booked":
            _free(appointment.slot_id)
            _change(appointment, version, now, status=Appointment.Status.CANCELLED)
            worklists.reopen_for(appointment.referral, TO_BOOK, since=step.at, now=now, actor=actor)
        elif step.action == "moved":
            old = _take_back(step.detail["from_slot"], now)
            _free(appointment.slot_id)
            _change(
                appointment, version, now, slot=old, site=old.site, start=old.start, end=old.end
            )
        else:
            if live_appointment(appointment.referral):
                raise AppointmentChanged
            _take_back(appointment.slot_id, now)
            booked = Appointment.Status.BOOKED
            _change(appointment, version, now, was=[Appointment.Status.CANCELLED], status=booked)
            worklists.close_for(
                appointment.referral,
                [worklists.Kind.NOT_REBOOKED],
                "resolved",
                now=now,
                actor=actor,
            )
        _tell(appointment, _text_after_undo(appointment), now, UNDO)
        _audit(appointment, "undone", now, actor, undid=step.action)
    return appointment


def attend(
    appointment: Appointment, version: int, attended: bool, *, now: datetime, actor: str
) -> Appointment:
    """Write down whether the patient came, once the time has begun; a mistake can be put right.

    Who did not come goes on the list of those to rebook, with the next step by urgency. Raises
    AppointmentChanged.
    """
    status = Appointment.Status.ATTENDED if attended else Appointment.Status.DID_NOT_ATTEND
    both = [Appointment.Status.ATTENDED, Appointment.Status.DID_NOT_ATTEND]
    if appointment.start > now:
        raise AppointmentChanged
    with transaction.atomic():
        if appointment.status == status:
            return appointment
        _change(appointment, version, now, was=[*LIVE, *both], status=status)
        _audit(appointment, status.value, now, actor)
        referral = appointment.referral
        if attended:
            again = [worklists.Kind.NOT_REBOOKED]
            worklists.close_for(referral, again, "resolved", now=now, actor=actor)
        elif live_appointment(referral) is None:
            worklists.open_row(
                worklists.Kind.NOT_REBOOKED,
                about=appointment.reference,
                reason=f"Did not attend. {NEXT_STEP[Referral.Urgency(referral.urgency)]}.",
                referral=referral,
                appointment=appointment,
                now=now,
                actor=actor,
            )
    return appointment


def displace(slot_ids: Collection[int], *, now: datetime, actor: str) -> list[Appointment]:
    """Mark the live appointments on slots that their trust took away or moved; tell the patients.

    Belongs inside the transaction that changed the slots. A slot that was moved, not withdrawn,
    becomes free at its new time.
    """
    displaced = []
    live = Appointment.objects.filter(slot_id__in=slot_ids, status__in=LIVE)
    for appointment in live.select_related("referral__patient", "site"):
        _free(appointment.slot_id)
        try:
            _change(appointment, appointment.version, now, status=Appointment.Status.DISPLACED)
        except AppointmentChanged:
            continue  # the patient cancelled or moved it a moment before: nothing is lost
        _tell(appointment, "displaced", now)
        _audit(appointment, "displaced", now, actor)
        worklists.open_row(
            worklists.Kind.DISPLACED,
            about=appointment.reference,
            reason="The hospital took this time away. Offer another.",
            referral=appointment.referral,
            appointment=appointment,
            now=now,
            actor=actor,
        )
        displaced.append(appointment)
    return displaced


def _places_of(slot: Slot) -> Iterator[Slot]:
    """Yield the slot itself, then the other places of the same time, if it comes to that."""
    yield slot
    yield from (
        Slot.objects.select_related("site")
        .filter(trust_id=slot.trust_id, external_id=slot.external_id)
        .exclude(pk=slot.pk)
        .order_by("place")
    )


def _claim(slot: Slot, referral: Referral, now: datetime) -> bool:
    mine_or_free = Q(free_at__lte=now) | Q(free_at__gt=now, held_by=referral)
    claimed = Slot.objects.filter(mine_or_free, pk=slot.pk).update(
        free_at=now + HOLD, held_by=referral
    )
    return claimed == 1


def _why_not(referral: Referral, slot_id: int, now: datetime) -> SlotTaken | HoldExpired:
    slot = Slot.objects.select_related("site").filter(pk=slot_id).first()
    if slot is None or slot.modality != referral.exam.modality:
        raise SlotNotSuitable
    free = slot.free_at is not None and slot.free_at <= now < slot.start
    return HoldExpired(slot) if free else SlotTaken(slot)


def _take(referral: Referral, slot_id: int, now: datetime) -> Slot:
    taken = Slot.objects.filter(
        pk=slot_id,
        held_by=referral,
        free_at__gt=now,
        start__gt=now,
        modality=referral.exam.modality,
    ).update(free_at=None, held_by=None)
    if not taken:
        raise _why_not(referral, slot_id, now)
    return Slot.objects.select_related("site").get(pk=slot_id)


def _take_back(slot_id: int, now: datetime) -> Slot:
    """Take a slot that nobody has, without a hold. Raises SlotTaken."""
    taken = Slot.objects.filter(pk=slot_id, free_at__lte=now, start__gt=now).update(
        free_at=None, held_by=None
    )
    slot = Slot.objects.select_related("site").get(pk=slot_id)
    if not taken:
        raise SlotTaken(slot)
    return slot


def _free(slot_id: int) -> None:
    Slot.objects.filter(pk=slot_id, status=Slot.Status.FREE).update(free_at=EPOCH, held_by=None)


def _create(
    referral: Referral, slot: Slot, now: datetime, actor: str, settle: timedelta, reason: str
) -> Appointment:
    appointment = Appointment.objects.create(
        reference=new_reference(),
        referral=referral,
        slot=slot,
        site=slot.site,
        start=slot.start,
        end=slot.end,
        status=Appointment.Status.BOOKED,
        booked_at=now,
        changed_at=now,
    )
    _tell(appointment, "confirmation", now, settle)
    _audit(appointment, "booked", now, actor, reason=reason)
    return appointment


def _move(
    appointment: Appointment, slot: Slot, now: datetime, actor: str, settle: timedelta, reason: str
) -> Appointment:
    old_slot = appointment.slot_id
    _free(old_slot)
    _change(
        appointment,
        appointment.version,
        now,
        slot=slot,
        site=slot.site,
        start=slot.start,
        end=slot.end,
    )
    _tell(appointment, "changed", now, settle)
    _audit(appointment, "moved", now, actor, from_slot=old_slot, reason=reason)
    return appointment


def _change(
    appointment: Appointment,
    version: int,
    now: datetime,
    was: Collection[str] = LIVE,
    **fields: object,
) -> None:
    changed = Appointment.objects.filter(pk=appointment.pk, version=version, status__in=was).update(
        version=version + 1, changed_at=now, **fields
    )
    if not changed:
        raise AppointmentChanged
    appointment.refresh_from_db()


def _text_after_undo(appointment: Appointment) -> str:
    """Return the kind of text that puts right what the patient was told; empty if nothing was."""
    told = outbox.was_sent(appointment.reference, ["confirmation", "changed"])
    if not appointment.is_live:
        return "cancelled_by_you" if told else ""
    return "" if told else "confirmation"


def _tell(appointment: Appointment, kind: str, now: datetime, settle: timedelta = AT_ONCE) -> None:
    """Write the text about this change, the reminders if it still stands, and stop older ones."""
    referral, start = appointment.referral, appointment.start
    outbox.cancel_unsent(appointment.reference, before_version=appointment.version, now=now)
    texts = [(kind, now + settle, max(start, now + timedelta(days=1)))] if kind else []
    if appointment.is_live:
        texts += timing.reminder_times(start, now)
    for text_kind, due_at, not_after in texts:
        outbox.enqueue(
            kind=text_kind,
            subject=appointment.reference,
            version=appointment.version,
            to=referral.patient.mobile,
            context={
                "first_name": referral.patient.given_name,
                "when_time": say_time(start),
                "when_day": say_day(start),
                "place": appointment.site.name,
                "link": f"{settings.PUBLIC_BASE_URL}/a/{referral.code}",
            },
            due_at=due_at,
            not_after=not_after,
            now=now,
        )


def _audit(appointment: Appointment, action: str, now: datetime, actor: str, **detail: Any) -> None:
    audit.write(
        action,
        now=now,
        actor=actor,
        appointment=appointment,
        version=appointment.version,
        slot=appointment.slot_id,
        **detail,
    )
