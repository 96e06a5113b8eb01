"""That somebody was asked whether another place suits: their mobile scanner stands elsewhere."""

from django.db import models
from django.db.models import Q


class StopQuestion(models.Model):
    """One question about one version of an appointment: the time is theirs, the place is another.

    `until` is when a phone call takes the text's place. Of several, the last counts: a newer one,
    or anything else that happens to the appointment, ends those before it.
    """

    class State(models.TextChoices):
        """What became of it."""

        OPEN = "open", "Asked"
        KEPT = "kept", "It suits"
        DECLINED = "declined", "It does not suit"
        SILENT = "silent", "No answer: a person phones"
        OVER = "over", "Something newer took its place"

    appointment = models.ForeignKey(
        "booking.Appointment", models.PROTECT, related_name="stop_questions"
    )
    version = models.PositiveIntegerField()
    was_at = models.ForeignKey("sites.Site", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    until = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["appointment"], condition=Q(state="open"), name="one_open_stop_question"
            ),
        ]
        indexes = [
            models.Index(fields=["until"], condition=Q(state="open"), name="stop_question_due"),
        ]
