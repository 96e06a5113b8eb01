"""What the demo invents: counters and their groups, one table, named as in insights/measures."""

from insights.measures.changes import ENDED, LONGER, NOTICE, REBOOKED, REFUSED, WAITS
from insights.measures.slots import LOST, OUT_OF_HOURS, TAKEN, UNUSED
from insights.measures.waiting import BANDS

SCANS = "scans"
WAITING = "waiting"
FROM_REFERRAL = "waiting_from_referral"
SLOTS = "slots"
BOOKED = "booked"
MISSED = "did_not_attend"
CANCELLED = "cancelled"
DISPLACED = "displaced"
OFFERS = "offers"
ALERTS = {"alerts_acknowledged": 0.97, "alerts_booked": 0.93, "alerts_scanned": 0.90}
"""Each step, and the share that is in time."""
TEXTS, REPLIES = "texts", "replies"
FEED_CALLS, FEED_LOOKS = "feed_calls", "feed_looks"
JOURNEYS, FURTHER = "journeys", "journeys_further"

BY_PATIENT, BY_US, BY_TRUST = "patient", "us", "trust"
NOTICES = {**dict.fromkeys(NOTICE, 0.2), LONGER: 0.4}
"""How long before: shares of all cancellations."""
ENDS = {REBOOKED: 0.86, WAITS: 0.09, REFUSED: 0.02, ENDED: 0.03}
"""How it ended for who was displaced."""
STOCK = frozenset({WAITING, FROM_REFERRAL})
"""Counters of what stands on a day; the month has its last day's."""
__all__ = ["BANDS", "LOST", "OUT_OF_HOURS", "TAKEN", "UNUSED"]
