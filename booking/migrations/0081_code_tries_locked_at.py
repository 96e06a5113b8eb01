"""When a booking code was locked last, so that old locks are forgotten."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0080_code_tries_locks")]

    operations = [
        migrations.AddField("codetries", "locked_at", models.DateTimeField(null=True)),
    ]
