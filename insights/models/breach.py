"""Who will have waited too long within six weeks, if nothing is done."""

from django.db import models

from booking.models.scope import ScopedQuerySet


class BreachToCome(models.Model):
    """An open request whose breach day comes soon, and that has no time on or before that day.

    `breach_day` is that of booking/waits, by the clock of the request: the last day on which the
    scan still meets the standard. `booked_for` is the day of the time that it has, which is later,
    None where it has none. Built anew as a whole (insights/breaches.py), so it names the
    request and goes with it; `trust` is the ODS code of who asked for the scan.
    """

    referral = models.OneToOneField("booking.Referral", models.CASCADE, primary_key=True)
    trust = models.CharField(max_length=3)
    modality = models.CharField(max_length=3)
    urgency = models.CharField(max_length=16)
    breach_day = models.DateField()
    booked_for = models.DateField(null=True)
    built_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["breach_day", "trust"], name="breach_by_day")]
