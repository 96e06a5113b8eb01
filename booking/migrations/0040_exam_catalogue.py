"""What the catalogue says of an exam. Its contrast is a word now: `dye` until all have one."""

from django.db import migrations, models

CONTRAST = [
    ("", "no contrast"),
    ("iodinated", "iodinated contrast"),
    ("gadolinium", "gadolinium contrast"),
]
REGIONS = [
    ("head", "Head"),
    ("neck", "Neck"),
    ("chest", "Chest"),
    ("heart", "Heart"),
    ("breast", "Breast"),
    ("abdomen", "Abdomen"),
    ("pelvis", "Pelvis"),
    ("spine", "Spine"),
    ("limb", "Limb"),
    ("whole_body", "Whole Body"),
]


def word(choices):
    return models.CharField(
        max_length=10, choices=choices, blank=True, default="", db_default=""
    )


def number(default):
    return models.PositiveSmallIntegerField(default=default, db_default=default)


def no():
    return models.BooleanField(default=False, db_default=False)


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0039_key_certificate"),
        ]

    operations = [
        migrations.AddField("exam", "dye", word(CONTRAST)),
        migrations.AddField("exam", "region", word(REGIONS)),
        migrations.AddField("exam", "visits", number(1)),
        migrations.AddField("exam", "gap_min_minutes", number(0)),
        migrations.AddField("exam", "gap_max_minutes", number(0)),
        migrations.AddField("exam", "second_minutes", number(0)),
        migrations.AddField("exam", "notice_days", number(0)),
        migrations.AddField("exam", "arrive_minutes", number(15)),
        migrations.AddField("exam", "visit_minutes", number(0)),
        migrations.AddField("exam", "fasting", no()),
        migrations.AddField("exam", "retired", no()),
    ]
