"""A scanner that stands elsewhere that day is a reason to ask a lead."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("booking", "0067_lost_slot_of_a_moved_site"),
    ]

    operations = [
        migrations.AlterField(
            model_name="lostslot",
            name="why",
            field=models.CharField(choices=[("missing", "no longer named"), ("said", "withdrawn, unavailable or moved"), ("place", "its scanner or schedule goes to another place"), ("site", "the place itself has moved"), ("stop", "its scanner stands at another place that day")], max_length=8),
        ),
    ]
