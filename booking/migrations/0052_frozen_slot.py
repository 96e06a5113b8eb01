"""Seats that a lost clinic took off sale."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0051_lost_clinic"),
    ]

    operations = [
        migrations.CreateModel(
            name="FrozenSlot",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("thawed_at", models.DateTimeField(null=True)),
                (
                    "slot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="booking.slot"
                    ),
                ),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="slots",
                        to="booking.lostclinic",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="frozenslot",
            constraint=models.UniqueConstraint(
                condition=models.Q(("thawed_at", None)),
                fields=("slot",),
                name="one_frozen_seat_a_slot",
            ),
        ),
    ]
