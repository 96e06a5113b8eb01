"""Further phones may stand sealed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0096_patient_by_hash")]

    operations = [
        migrations.AlterField("otherphone", "number", models.TextField()),
    ]
