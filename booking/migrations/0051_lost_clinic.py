"""Clinics that are lost."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0050_freed_slot"),
        ("sites", "0004_timetable_line"),
    ]

    operations = [
        migrations.CreateModel(
            name="LostClinic",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("begins", models.DateTimeField()),
                ("ends", models.DateTimeField()),
                ("scope", models.CharField(max_length=100)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("broken", "the scanner is broken"),
                            ("staff", "there are not enough staff"),
                            ("place", "the place cannot be used"),
                            ("vehicle", "the mobile scanner cannot get there"),
                            ("feed", "the hospital’s system takes the times away"),
                            ("other", "another reason"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waits for a lead"),
                            ("said", "being taken off sale"),
                            ("frozen", "other times are being looked for"),
                            ("found", "other times are held: a lead looks"),
                            ("confirmed", "people are being told"),
                            ("back", "it is back: people get their times again"),
                            ("over", "nothing is left to do"),
                        ],
                        max_length=10,
                    ),
                ),
                ("said_at", models.DateTimeField()),
                ("said_by", models.CharField(max_length=64)),
                ("frozen_at", models.DateTimeField(null=True)),
                ("found_at", models.DateTimeField(null=True)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("confirmed_by", models.CharField(blank=True, max_length=64)),
                ("back_at", models.DateTimeField(null=True)),
                ("back_by", models.CharField(blank=True, max_length=64)),
                ("over_at", models.DateTimeField(null=True)),
                ("busy_until", models.DateTimeField(null=True)),
                (
                    "loss",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.PROTECT, to="booking.loss"
                    ),
                ),
                (
                    "scanner",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, to="sites.scanner"
                    ),
                ),
                (
                    "schedule",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="booking.schedule",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, to="sites.site"
                    ),
                ),
                (
                    "trust",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="sites.trust"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="lostclinic",
            index=models.Index(
                condition=models.Q(("state", "over"), _negated=True),
                fields=["state"],
                name="lost_clinic_active",
            ),
        ),
        migrations.AddConstraint(
            model_name="lostclinic",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "over"), _negated=True),
                fields=("scope",),
                name="one_lost_clinic_a_scope",
            ),
        ),
        migrations.AddConstraint(
            model_name="lostclinic",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends__gt", models.F("begins"))),
                name="lost_clinic_ends_after_it_begins",
            ),
        ),
    ]
