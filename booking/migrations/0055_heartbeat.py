"""When something that must never stop last ran."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("booking", "0054_frozen_slot"),
    ]

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
            ],
        ),
    ]
