"""Suspected cancer: what the imaging team is told of a request, until it is scanned."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from booking.models.scope import ScopedQuerySet
from sealed.fields import SealedText


class Alert(models.Model):
    """A request of suspected cancer that the imaging team of its trust must see to.

    The four dates are instants, written down when it is raised: opened again, it keeps them.
    `acknowledged_by`, `raised_by` and `closed_by` say who as AuditEntry does. Its chain of people
    is copied when it opens (booking/alerts/chain.py): `level` and `round` say who is told next,
    `next_at` when; None if nothing is to be done. `page` is the reference of what was sent last.
    `version` rises with every change, so that a form about an older one is known.
    """

    class State(models.TextChoices):
        """How far it has come."""

        RAISED = "raised", "not acknowledged"
        ACKNOWLEDGED = "acknowledged", "acknowledged, not booked"
        BOOKED = "booked", "booked"
        SCANNED = "scanned", "scanned"
        CLOSED = "closed", "closed"

    class Why(models.TextChoices):
        """How the request came to be one of suspected cancer."""

        RECEIVED = "received", "came in as suspected cancer"
        UPGRADED = "upgraded", "was made suspected cancer"
        FOUND = "found", "was here already, without an alert"

    class Reason(models.TextChoices):
        """Why it is closed without a scan."""

        LESS_URGENT = "less_urgent", "the request is less urgent now"
        ENDED = "ended", "the request has ended"
        DIED = "died", "the patient has died"
        NOT_NEEDED = "not_needed", "the referrer needs this scan no longer"
        ELSEWHERE = "elsewhere", "scanned somewhere else"
        NOT_WANTED = "not_wanted", "the patient does not want the scan"
        MISTAKE = "mistake", "raised by mistake"

    referral = models.ForeignKey("booking.Referral", models.PROTECT, related_name="alerts")
    trust = models.ForeignKey("sites.Trust", models.PROTECT)
    state = models.CharField(max_length=12, choices=State.choices, default=State.RAISED)
    version = models.PositiveIntegerField(default=1)
    why = models.CharField(max_length=12, choices=Why.choices)
    raised_at = models.DateTimeField()
    raised_by = models.CharField(max_length=64)
    acknowledge_by = models.DateTimeField()
    book_by = models.DateTimeField()
    scan_by = models.DateTimeField()
    tell_by = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=64, blank=True)
    appointment = models.ForeignKey("booking.Appointment", models.PROTECT, null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=64, blank=True)
    close_reason = models.CharField(max_length=16, choices=Reason.choices, blank=True)
    close_words = SealedText(max_length=200, blank=True)
    chain = models.JSONField(default=list)
    level = models.PositiveSmallIntegerField(default=0)
    round = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    page = models.CharField(max_length=16, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["referral"],
                condition=Q(state__in=["raised", "acknowledged", "booked"]),
                name="one_open_alert_a_referral",
            ),
            models.CheckConstraint(
                condition=~Q(state="closed") | Q(closed_at__isnull=False) & ~Q(close_reason=""),
                name="a_closed_alert_has_a_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"], condition=Q(next_at__isnull=False), name="alert_by_next_step"
            ),
            models.Index(
                fields=["trust", "raised_at"],
                condition=Q(state__in=["raised", "acknowledged", "booked"]),
                name="alert_open",
            ),
            models.Index(fields=["page"], condition=~Q(page=""), name="alert_by_page"),
        ]

    @property
    def is_open(self) -> bool:
        """Whether somebody must still do something about it."""
        return self.state in OPEN

    @property
    def books_late(self) -> bool:
        """Whether the time that is booked comes after the day of the scan."""
        return self.appointment is not None and self.appointment.start > self.scan_by

    def is_past(self, now: datetime) -> bool:
        """Whether the next of its dates has passed: acknowledged, then booked, then scanned."""
        return now > self.due_at

    @property
    def due_at(self) -> datetime:
        """The next of its dates."""
        dates = {"raised": self.acknowledge_by, "acknowledged": self.book_by}
        return dates.get(self.state, self.scan_by)


OPEN = [Alert.State.RAISED, Alert.State.ACKNOWLEDGED, Alert.State.BOOKED]
"""States of an alert that stands on the screen; a referral has at most one such."""


class AlertEvent(models.Model):
    """One thing that happened to an alert. Only ever added to.

    `whom` is who was told, as AuditEntry names a person; empty if nobody was.
    """

    class Kind(models.TextChoices):
        """What happened."""

        RAISED = "raised", "raised"
        TOLD = "told", "told"
        PASSED_OVER = "passed_over", "passed over"
        NOBODY = "nobody", "nobody on the rota can be reached"
        CHAIN_ENDED = "chain_ended", "everybody was told, and nobody acknowledged"
        ACKNOWLEDGED = "acknowledged", "acknowledged"
        BOOKED = "booked", "booked"
        REOPENED = "reopened", "open again"
        REFERRAL_ENDED = "referral_ended", "the request ended; a lead must close this"
        SCANNED = "scanned", "scanned"
        CLOSED = "closed", "closed"

    alert = models.ForeignKey(Alert, models.PROTECT, related_name="events")
    at = models.DateTimeField()
    actor = models.CharField(max_length=64)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    whom = models.CharField(max_length=64, blank=True)
    detail = models.CharField(max_length=200, blank=True)


class Heartbeat(models.Model):
    """When something that must never stop last ran, by its name."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()
