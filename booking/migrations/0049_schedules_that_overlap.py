"""Each search asks which schedules have slots that overlap: mostly none, of thousands."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0048_lost_slot_held"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="schedule",
            index=models.Index(
                condition=models.Q(("overlaps", True)), fields=["id"], name="schedule_overlaps"
            ),
        ),
    ]
