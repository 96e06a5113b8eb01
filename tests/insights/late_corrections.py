"""What is put right in a seeded year long afterwards, as the product's doors leave the rows."""

from datetime import date, datetime, time, timedelta

from booking.identifiers.actors import CLOCK
from booking.models import (
    AlertEvent,
    Appointment,
    AuditAction,
    AuditEntry,
    FrozenSlot,
    LostSlot,
    Offer,
    Referral,
)
from booking.models.slot import EPOCH
from insights.days import at
from insights.models import Travelled
from notifications.models import Message
from tests.insights.seeded_year import ENDED, SeededYear

LONG_AGO = [date(2025, 8, 31), date(2025, 10, 25), date(2025, 10, 31), date(2025, 12, 31)]
"""On these days a minute before midnight and midnight are of two days, or of two months."""


def put_right(year: SeededYear, dice, now: datetime) -> None:
    """Correct something of every kind, most of it of months long past."""
    done = list(Appointment.objects.filter(status="attended", start__lt=at(date(2026, 2, 1))))
    move_over_midnight(dice.sample(done, 30), dice, now)
    for one in dice.sample(done, 30):
        status(one, dice.choice(["did_not_attend", "cancelled"]), now)
    missed = list(Appointment.objects.filter(status="did_not_attend"))
    for one in dice.sample(missed, 15):
        status(one, "attended", now)
    take_back(dice.sample(list(Appointment.objects.filter(status="cancelled")), 15), now)
    requests(year, dice, now)
    what_hangs_on_them(year, dice, now)


def move_over_midnight(some: list[Appointment], dice, now: datetime) -> None:
    """Move each to the last minute of a day or to the first of the next one, its slot with it."""
    for one in some:
        one.start = at(dice.choice(LONG_AGO), time(23, 59)) + timedelta(minutes=dice.choice([0, 1]))
        one.end = one.slot.end = one.start + timedelta(minutes=20)
        one.slot.start, one.changed_at = one.start, now
        one.slot.save()
        one.save()


def status(one: Appointment, new: str, now: datetime, **detail: object) -> None:
    """Give an appointment another status, with the act that says so."""
    Appointment.objects.filter(pk=one.pk).update(status=new, changed_at=now)
    action = AuditAction.UNDONE if detail else AuditAction(new)
    _act(action, now, referral=one.referral, appointment=one, detail=detail)


def take_back(some: list[Appointment], now: datetime) -> None:
    """Take cancellations back: they never were."""
    for one in some:
        status(one, "attended", now, undid="cancelled")


def requests(year: SeededYear, dice, now: datetime) -> None:
    """Change what requests are, end some and open some again; some come in months late."""
    some = dice.sample(year.referrals, 60)
    for one in some[:20]:
        Referral.objects.filter(pk=one.pk).update(urgency=dice.choice(["urgent", "routine"]))
        _act(AuditAction.URGENCY_CHANGED, now, referral=one)
    for one in some[20:40]:
        Referral.objects.filter(pk=one.pk).update(exam=dice.choice(year.exams))
        _act(AuditAction.EXAM_CHANGED, now, referral=one)
    for one in some[40:50]:
        Referral.objects.filter(pk=one.pk, ended_at=None).update(ended_at=now, **ENDED)
        _act(AuditAction.ENDED, now, referral=one)
    ended = list(Referral.objects.exclude(ended_at=None).exclude(pk__in=[one.pk for one in some]))
    for one in dice.sample(ended, 15):
        Referral.objects.filter(pk=one.pk).update(ended_at=None, end_reason="", ended_by="")
        _act(AuditAction.REOPENED, now, referral=one)
    for old in dice.sample(year.referrals, 10):  # written down today, waiting since long ago
        year.request(old.patient).save()


def what_hangs_on_them(year, dice, now):
    """Answers, reports, acknowledgements, times lost and found: all of days long past."""
    clinic, loss = FrozenSlot.objects.first().clinic, LostSlot.objects.first().loss
    Offer.objects.filter(state="open").update(state="accepted", ended_at=now)
    for alert in list({one.alert for one in AlertEvent.objects.all()})[:10]:
        AlertEvent.objects.filter(alert=alert).delete()
        AlertEvent.objects.create(alert=alert, at=now, actor=CLOCK, kind="acknowledged")
    Message.objects.filter(state="accepted").update(state="delivered", updated_at=now)
    FrozenSlot.objects.filter(thawed_at=None, pk__lt=clinic.slots.first().pk + 40).update(
        thawed_at=now
    )
    taken = set(LostSlot.objects.values_list("slot", flat=True))
    free = [one for one in year.slots if one.free_at == EPOCH and one.pk not in taken]
    LostSlot.objects.bulk_create(
        LostSlot(loss=loss, slot=slot, why="missing", done_at=now, outcome="taken")
        for slot in dice.sample(free, 10)
    )
    known = Travelled.objects.values("pk")
    without = Appointment.objects.filter(status="attended").exclude(pk__in=known)[:20]
    Travelled.objects.bulk_create(
        Travelled(appointment=one, minutes=33, nearest=12, found_at=now) for one in without
    )


def _act(action: AuditAction, now: datetime, **about) -> None:
    patient = about["referral"].patient_id
    AuditEntry.objects.create(at=now, actor=CLOCK, action=action, patient_id=patient, **about)
