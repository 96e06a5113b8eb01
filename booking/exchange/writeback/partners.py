"""What a trust's system may do with appointments, and to whose.

Two trusts have to do with an appointment: the one that referred the patient may book, see and
cancel; the one that scans may see, confirm, refuse, cancel, and say whether the patient came.
`trust` is always the caller's ODS code, `actor` how the audit names its key. `now` is passed in,
aware, UTC.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q

from booking.appointments import booking, holds, rivals, safety, trust_answers
from booking.appointments.choices import free_for, kept_for
from booking.appointments.choosing import earliest_for, hold_for_patient
from booking.changes import feed_locks
from booking.changes.patient_lock import lock_patient_of
from booking.exams.questions.outcomes import MustPhone
from booking.exams.runs import Choice, takes_more
from booking.exchange.writeback import cancellation
from booking.identifiers.actors import Actor, ActorKind
from booking.identifiers.codes import read_code
from booking.models import Appointment, AppointmentChange, Referral, Slot
from booking.search.origin import home_of


class NotKnown(Exception):
    """There is no such referral or appointment."""


class NotYours(Exception):
    """It is another trust's, or the other trust's to say."""


class NotPossible(Exception):
    """An appointment whose time has come is not moved."""


class NotTheseSlots(Exception):
    """The scan would take other slots than those that were named. Carries which."""

    def __init__(self, slot_ids: Sequence[int]) -> None:
        """Keep them, so that the door can say them."""
        super().__init__(f"slots {slot_ids}")
        self.slot_ids = slot_ids


class HasAppointment(Exception):
    """The referral has a live appointment; `same` says whether it is at the time asked for."""

    def __init__(self, appointment: Appointment, same: bool) -> None:
        """Keep the appointment, so that the door can name it."""
        super().__init__("the referral has an appointment")
        self.appointment, self.same = appointment, same


def find_referral(
    trust: str, *, pk: int | None = None, number: str = "", code: str = ""
) -> Referral:
    """Return a referral of the trust's own, by our id, its own number or the booking code.

    Raises NotKnown, for another trust's too: a booking code opens a patient's page, so nobody
    learns here which codes there are.
    """
    own = Referral.objects.of_trust(trust).select_related("exam", "patient")
    if number:
        found = own.filter(identifier=number).first()
    elif pk is not None:
        found = own.filter(pk=pk).first()
    else:
        found = own.filter(code=read_code(code) or "").first()
    if found is None:
        raise NotKnown
    return found


def hold(referral: Referral, slot_id: int, *, now: datetime) -> Slot:
    """Keep a slot for a referral as a patient's choice is kept; again renews it, up to the limit.

    It lets go of any other that the referral has on hold. Raises TimesOverlap, and what holds.hold
    raises; MustPhone, and, but for a slot of its own, QuestionsOpen.
    """
    by = Actor(ActorKind.KEY)
    return hold_for_patient(referral, slot_id, home_of(referral.patient), now=now, actor=by)


def first_of(slot_ids: Sequence[int]) -> int:
    """Return which of the slots that a partner names is the first in time."""
    if len(slot_ids) == 1:
        return slot_ids[0]
    first = Slot.objects.filter(pk__in=slot_ids).order_by("start", "pk").first()
    return first.pk if first else slot_ids[0]


def release(referral: Referral, slot_id: int, *, now: datetime) -> bool:
    """Let go of a slot, if the referral has it on hold; return whether it had."""
    is_held = Slot.objects.filter(pk=slot_id, held_by=referral, free_at__gt=now).exists()
    if is_held:
        holds.release(referral, now=now)
    return is_held


def ends_of(referral: Referral, slot: Slot, slot_ids: Sequence[int]) -> list[datetime]:
    """Return the ends that a partner may name of a time; none where only taking it shows them."""
    if takes_more(referral.exam, slot):
        return []
    return list(Slot.objects.filter(pk__in=slot_ids).values_list("end", flat=True))


@contextmanager
def _phoned_if_refused(referral: Referral, now: datetime, actor: Actor) -> Iterator[None]:
    """Put on the list, as a patient's own try does, who must be phoned before they book."""
    try:
        yield
    except MustPhone:
        safety.ask_to_phone(referral, now=now, actor=actor)
        raise


def _hold(
    referral: Referral, slot_ids: Sequence[int], earliest: datetime | None, now: datetime
) -> Slot:
    """Hold what a partner names, the first slot or all. Raises NotTheseSlots, as soon as it shows,
    and what holds.hold raises.
    """
    slot_id = first_of(slot_ids)
    first = Slot.objects.filter(pk=slot_id).first()
    if first:
        _must_be(free_for(referral, first, now=now), slot_ids)
    held = rivals.hold_alone(referral, slot_id, now=now, earliest=earliest)
    _must_be(kept_for(referral, held, now=now), slot_ids)
    return held


def _must_be(choice: Choice | None, slot_ids: Sequence[int]) -> None:
    """Raise NotTheseSlots if a partner names several slots, and not those of the choice."""
    if len(slot_ids) > 1 and choice and set(choice.slot_ids()) != set(slot_ids):
        raise NotTheseSlots(choice.slot_ids())


