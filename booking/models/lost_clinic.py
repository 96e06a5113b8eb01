"""Clinics that are lost: what of them, whose times went with it, and what became of each."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from booking.models.scope import ScopedQuerySet


class LostClinic(models.Model):
    """Times of one trust that cannot go ahead, as a lead said, or as its feed would take them away.

    What is lost is one `schedule`, one `scanner` (which may be mobile) or one `site`, all of it or
    one `modality` there, from `begins` to `ends`; or what a feed's `loss` names. Of a place that is
    to be closed the times need not be there yet: what its feed brings is off sale at once.

    `scope` is what is lost in one word, so that the same thing is lost once. `state` moves by
    conditional UPDATEs alone (booking/offers/lost/states.py). `said_by`, `confirmed_by` and
    `back_by` are actors, as the audit keeps them. `busy_until`: somebody works on it until then,
    who may have died.
    """

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", "waits for a lead"
        SAID = "said", "being taken off sale"
        FROZEN = "frozen", "other times are being looked for"
        FOUND = "found", "other times are held: a lead looks"
        CONFIRMED = "confirmed", "people are being told"
        BACK = "back", "it is back: people get their times again"
        OVER = "over", "nothing is left to do"

    class Reason(models.TextChoices):
        """Why it is lost, as the staff's pages say it. Patients are not told why."""

        BROKEN = "broken", "the scanner is broken"
        STAFF = "staff", "there are not enough staff"
        PLACE = "place", "the place cannot be used"
        VEHICLE = "vehicle", "the mobile scanner cannot get there"
        POWER = "power", "the power is cut"
        SERVICE = "service", "the scanner is being serviced"
        HOLIDAY = "holiday", "it is a bank holiday, or a training day"
        FEED = "feed", "the hospital’s system takes the times away"
        OTHER = "other", "another reason"

    ACTIVE: ClassVar[list[str]] = ["waiting", "said", "frozen", "found", "confirmed", "back"]

    trust = models.ForeignKey("sites.Trust", models.PROTECT)
    schedule = models.ForeignKey("booking.Schedule", models.PROTECT, null=True)
    scanner = models.ForeignKey("sites.Scanner", models.PROTECT, null=True)
    site = models.ForeignKey("sites.Site", models.PROTECT, null=True)
    modality = models.CharField(max_length=3, blank=True)
    loss = models.OneToOneField("booking.Loss", models.PROTECT, null=True)
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    scope = models.CharField(max_length=100)
    reason = models.CharField(max_length=8, choices=Reason.choices)
    state = models.CharField(max_length=10, choices=State.choices)
    said_at = models.DateTimeField()
    said_by = models.CharField(max_length=64)
    frozen_at = models.DateTimeField(null=True)
    found_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.CharField(max_length=64, blank=True)
    back_at = models.DateTimeField(null=True)
    back_by = models.CharField(max_length=64, blank=True)
    over_at = models.DateTimeField(null=True)
    busy_until = models.DateTimeField(null=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scope"], condition=~Q(state="over"), name="one_lost_clinic_a_scope"
            ),
            models.CheckConstraint(
                condition=Q(ends__gt=models.F("begins")), name="lost_clinic_ends_after_it_begins"
            ),
        ]
        indexes = [
            models.Index(fields=["state"], condition=~Q(state="over"), name="lost_clinic_active"),
        ]

    @property
    def is_decided(self) -> bool:
        """Whether a lead, or its time, has said that people are told."""
        return self.confirmed_at is not None


class FrozenSlot(models.Model):
    """One seat that a lost clinic took off sale; on sale again since `thawed_at`."""

    clinic = models.ForeignKey(LostClinic, models.PROTECT, related_name="slots")
    slot = models.ForeignKey("booking.Slot", models.CASCADE)
    thawed_at = models.DateTimeField(null=True)

    trust_paths = ("clinic__trust",)
    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["slot"], condition=Q(thawed_at=None), name="one_frozen_seat_a_slot"
            ),
        ]


class LostPerson(models.Model):
    """Somebody who was booked in a lost clinic, and what became of them: one an appointment.

    `slot` is the time that is held for them, or was offered, None while there is none; `minutes` is
    how much longer the way there is than to the lost place, None where nobody knows. `phone_why`
    says why a person must phone and no text alone goes. `goes_on_at`: if no lead has decided until
    then, they are told all the same. `tries` counts how often a time was looked for.
    """

    class State(models.TextChoices):
        """Where they are; the last five are ends."""

        WAITING = "waiting", "nothing is held for them"
        HELD = "held", "another time is held"
        ASKED = "asked", "asked by text"
        MOVED = "moved", "moved to the time that was held"
        CHOSE = "chose", "chose another time"
        TO_PHONE = "to_phone", "to be phoned"
        KEPT = "kept", "kept their time"
        CANCELLED = "cancelled", "cancelled"

    class PhoneWhy(models.TextChoices):
        """Why a person must phone them."""

        SOON = "soon", "it is within 48 hours"
        NO_MOBILE = "no_mobile", "no text reaches them"
        INTERPRETER = "interpreter", "needs an interpreter"
        HOIST = "hoist", "needs a hoist"
        QUESTIONS = "questions", "an answer must be talked about first"
        NO_TIME = "no_time", "no other time was found"
        OUT = "out", "a lead took them out"
        SILENT = "silent", "did not answer"
        NO = "no", "said no to the time"

    UNTOLD: ClassVar[list[str]] = ["waiting", "held"]
    UNENDED: ClassVar[list[str]] = ["waiting", "held", "asked"]
    OPEN: ClassVar[list[str]] = ["waiting", "held", "asked", "to_phone"]

    clinic = models.ForeignKey(LostClinic, models.PROTECT, related_name="people")
    appointment = models.ForeignKey("booking.Appointment", models.PROTECT)
    referral = models.ForeignKey("booking.Referral", models.PROTECT)
    start = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    slot = models.ForeignKey("booking.Slot", models.SET_NULL, null=True)
    minutes = models.SmallIntegerField(null=True)
    phone_why = models.CharField(max_length=12, choices=PhoneWhy.choices, blank=True)
    goes_on_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    told_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()

    trust_paths = ("clinic__trust",)
    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "appointment"], name="once_in_a_lost_clinic"),
            models.UniqueConstraint(
                fields=["appointment"],
                condition=Q(state__in=["waiting", "held", "asked", "to_phone"]),
                name="one_open_loss_an_appointment",
            ),
        ]
        indexes = [
            models.Index(
                fields=["goes_on_at"],
                condition=Q(state__in=["waiting", "held"]),
                name="lost_person_to_tell",
            ),
        ]
