"""What figures know a person by: age, needs, and how deprived the place is where they live."""

from datetime import date

from django.db.models import (
    Case,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, StrIndex
from django.db.models.lookups import GreaterThan

from insights.any_day import AnyDay
from insights.models import PostcodeArea
from insights.models.figures import Age, Needs

FROM_AGE = {Age.OLD: 75, Age.OLDER: 60, Age.MIDDLE: 40, Age.YOUNG: 16, Age.CHILD: 0}
"""Each band's first year of age, the oldest first."""


def age_on(day: date, born: str) -> Combinable:
    """Return the band of age on that day; `born` is the field's name. Born later is not known."""
    bands = [
        When(**{f"{born}__lte": _years_before(day, years)}, then=Value(band.value))
        for band, years in FROM_AGE.items()
    ]
    return Case(*bands, default=Value(Age.UNKNOWN.value), output_field=IntegerField())


def _years_before(day: date, years: int) -> date:
    """Return the last day on which somebody was born who is so old; of 29 February the 28th."""
    if isinstance(day, AnyDay):
        born: date = day.filled(lambda one: _years_before(one, years))
        return born
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def needs_of(patient: str) -> Combinable:
    """Return the bits of Needs; `patient` is the path to the patient."""
    codes = Cast(f"{patient}__needs", TextField())
    speaks = GreaterThan(StrIndex(codes, Value("interpreter")), Value(0))
    return (
        _bit(Needs.NEEDS, ~Q(**{f"{patient}__needs": []}))
        + _bit(Needs.INTERPRETER, speaks)
        + _bit(Needs.NO_MOBILE, Q(**{f"{patient}__mobile": ""}))
    )


def _bit(need: Needs, true: Q | GreaterThan) -> Combinable:
    return Case(When(true, then=Value(need.value)), default=0, output_field=IntegerField())


def decile_of(postcode: str) -> Combinable:
    """Return the decile of deprivation (1 is the most deprived), 0 where it is not known."""
    there = PostcodeArea.objects.filter(postcode=OuterRef(postcode)).values("decile")
    return Coalesce(Subquery(there), Value(0), output_field=IntegerField())
