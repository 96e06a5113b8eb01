"""Who had a seat on hold when its feed seemed to lose it: a new id of it gives the hold back."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0047_patient_former_names"),
        ]

    operations = [
        migrations.AddField(
            model_name="lostslot",
            name="held_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+",
                to="booking.referral",
            ),  # fmt: skip
        ),
        migrations.AddField(
            model_name="lostslot", name="held_until", field=models.DateTimeField(null=True)
        ),
    ]
