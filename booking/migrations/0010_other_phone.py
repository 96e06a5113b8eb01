"""A patient has further phones, which are rung and never texted."""

import django.db.models.deletion
from django.db import migrations, models

USES = [("home", "home"), ("work", "work"), ("temp", "for now"), ("mobile", "second mobile")]


class Migration(migrations.Migration):
    dependencies = [("booking", "0009_patient_email_and_address")]

    operations = [
        migrations.CreateModel(
            name="OtherPhone",
            fields=[
                ("id", models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=16)),
                ("use", models.CharField(blank=True, choices=USES, max_length=8)),
                ("patient", models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="other_phones",
                    to="booking.patient")),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [models.Index(fields=["number"], name="other_phone_by_number")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("patient", "number"), name="a_phone_once_a_patient"
                    )
                ],
            },
        ),
    ]
