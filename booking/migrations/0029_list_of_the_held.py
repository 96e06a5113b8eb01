"""The list of feeds that a lead must let go ahead, or not."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0028_slot_is_stamped")]

    operations = [
        migrations.AlterField(
            model_name="worklistrow",
            name="kind",
            field=models.CharField(choices=[("not_booked", "Not booked"), ("displaced", "Time taken away by the hospital"), ("not_rebooked", "Cancelled or missed, not rebooked"), ("needs_person", "Needs a person"), ("not_reached", "Text not delivered, or no mobile"), ("unmarked", "Did they come?"), ("breach", "About to breach"), ("same_person", "Same person?"), ("feed_late", "Feed is late"), ("feed_held", "Feed is held")], max_length=16),
        ),
        migrations.AlterField(
            model_name="worklistrow",
            name="outcome",
            field=models.CharField(blank=True, choices=[("booked", "Booked"), ("reached", "Spoke to the patient"), ("could_not_reach", "Could not reach the patient"), ("not_wanted", "Scan no longer wanted"), ("sent_back", "Sent back to who referred"), ("attended", "Attended"), ("did_not_attend", "Did not attend"), ("one_person", "One person: joined"), ("two_people", "Two different people"), ("went_ahead", "Went ahead"), ("times_kept", "Times kept"), ("resolved", "No longer so")], max_length=16),
        ),
    ]
