"""The names that a patient had before: who rings with one of them is found."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0046_exam_is_own"),
        ]

    operations = [
        migrations.AddField(
            model_name="patient",
            name="former_names",
            field=models.TextField(blank=True, db_default="", default="", editable=False),
        ),
    ]
