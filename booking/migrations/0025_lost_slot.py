"""The seats of a loss."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0024_loss")]

    operations = [
        migrations.CreateModel(
            name="LostSlot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("why", models.CharField(choices=[("missing", "no longer named"), ("said", "withdrawn, unavailable or moved"), ("place", "its scanner or schedule goes to another place")], max_length=8)),
                ("line", models.TextField(blank=True)),
                ("was_booked", models.BooleanField(default=False)),
                ("kept_until", models.DateTimeField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("outcome", models.CharField(blank=True, choices=[("taken", "taken away"), ("named", "named again"), ("past", "its time has passed")], max_length=8)),
                ("loss", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="slots", to="booking.loss")),
                ("slot", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="booking.slot")),
            ],
            options={
                "indexes": [models.Index(fields=["done_at"], name="lost_slot_done")],
                "constraints": [
                    models.UniqueConstraint(condition=models.Q(("done_at", None)), fields=("slot",), name="one_open_loss_a_slot"),
                ],
            },
        ),
    ]
