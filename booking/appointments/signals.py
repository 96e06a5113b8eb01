"""What rooms above are told of appointments: one signal for every act.

Most acts concern none of those who listen. So each says what it would look for (told_where), all
of that is asked as one statement, and whoever would find nothing is not told.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db.models import Field, QuerySet
from django.dispatch import Signal

from times.together import fetch
from times.written import Filled, Written

Asks = Callable[..., Filled | None]
Receiver = Callable[..., None]
_asks: dict[str, Asks] = {}
"""What each receiver looks for, by its name."""

stop_moved = Signal()
"""Sent with sender=Appointment, `appointment`, `was_at` (a Site), `now` and `actor` when a mobile
scanner stands at another place on the day of an appointment, which has that place already. Inside
that transaction, before its change numbers; a receiver writes rows of its own only.
"""

appointment_changed = Signal()
"""Sent by `booking.record`, once an act, with sender=Appointment, `appointment`, `action` (an
AuditAction), `now`, `actor`, `freed`, the keys of the slots that the act let go of: whoever wants
to know whether one is free now looks at its row, which its trust may have taken meanwhile; and
`waiting`, the names of those who have something to do (who_waits).

Inside the transaction of the act, after its slots and its appointment were written: a receiver
locks no slot, writes rows of its own only, and raises nothing for what can happen every day.
"""


def told_where(asks: Asks) -> Callable[[Receiver], Receiver]:
    """Let a receiver of appointment_changed be told only of acts for which there is something.

    `asks`, given what the signal says, returns a query of what it would look for (anything_of),
    which may find more than it needs and never less; None if it is to be told whatever there is.
    """

    def wrap(receiver: Receiver) -> Receiver:
        name = f"{receiver.__module__}.{receiver.__qualname__}"
        _asks[name] = asks

        @wraps(receiver)
        def told(*, waiting: frozenset[str], **said: Any) -> None:
            if name in waiting:
                receiver(**said)

        return told

    return wrap


def anything_of(make: Callable[..., QuerySet[Any, Any]], **fields: "Field[Any, Any]") -> Written:
    """Return what asks whether there is anything of a query, written once."""
    return Written(lambda **places: _one(make(**places)), **fields)


def who_waits(*also: QuerySet[Any, Any], **said: Any) -> tuple[frozenset[str], bool]:
    """Return the names of the receivers that an act concerns, and if there is anything of `also`.

    One statement. `said` is what the signal will say. Belongs right before it: what one of those
    who are told writes makes nobody else be told.
    """
    asked = {name: asks(**said) for name, asks in _asks.items()}
    queries = {name: query for name, query in asked.items() if query is not None}
    found = fetch([*queries.values(), *(_one(query) for query in also)])
    there = [name for name, keys in zip(queries, found, strict=False) if keys]
    told = frozenset([*there, *(name for name, query in asked.items() if query is None)])
    return told, any(found[len(queries) :])


def _one(query: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    return query.order_by("pk").values_list("pk")[:1]
