from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0051_sooner_wish")]

    operations = [
        migrations.AlterField(
            model_name='worklistrow',
            name='kind',
            field=models.CharField(choices=[('not_booked', 'Not booked'), ('displaced', 'Time taken away by the hospital'), ('not_rebooked', 'Cancelled or missed, not rebooked'), ('needs_person', 'Needs a person'), ('not_reached', 'Text not delivered, or no mobile'), ('unmarked', 'Did they come?'), ('breach', 'About to breach'), ('same_person', 'Same person?'), ('sooner', 'Something sooner: phone'), ('feed_late', 'Feed is late'), ('feed_held', 'Feed is held')], max_length=16),
        ),
    ]
