"""Slots that are held for somebody who is asked."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("booking", "0056_lost_person"),
    ]

    operations = [
        migrations.CreateModel(
            name="Offer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.CharField(max_length=10, unique=True)),
                ("code", models.CharField(max_length=4)),
                ("why", models.CharField(choices=[("displaced", "Another time for one that is lost"), ("sooner", "Something sooner"), ("urgent", "A time for an urgent request")], max_length=10)),
                ("state", models.CharField(choices=[("open", "open"), ("accepted", "they said yes"), ("declined", "they said no"), ("lapsed", "no answer in time"), ("withdrawn", "not needed any more"), ("gone", "the time is gone")], default="open", max_length=10)),
                ("channel", models.CharField(choices=[("text", "by text"), ("phone", "by phone"), ("page", "on their page")], max_length=8)),
                ("made_at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("kept_until", models.DateTimeField()),
                ("is_kept", models.BooleanField(default=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("version", models.PositiveIntegerField(null=True)),
                ("wave", models.PositiveSmallIntegerField(default=1)),
                ("rank", models.PositiveSmallIntegerField(default=0)),
                ("depth", models.PositiveSmallIntegerField(default=0)),
                ("appointment", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="offers", to="booking.appointment")),
                ("referral", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="offers", to="booking.referral")),
                ("slot", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="offers", to="booking.slot")),
            ],
            options={
                "indexes": [models.Index(condition=models.Q(("state", "open")), fields=["until"], name="offer_open"), models.Index(condition=models.Q(("is_kept", True)), fields=["ended_at"], name="offer_to_let_go"), models.Index(fields=["code"], name="offer_code")],
                "constraints": [models.UniqueConstraint(condition=models.Q(("state", "open")), fields=("slot", "rank"), name="one_open_offer_a_slot"), models.UniqueConstraint(condition=models.Q(("state", "open")), fields=("referral", "why"), name="one_open_offer_a_why")],
            },
        ),
    ]
