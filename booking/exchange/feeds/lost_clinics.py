"""A feed's loss of many people's times is a lost clinic: a lead decides, then each is asked.

Instead of a burst of texts and as many rows, everybody is held another time first. A smaller loss
stays as it is: within the brake's limit it is done, beyond it a lead decides on its own page.
`now` is passed in, aware, UTC.
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Min, Q

from booking.changes import audit, feed_locks
from booking.exchange.feeds import brake, losses, settling
from booking.exchange.feeds.report import Report
from booking.exchange.feeds.write_turns import WriteTransactions
from booking.identifiers.actors import CLOCK, Actor, ActorKind
from booking.models import AuditAction, Loss, LostClinic, LostPerson, LostSlot, Slot
from booking.offers.lost import confirming, freezing

State = LostClinic.State
ENDED_BY_ITSELF = (Loss.State.KEPT, Loss.State.DROPPED)
"""A loss in one of these takes nobody's time: a lead kept them, or the feed names them again."""


def is_clinic(loss: Loss, now: datetime) -> bool:
    """Whether a loss is as large as a clinic: many people, or a large part of one schedule."""
    # A time that goes on at another place is not lost: once a lead agrees, people are asked.
    gone = brake.open_slots(loss, now).exclude(why=LostSlot.Why.STOP)
    lost = Slot.objects.filter(pk__in=gone.values("slot_id"), status=Slot.Status.FREE)
    booked = lost.filter(free_at=None).count()
    if not booked:
        return False
    if booked >= settings.LOST_FEED_PEOPLE:
        return True
    counts = dict(lost.order_by().values_list("schedule").annotate(Count("pk")))
    coming = Slot.objects.filter(schedule__in=counts, status=Slot.Status.FREE, start__gt=now)
    every = dict(coming.order_by().values_list("schedule").annotate(Count("pk")))
    return any(
        count * 100 >= settings.LOST_FEED_PERCENT * (every.get(schedule) or count)
        for schedule, count in counts.items()
    )


def clinic_of(loss: Loss) -> LostClinic | None:
    """Return the lost clinic that a loss became, if it did and is not over."""
    return LostClinic.objects.filter(loss=loss).exclude(state=State.OVER).first()


def open_clinics(*, now: datetime) -> None:
    """Make a lost clinic of every held loss that is as large as one, once."""
    held = Loss.objects.filter(state=Loss.State.OPEN, lostclinic=None).exclude(held_at=None)
    for loss in held:
        if is_clinic(loss, now):
            with transaction.atomic():
                _open(loss, now)


def _open(loss: Loss, now: datetime) -> None:
    span = brake.open_slots(loss, now).aggregate(Min("slot__start"), Max("slot__end"))
    clinic, is_new = LostClinic.objects.get_or_create(
        loss=loss,
        defaults={
            "trust_id": loss.trust_id,
            "begins": span["slot__start__min"],
            "ends": span["slot__end__max"],
            "scope": f"loss {loss.pk}",
            "reason": LostClinic.Reason.FEED,
            "state": State.WAITING,
            "said_at": now,
            "said_by": Actor(ActorKind.FEED, loss.trust_id),
        },
    )
    if is_new:
        freezing.list_people(clinic, now=now)


def follow(*, now: datetime) -> None:
    """Keep lost clinics and the losses that they came of together.

    A loss that takes nothing any more brings its clinic back. Once everybody was told, the loss is
    done: nobody is booked there any more, so that it texts nobody.
    """
    open_clinics(now=now)
    for clinic in LostClinic.objects.exclude(state=State.OVER).exclude(loss=None):
        loss = clinic.loss
        assert loss is not None
        if loss.state in ENDED_BY_ITSELF and clinic.state != State.BACK:
            confirming.say_back(clinic, now=now, actor=CLOCK)
        elif loss.state == Loss.State.OPEN and _are_all_told(clinic, now):
            _release(loss, clinic, now)


def _are_all_told(clinic: LostClinic, now: datetime) -> bool:
    if clinic.state != State.CONFIRMED or freezing.unlisted(clinic, now).exists():
        return False
    untold = Q(clinic=clinic, state__in=LostPerson.UNTOLD)
    return not LostPerson.objects.filter(untold).exists()


def _release(loss: Loss, clinic: LostClinic, now: datetime) -> None:
    """Take away what the feed no longer names: its people know."""
    with transaction.atomic():
        feed_locks.lock_feed_exclusively(loss.trust_id)
        if not losses.close(loss, Loss.State.RELEASED, "went_ahead", now=now, actor=CLOCK):
            return
        audit.write(
            AuditAction.LOSS_RELEASED, now=now, actor=CLOCK, trust=loss.trust_id, loss=loss.pk,
            clinic=clinic.pk,
        )  # fmt: skip
    settling.do(loss, Report(), WriteTransactions(loss.trust_id, now), now=now)
