"""The rows that hold every text: what it says, to whom, when, and how far it has come.

The row is the truth and the message broker only a wake-up, so that a killed worker or a lost
queue loses no text and sends none twice. Numbers and words are blanked after 30 days
(notifications.retention); what stays counts, and names nobody.
"""

import uuid

from django.db import models
from django.db.models import Q

from sealed.fields import SealedText


class Kind(models.TextChoices):
    """What a text is for. Most kinds have one wording, named as the kind; answers have more."""

    INVITATION = "invitation", "You can book now"
    CONFIRMATION = "confirmation", "Confirmation"
    PENDING = "pending", "Kept, the hospital will confirm"
    CONFIRMED = "confirmed", "Confirmed by the hospital"
    CHANGED = "changed", "Changed time"
    CANCELLED_BY_YOU = "cancelled_by_you", "Cancelled"
    DISPLACED = "displaced", "Time taken away by the hospital"
    ENDED = "ended", "Cancelled, the request is over"
    REMINDER_7_DAYS = "reminder_7_days", "Reminder, 7 days before"
    REMINDER_2_DAYS = "reminder_2_days", "Reminder, 2 days before"
    DETAILS = "details", "Details again"
    OFFER = "offer", "Something sooner"
    OFFER_DISPLACED = "offer_displaced", "Time taken away, another one kept"
    OFFER_URGENT = "offer_urgent", "A time kept for an urgent request"
    PLEASE_PHONE = "please_phone", "Please phone us"
    SOONER_LIST = "sooner_list", "Something sooner: no longer asked"
    STOP_MOVED = "stop_moved", "Another place, does it suit"
    ANSWER = "answer", "Answer to a reply"
    NOT_UNDERSTOOD = "not_understood", "Reply not understood"
    ONE_TIME_CODE = "one_time_code", "One-time code"
    STAFF_ALERT = "staff_alert", "To staff: urgent requests wait"


REMINDERS = (Kind.REMINDER_7_DAYS, Kind.REMINDER_2_DAYS)

# Questions whether somebody wants a time: about an offer, by its reference, not an appointment.
OFFERS = (Kind.OFFER, Kind.OFFER_DISPLACED, Kind.OFFER_URGENT)

# Answers to something the patient just did: sent at any hour, and before any reminder.
ANSWERS = (
    Kind.CONFIRMATION,
    Kind.PENDING,
    Kind.CHANGED,
    Kind.CANCELLED_BY_YOU,
    Kind.DETAILS,
    Kind.ANSWER,
    Kind.NOT_UNDERSTOOD,
    Kind.ONE_TIME_CODE,
)

# May go at night: answers, and what staff on call are told.
AT_ANY_HOUR = (*ANSWERS, Kind.STAFF_ALERT)

# These say how to reply: their words give the code of the appointment's version.
GIVING_CODE = (
    Kind.CONFIRMATION, Kind.CONFIRMED, Kind.CHANGED, Kind.DETAILS, Kind.STOP_MOVED,
    *REMINDERS, *OFFERS,
)  # fmt: skip

# A reply without a code can be about one of these. PENDING leads to a page to cancel, without code.
ASKING = (*GIVING_CODE, Kind.PENDING)

# Sent at most once, whatever comes: a second one could give the same time to two people, or
# make a code useless that was just typed in. Of two that must be known a person phones.
AT_MOST_ONCE = (*OFFERS, Kind.ONE_TIME_CODE)

# If one of these does not get through, somebody has to phone.
MUST_REACH = (
    Kind.INVITATION,
    Kind.CONFIRMATION,
    Kind.PENDING,
    Kind.CONFIRMED,
    Kind.CHANGED,
    Kind.DISPLACED,
    Kind.ENDED,
    Kind.OFFER_DISPLACED,
    Kind.OFFER_URGENT,
    Kind.STOP_MOVED,
    *REMINDERS,
)


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
    SUPPRESSED = "suppressed"  # must not or cannot be sent: opted out, no mobile number
    EXPIRED = "expired"  # too late to be of use


