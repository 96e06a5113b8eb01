"""What was counted, a day at a time, and its sums by month. Names nobody.

`counter` says what was counted (insights/measures), `group` a part of it, such as the band of a
wait. `n` is how many; `total` the sum of what each of them has, such as days waited. `trust` is
the ODS code of whose it is, a code and no key: figures stay when a trust goes. `site` is the
place's key, 0 where there is none. Of a `decile`, an `age` or an `urgency` that is not known it is
said so (0, 0, ""), never guessed.
"""

from typing import Any, ClassVar

from django.db import models


class Hours(models.IntegerChoices):
    """When in the week it is, by England's clock; a weekend's evening is the weekend's."""

    ORDINARY = 0, "weekdays, 8am to 6pm"
    EVENING = 1, "weekdays before 8am or from 6pm"
    WEEKEND = 2, "Saturdays and Sundays"
    HOLIDAY = 3, "bank holidays"


class Age(models.IntegerChoices):
    """Age on the day."""

    UNKNOWN = 0, "not known"
    CHILD = 1, "0 to 15"
    YOUNG = 2, "16 to 39"
    MIDDLE = 3, "40 to 59"
    OLDER = 4, "60 to 74"
    OLD = 5, "75 and over"


class Needs(models.IntegerChoices):
    """What a person needs, as bits that are added up."""

    NEEDS = 1, "has needs"
    INTERPRETER = 2, "needs an interpreter"
    NO_MOBILE = 4, "has no mobile"


class Figure(models.Model):
    """What every figure has."""

    counter = models.CharField(max_length=24)
    group = models.CharField(max_length=16, default="")
    trust = models.CharField(max_length=3)
    modality = models.CharField(max_length=3)
    n = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)

    class Meta:
        abstract = True


class DayFigure(Figure):
    """One day in England, with all that is known of each."""

    day = models.DateField()
    site = models.PositiveIntegerField(default=0)
    urgency = models.CharField(max_length=16, default="")
    hours = models.PositiveSmallIntegerField(choices=Hours.choices, default=Hours.ORDINARY)
    decile = models.PositiveSmallIntegerField(default=0)
    age = models.PositiveSmallIntegerField(choices=Age.choices, default=Age.UNKNOWN)
    needs = models.PositiveSmallIntegerField(default=0, help_text="Bits of Needs.")

    class Meta:
        indexes = [models.Index(fields=["counter", "day"], name="figure_by_day")]


class MonthFigure(Figure):
    """One month, named by its first day."""

    month = models.DateField()

    objects: ClassVar[models.Manager[Any]]

    class Meta:
        abstract = True


class TrustMonth(MonthFigure):
    """By trust: what the overview reads."""

    urgency = models.CharField(max_length=16, default="")

    class Meta:
        indexes = [
            models.Index(fields=["counter", "month"], name="trust_month"),
            models.Index(
                fields=["counter", "group", "month", "modality", "trust", "n", "total"],
                name="trust_month_whole",
            ),
        ]
        # The second holds all that the overview reads, in the order that it groups by.


class PlaceMonth(MonthFigure):
    """By place and time of the week."""

    site = models.PositiveIntegerField(default=0)
    urgency = models.CharField(max_length=16, default="")
    hours = models.PositiveSmallIntegerField(choices=Hours.choices, default=Hours.ORDINARY)

    class Meta:
        indexes = [models.Index(fields=["counter", "month"], name="place_month")]


class PersonMonth(MonthFigure):
    """By who it is: decile and age."""

    urgency = models.CharField(max_length=16, default="")
    decile = models.PositiveSmallIntegerField(default=0)
    age = models.PositiveSmallIntegerField(choices=Age.choices, default=Age.UNKNOWN)

    class Meta:
        indexes = [models.Index(fields=["counter", "month"], name="person_month")]


class NeedMonth(MonthFigure):
    """By what people need."""

    needs = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["counter", "month"], name="need_month")]
