"""Whether another place of a mobile scanner suits who is booked there."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("booking", "0061_sooner_wish"),
    ]

    operations = [
        migrations.CreateModel(
            name="StopQuestion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                ("asked_at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("state", models.CharField(choices=[("open", "Asked"), ("kept", "It suits"), ("declined", "It does not suit"), ("silent", "No answer: a person phones"), ("over", "Something newer took its place")], default="open", max_length=8)),
                ("answered_at", models.DateTimeField(null=True)),
                ("appointment", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="stop_questions", to="booking.appointment")),
                ("was_at", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sites.site")),
            ],
            options={
                "indexes": [models.Index(condition=models.Q(("state", "open")), fields=["until"], name="stop_question_due")],
                "constraints": [models.UniqueConstraint(condition=models.Q(("state", "open")), fields=("appointment",), name="one_open_stop_question")],
            },
        ),
    ]
