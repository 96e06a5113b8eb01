"""The rows that hold every text: what it says, to whom, when, and how far it has come.

The row is the truth and the message broker only a wake-up, so that a killed worker or a lost
queue loses no text and sends none twice.
"""

import uuid

from django.db import models
from django.db.models import Q


class Kind(models.TextChoices):
    """What a text is for. Each kind has its wording in `wording/<kind>.v<n>.txt`."""

    CONFIRMATION = "confirmation"
    CHANGED = "changed"
    CANCELLED_BY_YOU = "cancelled_by_you"
    DISPLACED = "displaced"  # the trust took the time away
    DETAILS = "details"  # asked for again
    INVITATION = "invitation"  # you can book now
    REMINDER_7_DAYS = "reminder_7_days"
    REMINDER_2_DAYS = "reminder_2_days"


# Answers to something the patient just did: sent at any hour, and before any reminder.
ANSWERS = (Kind.CONFIRMATION, Kind.CHANGED, Kind.CANCELLED_BY_YOU, Kind.DETAILS)


class State(models.TextChoices):
    """How far a text has come."""

    SCHEDULED = "scheduled"  # waits for its time
    READY = "ready"  # may be sent now
    SENDING = "sending"  # a dispatcher holds it; on the wire once wire_at is set
    ACCEPTED = "accepted"  # the provider took it
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    UNKNOWN = "unknown"  # the provider may have it: never sent again blind
    FAILED = "failed"
    CANCELLED = "cancelled"  # a newer text about the same thing took its place
    SUPPRESSED = "suppressed"  # must not or cannot be sent: no mobile number
    EXPIRED = "expired"  # too late to be of use


WAITING = (State.SCHEDULED, State.READY)


class Message(models.Model):
    """One text. Its words are frozen when it is written; after that only its state moves."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=30, choices=Kind.choices)
    subject = models.CharField(max_length=40, help_text="Reference of what the text is about.")
    subject_version = models.PositiveIntegerField()
    dedupe_key = models.CharField(max_length=100, unique=True)
    to = models.CharField(max_length=16, blank=True, help_text="E.164, as in +447700900123.")
    template = models.CharField(max_length=40, help_text='Name and version: "confirmation.v1".')
    body = models.TextField()
    state = models.CharField(max_length=12, choices=State.choices)
    due_at = models.DateTimeField(help_text="Not sent, or not tried again, before this.")
    not_after = models.DateTimeField(help_text="Of no use to the patient from then on.")
    priority = models.PositiveSmallIntegerField(help_text="Lower goes first.")
    claim = models.UUIDField(null=True, help_text="Whose it is while it is being sent.")
    lease_until = models.DateTimeField(null=True)
    wire_at = models.DateTimeField(null=True, help_text="When the call to the provider began.")
    attempts = models.PositiveSmallIntegerField(default=0)
    provider_sid = models.CharField(max_length=64, unique=True, null=True, blank=True)
    error = models.CharField(max_length=60, blank=True, help_text="Never personal data.")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state__in=WAITING), name="message_due"),
            models.Index(
                fields=["lease_until"], condition=Q(state=State.SENDING), name="message_lease"
            ),
            models.Index(fields=["subject", "subject_version"], name="message_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Event(models.Model):
    """One move of one text from state to state. Only ever added to; holds no personal data."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    from_state = models.CharField(max_length=12, blank=True)
    to_state = models.CharField(max_length=12)
    source = models.CharField(max_length=20, help_text="Who moved it: outbox, tick, dispatch.")
    detail = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.message_id} {self.from_state} -> {self.to_state}"
