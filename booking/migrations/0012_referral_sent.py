"""A referral remembers what its sender last said of how to reach the patient."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0011_contact")]

    operations = [
        migrations.AddField(
            "referral", "sent", models.JSONField(default=dict, editable=False)
        ),
    ]
