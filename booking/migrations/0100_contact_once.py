"""A contact is there once a patient, by the hash of what they are known by."""

from django.db import migrations, models
from django.db.models import Case, F, Value, When
from django.db.models.functions import Left, Substr
from django.db.models.lookups import Exact

from times.indexes import AddUniqueConcurrently


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("booking", "0099_other_phone_by_hash")]

    operations = [
        AddUniqueConcurrently(
            "contact",
            models.UniqueConstraint(
                "patient",
                Case(
                    When(Exact(Substr("key", 33, 6), Value("gAAAAA")), then=Left("key", 32)),
                    default=F("key"),
                    output_field=models.TextField(),
                ),
                name="a_hashed_contact_once",
            ),
        ),
    ]
