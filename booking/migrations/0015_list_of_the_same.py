"""A list "Same person?", closed by who says whether two records are one."""

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
    ("feed_late", "Feed is late"),
]
OUTCOMES = [
    ("booked", "Booked"),
    ("reached", "Spoke to the patient"),
    ("could_not_reach", "Could not reach the patient"),
    ("not_wanted", "Scan no longer wanted"),
    ("sent_back", "Sent back to who referred"),
    ("attended", "Attended"),
    ("did_not_attend", "Did not attend"),
    ("one_person", "One person: joined"),
    ("two_people", "Two different people"),
    ("resolved", "No longer so"),
]


class Migration(migrations.Migration):
    dependencies = [("booking", "0014_merge")]

    operations = [
        migrations.AlterField(
            "worklistrow", "kind", models.CharField(choices=KINDS, max_length=16)
        ),
        migrations.AlterField(
            "worklistrow", "outcome", models.CharField(blank=True, choices=OUTCOMES, max_length=16)
        ),
    ]
