"""What a trust's feed would take away at once, and what became of it."""

from django.db import models
from django.db.models import Q

from booking.models.scope import ScopedQuerySet


class Loss(models.Model):
    """Times to come that a feed, or a scanner's moved stops, would take away together.

    It gathers while a body is read; within the limit it is done at the end, beyond it is *held*
    (`held_at`) until a lead decides, or the feed names the times again. A trust has at most one
    that is open. `is_forced`: held whatever it counts, because a body named no time at all.
    `decided_by` is an actor, as the audit keeps it.
    """

    class State(models.TextChoices):
        """What became of it."""

        OPEN = "open", "open"
        PASSED = "passed", "done: it was within the limit"
        RELEASED = "released", "done: a lead let it go ahead"
        KEPT = "kept", "a lead kept the times"
        DROPPED = "dropped", "the feed names the times again"

    trust = models.ForeignKey("sites.Trust", models.PROTECT)
    begun_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    held_at = models.DateTimeField(null=True)
    is_forced = models.BooleanField(default=False)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=64, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["trust"], condition=Q(state="open"), name="one_open_loss_a_trust"
            ),
        ]


class LostSlot(models.Model):
    """One seat of a loss. Open (`done_at` NULL) it is off sale, and who is booked keeps it.

    `line` is the trust's own line that would take it away; empty where its silence does, or a
    place that moved or lost its last scanner. Of those the feed says nothing: its naming the seat
    drops none. `kept_until`: a lead kept the seat, and until then the feed's silence is not asked
    about again. `was_booked` is known once it is done. `held_by` had it on hold, until
    `held_until`, when it went off sale: a new id of the same time gives the hold back.
    """

    class Why(models.TextChoices):
        """What takes the seat away."""

        MISSING = "missing", "no longer named"
        SAID = "said", "withdrawn, unavailable or moved"
        PLACE = "place", "its scanner or schedule goes to another place"
        SITE = "site", "the place itself has moved"
        STOP = "stop", "its scanner stands at another place that day"
        MACHINE = "machine", "the last scanner of its kind there has gone"

    class Outcome(models.TextChoices):
        """What became of it."""

        TAKEN = "taken", "taken away"
        NAMED = "named", "named again"
        PAST = "past", "its time has passed"

    loss = models.ForeignKey(Loss, models.PROTECT, related_name="slots")
    slot = models.ForeignKey("booking.Slot", models.CASCADE)
    why = models.CharField(max_length=8, choices=Why.choices)
    line = models.TextField(blank=True)
    was_booked = models.BooleanField(default=False)
    kept_until = models.DateTimeField(null=True)
    held_by = models.ForeignKey("booking.Referral", models.SET_NULL, null=True, related_name="+")
    held_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True)

    trust_paths = ("loss__trust",)
    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["slot"], condition=Q(done_at=None), name="one_open_loss_a_slot"
            ),
        ]
        indexes = [models.Index(fields=["done_at"], name="lost_slot_done")]
