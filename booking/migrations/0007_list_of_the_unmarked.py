"""A list "Did they come?", closed by who says whether they did."""

from django.db import migrations, models

KINDS = [
    ("not_booked", "Not booked"),
    ("displaced", "Time taken away by the hospital"),
    ("not_rebooked", "Cancelled or missed, not rebooked"),
    ("needs_person", "Needs a person"),
    ("not_reached", "Text not delivered, or no mobile"),
    ("unmarked", "Did they come?"),
    ("breach", "About to breach"),
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
    ("resolved", "No longer so"),
]


class Migration(migrations.Migration):
    dependencies = [("booking", "0006_patient_died_at")]

    operations = [
        migrations.AlterField(
            "worklistrow", "kind", models.CharField(choices=KINDS, max_length=16)
        ),
        migrations.AlterField(
            "worklistrow", "outcome", models.CharField(blank=True, choices=OUTCOMES, max_length=16)
        ),
    ]
