"""All counters and measures: a new one is a counter in a module here and one of the catalogue."""

from insights.measures import alerts, changes, feeds, journeys, offers, scans, slots, texts, waiting
from insights.measures.base import Counter, Measure, Part
from insights.measures.catalogue import GROUPS, MEASURES
from insights.measures.scans import SCANS
from insights.measures.waiting import WAITING

COUNTERS: list[Counter] = [
    waiting.WAITING,
    waiting.FROM_REFERRAL,
    scans.SCANS,
    scans.MISSED,
    scans.BOOKED,
    journeys.JOURNEYS,
    journeys.FURTHER,
    slots.SLOTS,
    changes.CANCELLED,
    changes.DISPLACED,
    offers.OFFERS,
    alerts.ACKNOWLEDGED,
    alerts.BOOKED,
    alerts.SCANNED,
    texts.TEXTS,
    texts.REPLIES,
    feeds.FEED_CALLS,
    feeds.FEED_LOOKS,
]


def measure_of(code: str) -> Measure | None:
    """Return the measure of that code, None if there is none."""
    return next((one for one in MEASURES if one.code == code), None)


__all__ = [
    "COUNTERS",
    "GROUPS",
    "MEASURES",
    "SCANS",
    "WAITING",
    "Counter",
    "Measure",
    "Part",
    "measure_of",
]
