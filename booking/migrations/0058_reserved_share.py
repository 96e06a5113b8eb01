"""Which share of a trust's times is kept for suspected cancer."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("booking", "0057_offer"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReservedShare",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("modality", models.CharField(max_length=3)),
                ("percent", models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)])),
                ("hours", models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(672)])),
                ("version", models.PositiveIntegerField(default=1)),
                ("changed_at", models.DateTimeField()),
                ("trust", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="sites.trust")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("trust", "modality"), name="one_share_a_modality")],
            },
        ),
    ]
