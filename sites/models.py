"""Trusts, the places where they scan, the machines there, and postcodes."""

from django.db import models

MODALITIES = {
    "CT": "CT",
    "MR": "MRI",
    "DX": "X-ray",
    "BMD": "bone density (DEXA)",
    "NM": "radionuclide",
    "US": "ultrasound",
}
"""DICOM code in data, word on pages."""


class Trust(models.Model):
    """An NHS provider, by its ODS code."""

    code = models.CharField(max_length=3, primary_key=True)
    name = models.CharField(max_length=120)


class Site(models.Model):
    """A place where scans happen. `slug` is its name in addresses and JSON, and never changes.

    A community diagnostic centre may have no ODS code; none is invented for it.
    """

    class Kind(models.TextChoices):
        """What sort of place it is."""

        HOSPITAL = "hospital", "hospital"
        CDC = "cdc", "community diagnostic centre"
        MOBILE = "mobile", "mobile stop"

    slug = models.SlugField(max_length=80, unique=True)
    ods_code = models.CharField(max_length=10, unique=True, null=True, blank=True)  # noqa: DJ001
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    trust = models.ForeignKey(Trust, models.PROTECT)
    address = models.CharField(max_length=200)
    postcode = models.CharField(max_length=8)
    lat = models.FloatField()
    lon = models.FloatField()
    entrance = models.CharField(max_length=200, blank=True)


class Scanner(models.Model):
    """One machine of one modality."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="scanners")
    modality = models.CharField(max_length=3, choices=list(MODALITIES.items()))
    name = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "name"], name="scanner_of_site"),
        ]


class Postcode(models.Model):
    """Where a postcode is (WGS 84 degrees).

    `code` is as people write it, "PR1 4LF". `outward` ("PR1") and `sector` ("PR1 4") answer for
    parts by equality: ranges and LIKE would depend on the database's collation.
    """

    code = models.CharField(max_length=8, primary_key=True)
    outward = models.CharField(max_length=4, db_index=True)
    sector = models.CharField(max_length=6, db_index=True)
    lat = models.FloatField()
    lon = models.FloatField()
