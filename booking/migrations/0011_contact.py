"""People close to a patient: next of kin, and who may be spoken with."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0010_other_phone")]

    operations = [
        migrations.CreateModel(
            name="Contact",
            fields=[
                ("id", models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(editable=False, max_length=200)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("relationship", models.CharField(blank=True, max_length=60)),
                ("phone", models.CharField(blank=True, max_length=16)),
                ("is_next_of_kin", models.BooleanField(default=False)),
                ("may_speak", models.BooleanField(null=True)),
                ("agreed", models.CharField(blank=True, max_length=200)),
                ("agreed_on", models.DateField(null=True)),
                ("patient", models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="contacts",
                    to="booking.patient")),
            ],
            options={
                "ordering": ["-is_next_of_kin", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("patient", "key"), name="a_contact_once_a_patient"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(may_speak=None) | models.Q(agreed_on__isnull=False),
                        name="an_answer_has_a_date",
                    ),
                ],
            },
        ),
    ]
