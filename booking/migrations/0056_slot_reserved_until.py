"""Until when a slot is kept for suspected cancer: long past for those that are kept for nobody."""

from django.db import migrations, models

from booking.models.slot import EPOCH


class Migration(migrations.Migration):
    dependencies = [("booking", "0055_schedule_is_reserved")]

    operations = [
        migrations.AddField(
            "slot", "reserved_until", models.DateTimeField(default=EPOCH, db_default=EPOCH)
        ),
    ]
