"""Find the slots that are held now, of all that were ever."""

from django.db import migrations, models

from times.indexes import AddIndexConcurrently


class Migration(migrations.Migration):
    """Add an index."""

    atomic = False
    dependencies = [("booking", "0107_slot_free_by_time")]

    operations = [
        AddIndexConcurrently(
            "slot",
            models.Index(
                fields=["free_at"],
                condition=models.Q(held_by__isnull=False),
                name="slot_held_until",
            ),
        )
    ]
