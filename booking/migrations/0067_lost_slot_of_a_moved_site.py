"""A site that moves is a reason to lose a time."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("booking", "0066_row_attempts"),
    ]

    operations = [
        migrations.AlterField(
            model_name="lostslot",
            name="why",
            field=models.CharField(choices=[("missing", "no longer named"), ("said", "withdrawn, unavailable or moved"), ("place", "its scanner or schedule goes to another place"), ("site", "the place itself has moved")], max_length=8),
        ),
    ]
