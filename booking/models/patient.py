"""The people who are scanned."""

from collections.abc import Collection, Iterable
from typing import Any

from django.conf import settings
from django.db import models, router, transaction
from django.db.models.functions import Coalesce, Left

from booking.identifiers.people import name_key
from booking.models.name_word import NameWord, former_of, write_words
from booking.models.needs import ALL_NEEDS, Need, in_order
from booking.models.scope import ScopedQuerySet
from sealed.fields import SealedText
from sealed.keys import HASH_SIGNS

FOUND_BY = frozenset({"given_name", "family_name", "born", "former_names"})
"""Fields that a patient's NameWord rows are made of."""


class PatientQuerySet(ScopedQuerySet["Patient"]):
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

    update.alters_data = True  # type: ignore[attr-defined]


class Patient(models.Model):
    """One patient, as the referring trust knows them. `mobile` is E.164 or empty.

    `family_key` is the family name as booking.identifiers.people.name_key keeps it: it is found by
    equality, which an index answers whatever the database's collation. `needs` are codes of NEEDS,
    `needs_declined` those that the patient, or a clerk for them, took away. `former_names` are
    those that the patient had before, and is still found by: a line each, family name, tab, given
    name (empty: as now). `address` is lines without the postcode. `died_at` is when we were told
    that the patient has died. Other phones and contacts: booking/models/reach.py. `merged_into` is
    the record that this one was joined to, never itself one that was: only booking.patients.merging
    writes it. Such a row has nothing of its own any more, and keeps what the other does not.
    """

    given_name = models.CharField(max_length=200)
    family_name = models.CharField(max_length=200)
    family_key = models.CharField(max_length=200, default="", editable=False)
    born = models.DateField()
    nhs_number = SealedText(max_length=10, null=True, blank=True, is_found=True)
    mobile = SealedText(max_length=16, blank=True, is_found=True)
    postcode = models.CharField(max_length=8, blank=True)
    email = SealedText(max_length=254, blank=True)
    address = models.TextField(blank=True)
    needs = models.JSONField(default=list, blank=True)
    needs_declined = models.JSONField(
        default=list, db_default=models.Value([], models.JSONField()), blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)
    died_at = models.DateTimeField(null=True, editable=False)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, editable=False, related_name="merged_from"
    )

    former_names = models.TextField(blank=True, default="", db_default="", editable=False)

    trust_paths = ("referrals__trust", "referrals__appointments__site__trust")
    objects = PatientQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["postcode"], name="patient_by_postcode"),
            models.Index(fields=["born", "family_key"], name="patient_by_birth"),
            models.Index(Left("mobile", HASH_SIGNS), name="patient_by_hashed_mobile"),
            # Of clear values; goes once no release looks for those alone, as the next one does.
            models.Index(fields=["mobile"], name="patient_by_mobile"),
        ]
        constraints = [
            models.UniqueConstraint(
                Left("nhs_number", HASH_SIGNS),
                condition=models.Q(nhs_number__isnull=False),
                name="one_patient_per_hashed_number",
            ),
            # Of clear values, as above. Both partial, so that no foreign key could point to them:
            # PostgreSQL locks a row whose key changes against everybody who writes a row about it,
            # a booking or a cancellation.
            models.UniqueConstraint(
                fields=["nhs_number"],
                condition=models.Q(nhs_number__isnull=False),
                name="one_patient_per_nhs_number",
            ),
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

    @property
    def names_before(self) -> list[str]:
        """The names that the patient had before, each as it was said."""
        return [f"{given} {family}" for given, family in former_of(self.former_names, self)]

    def is_of(self, trusts: Collection[str]) -> bool:
        """Return whether one of these trusts referred this patient, or scans them."""
        return Patient.objects.of_trusts(trusts).filter(pk=self.pk).exists()

    @property
    def records(self) -> "list[Patient]":
        """The patient's own record, and those that were joined to it."""
        return [self, *self.merged_from.all()]

    @classmethod
    def with_mobile(cls, number: str) -> "models.QuerySet[Any, Any]":
        """Return the keys of those who have a mobile, by their own record or one joined to it."""
        return cls.objects.filter(mobile=number).values_list(Coalesce("merged_into", "pk"))

    @property
    def needs_in_words(self) -> list[str]:
        """What staff must know, as pages say it."""
        return [need.staff for need in self.all_needs]

    @property
    def all_needs(self) -> "list[Need]":
        """What the patient needs, in the order of the file."""
        return [ALL_NEEDS[code] for code in in_order(self.needs)]

    @property
    def lines_to_ring(self) -> list[tuple[str, str]]:
        """Numbers that staff may ring, the mobile first, each with whose it is.

        The patient's own, then those of people whom the patient lets us speak with.
        """
        lines = [(self.mobile, "mobile")] if self.mobile else []
        lines += [(one.number, one.get_use_display()) for one in self.other_phones.all()]
        return lines + [
            (one.phone, f"{one.name}, may speak for them")
            for one in self.contacts.all()
            if one.may_speak and one.phone
        ]


class Note(models.Model):
    """What a clerk wrote about a patient for the next clerk. Only ever added to."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="notes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    at = models.DateTimeField()
    text = SealedText()
