"""Which dye an exam with contrast needs: gadolinium in an MRI, iodinated otherwise."""

from django.db import migrations


def fill(apps, schema_editor):
    exams = apps.get_model("booking", "Exam").objects.filter(contrast=True)
    exams.filter(modality="MR").update(dye="gadolinium")
    exams.exclude(modality="MR").update(dye="iodinated")


def back(apps, schema_editor):
    apps.get_model("booking", "Exam").objects.exclude(dye="").update(contrast=True)


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0040_exam_catalogue"),
        ]

    operations = [migrations.RunPython(fill, back)]
