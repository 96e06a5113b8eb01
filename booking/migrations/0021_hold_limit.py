"""When a hold ends at the latest, however often it is renewed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0020_name_word_trigrams")]

    operations = [
        migrations.AddField(
            model_name="slot",
            name="hold_limit",
            field=models.DateTimeField(null=True),
        ),
    ]
