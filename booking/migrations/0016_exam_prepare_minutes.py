"""How long before a scan its preparation begins: nobody is offered a time that is sooner."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0015_list_of_the_same")]

    operations = [
        migrations.AddField(
            "exam", "prepare_minutes", models.PositiveSmallIntegerField(default=0)
        ),
    ]
