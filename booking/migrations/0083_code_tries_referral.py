"""Whose booking code somebody guesses at, so that staff can be told."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0082_code_tries_locks_told")]

    operations = [
        migrations.AddField(
            "codetries",
            "referral",
            models.ForeignKey(null=True, on_delete=models.deletion.CASCADE, to="booking.referral"),
        ),
    ]
