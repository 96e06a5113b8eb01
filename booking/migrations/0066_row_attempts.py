"""How often somebody phoned about a row, what follows, and when to call back."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("booking", "0065_staff_phone"),
    ]

    operations = [
        migrations.AddField(
            model_name="worklistrow",
            name="call_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="worklistrow",
            name="step",
            field=models.CharField(choices=[("phone", "Phone them"), ("letter", "Send a letter"), ("referrer", "Tell who referred"), ("lead", "A lead decides")], db_default="phone", default="phone", max_length=8),
        ),
        migrations.AddField(
            model_name="worklistrow",
            name="tries",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="worklistrow",
            name="version",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="worklistrow",
            name="kind",
            field=models.CharField(choices=[("not_booked", "Not booked"), ("displaced", "Time taken away by the hospital"), ("not_rebooked", "Cancelled or missed, not rebooked"), ("needs_person", "Needs a person"), ("not_reached", "Text not delivered, or no mobile"), ("unmarked", "Did they come?"), ("breach", "About to breach"), ("same_person", "Same person?"), ("sooner", "Something sooner: phone"), ("beyond_target", "Booked after the target day"), ("feed_late", "Feed is late"), ("feed_held", "Feed is held")], max_length=16),
        ),
    ]
