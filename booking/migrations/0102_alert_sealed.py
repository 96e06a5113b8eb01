"""What a lead wrote when an alert was closed may stand sealed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0101_merge_sealed")]

    operations = [
        migrations.AlterField("alert", "close_words", models.TextField(blank=True)),
    ]
