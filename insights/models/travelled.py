"""How long people travelled to their scans, and how long it is to the nearest place."""

from django.db import models


class Travelled(models.Model):
    """Minutes by car from where a patient lives to where they were scanned, and to the nearest.

    Both are None where it is not known where the patient lives. Filled a batch at a time
    (insights/travelled.py): a database cannot work out a journey. It says nothing of where that is.
    """

    appointment = models.OneToOneField(
        "booking.Appointment", models.CASCADE, primary_key=True, related_name="travelled"
    )
    minutes = models.PositiveIntegerField(null=True)
    nearest = models.PositiveIntegerField(null=True)
    found_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["found_at"], name="travelled_by_found")]
