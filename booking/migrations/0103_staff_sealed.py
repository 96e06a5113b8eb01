"""Phones of staff may stand sealed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0102_alert_sealed")]

    operations = [
        migrations.AlterField("staff", "phone", models.TextField(
                blank=True, help_text="Mobile for texts about suspected cancer, E.164."
            )),
    ]
