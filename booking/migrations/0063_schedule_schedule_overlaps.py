from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('booking', '0062_worklistrow_call_at'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='schedule',
            index=models.Index(condition=models.Q(('overlaps', True)), fields=['id'], name='schedule_overlaps'),
        ),
    ]
