"""Until when a slot is kept for suspected cancer."""

import datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("booking", "0063_schedule_is_reserved"),
    ]

    operations = [
        migrations.AddField(
            model_name="slot",
            name="reserved_until",
            field=models.DateTimeField(db_default=datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc), default=datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)),
        ),
    ]
