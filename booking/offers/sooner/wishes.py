"""The list of those who would come sooner: the only writer of SoonerWish.

Nobody is put on it but by their own wish, said on a page, by text or to a clerk. `now` is passed
in, aware, UTC. `actor` is who does it, as AuditEntry says it.
"""

from collections.abc import Collection
from dataclasses import astuple, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import F, Q, QuerySet

from booking.appointments.booking import live_appointment
from booking.changes import audit, transactions
from booking.identifiers.actors import Actor
from booking.models import AuditAction, Offer, Referral, SoonerWish
from booking.offers import ending
from sites import places, travel
from sites.postcodes import Origin

State, Door = SoonerWish.State, SoonerWish.Door
REACH_KEPT, REFRESHED = timedelta(days=1), 500
"""How long it counts how far places are, and for how many a tick works that out."""
UNANSWERED = 3
"""Texts in a row without an answer, after which somebody is asked no more."""


class WhyNot(StrEnum):
    """Why somebody cannot be on the list."""

    ENDED = "ended"
    NO_TIME = "no_time"
    """Nothing is booked that is to come: they choose any free time themselves."""
    ORDERED = "ordered"
    """Something is ordered ahead for this scan, so that its day cannot be brought forward."""


class NotForSooner(Exception):
    """Somebody cannot be on the list. Carries why."""

    def __init__(self, why: WhyNot) -> None:
        """Remember why, so that the door can say it."""
        super().__init__(why)
        self.why = why


class WishChanged(Exception):
    """The wish is not as the page showed it."""


@dataclass(frozen=True)
class Wanted:
    """What somebody would come sooner for, and from where. As SoonerWish has it."""

    notice_days: int
    sites: tuple[int, ...] = ()
    within_minutes: int | None = None
    weekdays: tuple[int, ...] = field(default=())
    dayparts: tuple[str, ...] = field(default=())
    origin: Origin | None = None


def wish_of(referral: Referral) -> SoonerWish | None:
    """Return what a referral's patient wished for, whatever its state; None if they never did."""
    return SoonerWish.objects.filter(referral=referral).first()


def why_not_on(referral: Referral, *, now: datetime) -> WhyNot | None:
    """Return why the patient of a referral cannot be on the list, None if they can."""
    if referral.ended_at:
        return WhyNot.ENDED
    if referral.exam.notice_days:
        return WhyNot.ORDERED
    live = live_appointment(referral)
    return None if live and live.start > now else WhyNot.NO_TIME


def reach_of(modality: str, wanted: Wanted) -> dict[str, float | None]:
    """Return how many minutes it takes to each place that somebody would go to, by site's key.

    May ask the network's router: it belongs in no transaction.
    """
    scan = places.places_with(modality)
    if wanted.sites:
        scan = [place for place in scan if place.id in wanted.sites]
    if wanted.origin is None:
        return {str(place.id): None for place in scan} if wanted.within_minutes is None else {}
    journeys = travel.rank(wanted.origin, scan)
    return {
        str(one.site_id): one.known_minutes and round(one.known_minutes, 1)
        for one in journeys
        if wanted.within_minutes is None or one.minutes <= wanted.within_minutes
    }


def refresh_reach(*, now: datetime) -> int:
    """Work out anew where those on the list would go, of whom it is not known or a day old: places
    open, close and move. May ask the network's router: it belongs in no transaction."""
    old = Q(reach_at=None) | Q(reach_at__lte=now - REACH_KEPT)
    on = SoonerWish.objects.filter(old, state=State.ON).select_related("referral__exam")
    due = list(on.order_by(F("reach_at").asc(nulls_first=True))[:REFRESHED])
    for wish in due:
        reach = reach_of(wish.referral.exam.modality, wanted_of(wish))
        same = SoonerWish.objects.filter(pk=wish.pk, version=wish.version)
        same.update(reach=reach, reach_at=now)
    return len(due)


def wanted_of(wish: SoonerWish) -> Wanted:
    """Return what somebody on the list would come sooner for."""
    return Wanted(
        wish.notice_days,
        tuple(wish.sites),
        wish.within_minutes,
        tuple(wish.weekdays),
        tuple(wish.dayparts),
        Origin(*wish.origin) if wish.origin else None,
    )


