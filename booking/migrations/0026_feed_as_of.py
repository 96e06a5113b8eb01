"""How old a feed's times are, by what their sender says of itself."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0025_lost_slot")]

    operations = [
        migrations.AddField(model_name="feed", name="as_of", field=models.DateTimeField(null=True)),
    ]
