"""Whom a reply is from may stand sealed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0012_message_sealed")]

    operations = [
        migrations.AlterField("inbound", "number", models.TextField(blank=True)),
    ]
