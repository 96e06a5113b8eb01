"""Schedules remember which Location of their trust they stand at: it may come to mean another site."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """One nullable column: it is filled when a trust sends its schedules again."""

    dependencies = [("booking", "0029_list_of_the_held")]

    operations = [
        migrations.AddField(
            model_name="schedule",
            name="location",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="booking.feedlocation",
            ),
        ),
    ]
