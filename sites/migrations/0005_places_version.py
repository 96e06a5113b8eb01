"""Whoever keeps places in memory asks for one row, not for all places, whether any has changed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sites", "0004_timetable_line")]
    operations = [
        migrations.CreateModel(
            name="PlacesVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("value", models.BigIntegerField()),
            ],
        ),
    ]
