"""An exam's contrast is the word that `dye` held; the yes or no goes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0041_fill_exam_dye"),
        ]

    operations = [
        migrations.RemoveField("exam", "contrast"),
        migrations.RenameField("exam", "dye", "contrast"),
    ]
