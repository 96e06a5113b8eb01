"""What happened to an alert."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("booking", "0049_alert"),
    ]

    operations = [
        migrations.CreateModel(
            name="AlertEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=64)),
                ("kind", models.CharField(choices=[("raised", "raised"), ("told", "told"), ("passed_over", "passed over"), ("nobody", "nobody on the rota can be reached"), ("chain_ended", "everybody was told, and nobody acknowledged"), ("acknowledged", "acknowledged"), ("booked", "booked"), ("reopened", "open again"), ("referral_ended", "the request ended; a lead must close this"), ("scanned", "scanned"), ("closed", "closed")], max_length=16)),
                ("whom", models.CharField(blank=True, max_length=64)),
                ("detail", models.CharField(blank=True, max_length=200)),
                ("alert", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="events", to="booking.alert")),
            ],
        ),
    ]
