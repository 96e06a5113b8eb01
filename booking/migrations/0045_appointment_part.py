"""The further slots of an appointment that one slot is not enough for."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("booking", "0044_needs_declined"),
        ]

    operations = [
        migrations.CreateModel(
            name='AppointmentPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('visit', models.PositiveSmallIntegerField()),
                ('start', models.DateTimeField()),
                ('end', models.DateTimeField()),
                ('live', models.BooleanField(default=True)),
                ('appointment', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='booking.appointment')),
                ('slot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='booking.slot')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('appointment', 'position'), name='one_part_a_position'), models.UniqueConstraint(condition=models.Q(('live', True)), fields=('slot',), name='one_live_part_a_slot')],
            },
        ),
    ]
