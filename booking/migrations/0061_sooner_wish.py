"""Who would come sooner, when and where."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("booking", "0060_sooner_ask"),
    ]

    operations = [
        migrations.CreateModel(
            name="SoonerWish",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("state", models.CharField(choices=[("on", "on the list"), ("paused", "paused: did not answer"), ("off", "off the list")], max_length=6)),
                ("notice_days", models.PositiveSmallIntegerField(choices=[(1, "1 day"), (2, "2 days"), (3, "3 days"), (7, "7 days")])),
                ("origin", models.JSONField(default=list)),
                ("sites", models.JSONField(default=list)),
                ("within_minutes", models.PositiveSmallIntegerField(null=True)),
                ("reach", models.JSONField(default=dict)),
                ("reach_at", models.DateTimeField(null=True)),
                ("weekdays", models.JSONField(default=list)),
                ("dayparts", models.JSONField(default=list)),
                ("unanswered", models.PositiveSmallIntegerField(default=0)),
                ("since", models.DateTimeField()),
                ("door", models.CharField(choices=[("page", "the patient, on our pages"), ("text", "the patient, by text"), ("staff", "a clerk")], max_length=5)),
                ("version", models.PositiveIntegerField(default=1)),
                ("referral", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="sooner_wish", to="booking.referral")),
            ],
            options={
                "indexes": [models.Index(condition=models.Q(("state", "on")), fields=["referral"], name="sooner_wish_on")],
            },
        ),
    ]
