"""What the clock does: the next of the chain is told, and what is not booked in time opens again.

After an outage only the first step that is due runs; the one after it is due from then. Each step
is taken by the lock of its alert, so that two clocks take it once. `now` is passed in, aware, UTC.
"""

from collections import defaultdict
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from booking.alerts import chain, rota
from booking.alerts.raising import open_again
from booking.alerts.state import Event, State, note
from booking.identifiers.actors import CLOCK, Actor, ActorKind, staff_key
from booking.identifiers.codes import new_reference
from booking.models import Alert, AlertEvent, Heartbeat, Shift, Staff
from booking.worklists import rows, subjects
from notifications import emails, outbox
from notifications.models import NOT_TOLD, Kind, Message

HEARTBEAT = "alerts"
AT_ONCE = 500
"""Alerts of one trust in one transaction; the others come at the next turn."""
OF_USE = timedelta(hours=6)
"""How long a text to staff is worth sending."""


def run_due(*, now: datetime) -> int:
    """Take every step that is due; return of how many alerts one was taken."""
    _hasten_after_failed_texts(now)
    _hasten_of_who_left(now)
    trusts = _due(now).order_by("trust").values_list("trust", flat=True).distinct()
    taken = sum(_run_trust(trust, now) for trust in list(trusts))
    Heartbeat.objects.update_or_create(name=HEARTBEAT, defaults={"at": now})
    return taken


def say_waiting(count: int) -> str:
    """Return what staff are told: how many wait, and nothing of whom."""
    return f"{count} urgent request{' waits' if count == 1 else 's wait'}"


def _due(now: datetime) -> QuerySet[Alert]:
    """Return the alerts whose next step is due. Of a request that has ended there is none."""
    return Alert.objects.filter(
        next_at__lte=now, state__in=[State.RAISED, State.ACKNOWLEDGED], referral__ended_at=None
    )


def _hasten_after_failed_texts(now: datetime) -> None:
    """Tell the next at once where the last text did not arrive, and nobody waits for it."""
    failed = Message.objects.filter(subject=OuterRef("page"), state__in=NOT_TOLD)
    waiting = Alert.objects.filter(state=State.RAISED, next_at__gt=now).exclude(page="")
    waiting.filter(Exists(failed)).update(next_at=now, page="")


def _hasten_of_who_left(now: datetime) -> None:
    """Open at once what was acknowledged by somebody who can see to no alert there any more."""
    waiting = Alert.objects.filter(state=State.ACKNOWLEDGED, next_at__gt=now)
    seen = waiting.order_by().values_list("acknowledged_by", "trust").distinct()
    for key, trust in rota.who_left([(key, at) for by, at in seen if (key := staff_key(by))]):
        waiting.filter(acknowledged_by=Actor(ActorKind.STAFF, key), trust=trust).update(next_at=now)


def _run_trust(trust: str, now: datetime) -> int:
    """Take the steps of one trust's alerts: whoever is told of several gets one text."""
    with transaction.atomic():
        locked = _due(now).select_for_update(of=("self",), no_key=True, skip_locked=True)
        due = list(locked.filter(trust=trust).order_by("next_at", "pk")[:AT_ONCE])
        for alert in due:
            if alert.state == State.ACKNOWLEDGED:
                open_again(alert, _why_again(alert), now=now, actor=CLOCK)
        duties = rota.duties(trust, now)
        told: dict[str, list[Alert]] = defaultdict(list)
        for alert in (one for one in due if one.state == State.RAISED):
            _step(alert, duties, told, now)
        for level, alerts in told.items():
            person = duties[level].person
            if person:
                _page(trust, level, person, alerts, now)
        for alert in due:  # not as its next version: what somebody is about to press still holds
            alert.save(update_fields=["level", "round", "next_at", "page"])
    return len(due)


def _why_again(alert: Alert) -> str:
    """Return why an acknowledged alert whose turn has come opens again."""
    key = staff_key(alert.acknowledged_by)
    left = key is not None and rota.who_left([(key, alert.trust_id)])
    return "whoever acknowledged it can see to it no more" if left else "not booked in time"


def _step(
    alert: Alert,
    duties: dict[str, rota.Duty],
    told: dict[str, list[Alert]],
    now: datetime,
) -> None:
    """Move one alert on by one step; who is to be told of it is added to `told`."""
    if chain.has_ended(alert.round):
        _end_chain(alert, now)
        return
    taken = chain.step(alert.chain, alert.level, alert.round, duties, now=now)
    alert.level, alert.round, alert.next_at = taken.level, taken.round, taken.next_at
    for duty in taken.passed_over:
        if duty.person and duty.person.user.email:
            _mail(duty.person, alert.trust_id, [alert], now)
    if taken.told is None:
        _note_once(alert, Event.NOBODY, now)
        return
    for duty in taken.passed_over:
        place = Shift.Level(duty.level).label
        whom = duty.person.actor if duty.person else ""
        detail = f"{place}: {duty.why_not}"
        note(alert, Event.PASSED_OVER, now=now, actor=CLOCK, whom=whom, detail=detail)
    told[taken.told.level].append(alert)


def _end_chain(alert: Alert, now: datetime) -> None:
    """Tell nobody further, and put it on a list: everybody was told, and nobody acknowledged."""
    alert.next_at = None
    note(alert, Event.CHAIN_ENDED, now=now, actor=CLOCK)
    rows.open_row(
        rows.Kind.NEEDS_PERSON,
        subjects.of_referral(alert.referral, subjects.Topic.ALERT),
        "Suspected cancer: everybody on the rota was told, and nobody acknowledged. Phone.",
        now=now,
        actor=CLOCK,
    )


def _page(trust: str, level: str, person: Staff, alerts: list[Alert], now: datetime) -> None:
    """Write one text and one e-mail to one person about all that they are told of now."""
    page = new_reference()
    for alert in alerts:
        alert.page = page
        place = str(Shift.Level(level).label)
        note(alert, Event.TOLD, now=now, actor=CLOCK, whom=person.actor, detail=place)
    outbox.enqueue(
        kind=Kind.STAFF_ALERT,
        subject=page,
        version=chain.PAGE_VERSION,
        to=person.phone,
        context={"waits": say_waiting(_waiting(trust)), "link": address()},
        due_at=now,
        not_after=now + OF_USE,
        now=now,
    )
    if person.user.email:
        _mail(person, trust, alerts, now)


def _mail(person: Staff, trust: str, alerts: list[Alert], now: datetime) -> None:
    """Write an e-mail; it ends with the page of the first of these alerts."""
    waits = say_waiting(_waiting(trust))
    first = alerts[0]
    emails.enqueue(
        key=f"{first.page or first.pk}:{person.pk}:{first.round}.{first.level}",
        to=person.user.email,
        heading=waits,
        body=f"{waits}.\n\nSee them, and acknowledge: {address()}\n",
        not_after=now + OF_USE,
        now=now,
    )


def _waiting(trust: str) -> int:
    of_trust = Alert.objects.of_trust(trust)
    return of_trust.filter(state=State.RAISED, referral__ended_at=None).count()


def address() -> str:
    """Return where staff see what waits."""
    return f"{settings.PUBLIC_BASE_URL}/staff/alerts/"


def _note_once(alert: Alert, kind: AlertEvent.Kind, now: datetime) -> None:
    """Note what is so at every look at the rota only when it begins."""
    last = alert.events.order_by("-pk").values_list("kind", flat=True).first()
    if last != kind:
        note(alert, kind, now=now, actor=CLOCK)
