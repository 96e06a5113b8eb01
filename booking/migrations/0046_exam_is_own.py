"""Whether an exam came with a file of the network's own, which a start leaves alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0045_appointment_part"),
    ]

    operations = [
        migrations.AddField(
            "exam", "is_own", models.BooleanField(default=False, db_default=False)
        ),
    ]
