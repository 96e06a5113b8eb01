"""Requests for suspected cancer that the imaging team must acknowledge."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("booking", "0048_lost_slot_held"),
        ("sites", "0004_timetable_line"),
    ]

    operations = [
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("state", models.CharField(choices=[("raised", "not acknowledged"), ("acknowledged", "acknowledged, not booked"), ("booked", "booked"), ("scanned", "scanned"), ("closed", "closed")], default="raised", max_length=12)),
                ("version", models.PositiveIntegerField(default=1)),
                ("why", models.CharField(choices=[("received", "came in as suspected cancer"), ("upgraded", "was made suspected cancer"), ("found", "was here already, without an alert")], max_length=12)),
                ("raised_at", models.DateTimeField()),
                ("raised_by", models.CharField(max_length=64)),
                ("acknowledge_by", models.DateTimeField()),
                ("book_by", models.DateTimeField()),
                ("scan_by", models.DateTimeField()),
                ("tell_by", models.DateTimeField()),
                ("acknowledged_at", models.DateTimeField(null=True)),
                ("acknowledged_by", models.CharField(blank=True, max_length=64)),
                ("closed_at", models.DateTimeField(null=True)),
                ("closed_by", models.CharField(blank=True, max_length=64)),
                ("close_reason", models.CharField(blank=True, choices=[("less_urgent", "the request is less urgent now"), ("ended", "the request has ended"), ("died", "the patient has died"), ("not_needed", "the referrer needs this scan no longer"), ("elsewhere", "scanned somewhere else"), ("not_wanted", "the patient does not want the scan"), ("mistake", "raised by mistake")], max_length=16)),
                ("close_words", models.CharField(blank=True, max_length=200)),
                ("chain", models.JSONField(default=list)),
                ("level", models.PositiveSmallIntegerField(default=0)),
                ("round", models.PositiveSmallIntegerField(default=0)),
                ("next_at", models.DateTimeField(null=True)),
                ("page", models.CharField(blank=True, max_length=16)),
                ("appointment", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to="booking.appointment")),
                ("referral", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="alerts", to="booking.referral")),
                ("trust", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="sites.trust")),
            ],
            options={
                "indexes": [models.Index(condition=models.Q(("next_at__isnull", False)), fields=["next_at"], name="alert_by_next_step"), models.Index(condition=models.Q(("state__in", ["raised", "acknowledged", "booked"])), fields=["trust", "raised_at"], name="alert_open"), models.Index(condition=models.Q(("page", ""), _negated=True), fields=["page"], name="alert_by_page")],
                "constraints": [models.UniqueConstraint(condition=models.Q(("state__in", ["raised", "acknowledged", "booked"])), fields=("referral",), name="one_open_alert_a_referral"), models.CheckConstraint(condition=models.Q(models.Q(("state", "closed"), _negated=True), models.Q(("closed_at__isnull", False), models.Q(("close_reason", ""), _negated=True)), _connector="OR"), name="a_closed_alert_has_a_reason")],
            },
        ),
    ]
