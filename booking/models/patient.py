"""The people who are scanned."""

from collections.abc import Collection, Iterable
from typing import Any

from django.conf import settings
from django.db import models

from booking.identifiers.people import name_key
from booking.models.scope import ScopedQuerySet

NEEDS = {
    "interpreter": "needs an interpreter",
    "wheelchair": "uses a wheelchair",
    "hoist": "needs a hoist",
    "carer": "comes with a carer",
    "transport": "needs hospital transport",
    "hearing": "is deaf or hard of hearing",
    "sight": "is blind or sees badly",
    "claustrophobia": "is afraid of small spaces",
}
"""What staff must know before they offer a time: code in data, words on pages."""


class Patient(models.Model):
    """One patient, as the referring trust knows them. `mobile` is E.164 or empty.

    `family_key` is the family name as booking.identifiers.people.name_key keeps it: it is found by
    equality, which an index answers whatever the database's collation. `needs` are codes of NEEDS.
    `died_at` is when we were told that the patient has died.
    """

    given_name = models.CharField(max_length=200)
    family_name = models.CharField(max_length=200)
    family_key = models.CharField(max_length=200, default="", editable=False)
    born = models.DateField()
    nhs_number = models.CharField(max_length=10, unique=True, null=True, blank=True)
    mobile = models.CharField(max_length=16, blank=True)
    postcode = models.CharField(max_length=8, blank=True)
    needs = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    died_at = models.DateTimeField(null=True, editable=False)

    trust_paths = ("referrals__trust", "referrals__appointments__site__trust")
    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["born", "family_key"], name="patient_by_birth"),
            models.Index(fields=["mobile"], name="patient_by_mobile"),
        ]

    def save(self, *args: Any, **options: Any) -> None:
        """Save, with the key that the name has now."""
        self.family_key = name_key(self.family_name)
        fields: Iterable[str] | None = options.get("update_fields")
        if fields is not None and "family_name" in fields:
            options["update_fields"] = {*fields, "family_key"}
        super().save(*args, **options)

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.given_name} {self.family_name}".strip()

    def is_of(self, trusts: Collection[str]) -> bool:
        """Return whether one of these trusts referred this patient, or scans them."""
        return Patient.objects.of_trusts(trusts).filter(pk=self.pk).exists()

    @property
    def needs_in_words(self) -> list[str]:
        """What staff must know, as pages say it."""
        return [NEEDS[code] for code in self.needs if code in NEEDS]


class Note(models.Model):
    """What a clerk wrote about a patient for the next clerk. Only ever added to."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="notes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    at = models.DateTimeField()
    text = models.TextField()
