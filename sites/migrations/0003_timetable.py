from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sites", "0002_scanner_abilities"),
    ]

    operations = [
        migrations.CreateModel(
            name="Timetable",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("whole_at", models.DateTimeField(null=True)),
            ],
        ),
    ]
