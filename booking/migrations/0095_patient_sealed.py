"""A patient's number, mobile and e-mail may stand sealed, which is longer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0094_sealing_begins_in_clear")]

    operations = [
        migrations.AlterField("patient", "nhs_number", models.TextField(blank=True, null=True)),
        migrations.AlterField("patient", "mobile", models.TextField(blank=True)),
        migrations.AlterField("patient", "email", models.TextField(blank=True)),
    ]
