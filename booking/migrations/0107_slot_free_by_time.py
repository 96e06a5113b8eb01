"""Find the free slots of one modality by time, whatever their places."""

from django.db import migrations, models

from times.indexes import AddIndexConcurrently


class Migration(migrations.Migration):
    """Add an index."""

    atomic = False
    dependencies = [("booking", "0106_staff_sessions_end_at")]

    operations = [
        AddIndexConcurrently(
            "slot",
            models.Index(
                fields=["modality", "start", "id"],
                condition=models.Q(free_at__isnull=False),
                name="slot_free_by_time",
            ),
        )
    ]
