"""One call between a member of staff and whoever phones about a patient."""

from django.db import models
from django.db.models import Q


class Call(models.Model):
    """Who called whom, what was checked before anything was said, and when it ended.

    `checked` are codes of Check. `contact` is who calls, if it is somebody whom the patient named;
    `caller_name` is kept beside it: a contact can be taken away. `tried` is set of a call of ours
    that reached nobody: such a one ends when it begins, and nothing was checked in it. `version`
    goes up with each change, so that a form says which state of it was shown. Two records that are
    joined keep their own calls: what was checked was checked against that record.
    """

    class Caller(models.TextChoices):
        """Who speaks with us."""

        PATIENT = "patient", "The patient"
        INTERPRETER = "interpreter", "An interpreter, with the patient there"
        PARENT = "parent", "A parent or guardian of this child"
        CONTACT = "contact", "Somebody whom the patient named"
        OTHER = "other", "Somebody else"

    class Check(models.TextChoices):
        """What a caller tells us that is the same in the record."""

        BORN = "born", "Date of birth"
        ADDRESS = "address", "Postcode, or first line of the address"
        NUMBER = "number", "Reference, NHS number or phone number"

    class Tried(models.TextChoices):
        """What came of a call of ours that reached nobody."""

        NO_ANSWER = "no_answer", "No answer"
        LEFT_MESSAGE = "left_message", "Left a message"

    patient = models.ForeignKey("booking.Patient", models.PROTECT, related_name="calls")
    staff = models.ForeignKey("booking.Staff", models.PROTECT, related_name="calls")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    caller = models.CharField(max_length=12, choices=Caller.choices, default=Caller.PATIENT)
    contact = models.ForeignKey("booking.Contact", models.SET_NULL, null=True, related_name="calls")
    caller_name = models.CharField(max_length=200, blank=True)
    checked = models.JSONField(default=list)
    tried = models.CharField(max_length=12, choices=Tried.choices, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "staff"],
                condition=Q(ended_at=None),
                name="one_open_call_a_clerk",
            ),
        ]
        indexes = [models.Index(fields=["patient", "began_at"], name="call_by_patient")]
