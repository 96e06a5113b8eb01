"""What things of the booking room are known by, in the words of a figure."""

from datetime import date
from typing import Any

from django.db.models import Value
from django.db.models.expressions import Combinable

from insights import people
from insights.days import hours_of
from insights.measures.rows import Of


def of_appointment(day: date, path: str = "", group: Combinable | None = None) -> Of:
    """Return what an appointment is known by; `path` leads to it, as in "appointment__".

    Its time of the week is known only of one that is on that day itself.
    """
    hours: dict[str, Any] = {} if path else {"hours": hours_of("start", day)}
    return Of(
        trust=f"{path}site__trust",
        modality=f"{path}referral__exam__modality",
        group=group or Value(""),
        site=f"{path}site",
        urgency=f"{path}referral__urgency",
        **hours,
        **person(day, f"{path}referral__patient"),
    )


def of_referral(day: date, path: str = "", group: Combinable | None = None) -> Of:
    """Return what a request is known by; `path` leads to it, as in "referral__"."""
    return Of(
        trust=f"{path}trust",
        modality=f"{path}exam__modality",
        group=group or Value(""),
        urgency=f"{path}urgency",
        **person(day, f"{path}patient"),
    )


def person(day: date, path: str) -> dict[str, Combinable]:
    """Return what a patient is known by on that day."""
    return {
        "decile": people.decile_of(f"{path}__postcode"),
        "age": people.age_on(day, f"{path}__born"),
        "needs": people.needs_of(path),
    }
