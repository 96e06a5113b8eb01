"""A trust's lines, and a place to put them."""

import json

import pytest

from booking.feeds.importer import import_lines
from booking.feeds.parse import CAPACITY, DICOM, ODS_SITE


def location(site, **changes):
    identifier = [{"system": ODS_SITE, "value": site.ods_code}]
    return {"resourceType": "Location", "id": site.slug, "identifier": identifier, **changes}


def schedule(site, modality="MR", **changes):
    return {
        "resourceType": "Schedule",
        "id": f"{site.slug}-{modality}",
        "actor": [{"reference": f"Location/{site.slug}"}, {"reference": "Device/1"}],
        "serviceType": [{"coding": [{"system": DICOM, "code": modality}]}],
        **changes,
    }


def slot(site, name="s1", hour=14, capacity=None, stamp="2026-11-20T03:00:00Z", **changes):
    found = {
        "resourceType": "Slot",
        "id": name,
        "meta": {"lastUpdated": stamp},
        "schedule": {"reference": f"Schedule/{site.slug}-MR"},
        "status": "free",
        "start": f"2026-12-02T{hour:02}:00:00+00:00",
        "end": f"2026-12-02T{hour:02}:30:00+00:00",
    }
    if capacity is not None:
        found["extension"] = [{"url": CAPACITY, "valueInteger": capacity}]
    return {**found, **changes}


@pytest.fixture
def push(trust, now):
    """Import resources (dicts) or raw lines (bytes) as the trust's; return the report."""

    def push(*resources, trust=trust.code, at=now):
        raw = [r if isinstance(r, bytes) else json.dumps(r).encode() for r in resources]
        return import_lines(trust, enumerate(raw, 1), now=at)

    return push


@pytest.fixture
def fed(push, furness):
    """Furness's Location and Schedule are known; give what makes a Slot of it."""
    push(location(furness), schedule(furness))
    return lambda **fields: slot(furness, **fields)
