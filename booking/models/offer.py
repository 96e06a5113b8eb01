"""A slot that is held for somebody who was asked whether they want it."""

from django.db import models
from django.db.models import Q

from booking.models.scope import ScopedQuerySet


class Offer(models.Model):
    """One slot, held for one referral, until it is answered or its time is up.

    It can be answered until `until`; the slot is kept until `kept_until`, which is later where
    silence does not lose it. `is_kept`: its slot has still to be let go of, if nobody said yes.
    `appointment` is the one that it would replace, or that was lost, in that `version`. `code` is
    what a reply names it by. `depth` says how many offers led to this slot being free.

    Of a `wave` several are asked about one slot at once, in the order of their `rank`. Who said yes
    while somebody before them has not answered waits: the offer is open, and `answered_at` is set.
    """

    class Why(models.TextChoices):
        """For whose sake the offer is made."""

        DISPLACED = "displaced", "Another time for one that is lost"
        SOONER = "sooner", "Something sooner"
        URGENT = "urgent", "A time for an urgent request"

    class State(models.TextChoices):
        """What became of it."""

        OPEN = "open", "open"
        ACCEPTED = "accepted", "they said yes"
        DECLINED = "declined", "they said no"
        LAPSED = "lapsed", "no answer in time"
        WITHDRAWN = "withdrawn", "not needed any more"
        GONE = "gone", "the time is gone"

    class Channel(models.TextChoices):
        """How they are asked."""

        TEXT = "text", "by text"
        PHONE = "phone", "by phone"
        PAGE = "page", "on their page"

    reference = models.CharField(max_length=10, unique=True)
    code = models.CharField(max_length=4)
    referral = models.ForeignKey("booking.Referral", models.PROTECT, related_name="offers")
    slot = models.ForeignKey("booking.Slot", models.PROTECT, related_name="offers")
    why = models.CharField(max_length=10, choices=Why.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    made_at = models.DateTimeField()
    until = models.DateTimeField()
    kept_until = models.DateTimeField()
    is_kept = models.BooleanField(default=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    appointment = models.ForeignKey(
        "booking.Appointment", models.PROTECT, null=True, related_name="offers"
    )
    version = models.PositiveIntegerField(null=True)
    wave = models.PositiveSmallIntegerField(default=1)
    rank = models.PositiveSmallIntegerField(default=0)
    depth = models.PositiveSmallIntegerField(default=0)

    trust_paths = ("referral__trust", "slot__trust")
    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["slot", "rank"], condition=Q(state="open"), name="one_open_offer_a_slot"
            ),
            models.UniqueConstraint(
                fields=["referral", "why"], condition=Q(state="open"), name="one_open_offer_a_why"
            ),
        ]
        indexes = [
            models.Index(fields=["until"], condition=Q(state="open"), name="offer_open"),
            models.Index(fields=["ended_at"], condition=Q(is_kept=True), name="offer_to_let_go"),
            models.Index(fields=["code"], name="offer_code"),
        ]

    @property
    def is_open(self) -> bool:
        """Whether nothing has become of it yet; its time may be up all the same."""
        return self.state == self.State.OPEN
