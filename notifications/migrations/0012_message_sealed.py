"""To whom a text goes may stand sealed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0011_fence")]

    operations = [
        migrations.AlterField("message", "to", models.TextField(blank=True, help_text="E.164, as in +447700900123.")),
    ]
