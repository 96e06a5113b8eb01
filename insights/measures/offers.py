"""Something sooner: what was offered, what was taken, and how many days that gained."""

from datetime import date
from typing import Any

from django.db.models import Case, CharField, F, IntegerField, QuerySet, Value, When
from django.db.models.expressions import Combinable, Func

from booking.models import Offer, SoonerAsk
from insights.days import bounds
from insights.measures.base import Counter
from insights.measures.known import of_referral
from insights.measures.rows import figures

TAKEN, NOT_TAKEN, OPEN = "taken", "not taken", "open"


class DaysBetween(Func):
    """Whole days between two moments, as both databases count them; 24 hours are a day."""

    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Use Julian days: SQLite's moments are text."""
        how = "CAST(julianday(%(expressions)s) AS INTEGER)"
        joiner = ") - julianday("
        return self.as_sql(compiler, connection, template=how, arg_joiner=joiner, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Take the whole days of the time between."""
        how = "EXTRACT(DAY FROM (%(expressions)s))::integer"
        return self.as_sql(compiler, connection, template=how, arg_joiner=" - ", **context)


def offers(day: date) -> QuerySet[Any, Any]:
    """Return sooner times that were offered on that day; `total` is days gained by those taken."""
    begins, ends = bounds(day)
    asks = SoonerAsk.objects.filter(
        offer__why=Offer.Why.SOONER, offer__made_at__gte=begins, offer__made_at__lt=ends
    )
    how: Combinable = Case(
        When(offer__state=Offer.State.ACCEPTED, then=Value(TAKEN)),
        When(offer__state=Offer.State.OPEN, then=Value(OPEN)),
        default=Value(NOT_TAKEN),
        output_field=CharField(),
    )
    gained = Case(
        When(
            offer__state=Offer.State.ACCEPTED,
            then=DaysBetween(F("was_start"), F("offer__slot__start")),
        ),
        default=Value(0),
        output_field=IntegerField(),
    )
    return figures(asks, of_referral(day, "offer__referral__", how), total=gained)


OFFERS = Counter("offers", offers)
