"""A network of as many places as asked for: copies of the demo's, with their scanners and hours."""

import random

from sites.models import OpenHours, Scanner, Site

APART = 0.12
"""Degrees by which a copy may lie away from what it is a copy of: some miles."""


def make(count: int) -> None:
    """Add copies of sites that have scanners of their own, until there are `count` sites."""
    chance = random.Random(2026)
    whole = list(Site.objects.filter(scanners__isnull=False).distinct().order_by("pk"))
    for number in range(count - Site.objects.count()):
        _copy(whole[number % len(whole)], number, chance)


def _copy(site: Site, number: int, chance: random.Random) -> None:
    scanners = list(Scanner.objects.filter(site=site).order_by("pk"))
    hours = list(OpenHours.objects.filter(site=site).order_by("pk"))
    one = Site.objects.get(pk=site.pk)
    one.pk, one.ods_code, one.slug = None, None, f"copy-{number}"
    one.lat += chance.uniform(-APART, APART)
    one.lon += chance.uniform(-APART, APART)
    one.save()
    for scanner in scanners:
        scanner.pk, scanner.code, scanner.site = None, None, one
        scanner.save()
    for day in hours:
        day.pk, day.site = None, one
        day.save()
