"""Which freed time somebody was asked about."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("booking", "0059_shift"),
    ]

    operations = [
        migrations.CreateModel(
            name="SoonerAsk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("was_start", models.DateTimeField()),
                ("turn", models.PositiveIntegerField()),
                ("for_phone", models.BooleanField()),
                ("offer", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="sooner_ask", to="booking.offer")),
            ],
        ),
    ]
