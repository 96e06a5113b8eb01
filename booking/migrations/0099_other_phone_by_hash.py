"""Further phones are found by their hash, and each is there once a patient."""

from django.db import migrations, models
from django.db.models.functions import Left

from times.indexes import AddIndexConcurrently, AddUniqueConcurrently


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("booking", "0098_contact_sealed")]

    operations = [
        AddIndexConcurrently(
            "otherphone", models.Index(Left("number", 32), name="other_phone_by_hash")
        ),
        AddUniqueConcurrently(
            "otherphone",
            models.UniqueConstraint("patient", Left("number", 32), name="a_hashed_phone_once"),
        ),
    ]
