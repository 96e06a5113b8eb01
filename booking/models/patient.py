"""The people who are scanned."""

from django.db import models


class Patient(models.Model):
    """One patient, as the referring trust knows them. `mobile` is E.164 or empty."""

    given_name = models.CharField(max_length=200)
    family_name = models.CharField(max_length=200)
    born = models.DateField()
    nhs_number = models.CharField(max_length=10, unique=True, null=True, blank=True)  # noqa: DJ001
    mobile = models.CharField(max_length=16, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
