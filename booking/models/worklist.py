"""What a person must do for a patient, and what became of it."""

from collections.abc import Collection

from django.conf import settings
from django.db import models
from django.db.models import Q

from booking.models.scope import ScopedQuerySet


class RowQuerySet(ScopedQuerySet["WorklistRow"]):
    """Rows of trusts. One of no trust is everybody's to see to."""

    def belongs(self, lookup: str, whose: str | Collection[str]) -> Q:
        """Return what is true of rows of this trust, or of none."""
        return super().belongs(lookup, whose) | Q(trust=None)


class WorklistRow(models.Model):
    """One thing that a clerk must see to. It leaves its list only with an outcome.

    `reason` is a plain sentence for the clerk, with nothing clinical in it. `about` tells apart
    several rows of one kind for one referral (an appointment's reference, an inbound text's id).
    A row without a referral is about a number or a feed that we could not match.

    `version` goes up with each act on it, so that a form says which row it saw. `tries` counts
    calls without an answer since the last word with the patient; `step` is what is to be done
    when there were enough, and `call_at` until when it waits (booking/worklists/attempts.py).
    """

    class Kind(models.TextChoices):
        """The lists, as the desk names them."""

        NOT_BOOKED = "not_booked", "Not booked"
        DISPLACED = "displaced", "Time taken away by the hospital"
        NOT_REBOOKED = "not_rebooked", "Cancelled or missed, not rebooked"
        NEEDS_PERSON = "needs_person", "Needs a person"
        NOT_REACHED = "not_reached", "Text not delivered, or no mobile"
        UNMARKED = "unmarked", "Did they come?"
        BREACH = "breach", "About to breach"
        SAME_PERSON = "same_person", "Same person?"
        SOONER = "sooner", "Something sooner: phone"
        BEYOND_TARGET = "beyond_target", "Booked after the target day"
        FEED_LATE = "feed_late", "Feed is late"
        FEED_HELD = "feed_held", "Feed is held"

    class Outcome(models.TextChoices):
        """What became of it."""

        BOOKED = "booked", "Booked"
        REACHED = "reached", "Spoke to the patient"
        NOT_REACHED = "could_not_reach", "Could not reach the patient"
        NOT_WANTED = "not_wanted", "Scan no longer wanted"
        SENT_BACK = "sent_back", "Sent back to who referred"
        ATTENDED = "attended", "Attended"
        DID_NOT_ATTEND = "did_not_attend", "Did not attend"
        ONE_PERSON = "one_person", "One person: joined"
        TWO_PEOPLE = "two_people", "Two different people"
        WENT_AHEAD = "went_ahead", "Went ahead"
        TIMES_KEPT = "times_kept", "Times kept"
        RESOLVED = "resolved", "No longer so"

    class Step(models.TextChoices):
        """What is to be done of a row that says "phone"."""

        PHONE = "phone", "Phone them"
        LETTER = "letter", "Send a letter"
        REFERRER = "referrer", "Tell who referred"
        LEAD = "lead", "A lead decides"

    kind = models.CharField(max_length=16, choices=Kind.choices)
    trust = models.ForeignKey("sites.Trust", models.PROTECT, null=True)
    referral = models.ForeignKey("booking.Referral", models.PROTECT, null=True)
    appointment = models.ForeignKey("booking.Appointment", models.PROTECT, null=True)
    about = models.CharField(max_length=64)
    reason = models.CharField(max_length=200)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=16, choices=Outcome.choices, blank=True)
    version = models.PositiveIntegerField(default=0, db_default=0)
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    step = models.CharField(
        max_length=8, choices=Step.choices, default=Step.PHONE, db_default=Step.PHONE.value
    )
    call_at = models.DateTimeField(null=True)

    objects = RowQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "about"], condition=Q(closed_at=None), name="one_open_row"
            ),
        ]
        indexes = [
            models.Index(
                fields=["kind", "due_at"], condition=Q(closed_at=None), name="worklist_open"
            ),
            # What was said of two records before is asked for by what it is about.
            models.Index(fields=["about"], name="worklist_about"),
            # The last closed first: without it every row of a trust is read and sorted for a page.
            models.Index(
                fields=["closed_at", "id"],
                condition=Q(closed_at__isnull=False),
                name="worklist_closed",
            ),
        ]


class WorklistEvent(models.Model):
    """One thing that happened to a row: opened, taken, noted, closed. Only ever added to."""

    row = models.ForeignKey(WorklistRow, models.PROTECT, related_name="events")
    at = models.DateTimeField()
    actor = models.CharField(max_length=64)
    action = models.CharField(max_length=16)
    detail = models.CharField(max_length=200, blank=True)
