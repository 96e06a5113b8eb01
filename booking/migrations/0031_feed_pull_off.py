"""A feed that is pulled can be switched off without losing its address."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column; every feed is on."""

    dependencies = [("booking", "0030_schedule_location")]

    operations = [
        migrations.AddField(
            model_name="feed",
            name="pull_off",
            field=models.BooleanField(default=False),
        ),
    ]
