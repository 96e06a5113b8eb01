"""Finds booking codes that somebody guesses at, without reading every code ever tried."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0083_code_tries_referral")]

    operations = [
        migrations.AddIndex(
            "codetries",
            models.Index(fields=["locks"], condition=models.Q(locks__gt=0), name="code_guessed"),
        ),
    ]
