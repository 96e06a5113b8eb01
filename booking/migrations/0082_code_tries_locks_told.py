"""Of which locks of a booking code staff were told."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0081_code_tries_locked_at")]

    operations = [
        migrations.AddField(
            "codetries", "locks_told", models.PositiveSmallIntegerField(db_default=0, default=0)
        ),
    ]
