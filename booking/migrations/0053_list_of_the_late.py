"""The list of suspected cancer that is booked after its target day."""

from django.db import migrations, models

KINDS = [
    ("not_booked", "Not booked"),
    ("displaced", "Time taken away by the hospital"),
    ("not_rebooked", "Cancelled or missed, not rebooked"),
    ("needs_person", "Needs a person"),
    ("not_reached", "Text not delivered, or no mobile"),
    ("unmarked", "Did they come?"),
    ("breach", "About to breach"),
    ("same_person", "Same person?"),
    ("beyond_target", "Booked after the target day"),
    ("feed_late", "Feed is late"),
    ("feed_held", "Feed is held"),
]


class Migration(migrations.Migration):
    dependencies = [("booking", "0052_attempt")]

    operations = [
        migrations.AlterField(
            "worklistrow", "kind", models.CharField(choices=KINDS, max_length=16)
        ),
    ]
