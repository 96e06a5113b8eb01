"""To whom an e-mail goes may stand sealed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0013_inbound_sealed")]

    operations = [
        migrations.AlterField("email", "to", models.TextField(blank=True)),
    ]
