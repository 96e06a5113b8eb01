"""Whether a slot's stamp is its sender's, or when it came."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0027_schedule_is_pulled")]

    operations = [
        migrations.AddField(model_name="slot", name="is_stamped", field=models.BooleanField(default=True)),
    ]