WAITING = (State.SCHEDULED, State.READY)
NOT_TOLD = (State.FAILED, State.UNDELIVERED, State.SUPPRESSED, State.EXPIRED)
"""Ends in which the patient does not know what the text would have said."""


class Message(models.Model):
    """One text. Its words are frozen when it is written; after that only its state moves."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=30, choices=Kind.choices)
    subject = models.CharField(max_length=40, help_text="Reference of what the text is about.")
    subject_version = models.PositiveIntegerField()
    dedupe_key = models.CharField(max_length=120, unique=True)
    to = SealedText(max_length=16, blank=True, help_text="E.164, as in +447700900123.")
    to_hash = models.CharField(max_length=64, blank=True, help_text="opt_outs.hash_of(to).")
    template = models.CharField(max_length=48, help_text='As in "en/confirmation.v1".')
    body = models.TextField()
    segments = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=12, choices=State.choices)
    planned_at = models.DateTimeField(help_text="When it was to go; tries move only due_at.")
    due_at = models.DateTimeField(help_text="Not sent, or not tried again, before this.")
    not_after = models.DateTimeField(help_text="Of no use to the patient from then on.")
    on_day = models.DateField(
        null=True, help_text="The day in England that it is about; that day has longer hours."
    )
    scan_at = models.DateTimeField(null=True, help_text="When what it is about begins.")
    priority = models.PositiveSmallIntegerField(help_text="Lower goes first.")
    claim = models.UUIDField(null=True, help_text="Whose it is while it is being sent.")
    lease_until = models.DateTimeField(null=True)
    wire_at = models.DateTimeField(null=True, help_text="When the call to the provider began.")
    attempts = models.PositiveSmallIntegerField(default=0)
    accepted_at = models.DateTimeField(null=True)
    look_at = models.DateTimeField(
        null=True, help_text="When to ask the provider about it: unknown, or without a receipt."
    )
    looks = models.PositiveSmallIntegerField(default=0, help_text="Looks that found nothing.")
    possible_duplicate = models.BooleanField(default=False)
    retry_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="retries")
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
            models.Index(
                fields=["look_at"],
                condition=Q(state__in=(State.UNKNOWN, State.ACCEPTED)),
                name="message_look",
            ),
            models.Index(fields=["subject", "subject_version"], name="message_subject"),
            models.Index(fields=["to_hash", "created_at"], name="message_number"),
            models.Index(fields=["updated_at"], condition=~Q(body=""), name="message_to_blank"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Event(models.Model):
    """One move of one text from state to state. Only ever added to; holds no personal data.

    One that the provider told us of carries its sid and status, and is kept once however often
    it is told.
    """

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    from_state = models.CharField(max_length=12, blank=True)
    to_state = models.CharField(max_length=12)
    source = models.CharField(max_length=20, help_text="Who moved it: outbox, tick, dispatch.")
    detail = models.CharField(max_length=60, blank=True)
    sid = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["sid", "status", "source"], condition=~Q(sid=""), name="one_event_a_receipt"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} {self.from_state} -> {self.to_state}"


class Inbound(models.Model):
    """One text from a patient, kept before anything is done about it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    message_sid = models.CharField(max_length=64, unique=True)
    number = SealedText(max_length=16, blank=True)
    number_hash = models.CharField(max_length=64, blank=True)
    body = SealedText(blank=True)
    opt_out_type = models.CharField(max_length=8, blank=True, help_text="Twilio's own reading.")
    command = models.CharField(max_length=8, blank=True, help_text="How we read it; empty: not.")
    code = models.CharField(max_length=4, blank=True)
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    outcome = models.CharField(max_length=40, blank=True, help_text="What was done about it.")

    class Meta:
        indexes = [
            models.Index(
                fields=["received_at"], condition=Q(handled_at=None), name="inbound_waiting"
            ),
            models.Index(fields=["number_hash", "received_at"], name="inbound_number"),
        ]

    def __str__(self) -> str:
        return f"inbound {self.id}"


