"""Phones of contacts, and what they are known by, may stand sealed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0097_other_phone_sealed")]

    operations = [
        migrations.AlterField("contact", "key", models.TextField(editable=False)),
        migrations.AlterField("contact", "phone", models.TextField(blank=True)),
    ]
