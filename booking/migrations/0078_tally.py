"""What limits of use count."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0077_referral_by_arrival")]

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
