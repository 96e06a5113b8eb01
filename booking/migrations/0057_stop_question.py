"""Who was asked whether another place of a mobile scanner suits."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

STATES = [
    ("open", "Asked"),
    ("kept", "It suits"),
    ("declined", "It does not suit"),
    ("silent", "No answer: a person phones"),
    ("over", "Something newer took its place"),
]


class Migration(migrations.Migration):
    dependencies = [("booking", "0056_slot_reserved_until")]

    operations = [
        migrations.CreateModel(
            name="StopQuestion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                ("asked_at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("state", models.CharField(choices=STATES, default="open", max_length=8)),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "appointment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stop_questions",
                        to="booking.appointment",
                    ),
                ),
                (
                    "was_at",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sites.site",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["appointment"],
                        condition=Q(state="open"),
                        name="one_open_stop_question",
                    )
                ],
                "indexes": [
                    models.Index(
                        fields=["until"], condition=Q(state="open"), name="stop_question_due"
                    )
                ],
            },
        ),
    ]
