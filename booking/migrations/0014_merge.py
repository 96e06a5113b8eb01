"""What was moved when two records were joined, so that they can be taken apart."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0013_patient_merged_into")]

    operations = [
        migrations.CreateModel(
            name="Merge",
            fields=[
                ("id", models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=64)),
                ("reason", models.CharField(max_length=200)),
                ("moved", models.JSONField(default=dict)),
                ("before", models.JSONField(default=dict)),
                ("after", models.JSONField(default=dict)),
                ("undone_at", models.DateTimeField(null=True)),
                ("undone_by", models.CharField(blank=True, max_length=64)),
                ("stayed", models.JSONField(default=dict)),
                ("kept", models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="merges",
                    to="booking.patient")),
                ("lost", models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="merges_away",
                    to="booking.patient")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(undone_at=None), fields=("lost",), name="merged_once"
                    ),
                    models.CheckConstraint(
                        condition=~models.Q(kept=models.F("lost")), name="merged_into_another"
                    ),
                ],
            },
        ),
    ]