def put_on(
    referral: Referral,
    wanted: Wanted,
    *,
    door: SoonerWish.Door,
    now: datetime,
    actor: Actor,
    seen: int | None = None,
) -> SoonerWish:
    """Put somebody on the list, or change what they wish; who was paused is asked again.

    Where they would go is worked out by the next tick (`refresh_reach`). `seen` is the version of
    the wish that the page showed, 0 for none; None asks for nothing.
    Raises NotForSooner and WishChanged.
    """
    with transaction.atomic():
        # As of a booking: of two presses the second sees what the first did.
        Referral.objects.select_for_update(no_key=True).get(pk=referral.pk)
        if why := why_not_on(_fresh(referral), now=now):
            raise NotForSooner(why)
        before = wish_of(referral)
        _must_be_seen(before, seen)
        was_on = before is not None and before.state == State.ON
        wish, _ = SoonerWish.objects.update_or_create(
            referral=referral,
            defaults={
                "state": State.ON,
                "notice_days": wanted.notice_days,
                "origin": list(astuple(wanted.origin)) if wanted.origin else [],
                "sites": list(wanted.sites),
                "within_minutes": wanted.within_minutes,
                "reach": {},
                "reach_at": None,
                "weekdays": list(wanted.weekdays),
                "dayparts": list(wanted.dayparts),
                "unanswered": 0,
                "since": before.since if before and was_on else now,
                "door": door,
                "version": before.version + 1 if before else 1,
            },
        )
        action = AuditAction.SOONER_CHANGED if was_on else AuditAction.SOONER_ON
        audit.write(action, now=now, actor=actor, referral=referral, notice=wanted.notice_days)
    return wish


def take_off(
    referral: Referral, *, now: datetime, actor: Actor, seen: int | None = None
) -> SoonerWish | None:
    """Take somebody off the list; whoever is not on it stays so. Raises WishChanged.

    What they are asked about just now is taken back, so that the next in order is asked; not what
    they said yes to already.
    """
    with transaction.atomic():
        Referral.objects.select_for_update(no_key=True).get(pk=referral.pk)
        wish = wish_of(referral)
        _must_be_seen(wish, seen)
        if wish and wish.state != State.OFF:
            _change(wish, State.OFF, 0)
            audit.write(AuditAction.SOONER_OFF, now=now, actor=actor, referral=referral)
        asked = Offer.objects.filter(referral=referral, why=Offer.Why.SOONER, answered_at=None)
        ending.withdraw(asked.filter(state=Offer.State.OPEN), now=now, actor=actor)
    return wish


def keep_on(referral: Referral, *, now: datetime, actor: Actor) -> SoonerWish:
    """Ask somebody again who was paused or off, with what they wished before.

    Raises NotForSooner, and SoonerWish.DoesNotExist of whoever never wished.
    """
    with transaction.atomic():
        Referral.objects.select_for_update(no_key=True).get(pk=referral.pk)
        wish = SoonerWish.objects.get(referral=referral)
        if why := why_not_on(_fresh(referral), now=now):
            raise NotForSooner(why)
        if wish.state != State.ON or wish.unanswered:
            _change(wish, State.ON, 0)
            audit.write(AuditAction.SOONER_ON, now=now, actor=actor, referral=referral)
    return wish


def note_answer(referral: Referral, *, took: bool, now: datetime, actor: Actor) -> None:
    """Write down that somebody answered; who took a sooner time is asked no more.

    Belongs in the transaction of the answer.
    """
    transactions.must_be_in_transaction("An answer about something sooner")
    wish = wish_of(referral)
    if wish is None:
        return
    if took and wish.state != State.OFF:
        _change(wish, State.OFF, 0)
        audit.write(
            AuditAction.SOONER_OFF, now=now, actor=actor, referral=referral, reason="took one"
        )
    elif wish.unanswered:
        SoonerWish.objects.filter(pk=wish.pk).update(unanswered=0)


def note_silence(referral: Referral, *, now: datetime, actor: Actor) -> bool:
    """Count an offer without an answer; return whether they are asked no more from now on.

    Belongs in the transaction in which the offer lapsed.
    """
    transactions.must_be_in_transaction("Silence about something sooner")
    on = SoonerWish.objects.filter(referral=referral, state=State.ON)
    if not on.update(unanswered=F("unanswered") + 1):
        return False
    paused = on.filter(unanswered__gte=UNANSWERED).update(
        state=State.PAUSED, version=F("version") + 1
    )
    if paused:
        audit.write(AuditAction.SOONER_PAUSED, now=now, actor=actor, referral=referral)
    return bool(paused)


def on_the_list(referrals: Collection[int]) -> set[int]:
    """Return the keys of those of these referrals whose patients are on the list."""
    return set(on_list().filter(referral__in=referrals))


def on_list() -> QuerySet[SoonerWish, int]:
    """Return the keys of the referrals whose patients are on the list."""
    return SoonerWish.objects.filter(state=State.ON).values_list("referral_id", flat=True)


def _fresh(referral: Referral) -> Referral:
    return Referral.objects.select_related("exam").get(pk=referral.pk)


def _must_be_seen(wish: SoonerWish | None, seen: int | None) -> None:
    if seen is not None and seen != (wish.version if wish else 0):
        raise WishChanged


def _change(wish: SoonerWish, state: SoonerWish.State, unanswered: int) -> None:
    wish.state, wish.unanswered, wish.version = state, unanswered, wish.version + 1
    wish.save(update_fields=["state", "unanswered", "version"])
