"""A patient is found by the hash of a number, and one has it."""

from django.db import migrations, models
from django.db.models.functions import Left

from times.indexes import AddIndexConcurrently, AddUniqueConcurrently


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("booking", "0095_patient_sealed")]

    operations = [
        AddIndexConcurrently(
            "patient", models.Index(Left("mobile", 32), name="patient_by_hashed_mobile")
        ),
        AddUniqueConcurrently(
            "patient",
            models.UniqueConstraint(
                Left("nhs_number", 32),
                condition=models.Q(nhs_number__isnull=False),
                name="one_patient_per_hashed_number",
            ),
        ),
    ]
