"""A caller is found by postcode and name."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0017_name_word")]

    operations = [
        migrations.AddIndex(
            model_name="patient",
            index=models.Index(fields=["postcode"], name="patient_by_postcode"),
        ),
    ]
