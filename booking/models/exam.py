"""What is to be scanned."""

from django.db import models


class Exam(models.Model):
    """One kind of scan: its modality (DICOM code), how long it takes, and what to do before it.

    `name` completes "You need ...": "an MRI scan of your knee". All lengths are minutes: `minutes`
    is what the (first) slot must last at least, `visit_minutes` the whole visit as patients are
    told it (0: not said), `arrive_minutes` how long before its start they come.

    With two `visits` the second part takes `second_minutes` and starts `gap_min_minutes` to
    `gap_max_minutes` after the END of the first; with one, the three are 0. `notice_days` is how
    many whole days lie between booking and the scan at least (tracers are ordered ahead).

    `preparation` and `bring` are one plain sentence a line. A line of preparation that holds from a
    moment before the scan says so at its head ("6h: Do not eat after {time}":
    booking/exams/preparation.py); `prepare_minutes` is the longest of these. `fasting` says that
    one of them is to stop eating, so that people with diabetes are told to phone first. A `retired`
    exam stands in the network's file no more: requests for it go on, new ones are not taken.
    """

    class Contrast(models.TextChoices):
        """Which dye it needs; the empty word is none."""

        NONE = "", "no contrast"
        IODINATED = "iodinated", "iodinated contrast"
        GADOLINIUM = "gadolinium", "gadolinium contrast"

    class Region(models.TextChoices):
        """Where in the body, as coarse as the questions before a scan ask it."""

        HEAD = "head"
        NECK = "neck"
        CHEST = "chest"
        HEART = "heart"
        BREAST = "breast"
        ABDOMEN = "abdomen"
        PELVIS = "pelvis"
        SPINE = "spine"
        LIMB = "limb"
        WHOLE_BODY = "whole_body"

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=120)
    modality = models.CharField(max_length=3)
    region = models.CharField(
        max_length=10, choices=Region.choices, blank=True, default="", db_default=""
    )
    body_part = models.CharField(max_length=60)
    minutes = models.PositiveSmallIntegerField()
    contrast = models.CharField(
        max_length=10, choices=Contrast.choices, blank=True, default="", db_default=""
    )
    visits = models.PositiveSmallIntegerField(default=1, db_default=1)
    gap_min_minutes = models.PositiveSmallIntegerField(default=0, db_default=0)
    gap_max_minutes = models.PositiveSmallIntegerField(default=0, db_default=0)
    second_minutes = models.PositiveSmallIntegerField(default=0, db_default=0)
    notice_days = models.PositiveSmallIntegerField(default=0, db_default=0)
    arrive_minutes = models.PositiveSmallIntegerField(default=15, db_default=15)
    visit_minutes = models.PositiveSmallIntegerField(default=0, db_default=0)
    preparation = models.TextField(blank=True)
    prepare_minutes = models.PositiveSmallIntegerField(default=0)
    fasting = models.BooleanField(default=False, db_default=False)
    bring = models.TextField(blank=True)
    retired = models.BooleanField(default=False, db_default=False)


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
