"""Bookable places in time, and the schedules that they stand on."""

from datetime import UTC, datetime, timedelta

from django.db import models
from django.db.models import Q

from booking.models.scope import ScopedQuerySet

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""`free_at` of a slot that nobody has: long past, so "free" is always `free_at <= now`."""
OFF_SALE = datetime(2199, 12, 31, tzinfo=UTC)
"""`free_at` of a slot that nobody has and nobody may take, because its feed no longer stands for
it and a person must decide (booking/models/loss.py): held by nobody, without an end."""
FROZEN = OFF_SALE + timedelta(hours=12)
"""`free_at` of a slot that a lead took off sale, because its clinic is lost
(booking/models/lost_clinic.py). Its feed may name it as free as often as it likes: only the lead,
who says that it is back, puts it on sale again."""


class Schedule(models.Model):
    """One list of slots of one modality at one site, as a trust's system keeps it.

    With a mobile `scanner`, each slot is at the scanner's stop of its day; `site` is then only
    where the scanner was when the schedule was first sent. `location` is the trust's Location that
    it stands at: None with a mobile scanner, and until its trust sends the schedule again where it
    was last sent before this was kept. `is_pulled`: a manifest named it, so that a manifest that no
    longer names it says something. `overlaps`: slots of it were met that overlap in time, of which
    only one can be had (booking/exams/overlaps.py). `is_reserved`: its trust marked it as kept for
    suspected cancer (booking/exams/reserved.py).
    """

    trust = models.ForeignKey("sites.Trust", models.PROTECT)
    external_id = models.CharField(max_length=64)
    site = models.ForeignKey("sites.Site", models.PROTECT)
    location = models.ForeignKey("booking.FeedLocation", models.PROTECT, null=True)
    scanner = models.ForeignKey("sites.Scanner", models.PROTECT, null=True)
    modality = models.CharField(max_length=3)
    fed_at = models.DateTimeField()
    is_pulled = models.BooleanField(default=False)
    overlaps = models.BooleanField(default=False, db_default=False)
    is_reserved = models.BooleanField(default=False, db_default=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trust", "external_id"], name="schedule_of_trust"),
        ]
        indexes = [
            # Each search asks which schedules these are: mostly none, of thousands.
            models.Index(fields=["id"], condition=Q(overlaps=True), name="schedule_overlaps"),
        ]


class Slot(models.Model):
    """One seat for one patient. A trust's slot of capacity n is n rows, `seat` 0 to n-1.

    `free_at` decides alone who may take it: EPOCH is free; a time to come is held until then,
    by `held_by`; NULL is booked, busy or withdrawn. So a hold that runs out frees itself. OFF_SALE,
    or FROZEN, held by nobody, is kept from everybody.
    `hold_limit` is when a hold ends at the latest, however often it is renewed; it says nothing
    of a slot that nobody holds.
    `status` is the trust's own word, `fed_at` the trust's own stamp on it, or when it came if
    it is not `is_stamped`. A row that we booked
    keeps status free with `free_at` NULL. `daypart` and `weekend` are of Europe/London, worked
    out once, when the row is written. Times are UTC. `line_digest` is a 64-bit digest of the line
    that the trust sent last: the same line again says nothing new. 0 matches no line.
    """

    class Status(models.TextChoices):
        """FHIR's codes, with entered-in-error as withdrawn."""

        FREE = "free"
        BUSY = "busy"
        UNAVAILABLE = "busy-unavailable"
        WITHDRAWN = "withdrawn"

    class Daypart(models.TextChoices):
        """Before midday, before 5pm, and later."""

        MORNING = "morning"
        AFTERNOON = "afternoon"
        EVENING = "evening"

    # Trust and site are copied from the schedule, whose own constraints vouch for them: checked
    # here once more they would cost a third of an import.
    trust = models.ForeignKey("sites.Trust", models.PROTECT, db_index=False, db_constraint=False)
    external_id = models.CharField(max_length=64)
    seat = models.PositiveSmallIntegerField()
    schedule = models.ForeignKey("booking.Schedule", models.PROTECT, db_index=False)
    site = models.ForeignKey("sites.Site", models.PROTECT, db_index=False, db_constraint=False)
    modality = models.CharField(max_length=3)
    start = models.DateTimeField()
    end = models.DateTimeField()
    daypart = models.CharField(max_length=9, choices=Daypart.choices)
    weekend = models.BooleanField()
    status = models.CharField(max_length=16, choices=Status.choices)
    fed_at = models.DateTimeField()
    is_stamped = models.BooleanField(default=True)
    line_digest = models.BigIntegerField(default=0)
    free_at = models.DateTimeField(null=True)
    hold_limit = models.DateTimeField(null=True)
    reserved_until = models.DateTimeField(default=EPOCH, db_default=EPOCH)
    held_by = models.ForeignKey("booking.Referral", models.SET_NULL, null=True, db_index=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["trust", "external_id", "seat"], name="slot_place_of_trust"
            ),
        ]
        indexes = [
            models.Index(
                fields=["modality", "site", "start", "id"],
                condition=Q(free_at__isnull=False),
                name="slot_bookable",
            ),
            # What partners ask for, of all places by time.
            models.Index(
                fields=["modality", "start", "id"],
                condition=Q(free_at__isnull=False),
                name="slot_free_by_time",
            ),
            models.Index(fields=["trust", "start", "id"], name="slot_of_trust_by_time"),
            models.Index(fields=["schedule", "start"], name="slot_of_schedule_by_time"),
            models.Index(fields=["held_by"], condition=Q(held_by__isnull=False), name="slot_held"),
            # Which are held now, of all that were ever: they keep by whom.
            models.Index(
                fields=["free_at"], condition=Q(held_by__isnull=False), name="slot_held_until"
            ),
            models.Index(
                fields=["trust", "start", "reserved_until", "id"],
                condition=Q(reserved_until__gt=EPOCH),
                name="slot_reserved",
            ),
        ]
