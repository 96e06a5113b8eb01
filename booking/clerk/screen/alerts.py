"""What the screens of alerts show: each with who acknowledged it, and its history in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from booking.identifiers.actors import staff_key
from booking.models import Alert, AlertEvent, Staff
from booking.pages.subject import subject_of_alert, subject_token

State = Alert.State


@dataclass(frozen=True)
class Shown:
    """One alert on a screen. `about` is what its form carries."""

    alert: Alert
    acknowledged_by: str
    about: str
    is_late: bool

    @property
    def may_be_acknowledged(self) -> bool:
        """Whether anybody can still say that they see to it."""
        return self.alert.state == State.RAISED and self.alert.referral.ended_at is None

    @property
    def dates(self) -> list[tuple[str, datetime, bool]]:
        """Its four dates: what by when, and whether that is done."""
        one = self.alert
        is_booked = one.state in (State.BOOKED, State.SCANNED)
        is_acknowledged = is_booked or one.state == State.ACKNOWLEDGED
        return [
            ("Acknowledge", one.acknowledge_by, is_acknowledged),
            ("Book", one.book_by, is_booked),
            ("Scan", one.scan_by, one.state == State.SCANNED),
            ("Tell the patient", one.tell_by, False),
        ]


def show(alerts: Iterable[Alert], now: datetime) -> list[Shown]:
    """Return alerts as a screen shows them, with the names of staff."""
    found = list(alerts)
    names = names_of(one.acknowledged_by for one in found)
    return [
        Shown(
            one,
            names.get(one.acknowledged_by, one.acknowledged_by),
            subject_token(subject_of_alert(one)),
            one.is_open and one.is_past(now),
        )
        for one in found
    ]


def history(alert: Alert) -> list[tuple[AlertEvent, str, str]]:
    """Return what happened to an alert, with the names of who did it and who was told."""
    events = list(alert.events.order_by("pk"))
    names = names_of([*(one.actor for one in events), *(one.whom for one in events)])
    return [(one, names.get(one.actor, one.actor), names.get(one.whom, one.whom)) for one in events]


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """Return the names of the staff among these actors, by how the audit names them."""
    keys = {staff_key(one) for one in actors} - {None}
    if not keys:
        return {}
    people = Staff.objects.select_related("user").filter(pk__in=keys)
    return {str(person.actor): person.name for person in people}
