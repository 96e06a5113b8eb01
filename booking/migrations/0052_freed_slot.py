"""Slots that came free, until somebody was looked for who would come sooner."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("booking", "0051_attempt"),
    ]

    operations = [
        migrations.CreateModel(
            name="FreedSlot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("freed_at", models.DateTimeField()),
                ("depth", models.PositiveSmallIntegerField(default=0)),
                ("seen_at", models.DateTimeField(null=True)),
                ("slot", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="booking.slot")),
            ],
            options={
                "indexes": [models.Index(condition=models.Q(("seen_at", None)), fields=["freed_at"], name="freed_unseen")],
                "constraints": [models.UniqueConstraint(condition=models.Q(("seen_at", None)), fields=("slot",), name="one_unseen_freeing_a_slot")],
            },
        ),
    ]
