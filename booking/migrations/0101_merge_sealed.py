"""Why two records were joined may stand sealed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0100_contact_once")]

    operations = [
        migrations.AlterField("merge", "reason", models.TextField()),
        migrations.AlterField("merge", "undone_reason", models.TextField(blank=True, default="")),
    ]
