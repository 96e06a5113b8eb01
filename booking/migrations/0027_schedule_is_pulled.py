"""Which schedules a manifest names: one that it no longer names is gone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0026_feed_as_of")]

    operations = [
        migrations.AddField(model_name="schedule", name="is_pulled", field=models.BooleanField(default=False)),
    ]
