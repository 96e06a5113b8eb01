"""The people who are scanned."""

from collections.abc import Collection, Iterable
from typing import Any

from django.conf import settings
from django.db import models, router, transaction

from booking.identifiers.people import name_key
from booking.models.name_word import NameWord, write_words

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


FOUND_BY = frozenset({"given_name", "family_name", "born"})
"""Fields that a patient's NameWord rows are made of."""


class PatientQuerySet(models.QuerySet["Patient"]):
    """Patients; whatever is written of many at once, their NameWord rows are kept in step."""

    def bulk_create(self, objs: Iterable["Patient"], *args: Any, **options: Any) -> list["Patient"]:
        """Insert many at once, with the keys and words of their names."""
        patients = list(objs)
        for patient in patients:
            patient.family_key = name_key(patient.family_name)
        with transaction.atomic(using=self.db):
            created = super().bulk_create(patients, *args, **options)
            write_words(created, self.db)
        return created

    def update(self, **values: Any) -> int:
        """Change many at once, with the keys and words of their names."""
        if not FOUND_BY & set(values):
            return super().update(**values)
        with transaction.atomic(using=self.db):
            keys = list(self.values_list("pk", flat=True))
            changed = super().update(**values)
            for patient in Patient.objects.using(self.db).filter(pk__in=keys):
                patient.save(update_fields=FOUND_BY)
        return changed

    def of_trusts(self, trusts: Collection[str]) -> "PatientQuerySet":
        """Return those whom one of these trusts referred, or scans."""
        referred = models.Q(referrals__trust__in=trusts)
        return self.filter(
            referred | models.Q(referrals__appointments__site__trust__in=trusts)
        ).distinct()

    update.alters_data = True  # type: ignore[attr-defined]


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

    objects = PatientQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["postcode"], name="patient_by_postcode"),
            models.Index(fields=["born", "family_key"], name="patient_by_birth"),
            models.Index(fields=["mobile"], name="patient_by_mobile"),
        ]

    def save(self, *args: Any, **options: Any) -> None:
        """Save, with the key and the words that the name has now."""
        self.family_key = name_key(self.family_name)
        fields: Iterable[str] | None = options.get("update_fields")
        if fields is not None and "family_name" in fields:
            options["update_fields"] = {*fields, "family_key"}
        if fields is not None and not FOUND_BY & set(fields):
            super().save(*args, **options)
            return
        using = options.get("using") or router.db_for_write(type(self), instance=self)
        is_new = self._state.adding
        with transaction.atomic(using=using):
            super().save(*args, **options)
            if not is_new:
                NameWord.objects.using(using).filter(patient=self).delete()
            write_words([self], using)

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.given_name} {self.family_name}".strip()

    def is_of(self, trusts: Collection[str]) -> bool:
        """Return whether one of these trusts referred this patient, or scans them."""
        return Patient.objects.filter(pk=self.pk).of_trusts(trusts).exists()

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
