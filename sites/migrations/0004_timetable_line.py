import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sites", "0003_timetable"),
    ]

    operations = [
        migrations.CreateModel(
            name="TimetableLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("origin", models.CharField(max_length=6)),
                ("band", models.CharField(max_length=15)),
                ("minutes", models.PositiveSmallIntegerField()),
                ("changes", models.PositiveSmallIntegerField()),
                ("walk", models.PositiveSmallIntegerField()),
                ("last_home", models.PositiveSmallIntegerField(null=True)),
                (
                    "site",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="sites.site",
                    ),
                ),
                (
                    "timetable",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="sites.timetable",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("timetable", "origin", "site", "band"), name="line_of_timetable"
                    )
                ],
            },
        ),
    ]
