"""How long before a scan its preparation begins: nobody is offered a time that is sooner."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0008_end_what_is_over")]

    operations = [
        migrations.AddField(
            "exam", "prepare_minutes", models.PositiveSmallIntegerField(default=0)
        ),
    ]
