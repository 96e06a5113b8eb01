"""Which schedules their trust keeps for suspected cancer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0054_reserved_share")]

    operations = [
        migrations.AddField(
            "schedule", "is_reserved", models.BooleanField(default=False, db_default=False)
        ),
    ]
