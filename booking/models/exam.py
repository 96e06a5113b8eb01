"""What is to be scanned."""

from django.db import models


class Exam(models.Model):
    """One kind of scan: its modality (DICOM code), its length in minutes, its preparation.

    `name` completes "You need ...": "an MRI scan of your knee". `preparation` and `bring` are
    one plain sentence a line. `prepare_minutes` is how long before the scan the preparation
    begins: 360 for "Do not eat for 6 hours before".

    With two `visits` the second part takes `second_minutes` and starts `gap_min_minutes` to
    `gap_max_minutes` after the END of the first; with one, the three are 0.
    """

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=120)
    modality = models.CharField(max_length=3)
    body_part = models.CharField(max_length=60)
    minutes = models.PositiveSmallIntegerField()
    visits = models.PositiveSmallIntegerField(default=1, db_default=1)
    gap_min_minutes = models.PositiveSmallIntegerField(default=0, db_default=0)
    gap_max_minutes = models.PositiveSmallIntegerField(default=0, db_default=0)
    second_minutes = models.PositiveSmallIntegerField(default=0, db_default=0)
    contrast = models.BooleanField(default=False)
    preparation = models.TextField(blank=True)
    prepare_minutes = models.PositiveSmallIntegerField(default=0)
    bring = models.TextField(blank=True)


class ExamCode(models.Model):
    """What else an exam is known by: a code of NICIP or of SNOMED CT, which names one exam alone.

    Filled by the network (booking/data/exam_codes.csv): what is not surely the same scan is left
    out.
    """

    class System(models.TextChoices):
        """Whose code it is."""

        NICIP = "nicip", "NICIP"
        SNOMED = "snomed", "SNOMED CT"

    exam = models.ForeignKey(Exam, models.CASCADE, related_name="codes")
    system = models.CharField(max_length=6, choices=System.choices)
    code = models.CharField(max_length=18)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "code"], name="one_exam_a_code"),
        ]
