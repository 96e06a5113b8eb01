"""Find what came in since a moment, without looking at every request."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add an index."""

    dependencies = [("booking", "0076_appointment_by_change")]

    operations = [
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(fields=["created_at"], name="referral_by_arrival"),
        )
    ]
