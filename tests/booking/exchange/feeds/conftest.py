"""A trust's lines, and a place to put them."""

import json
from datetime import date, time

import pytest

from booking.exchange.feeds.importer import import_lines
from booking.exchange.feeds.write_turns import WriteTransactions
from booking.exchange.fhir_systems import CAPACITY, DICOM, ODS_SITE
from sites.models import Scanner, Stop


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
def outcomes(trust, now):
    """Import resources as the trust's; return what became of each line, by its number."""

    def outcomes(*resources):
        lines = [(number, json.dumps(one).encode()) for number, one in enumerate(resources, 1)]
        return import_lines(trust.code, lines, now=now, by_line=True).outcomes

    return outcomes


@pytest.fixture
def fed(push, furness):
    """Furness's Location and Schedule are known; give what makes a Slot of it."""
    push(location(furness), schedule(furness))
    return lambda **fields: slot(furness, **fields)


@pytest.fixture
def meanwhile(monkeypatch):
    """Have something happen once an import has looked and before it gets its turn."""

    def meanwhile(act):
        turn = WriteTransactions.transaction

        def late(self):
            monkeypatch.setattr(WriteTransactions, "transaction", turn)
            act()
            return turn(self)

        monkeypatch.setattr(WriteTransactions, "transaction", late)

    return meanwhile


VAN_SCHEDULE = {
    "resourceType": "Schedule",
    "id": "van",
    "actor": [{"reference": "Device/van-1"}],
    "serviceType": [{"coding": [{"system": DICOM, "code": "MR"}]}],
}


@pytest.fixture
def van(trust, furness, lancaster):
    """At Furness from 30 November to 5 December, at Lancaster from 7 to 12 December."""
    van = Scanner.objects.create(code="van-1", trust=trust, modality="MR", name="The van")
    for site, first, last in [(furness, 30, 5), (lancaster, 7, 12)]:
        Stop.objects.create(
            scanner=van, site=site, first_day=date(2026, 11 if first == 30 else 12, first),
            last_day=date(2026, 12, last), opens=time(8), closes=time(18),
        )  # fmt: skip
    return van


def van_slot(day, name=None, **changes):
    return {
        "resourceType": "Slot",
        "id": name or f"d{day}",
        "meta": {"lastUpdated": "2026-11-20T03:00:00Z"},
        "schedule": {"reference": "Schedule/van"},
        "status": "free",
        "start": f"2026-12-{day:02}T10:00:00+00:00",
        "end": f"2026-12-{day:02}T10:30:00+00:00",
        **changes,
    }
