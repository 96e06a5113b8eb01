"""Who works here: roles, trusts, and what was typed when a session ended."""

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.functional import cached_property

from booking.identifiers.actors import Actor, ActorKind, staff_key
from sealed.fields import SealedJSON, SealedText


class Staff(models.Model):
    """What a user may do (booking/clerk/permissions.py), and for which trusts."""

    class Role(models.TextChoices):
        """What somebody works as."""

        CLERK = "clerk", "booking clerk"
        LEAD = "lead", "lead of the booking team"
        IMAGING = "imaging", "imaging team"
        TRUST_ADMIN = "trust_admin", "trust administrator"
        NETWORK_ADMIN = "network_admin", "network administrator"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="staff"
    )
    role = models.CharField(max_length=16, choices=Role.choices)
    trusts = models.ManyToManyField("sites.Trust", related_name="staff")
    phone = SealedText(
        max_length=16, blank=True, help_text="Mobile for texts about suspected cancer, E.164."
    )
    password_is_first = models.BooleanField(
        default=False, help_text="An administrator knows it: nothing opens before it is changed."
    )
    password_given_at = models.DateTimeField(
        db_default=Now(), help_text="When it was; it ends FIRST_PASSWORD_DAYS later."
    )
    sessions_end_at = models.DateTimeField(
        null=True, help_text="No session that began before this is one any more."
    )

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"

    @cached_property
    def trust_codes(self) -> frozenset[str]:
        """ODS codes of the trusts that this person works for."""
        return frozenset(self.trusts.values_list("code", flat=True))

    @property
    def actor(self) -> Actor:
        """How the audit and the worklists name this person: a key, never a name."""
        return Actor(ActorKind.STAFF, self.pk)

    @property
    def name(self) -> str:
        """How colleagues see this person."""
        return self.user.get_full_name() or self.user.get_username()

    @classmethod
    def who_work_for(cls, trusts: Collection[str]) -> "models.QuerySet[Staff]":
        """Return whoever works for any of these trusts and may sign in."""
        theirs = cls.objects.select_related("user").filter(trusts__in=trusts)
        return theirs.filter(user__is_active=True).distinct()

    @classmethod
    def at_trusts(cls, trusts: Collection[str]) -> "models.QuerySet[Any, Any]":
        """Return the keys of whoever works for any of these trusts, or may not sign in any more."""
        return cls.objects.filter(trusts__in=trusts).values_list("pk")

    @classmethod
    def name_of(cls, actor: str) -> str:
        """Return the name of staff whom the audit names by a key; others as they are named."""
        who = cls.objects.filter(pk=staff_key(actor)).first()
        return who.name if who else actor


class Draft(models.Model):
    """What a user had typed into one form when the session ran out; emptied once it is used."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    page = models.CharField(max_length=200)
    fields = SealedJSON(default=dict)
    kept_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "page"], name="one_draft_a_form")]


class CallerHold(models.Model):
    """Which clerk holds a time for a referral's caller. The hold itself is on the slot.

    It names the hold whose slot is free at `until`; after any other hold it names none.
    """

    referral = models.OneToOneField(
        "booking.Referral", models.CASCADE, primary_key=True, related_name="caller_hold"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    until = models.DateTimeField()
