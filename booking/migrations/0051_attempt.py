"""Calls about a row of a list, and what came of them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("booking", "0050_alert_event"),
    ]

    operations = [
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=64)),
                ("what", models.CharField(choices=[("no_answer", "No answer"), ("left_message", "Left a message"), ("wrong_number", "Wrong number"), ("call_back", "Call back at a time"), ("letter_sent", "The letter has gone"), ("referrer_told", "Who referred was told"), ("phone_on", "A lead says: phone on")], max_length=16)),
                ("call_at", models.DateTimeField(null=True)),
                ("row", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="attempts", to="booking.worklistrow")),
            ],
        ),
    ]
