"""Find what changed since a moment, without looking at every appointment."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add an index."""

    dependencies = [("booking", "0075_staff_first_password")]

    operations = [
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(fields=["changed_at"], name="appointment_by_change"),
        )
    ]
