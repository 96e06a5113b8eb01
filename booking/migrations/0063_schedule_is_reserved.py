"""Schedules that a feed keeps for suspected cancer."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("booking", "0062_stop_question"),
    ]

    operations = [
        migrations.AddField(
            model_name="schedule",
            name="is_reserved",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddIndex(
            model_name="schedule",
            index=models.Index(condition=models.Q(("overlaps", True)), fields=["id"], name="schedule_overlaps"),
        ),
    ]
