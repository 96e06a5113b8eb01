"""Mobiles of staff, for alerts."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("booking", "0064_slot_reserved_until"),
    ]

    operations = [
        migrations.AddField(
            model_name="staff",
            name="phone",
            field=models.CharField(blank=True, help_text="Mobile for texts about suspected cancer, E.164.", max_length=16),
        ),
    ]