class OptOut(models.Model):
    """A number that wants no texts, or did. Only a keyed hash of the number is kept."""

    number_hash = models.CharField(max_length=64)
    source = models.CharField(max_length=20, help_text="Who told us: reply or provider.")
    at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["number_hash"], condition=Q(revoked_at=None), name="one_opt_out_a_number"
            ),
        ]

    def __str__(self) -> str:
        return f"opt-out {self.pk}"


class DeadNumber(models.Model):
    """A number at which no text can arrive, or could not. Only a keyed hash of it is kept."""

    number_hash = models.CharField(max_length=64)
    code = models.PositiveIntegerField(help_text="The provider's, as gateways.codes has it.")
    at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["number_hash"], condition=Q(cleared_at=None), name="one_mark_a_dead_number"
            ),
        ]

    def __str__(self) -> str:
        return f"dead number {self.pk}"


class Provider(models.Model):
    """What all workers together know of a provider: whether to leave it alone, and its tokens."""

    name = models.CharField(max_length=20, primary_key=True)
    stopped_until = models.DateTimeField(null=True)
    stopped_why = models.CharField(max_length=60, blank=True)
    fault = models.CharField(
        max_length=200, blank=True, help_text="Which setting of ours keeps all texts back."
    )
    fault_since = models.DateTimeField(null=True)
    fault_at = models.DateTimeField(null=True, help_text="When it was met last.")
    fault_by_receipt = models.BooleanField(default=False, help_text="Texts are taken, then failed.")
    faults = models.JSONField(default=list, help_text="Times of the latest faults, ISO.")
    tokens = models.FloatField()
    tokens_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Email(models.Model):
    """One e-mail to staff, from due to sent. Sent again if a sender died: twice is better than
    never, so that what it says must stand being said twice. Names no patient.
    """

    dedupe_key = models.CharField(max_length=120, unique=True)
    to = SealedText(max_length=254, blank=True)
    heading = models.CharField(max_length=120)
    body = models.TextField()
    due_at = models.DateTimeField(help_text="Not sent, or not tried again, before this.")
    not_after = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, help_text="Sent, called off, too late or given up.")
    error = models.CharField(max_length=60, blank=True, help_text="Never personal data.")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=Q(ended_at=None), name="email_due"),
        ]

    def __str__(self) -> str:
        return f"e-mail {self.pk}"


class Fence(models.Model):
    """The send-fence: this database was put back from a backup, so that much of what waits in it
    went already. Until a person decides it kind by kind, it waits (notifications.fence).

    One is up at a time. `opened` names the kinds that were decided.
    """

    restored_at = models.DateTimeField(help_text="What was to go by then may have gone.")
    as_of = models.DateTimeField(help_text="The last moment that the database knows of.")
    why = models.CharField(max_length=200, help_text="How it was found out. Names nobody.")
    opened = models.JSONField(default=list)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=Q(lifted_at=None), name="one_fence_up"
            ),
        ]

    def __str__(self) -> str:
        return f"fence {self.pk}"


class LastLook(models.Model):
    """How far this database has come, noted before anything is sent (notifications.history).

    One row. The same is kept outside the database: if this row is behind that, the database went
    back. `restored_at` is set by who put a backup back, until the fence is up for it.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    epoch = models.UUIDField(help_text="Another one after each restore.")
    sequence = models.BigIntegerField()
    token = models.UUIDField(help_text="Of this look: two databases with one sequence differ.")
    at = models.DateTimeField()
    restored_at = models.DateTimeField(null=True)
    restored_as_of = models.DateTimeField(null=True)
    restored_why = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"look {self.sequence}"
