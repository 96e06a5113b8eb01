"""People of a lost clinic, and what became of each."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0052_frozen_slot"),
    ]

    operations = [
        migrations.CreateModel(
            name="LostPerson",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("start", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "nothing is held for them"),
                            ("held", "another time is held"),
                            ("asked", "asked by text"),
                            ("moved", "moved to the time that was held"),
                            ("chose", "chose another time"),
                            ("to_phone", "to be phoned"),
                            ("kept", "kept their time"),
                            ("cancelled", "cancelled"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("minutes", models.SmallIntegerField(null=True)),
                (
                    "phone_why",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("soon", "it is within 48 hours"),
                            ("no_mobile", "no text reaches them"),
                            ("interpreter", "needs an interpreter"),
                            ("hoist", "needs a hoist"),
                            ("questions", "an answer must be talked about first"),
                            ("no_time", "no other time was found"),
                            ("out", "a lead took them out"),
                            ("silent", "did not answer"),
                            ("no", "said no to the time"),
                        ],
                        max_length=12,
                    ),
                ),
                ("goes_on_at", models.DateTimeField()),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("told_at", models.DateTimeField(null=True)),
                ("changed_at", models.DateTimeField()),
                (
                    "appointment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="booking.appointment"
                    ),
                ),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="people",
                        to="booking.lostclinic",
                    ),
                ),
                (
                    "referral",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="booking.referral"
                    ),
                ),
                (
                    "slot",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to="booking.slot"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="lostperson",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "held"])),
                fields=["goes_on_at"],
                name="lost_person_to_tell",
            ),
        ),
        migrations.AddConstraint(
            model_name="lostperson",
            constraint=models.UniqueConstraint(
                fields=("clinic", "appointment"), name="once_in_a_lost_clinic"
            ),
        ),
        migrations.AddConstraint(
            model_name="lostperson",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["waiting", "held", "asked", "to_phone"])),
                fields=("appointment",),
                name="one_open_loss_an_appointment",
            ),
        ),
    ]
