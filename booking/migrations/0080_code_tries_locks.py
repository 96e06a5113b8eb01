"""How often a booking code was locked lately, so that the next lock is longer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0079_sign_in_tries")]

    operations = [
        migrations.AddField(
            "codetries", "locks", models.PositiveSmallIntegerField(db_default=0, default=0)
        ),
    ]
