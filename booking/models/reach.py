"""Other ways to a patient than the mobile: further phones, and the people around them."""

from django.db import models
from django.db.models import Case, F, Value, When
from django.db.models.functions import Left, Substr
from django.db.models.lookups import Exact

from sealed.fields import SealedText
from sealed.keys import HASH_SIGNS, MARK


class OtherPhone(models.Model):
    """A number that a person may ring and nobody ever texts: a landline, work, abroad. E.164."""

    class Use(models.TextChoices):
        """Whose phone rings there."""

        HOME = "home", "home"
        WORK = "work", "work"
        TEMPORARY = "temp", "for now"
        MOBILE = "mobile", "second mobile"

    patient = models.ForeignKey("booking.Patient", models.PROTECT, related_name="other_phones")
    number = SealedText(max_length=16, is_found=True)
    use = models.CharField(max_length=8, choices=Use.choices, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                "patient", Left("number", HASH_SIGNS), name="a_hashed_phone_once"
            ),
            # Of clear values, as the index of numbers: both go with the next release.
            models.UniqueConstraint(fields=["patient", "number"], name="a_phone_once_a_patient"),
        ]
        indexes = [
            models.Index(Left("number", HASH_SIGNS), name="other_phone_by_hash"),
            models.Index(fields=["number"], name="other_phone_by_number"),
        ]


class Contact(models.Model):
    """Somebody close to a patient. `phone` is E.164 or empty; it is rung, never texted.

    `may_speak` is the patient's own answer to "may we speak with them about you?", None while
    nobody has asked; `agreed` says about what, `agreed_on` when. `key` is the name folded, else the
    phone: whom the same trust means when it sends them again.
    """

    patient = models.ForeignKey("booking.Patient", models.PROTECT, related_name="contacts")
    key = SealedText(max_length=200, editable=False, is_found=True)
    name = models.CharField(max_length=200, blank=True)
    relationship = models.CharField(max_length=60, blank=True)
    phone = SealedText(max_length=16, blank=True)
    is_next_of_kin = models.BooleanField(default=False)
    may_speak = models.BooleanField(null=True)
    agreed = models.CharField(max_length=200, blank=True)
    agreed_on = models.DateField(null=True)

    class Meta:
        ordering = ["-is_next_of_kin", "pk"]
        constraints = [
            # A clear key may be longer than a hash: two that begin alike are not one.
            models.UniqueConstraint(
                "patient",
                Case(
                    When(
                        Exact(Substr("key", HASH_SIGNS + 1, len(MARK)), Value(MARK)),
                        then=Left("key", HASH_SIGNS),
                    ),
                    default=F("key"),
                    output_field=models.TextField(),
                ),
                name="a_hashed_contact_once",
            ),
            # Of clear values: goes with the next release.
            models.UniqueConstraint(fields=["patient", "key"], name="a_contact_once_a_patient"),
            models.CheckConstraint(
                condition=models.Q(may_speak=None) | models.Q(agreed_on__isnull=False),
                name="an_answer_has_a_date",
            ),
        ]
