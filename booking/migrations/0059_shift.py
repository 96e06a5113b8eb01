"""Who is told of alerts, and when."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("booking", "0058_reserved_share"),
    ]

    operations = [
        migrations.CreateModel(
            name="Shift",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("level", models.CharField(choices=[("on_call", "On call"), ("second", "Second"), ("lead", "Lead"), ("duty_manager", "Duty manager")], max_length=16)),
                ("begins_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("is_override", models.BooleanField(default=False)),
                ("made_at", models.DateTimeField()),
                ("made_by", models.CharField(max_length=64)),
                ("removed_at", models.DateTimeField(null=True)),
                ("removed_by", models.CharField(blank=True, max_length=64)),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="shifts", to="booking.staff")),
                ("trust", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="sites.trust")),
            ],
            options={
                "indexes": [models.Index(condition=models.Q(("removed_at", None)), fields=["trust", "ends_at"], name="shift_by_end")],
                "constraints": [models.CheckConstraint(condition=models.Q(("ends_at__gt", models.F("begins_at"))), name="a_shift_ends_after_it_begins")],
            },
        ),
    ]
