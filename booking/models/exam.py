"""What is to be scanned."""

from django.db import models


class Exam(models.Model):
    """One kind of scan: its modality (DICOM code), its length in minutes, its preparation.

    `name` completes "You need ...": "an MRI scan of your knee". `preparation` and `bring` are
    one plain sentence a line. `prepare_minutes` is how long before the scan the preparation
    begins: 360 for "Do not eat for 6 hours before".
    """

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=120)
    modality = models.CharField(max_length=3)
    body_part = models.CharField(max_length=60)
    minutes = models.PositiveSmallIntegerField()
    contrast = models.BooleanField(default=False)
    preparation = models.TextField(blank=True)
    prepare_minutes = models.PositiveSmallIntegerField(default=0)
    bring = models.TextField(blank=True)
