"""Find the slots that are kept for suspected cancer."""

from datetime import UTC, datetime

from django.db import migrations, models

from times.indexes import AddIndexConcurrently


class Migration(migrations.Migration):
    """Add an index."""

    atomic = False
    dependencies = [("booking", "0108_slot_held_until")]

    operations = [
        AddIndexConcurrently(
            "slot",
            models.Index(
                fields=["trust", "start", "reserved_until", "id"],
                condition=models.Q(reserved_until__gt=datetime(1970, 1, 1, tzinfo=UTC)),
                name="slot_reserved",
            ),
        )
    ]
