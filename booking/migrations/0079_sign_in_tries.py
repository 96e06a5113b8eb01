"""Wrong passwords, counted for strangers and for each device that knows a name."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0078_tally")]

    operations = [
        migrations.CreateModel(
            "SignInTries",
            fields=[
                ("who_hash", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("name_hash", models.CharField(db_index=True, max_length=64)),
                ("wrong", models.PositiveSmallIntegerField(default=0)),
                ("last_at", models.DateTimeField(db_index=True)),
                ("locked_until", models.DateTimeField(null=True)),
                ("free_until", models.DateTimeField(null=True)),
            ],
        ),
    ]