def book(
    referral: Referral, slot_ids: Sequence[int], *, now: datetime, actor: Actor
) -> Appointment:
    """Book a time for a referral of the caller's own (find_referral).

    Its first slot is named, and the others are found; or all are, and it must be exactly those. It
    must leave the patient time to come, from where they live if that is known. Raises
    HasAppointment, and what holds.hold raises, ReferralEnded first; NotTheseSlots and TimesOverlap.
    """
    slot_id = first_of(slot_ids)
    earliest = earliest_for(referral, slot_id, home_of(referral.patient), now=now)
    with _phoned_if_refused(referral, now, actor), transaction.atomic():
        lock_patient_of(referral)
        # As booking.book does: of two calls at once, the second sees what the first did.
        Referral.objects.select_for_update(no_key=True).get(pk=referral.pk)
        holds.require_open(referral)
        live = booking.live_appointment(referral)
        if live:
            raise HasAppointment(live, _is_a_place_of(live.slot, slot_id))
        # Holding one slot lets go of another, here in one transaction.
        either = Slot.objects.filter(Q(pk=slot_id) | Q(held_by=referral, free_at__gt=now))
        feed_locks.lock_feeds_shared(either.values_list("trust_id", flat=True))
        held = _hold(referral, slot_ids, earliest, now)
        made = booking.book(referral, held.pk, now=now, actor=actor)
    return _read(made.reference)


def move(
    made: Appointment,
    trust: str,
    slot_ids: Sequence[int],
    version: int,
    *,
    now: datetime,
    actor: Actor,
) -> Appointment:
    """Move an appointment that still has `version` to another time: only who referred may choose.

    Slots are named as `book` takes them. Raises NotTheseSlots, NotYours, NotPossible once its time
    has come, booking.AppointmentChanged, and what holds.hold and booking.book raise; the old time
    is then kept.
    """
    if made.referral.trust_id != trust:
        raise NotYours
    if made.start <= now:
        raise NotPossible
    referral, slot_id = made.referral, first_of(slot_ids)
    earliest = earliest_for(referral, slot_id, home_of(referral.patient), now=now)
    with _phoned_if_refused(referral, now, actor), transaction.atomic():
        lock_patient_of(referral)
        Referral.objects.select_for_update(no_key=True).get(pk=referral.pk)
        holds.require_open(referral)
        _must_be_live(referral, made, version)
        touched = Slot.objects.filter(
            Q(pk__in=(slot_id, made.slot_id)) | Q(held_by=referral, free_at__gt=now)
        )
        feed_locks.lock_feeds_shared(touched.values_list("trust_id", flat=True))
        _must_be_live(referral, made, version)  # an import that we waited for may have taken it
        held = _hold(referral, slot_ids, earliest, now)
        moved = booking.book(referral, held.pk, now=now, actor=actor)
    return _read(moved.reference)


def _must_be_live(referral: Referral, made: Appointment, version: int) -> None:
    live = booking.live_appointment(referral)
    if live is None or (live.pk, live.version) != (made.pk, version):
        raise booking.AppointmentChanged


def find(trust: str, reference: str) -> tuple[Appointment, Slot]:
    """Return an appointment that the trust may see, and the slot of it that is the trust's.

    A trust that the patient has moved away from sees the slot that it had. Raises NotKnown and
    NotYours.
    """
    found = _read(reference)
    if trust in (found.slot.trust_id, found.referral.trust_id):
        return found, found.slot
    left = AppointmentChange.objects.of_trust(trust).filter(appointment=found).first()
    if left is None:
        raise NotYours
    return found, left.slot


def of_patient(trust: str, nhs_number: str) -> list[tuple[Appointment, Slot]]:
    """Return the appointments of a patient that the trust may see, as `find` does, newest first."""
    made = (
        Appointment.objects.select_related("slot", "site", "referral__patient", "referral__exam")
        .prefetch_related("parts__slot")
        .filter(referral__patient__nhs_number=nhs_number)
        .order_by("-start", "-pk")
    )
    left = {
        change.appointment_id: change.slot
        for change in AppointmentChange.objects.of_trust(trust)
        .filter(appointment__in=made)
        .select_related("slot")
    }
    return [
        (one, one.slot if trust in (one.slot.trust_id, one.referral.trust_id) else left[one.pk])
        for one in made
        if trust in (one.slot.trust_id, one.referral.trust_id) or one.pk in left
    ]


class TrustAnswer(NamedTuple):
    """What a trust says of the `version` of an appointment that it knew.

    `status` is one that the door takes: FHIR's booked, cancelled, fulfilled or noshow; `reason`
    the code of cancelationReason, as HL7's appointment-cancellation-reason has them, or empty.
    """

    status: str
    reason: str
    version: int


def answer(
    made: Appointment, trust: str, said: TrustAnswer, *, now: datetime, actor: Actor
) -> Appointment:
    """Do what a trust says of an appointment.

    Raises NotYours, trust_answers.TooEarly and booking.AppointmentChanged.
    """
    scans, refers = made.slot.trust_id == trust, made.referral.trust_id == trust
    if not scans and not refers:
        raise NotYours
    if said.status == "cancelled":
        cancellation.cancel(made, said.version, said.reason, scans=scans, now=now, actor=actor)
        return _read(made.reference)
    say = {
        "booked": trust_answers.confirm,
        "fulfilled": trust_answers.attended,
        "noshow": trust_answers.missed,
    }
    if not scans:
        raise NotYours
    say[said.status](made, said.version, now=now, actor=actor)
    return _read(made.reference)


def _is_a_place_of(slot: Slot, slot_id: int) -> bool:
    return Slot.objects.filter(
        pk=slot_id, trust_id=slot.trust_id, external_id=slot.external_id
    ).exists()


def _read(reference: str) -> Appointment:
    found = (
        Appointment.objects.select_related("slot", "site", "referral__patient", "referral__exam")
        .filter(reference=read_code(reference) or "")
        .first()
    )
    if found is None:
        raise NotKnown
    return found
