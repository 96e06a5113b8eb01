"""Who would come sooner if a time comes free, and what became of each time they were asked."""

from django.db import models
from django.db.models import Q

from booking.models.scope import ScopedQuerySet


class SoonerWish(models.Model):
    """That the patient of a referral would come sooner than booked: how soon, where and when.

    `reach` maps the key of each site that they would go to to the minutes that it takes them from
    `origin` (as sites.postcodes.Origin has it, empty if nobody knows), None where nobody knows:
    worked out once, and again after a day, so that nothing is asked of a router while a time waits.
    It is the places of `sites`, or, where they chose none, all within `within_minutes` (None:
    however far). Empty `weekdays` (0 is Monday) and `dayparts` are any.
    `unanswered` counts the texts without an answer since the last answer; `version` rises with
    every change. Written by booking/offers/sooner/wishes.py alone.
    """

    class State(models.TextChoices):
        """Whether they are asked."""

        ON = "on", "on the list"
        PAUSED = "paused", "paused: did not answer"
        OFF = "off", "off the list"

    class Door(models.TextChoices):
        """How they came onto the list."""

        PAGE = "page", "the patient, on our pages"
        TEXT = "text", "the patient, by text"
        STAFF = "staff", "a clerk"

    class Notice(models.IntegerChoices):
        """Days that they need between being asked and coming."""

        ONE = 1, "1 day"
        TWO = 2, "2 days"
        THREE = 3, "3 days"
        WEEK = 7, "7 days"

    referral = models.OneToOneField("booking.Referral", models.PROTECT, related_name="sooner_wish")
    state = models.CharField(max_length=6, choices=State.choices)
    notice_days = models.PositiveSmallIntegerField(choices=Notice.choices)
    origin = models.JSONField(default=list)
    sites = models.JSONField(default=list)
    within_minutes = models.PositiveSmallIntegerField(null=True)
    reach = models.JSONField(default=dict)
    reach_at = models.DateTimeField(null=True)
    weekdays = models.JSONField(default=list)
    dayparts = models.JSONField(default=list)
    unanswered = models.PositiveSmallIntegerField(default=0)
    since = models.DateTimeField()
    door = models.CharField(max_length=5, choices=Door.choices)
    version = models.PositiveIntegerField(default=1)

    trust_paths = ("referral__trust",)
    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["referral"], condition=Q(state="on"), name="sooner_wish_on")
        ]


class SoonerAsk(models.Model):
    """That an offer of something sooner was told: by a text, or by a row for who phones.

    `was_start` is when the appointment was that it would replace. `turn` counts the slots that were
    offered, one after another; `for_phone`: this one went first to those who have no mobile.
    """

    offer = models.OneToOneField("booking.Offer", models.PROTECT, related_name="sooner_ask")
    was_start = models.DateTimeField()
    turn = models.PositiveIntegerField()
    for_phone = models.BooleanField()

    trust_paths = ("offer__referral__trust", "offer__slot__trust")
    objects = ScopedQuerySet.as_manager()
