"""A referral has an end: when, why, and who said so."""

from django.db import migrations, models

REASONS = [
    ("done", "the scan was done"),
    ("withdrawn", "withdrawn by the referrer"),
    ("not_wanted", "the patient does not want the scan"),
    ("died", "the patient has died"),
    ("elsewhere", "scanned somewhere else"),
    ("duplicate", "sent twice or by mistake"),
    ("sent_back", "sent back to the referrer"),
]


class Migration(migrations.Migration):
    dependencies = [("booking", "0004_slot_line_digest")]

    operations = [
        migrations.AddField("referral", "ended_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "referral",
            "end_reason",
            models.CharField(blank=True, choices=REASONS, default="", max_length=16),
            preserve_default=False,
        ),
        migrations.AddField(
            "referral",
            "ended_by",
            models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            "referral",
            models.CheckConstraint(
                condition=models.Q(ended_at=None, end_reason="")
                | models.Q(ended_at__isnull=False) & ~models.Q(end_reason=""),
                name="an_end_has_a_reason",
            ),
        ),
    ]
