"""Trusts, the places where they scan, the machines there, and postcodes."""

from datetime import time
from typing import Any

from django.db import models
from django.db.models import F, Q, Value

from sites.abilities import Abilities

MODALITIES = {
    "CT": "CT",
    "MR": "MRI",
    "DX": "X-ray",
    "BMD": "bone density (DEXA)",
    "NM": "radionuclide",
    "US": "ultrasound",
}
"""DICOM code in data, word on pages."""

NEEDS = {
    "step_free": "You can get in without using stairs",
    "wheelchair": "Wheelchair access",
    "accessible_toilet": "Accessible toilet",
    "parking": "Car park",
    "disabled_parking": "Parking for disabled people",
    "hearing_loop": "Hearing loop",
    "sign_language": "Sign language interpreters",
    "braille": "Signs in Braille",
    "text_relay": "Calls by Relay UK (text relay)",
}
"""What somebody may need to get in or be understood: code in data, words on pages."""

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EVENING = time(18)
"""A place that closes later is open in the evening."""


class Trust(models.Model):
    """An NHS provider, by its ODS code."""

    code = models.CharField(max_length=3, primary_key=True)
    name = models.CharField(max_length=120)


class Site(models.Model):
    """A place where scans happen. `slug` is its name in addresses and JSON, and never changes.

    A community diagnostic centre may have no ODS code; none is invented for it. A `closed` site
    is kept for those who were there, and is in no list. `facilities` holds codes of NEEDS.
    """

    class Kind(models.TextChoices):
        """What sort of place it is."""

        HOSPITAL = "hospital", "hospital"
        CDC = "cdc", "community diagnostic centre"
        MOBILE = "mobile", "mobile stop"

    slug = models.SlugField(max_length=80, unique=True)
    ods_code = models.CharField(max_length=10, unique=True, null=True, blank=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    trust = models.ForeignKey(Trust, models.PROTECT)
    address = models.CharField(max_length=200)
    postcode = models.CharField(max_length=8)
    lat = models.FloatField()
    lon = models.FloatField()
    entrance = models.CharField(max_length=200, blank=True)
    building = models.CharField(max_length=200, blank=True)
    parking = models.CharField(max_length=300, blank=True)
    blue_badge = models.CharField(max_length=300, blank=True)
    bus = models.CharField(max_length=300, blank=True)
    rail = models.CharField(max_length=300, blank=True)
    facilities = models.JSONField(default=list, blank=True)
    closed = models.BooleanField(default=False)


class OpenHours(models.Model):
    """When a site is open on one day of the week (0 is Monday), in local time."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="open_hours")
    weekday = models.PositiveSmallIntegerField()
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "weekday"], name="hours_of_day"),
            models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="closes_after_opens"),
        ]


class Scanner(models.Model):
    """One machine of one modality: fixed at a site, or mobile (no site) and owned by a trust.

    `code` is its name in files and feeds (FHIR Device). What it can do is as Abilities says; None
    where nobody said. `excluded_exams` holds codes of exams.
    """

    code = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001
    site = models.ForeignKey(Site, models.PROTECT, null=True, related_name="scanners")
    trust = models.ForeignKey(Trust, models.PROTECT, null=True)
    modality = models.CharField(max_length=3, choices=list(MODALITIES.items()))
    name = models.CharField(max_length=60)
    bore_cm = models.PositiveSmallIntegerField(null=True)
    table_kg = models.PositiveSmallIntegerField(null=True)
    contrast = models.BooleanField(null=True)
    hoist = models.BooleanField(null=True)
    step_free = models.BooleanField(null=True)
    wheelchair_transfer = models.BooleanField(null=True)
    wide = models.BooleanField(null=True)
    under_16s = models.BooleanField(null=True)
    general_anaesthetic = models.BooleanField(null=True)
    excluded_exams = models.JSONField(
        default=list, db_default=Value([], models.JSONField()), blank=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "name"], name="scanner_of_site"),
            models.CheckConstraint(
                condition=Q(site__isnull=False, trust__isnull=True)
                | Q(site__isnull=True, trust__isnull=False, code__isnull=False),
                name="fixed_or_mobile",
            ),
        ]

    @property
    def abilities(self) -> Abilities:
        """What it can do."""
        values: dict[str, Any] = {name: getattr(self, name) for name in Abilities._fields}
        return Abilities(**values | {"excluded_exams": tuple(self.excluded_exams)})


class Stop(models.Model):
    """Days (both included) that a mobile scanner stands at a site, and its hours on each.

    Stops of one scanner never overlap: sites.stops checks, for the database cannot on SQLite.
    """

    scanner = models.ForeignKey(Scanner, models.CASCADE, related_name="stops")
    site = models.ForeignKey(Site, models.PROTECT, related_name="stops")
    first_day = models.DateField()
    last_day = models.DateField()
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scanner", "first_day"], name="stop_of_scanner"),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="stop_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(closes__gt=F("opens")), name="stop_closes_after_it_opens"
            ),
        ]


class PlacesVersion(models.Model):
    """Which content the tables of places have now: one row, and another number after each change.

    Triggers of these tables write it (migration 0006), whichever door a change comes by. The number
    is drawn at random: no other content has had it, not even one of before a restore.
    """

    value = models.BigIntegerField()


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


class Timetable(models.Model):
    """One file of journeys by bus, train and on foot (`manage.py load_timetable`).

    Of those that are whole the one begun last counts, whatever clocks say; `whole_at` is null
    while lines are put in.
    """

    started_at = models.DateTimeField()
    whole_at = models.DateTimeField(null=True)


class TimetableLine(models.Model):
    """The journey from a postcode sector to a site in one band of the week (sites.travel.bands).

    `minutes` from door to door, `walk` of them on foot. `last_home` is when the last bus or train
    home goes, in minutes after the midnight with which the day begins (25:10 is 1510); null if
    none goes.
    """

    timetable = models.ForeignKey(Timetable, models.CASCADE, related_name="lines", db_index=False)
    origin = models.CharField(max_length=6)
    site = models.ForeignKey(Site, models.CASCADE, related_name="+", db_index=False)
    band = models.CharField(max_length=15)
    minutes = models.PositiveSmallIntegerField()
    changes = models.PositiveSmallIntegerField()
    walk = models.PositiveSmallIntegerField()
    last_home = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["timetable", "origin", "site", "band"], name="line_of_timetable"
            ),
        ]
