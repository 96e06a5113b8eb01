"""A patient's record can be joined to another one."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0012_referral_sent")]

    operations = [
        migrations.AddField(
            "patient",
            "merged_into",
            models.ForeignKey(
                editable=False, null=True, on_delete=django.db.models.deletion.PROTECT,
                related_name="merged_from", to="booking.patient",
            ),
        ),
    ]
