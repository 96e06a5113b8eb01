"""Gives the patients that are there already the key of their family name."""

from django.db import migrations

from booking.names import name_key


def fill(apps, schema_editor):
    patients = apps.get_model("booking", "Patient").objects
    batch = []
    for patient in patients.filter(family_key="").only("family_name").iterator(chunk_size=2000):
        patient.family_key = name_key(patient.family_name)
        batch.append(patient)
        if len(batch) == 2000:
            patients.bulk_update(batch, ["family_key"])
            batch = []
    if batch:
        patients.bulk_update(batch, ["family_key"])


class Migration(migrations.Migration):
    dependencies = [("booking", "0004_desk")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
