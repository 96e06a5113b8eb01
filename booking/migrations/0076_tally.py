"""What limits of use count."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0075_staff_first_password")]

    operations = [
        migrations.CreateModel(
            "Tally",
            fields=[
                ("who_hash", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("since", models.BigIntegerField(db_index=True)),
                ("times", models.PositiveIntegerField(default=0)),
            ],
        ),
    ]
