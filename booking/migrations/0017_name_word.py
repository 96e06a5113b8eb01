"""The words of patients' names, as a caller is found by them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0016_exam_prepare_minutes")]

    operations = [
        migrations.CreateModel(
            name="NameWord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("born", models.DateField()),
                ("word", models.CharField(max_length=40)),
                ("sound", models.CharField(max_length=40)),
                ("patient", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="name_words", to="booking.patient")),
            ],
            options={
                "indexes": [
                    models.Index(fields=["sound", "born"], name="name_word_by_sound"),
                    models.Index(fields=["word", "born"], name="name_word_by_word"),
                ],
            },
        ),
    ]
